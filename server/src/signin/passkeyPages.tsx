import { readJourneyBrowser, type Visit } from '../http/index.ts'
import { Actions, Button, PasskeyForm, PasskeyUnknown } from '../pages/index.ts'
import { assertionOptions, issueSignInValue, type SignInPlace } from '../passkeys/index.ts'
import type { Refusal } from '../refusals.ts'

/** The place of a sign-in by passkey: this browser, and the sign-in that was begun in it. */
export const placeOf = (visit: Visit, signInId?: string): SignInPlace => ({
  browserToken: readJourneyBrowser(visit).token,
  signInId,
})

/** What the browser is asked for, of a passkey that signs in. A browser without a secret gets one, to which the value is bound. */
export function passkeyOptions(visit: Visit, signInId?: string) {
  if (!readJourneyBrowser(visit).token) visit.cookies.set('browser', visit.act.random.token())
  return assertionOptions(visit.services, issueSignInValue(visit.act, placeOf(visit, signInId)))
}

/** Signs in by passkey, without a name. `autofill`: the page has a field in which the browser offers passkeys too. */
export function PasskeySignIn({
  visit,
  problem,
  signInId,
  fields,
  autofill = false,
}: {
  visit: Visit
  problem: Refusal | undefined
  signInId?: string | undefined
  fields?: Record<string, string> | undefined
  autofill?: boolean
}) {
  const { locale } = visit
  const options = passkeyOptions(visit, signInId)
  return (
    <>
      <PasskeyForm
        locale={locale}
        purpose="use"
        action={signInId === undefined ? '/signin/passkey' : `/signin/${signInId}/passkey`}
        fields={fields}
        options={options}
        autofill={autofill}
      >
        <Actions>
          <Button kind="secondary" icon="key">
            {locale.t('signin.passkey')}
          </Button>
        </Actions>
      </PasskeyForm>
      {problem?.code === 'passkey_unknown' && <PasskeyUnknown rpId={options.rpId} />}
    </>
  )
}
