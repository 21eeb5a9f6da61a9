import { usedCodeNotice } from '../challenges/challengePages.tsx'
import { changedNotice, formErrors, type PageContent, type SignedInVisit } from '../http/index.ts'
import {
  Actions,
  type BannerProps,
  Button,
  Day,
  Form,
  HelpLink,
  Lead,
  NewPassword,
  Panel,
  PasswordField,
  Sentence,
} from '../pages/index.ts'
import { FEW_CODES } from '../policies/index.ts'
import type { Refusal } from '../refusals.ts'
import type { SecurityInfo } from '../registration/index.ts'
import type { OwnActivity } from './activity.ts'
import { ActivityLines } from './activityPages.tsx'

/** Whether the owner reported their present password, and can choose a new one without help. */
type Reported = { canReset: boolean } | false

/** One's account as its page shows it. */
interface Account {
  info: SecurityInfo
  passwordSetAt: Date | undefined
  reported: Reported
  activity: readonly OwnActivity[]
  /** Whether they want no mails of a roll-out. */
  stopped: boolean
}

/** The page after a sign-in: security info, password and recent activity. */
export function accountPage(
  visit: SignedInVisit,
  { info, passwordSetAt, reported, activity, stopped }: Account,
): PageContent {
  const { t } = visit.locale
  const missing = info.required - info.registered
  return {
    title: t('account.title'),
    width: 'wide',
    scripts: ['times'],
    notice: noticeOf(visit, reported) ?? usedCodeNotice(visit, info.recorded),
    children: (
      <>
        <Panel title={t('account.securityInfo')} hint={t('account.securityInfoLead')}>
          {info.required > 0 && (
            <p>
              {missing > 0
                ? t(info.registered > 0 ? 'registration.needed' : 'registration.first', { count: missing })
                : t('registration.enough')}
            </p>
          )}
          <FewCodes visit={visit} info={info} />
          <Actions>
            <Button kind="secondary" href="/security-info">
              {t('account.securityInfoOpen')}
            </Button>
          </Actions>
        </Panel>
        <Panel title={t('account.password')}>
          {visit.session.user.passwordMasteredIn === 'directory' ? (
            <p>{t('account.passwordElsewhere')}</p>
          ) : (
            <>
              {passwordSetAt && (
                <p>
                  <Sentence say={date => t('account.passwordLead', { date })}>
                    <Day locale={visit.locale} at={passwordSetAt} />
                  </Sentence>
                </p>
              )}
              <Actions>
                <Button kind="secondary" href="/account/password">
                  {t('account.passwordOpen')}
                </Button>
              </Actions>
            </>
          )}
        </Panel>
        <Panel title={t('account.access.title')} hint={t('account.access.hint')}>
          <Actions>
            <Button kind="secondary" href="/account/access">
              {t('account.access.open')}
            </Button>
          </Actions>
        </Panel>
        <Panel title={t('account.applications.title')} hint={t('account.applications.hint')}>
          <Actions>
            <Button kind="secondary" href="/my-applications">
              {t('account.applications.show')}
            </Button>
          </Actions>
        </Panel>
        {stopped && (
          <Panel title={t('account.announcements.title')} hint={t('account.announcements.off')}>
            <Form action="/account/announcements">
              <Actions>
                <Button kind="secondary">{t('account.announcements.on')}</Button>
              </Actions>
            </Form>
          </Panel>
        )}
        {keepsDomains(visit) && (
          <Panel title={t('domains.title')} hint={t('domains.lead')}>
            <Actions>
              <Button kind="secondary" href="/domains" label={t('domains.all')}>
                {t('domains.open')}
              </Button>
              {visit.session.user.roles.includes('Global Administrator') && (
                <Button kind="link" href="/tenants">
                  {t('tenants.title')}
                </Button>
              )}
            </Actions>
          </Panel>
        )}
        {keepsLooks(visit) && (
          <Panel title={t('branding.title')} hint={t('branding.lead')}>
            <Actions>
              <Button kind="secondary" href="/organization/branding">
                {t('branding.open')}
              </Button>
            </Actions>
          </Panel>
        )}
        <Panel title={t('account.activity')} hint={t('account.activityLead')}>
          <ActivityLines visit={visit} activity={activity} heading="h3" />
          <Actions>
            <Button kind="link" href="/account/activity">
              {t('account.activityOpen')}
            </Button>
          </Actions>
        </Panel>
        <Form action="/signout">
          <Actions>
            <Button kind="link">{t('account.signOut')}</Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

/** Whether the page of domains would open. That page judges for itself. */
const keepsDomains = ({ session: { user } }: SignedInVisit) =>
  user.roles.some(role => role === 'Global Administrator' || role === 'Domain Name Administrator')

/** Whether the page of looks would open. That page judges for itself. */
const keepsLooks = ({ session: { user } }: SignedInVisit) =>
  user.roles.some(role => role === 'Global Administrator' || role === 'Organizational Branding Administrator')

/** Asks for new recovery codes before they run out. */
function FewCodes({ visit: { locale }, info: { recorded } }: { visit: SignedInVisit; info: SecurityInfo }) {
  const count = recorded.find(({ kind }) => kind === 'recoveryCode')?.codesLeft ?? FEW_CODES
  if (count >= FEW_CODES) return null
  return (
    <p className="row-note">
      {count === 0 ? locale.t('registration.recovery.usedUp') : locale.t('account.codesFew', { count })}{' '}
      <a href="/security-info/set-up/recoveryCode">{locale.t('account.codesNew')}</a>
    </p>
  )
}

/** The banner of the page: the password opens nothing any more, or was changed just now. */
function noticeOf(visit: SignedInVisit, reported: Reported): BannerProps | undefined {
  const { t } = visit.locale
  if (reported && !reported.canReset) return { tone: 'warning', children: t('account.report.done.cannotReset') }
  if (reported)
    return {
      tone: 'warning',
      children: (
        <>
          {t('account.passwordReported')} <a href={resetOf(visit)}>{t('account.report.done.choose')}</a>
        </>
      ),
    }
  return changedNotice(visit)
}

const resetOf = ({ session }: SignedInVisit) => `/reset?username=${encodeURIComponent(session.user.userPrincipalName)}`

/** A change by choice, or the required change of a temporary password. */
export function passwordPage(visit: SignedInVisit, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const errors = formErrors(visit, problem)
  const errorOf = (field: string) => errors.find(error => error.field === field)?.text
  const forced = visit.session.requires === 'change-password'
  const reported = problem?.code === 'password_reported'
  const cancel = !forced && (
    <Button kind="link" href="/account">
      {t('account.change.cancel')}
    </Button>
  )
  return {
    title: forced ? t('account.change.forcedTitle') : t('account.change.title'),
    problem,
    errors,
    scripts: ['newPassword'],
    children: (
      <>
        {forced && <Lead>{t('account.change.forcedLead')}</Lead>}
        <p className="hint">
          <HelpLink locale={visit.locale} to="change-password" say="how" />
        </p>
        {reported ? (
          <Actions>
            <Button href={resetOf(visit)}>{t('account.report.done.choose')}</Button>
            {cancel}
          </Actions>
        ) : (
          <Form action="/account/password" username={visit.session.user.userPrincipalName}>
            <PasswordField
              name="currentPassword"
              label={t('account.change.current')}
              error={errorOf('currentPassword')}
              autoComplete="current-password"
              autoFocus
            />
            <NewPassword
              locale={visit.locale}
              username={visit.session.user.userPrincipalName}
              label={t('account.change.new')}
              again={t('account.change.again')}
              errors={errors}
            />
            <Actions>
              <Button>{t('account.change.submit')}</Button>
              {cancel}
            </Actions>
          </Form>
        )}
        {forced && (
          <Form action="/signout">
            <Actions>
              <Button kind="link">{t('account.signOut')}</Button>
            </Actions>
          </Form>
        )}
      </>
    ),
  }
}
