import { formErrors, type PageContent, typed, type Visit } from '../http/index.ts'
import { Actions, Button, Form, type FormError, Lead, PasskeyWithout, scriptHrefs, TextField } from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import { Accounts, type OfferedAccount } from './accountPages.tsx'
import { PasskeySignIn } from './passkeyPages.tsx'

/** What a refused name or password is told: what is wrong, and after many failures to wait or to reset. */
export function signInErrors(visit: Visit, problem: Refusal | undefined): FormError[] {
  const { t, duration } = visit.locale
  const wait = problem?.retryAfter
  const errors = formErrors(visit, problem)
  return wait ? [...errors, { text: t('signin.waitOrReset', { duration: duration(wait) }) }] : errors
}

/** The first page: the accounts of this browser, or the name alone. */
export function signInPage(visit: Visit, accounts: OfferedAccount[], problem?: Refusal): PageContent {
  const { t } = visit.locale
  const errors = signInErrors(visit, problem)
  const { next } = visit.query
  const goingOn: Record<string, string> = next === undefined ? {} : { next: next.slice(0, 300) }
  return {
    title: accounts.length > 0 ? t('signin.choose.title') : t('signin.title'),
    problem,
    errors,
    notice: visit.query['signed-out'] !== undefined ? { tone: 'success', children: t('signin.signedOut') } : undefined,
    scripts: ['forgot', 'passkey'],
    children: (
      <>
        <Lead>{t('signin.lead')}</Lead>
        {accounts.length > 0 ? (
          <Accounts visit={visit} accounts={accounts} action="/signin/start" fields={goingOn}>
            <PasskeySignIn visit={visit} problem={problem} fields={goingOn} />
          </Accounts>
        ) : (
          <NameForm
            visit={visit}
            action="/signin/start"
            hidden={goingOn}
            username={typed(visit, 'username') ?? visit.query.username}
            problem={problem}
            errors={errors}
          />
        )}
        <PasskeyWithout locale={visit.locale} />
        {visit.looks?.settings.signInPageText && <p>{visit.looks.settings.signInPageText}</p>}
      </>
    ),
  }
}

/** Asks for the name, or for a passkey in its place, and offers a reset right beside them. */
export function NameForm({
  visit,
  action,
  hidden,
  username,
  problem,
  errors,
  signInId,
}: {
  visit: Visit
  action: string
  hidden?: Record<string, string>
  username: string | undefined
  problem: Refusal | undefined
  errors: readonly FormError[]
  signInId?: string
}) {
  const { t } = visit.locale
  return (
    <>
      <Form action={action} hidden={hidden}>
        <TextField
          name="username"
          label={t('signin.username')}
          hint={visit.looks?.settings.usernameHintText ?? undefined}
          value={username}
          error={errors.find(error => error.field === 'username')?.text}
          type="email"
          autoComplete="username webauthn"
          autoFocus={visit.looks?.preview === undefined}
        />
        <Actions>
          <Button>{t('signin.next')}</Button>
        </Actions>
      </Form>
      <PasskeySignIn visit={visit} problem={problem} signInId={signInId} fields={hidden} autofill />
      <Actions>
        <Forgot visit={visit} username={username} signInId={signInId} />
        <Button kind="link" href="/help/sign-in">
          {t('assistant.link')}
        </Button>
      </Actions>
    </>
  )
}

/**
 * The way to a reset. The script `forgot` begins it with the name that is typed here, or that the page is about. A reset
 * that is begun at a sign-in leads back to it.
 */
export function Forgot({
  visit,
  username,
  signInId,
}: {
  visit: Visit
  username: string | undefined
  signInId?: string | undefined
}) {
  const { t } = visit.locale
  const query = { ...(signInId ? { signin: signInId } : username && { username }) }
  return (
    <>
      <a
        className="button button-link"
        href={Object.keys(query).length > 0 ? `/reset?${new URLSearchParams(query)}` : '/reset'}
        data-reset={username ?? ''}
        data-signin={signInId}
        {...(visit.services.captcha && {
          'data-captcha': '/captcha',
          'data-solver': scriptHrefs.captcha,
          'data-worker': scriptHrefs.captchaWorker,
          'data-checking': t('reset.start.checking'),
        })}
      >
        {visit.looks?.settings.customForgotMyPasswordText ?? t('signin.forgot')}
      </a>
      <p className="hint forgot-status" role="status" />
    </>
  )
}
