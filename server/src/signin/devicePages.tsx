import type { DeviceCode } from '../deviceCodes/index.ts'
import { formErrors, type PageContent, typed, type Visit } from '../http/index.ts'
import { nameAddress } from '../notifications/index.ts'
import { Actions, Banner, Button, DefinitionList, Form, Lead, UserCodeField } from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import type { SignIn } from './signIns.ts'

/** Where a person types the code that a device shows. A link fills it in, and sends nothing. */
export function devicePage(visit: Visit, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const errors = formErrors(visit, problem)
  return {
    title: t('device.title'),
    problem,
    errors,
    children: (
      <>
        <Lead>{t('device.lead')}</Lead>
        <Banner tone="warning">{t('device.warning')}</Banner>
        <Form action="/device">
          <UserCodeField
            name="code"
            label={t('device.code')}
            hint={t('device.hint')}
            value={typed(visit, 'code') ?? visit.query.user_code?.slice(0, 20)}
            error={errors.find(error => error.field === 'code')?.text}
            autoFocus
          />
          <Actions>
            <Button>{t('signin.next')}</Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

/** Which application asks, from where and since when: what the device in front of the person is asked to match. */
export function deviceConfirmPage(
  { locale, services }: Visit,
  { id, application }: SignIn & { state: 'confirm-application' },
  { address, askedAt }: DeviceCode,
): PageContent {
  const { t, dateTime } = locale
  return {
    title: t('device.confirm.title', { application: application.displayName }),
    scripts: ['times'],
    children: (
      <>
        <Lead>{t('device.confirm.lead')}</Lead>
        <DefinitionList
          items={[
            { term: t('device.confirm.application'), description: application.displayName },
            ...(address
              ? [{ term: t('device.confirm.place'), description: nameAddress(locale, services.places, address) }]
              : []),
            {
              term: t('device.confirm.time'),
              description: <time dateTime={askedAt.toISOString()}>{dateTime(askedAt)}</time>,
            },
          ]}
        />
        <Banner tone="warning">{t('device.warning')}</Banner>
        <Form action={`/signin/${id}/confirm`}>
          <Actions>
            <Button>{t('device.confirm.accept')}</Button>
            <Button kind="secondary" formAction={`/signin/${id}/cancel`}>
              {t('signin.confirm.cancel')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

/** The end in this browser: the device goes on by itself. */
export const deviceDonePage = ({ locale: { t } }: Visit, { application }: SignIn): PageContent => ({
  title: t('device.done.title'),
  outcome: 'success',
  children: <Lead>{t('device.done.lead', { application: application?.displayName ?? '' })}</Lead>,
})
