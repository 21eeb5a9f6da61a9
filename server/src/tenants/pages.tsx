import type { TenantSettings } from '../directory/index.ts'
import { errorOf, formErrors, type PageContent, type SignedInVisit, typed, type Visit } from '../http/index.ts'
import {
  Actions,
  Button,
  Checkbox,
  Form,
  Lead,
  MethodList,
  MethodRow,
  Panel,
  RadioCards,
  TextField,
} from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import type { LinkedTenant, Uses } from './links.ts'
import type { LinkView } from './wire.ts'

/** The tenants of a company, and how another one is added. */
export function tenantsPage(visit: SignedInVisit, tenants: readonly LinkedTenant[], problem?: Refusal): PageContent {
  const { t } = visit.locale
  const said = (['linked', 'made', 'removed'] as const).find(one => visit.query[one] !== undefined)
  const dedicated = visit.query.dedicated !== undefined
  return {
    title: t('tenants.title'),
    width: 'wide',
    problem,
    notice:
      said === undefined || problem
        ? undefined
        : {
            tone: 'success',
            children: dedicated ? `${t(`tenants.${said}`)} ${t('tenants.link.dedicated')}` : t(`tenants.${said}`),
          },
    children: (
      <>
        <Lead>{t('tenants.lead')}</Lead>
        <MethodList>
          {tenants.map(tenant => (
            <TenantRow key={tenant.id} visit={visit} tenant={tenant} />
          ))}
        </MethodList>
        <Panel title={t('tenants.add.title')} hint={t('tenants.add.lead')}>
          <Form action="/tenants/links">
            <Actions>
              <Button kind="secondary">{t('tenants.add.submit')}</Button>
            </Actions>
          </Form>
        </Panel>
        <Actions>
          <Button kind="link" href="/tenants/settings">
            {t('tenants.settings.title')}
          </Button>
          <Button kind="link" href="/account">
            {t('domains.back')}
          </Button>
        </Actions>
      </>
    ),
  }
}

function TenantRow({ visit, tenant }: { visit: SignedInVisit; tenant: LinkedTenant }) {
  const { t } = visit.locale
  const { id, displayName, domain, isPrimary, isCurrent } = tenant
  return (
    <MethodRow
      icon="globe"
      label={displayName}
      hint={[domain, ...(isCurrent ? [t('tenants.current')] : [])].join(' · ')}
      badge={isPrimary ? { tone: 'neutral', text: t('tenants.primary') } : undefined}
      action={
        isCurrent ? undefined : (
          <>
            <Form action={`/tenants/${id}/switch`}>
              <Button kind="link" label={t('tenants.switchLabel', { tenant: displayName })}>
                {t('tenants.switch')}
              </Button>
            </Form>
            {!isPrimary && (
              <>
                <Form action={`/tenants/${id}/primary`}>
                  <Button kind="link" label={t('tenants.makePrimaryLabel', { tenant: displayName })}>
                    {t('tenants.makePrimary')}
                  </Button>
                </Form>
                <Button
                  kind="link"
                  href={`/tenants/${id}/uses`}
                  label={t('tenants.removeLabel', { tenant: displayName })}
                >
                  {t('tenants.remove')}
                </Button>
              </>
            )}
          </>
        )
      }
    />
  )
}

/** The link of another tenant, as the browser that began it sees it. */
export function linkPage(visit: Visit, link: LinkView, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const errors = formErrors(visit, problem)
  const { id, state, organization, other } = link
  const back = (
    <Button kind="link" href="/tenants">
      {t('tenants.link.cancel')}
    </Button>
  )
  return {
    title: t('tenants.link.title', { organization: organization.displayName }),
    problem,
    errors,
    children: (
      <>
        {state === 'sign-in' && (
          <>
            <Lead>{t('tenants.link.signIn')}</Lead>
            <Actions>
              <Button href={link.acts[0]!.href}>{t('tenants.link.signInGo')}</Button>
              {back}
            </Actions>
          </>
        )}
        {other && (
          <Form action={`/tenants/links/${id}/confirmation`}>
            <Lead>
              {t('tenants.link.confirmLead', {
                tenant: other.displayName,
                domain: other.domain,
                organization: organization.displayName,
              })}
            </Lead>
            <p>{t('tenants.link.users', { count: other.users })}</p>
            <TextField
              name="willUse"
              label={t('tenants.link.willUse')}
              hint={t('tenants.link.willUseHint')}
              value={typed(visit, 'willUse')}
              error={errorOf(errors, 'willUse')}
              inputMode="numeric"
              autoFocus
            />
            <Actions>
              <Button>{t('tenants.link.submit')}</Button>
              {back}
            </Actions>
          </Form>
        )}
        {(state === 'finished' || state === 'expired') && (
          <>
            <Lead>{t(`tenants.link.${state}`)}</Lead>
            <Actions>{back}</Actions>
          </>
        )}
      </>
    ),
  }
}

/** What hangs on the link of a tenant, and its removal. */
export function usesPage(
  visit: SignedInVisit,
  { tenant, users, domains, linkedAt }: Uses,
  problem?: Refusal,
): PageContent {
  const { locale } = visit
  const { t } = locale
  const { id, displayName, isPrimary, isCurrent } = tenant
  return {
    title: t('tenants.uses.title', { tenant: displayName }),
    problem,
    children: (
      <>
        <p>{t('tenants.uses.users', { count: users })}</p>
        <p>{t('tenants.uses.domains', { domains: locale.list(domains) })}</p>
        {isCurrent || isPrimary ? (
          <>
            <p>{t(isCurrent ? 'tenants.uses.current' : 'tenants.uses.primary')}</p>
            <Actions>
              <Button href="/tenants">{t('tenants.uses.cancel')}</Button>
            </Actions>
          </>
        ) : (
          <Form action={`/tenants/${id}/removal`}>
            <p>{t('tenants.uses.since', { date: locale.day(linkedAt) })}</p>
            <p>{t('tenants.uses.lead')}</p>
            <Actions>
              <Button kind="danger">{t('tenants.uses.submit')}</Button>
              <Button kind="link" href="/tenants">
                {t('tenants.uses.cancel')}
              </Button>
            </Actions>
          </Form>
        )}
      </>
    ),
  }
}

/** What a company lets strangers do and learn, and its provider. */
export function settingsPage(visit: SignedInVisit, settings: TenantSettings, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const errors = formErrors(visit, problem)
  const again = problem !== undefined
  return {
    title: t('tenants.settings.title'),
    problem,
    errors,
    notice:
      visit.query.saved === undefined || problem
        ? undefined
        : { tone: 'success', children: t('tenants.settings.saved') },
    children: (
      <>
        <Lead>{t('tenants.settings.lead')}</Lead>
        <Form action="/tenants/settings">
          <RadioCards
            name="publicCheck"
            legend={t('tenants.settings.publicCheck.legend')}
            value={typed(visit, 'publicCheck') ?? settings.publicCheck}
            options={(['shown', 'hidden'] as const).map(value => ({
              value,
              label: t(`tenants.settings.publicCheck.${value}`),
              hint: t(`tenants.settings.publicCheck.${value}Hint`),
            }))}
          />
          <Checkbox
            name="emailVerifiedUsersMayJoin"
            label={t('tenants.settings.join')}
            hint={t('tenants.settings.joinHint')}
            checked={again ? typed(visit, 'emailVerifiedUsersMayJoin') === 'true' : settings.emailVerifiedUsersMayJoin}
          />
          <TextField
            name="providerContact"
            label={t('tenants.settings.provider')}
            hint={t('tenants.settings.providerHint')}
            value={typed(visit, 'providerContact') ?? settings.providerContact ?? ''}
            error={errorOf(errors, 'providerContact')}
            type="email"
            required={false}
          />
          <Actions>
            <Button>{t('tenants.settings.save')}</Button>
            <Button kind="link" href="/account">
              {t('domains.back')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}
