import { formErrors, type PageContent, type SignedInVisit, typed } from '../http/index.ts'
import { Actions, Button, Form, Lead, PasskeyForm, TextField } from '../pages/index.ts'
import { modelOf, type Passkey } from '../passkeys/index.ts'
import type { Refusal } from '../refusals.ts'
import type { Locale } from '../words/index.ts'
import type { SecurityInfoSession } from './change.ts'
import { ownId } from './review.ts'

/** The press by which the browser makes a passkey. */
export function MakePasskey({ locale }: { locale: Locale }) {
  return (
    <PasskeyForm
      locale={locale}
      purpose="make"
      action="/security-info/challenges"
      fields={{ kind: 'passkey' }}
      proofs="/security-info/methods"
    >
      <Actions>
        <Button>{locale.t('registration.passkey.make')}</Button>
      </Actions>
    </PasskeyForm>
  )
}

/** What a passkey is called: by its owner, else by its authenticator. */
export const passkeyName = ({ t }: Locale, { name, aaguid }: Passkey) =>
  name ?? modelOf(aaguid) ?? t('methods.kind.passkey')

/** The page that names a passkey, also right after it was made. */
export function namePage(
  visit: SignedInVisit,
  own: SecurityInfoSession,
  passkey: Passkey,
  problem?: Refusal,
): PageContent {
  const { t } = visit.locale
  const errors = formErrors(visit, problem)
  const isMade = visit.query.made !== undefined
  const missing = own.info.required - own.info.registered
  const path = `/security-info/passkeys/${ownId(visit.act, own.session, passkey.id)}/name`
  return {
    title: t(isMade ? 'registration.passkey.madeTitle' : 'registration.passkey.nameTitle'),
    outcome: isMade ? 'success' : undefined,
    problem,
    errors,
    children: (
      <>
        <Lead>{t(isMade ? 'registration.passkey.madeLead' : 'registration.passkey.nameLead')}</Lead>
        {isMade && missing > 0 && <p>{t('registration.needed', { count: missing })}</p>}
        <Form action={isMade ? `${path}?made` : path}>
          <TextField
            name="name"
            label={t('registration.passkey.name')}
            hint={t('registration.passkey.nameHint', { name: passkeyName(visit.locale, { ...passkey, name: null }) })}
            value={typed(visit, 'name') ?? passkey.name ?? undefined}
            error={errors.find(({ field }) => field === 'name')?.text}
            autoFocus={!isMade}
          />
          <Actions>
            <Button>{t('registration.passkey.save')}</Button>
            <Button kind="link" href={afterName(visit)}>
              {t(isMade ? 'registration.passkey.skip' : 'registration.code.back')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

/** Where the page leads: a passkey that finished what a sign-in asked for, on with the sign-in. */
export const afterName = ({ query: { made }, session: { requires, next } }: SignedInVisit): string =>
  made !== undefined && requires === null && next !== null ? next : '/security-info'
