import type { TenantSettings } from '../directory/index.ts'
import { errorOf, formErrors, type PageContent, type SignedInVisit, typed } from '../http/index.ts'
import { Actions, Button, Checkbox, Form, Lead, RadioCards, TextField } from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'

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
