import { describeScope } from '../applications/index.ts'
import { formErrors, onwardPage, type PageContent, typed, type Visit } from '../http/index.ts'
import {
  Actions,
  Button,
  Checkbox,
  Form,
  Lead,
  PasskeyWithout,
  PasswordField,
  TextField,
  TitledList,
} from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import type { Session } from '../sessions/index.ts'
import { Accounts, type OfferedAccount } from './accountPages.tsx'
import type { ApprovalWay } from './approval.ts'
import { deviceConfirmPage, deviceDonePage } from './devicePages.tsx'
import { EXPIRED } from './errors.ts'
import { Forgot, NameForm, signInErrors } from './pages.tsx'
import { PasskeySignIn } from './passkeyPages.tsx'
import { refusedPage } from './refusedPages.tsx'
import type { SignIn } from './signIns.ts'
import { againAt, hostOf, wayOn } from './wire.ts'

/** The page of a sign-in, by its state. `approval`: where only an administrator can agree, the way to one. */
export function stepPage(
  visit: Visit,
  signIn: SignIn,
  { problem, approval }: { problem: Refusal | undefined; approval: ApprovalWay | undefined },
): PageContent {
  if (signIn.device) {
    if (signIn.state === 'confirm-application') return deviceConfirmPage(visit, signIn, signIn.device)
    if (signIn.state === 'over') return deviceDonePage(visit, signIn)
  }
  switch (signIn.state) {
    case 'choose-account':
    case 'name':
      return namePage(visit, signIn, problem)
    case 'password':
      if (visit.query.other !== undefined) return namePage(visit, signIn, problem)
      return visit.query.way === 'pass' ? passPage(visit, signIn, problem) : passwordPage(visit, signIn, problem)
    case 'stay-signed-in':
      return stayPage(visit, signIn)
    case 'consent':
      return consentPage(visit, signIn)
    case 'second-step':
    case 'change-password':
    case 'register':
    case 'confirm':
      return accountPage(visit, signIn)
    case 'confirm-application':
      return confirmPage(visit, signIn)
    case 'refused':
      return refusedPage(visit, signIn, approval)
    case 'expired':
      return expiredPage(visit, signIn)
    default:
      return onwardPage(visit, {
        title: visit.locale.t('signin.done.title'),
        application: signIn.application?.displayName ?? '',
        to: wayOn(visit.services.origin, signIn) ?? '/',
      })
  }
}

const lead = ({ locale: { t } }: Visit, { application }: SignIn) => (
  <Lead>{application ? t('signin.to', { application: application.displayName }) : t('signin.lead')}</Lead>
)

/** Which account of this browser it shall be. */
export const chooseAccountPage = (
  visit: Visit,
  signIn: SignIn,
  { accounts, problem }: { accounts: OfferedAccount[]; problem: Refusal | undefined },
): PageContent => ({
  title: visit.locale.t('signin.choose.title'),
  problem,
  scripts: ['passkey'],
  children: (
    <>
      {lead(visit, signIn)}
      <Accounts visit={visit} accounts={accounts} action={`/signin/${signIn.id}/account`} signInId={signIn.id}>
        <PasskeySignIn visit={visit} problem={problem} signInId={signIn.id} />
      </Accounts>
      <PasskeyWithout locale={visit.locale} />
    </>
  ),
})

function namePage(visit: Visit, signIn: SignIn, problem?: Refusal): PageContent {
  const errors = formErrors(visit, problem)
  return {
    title: visit.locale.t('signin.title'),
    problem,
    errors,
    scripts: ['forgot', 'passkey'],
    children: (
      <>
        {lead(visit, signIn)}
        <NameForm
          visit={visit}
          action={`/signin/${signIn.id}/name`}
          username={typed(visit, 'username') ?? signIn.username}
          problem={problem}
          errors={errors}
          signInId={signIn.id}
        />
        <PasskeyWithout locale={visit.locale} />
      </>
    ),
  }
}

function passwordPage(visit: Visit, signIn: SignIn, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const errors = signInErrors(visit, problem)
  const { username = '' } = signIn
  return {
    title: t('signin.passwordTitle'),
    problem,
    errors,
    scripts: ['forgot', 'passkey'],
    children: (
      <>
        {lead(visit, signIn)}
        <p className="hint">
          {t('signin.as', { username })} <a href={`/signin/${signIn.id}?other`}>{t('signin.other')}</a>
        </p>
        <Form action={`/signin/${signIn.id}/password`} username={username}>
          <PasswordField
            name="password"
            label={t('signin.password')}
            error={errors.find(error => error.field === 'password')?.text}
            autoComplete="current-password webauthn"
            autoFocus
          />
          <Actions>
            <Button>{t('signin.submit')}</Button>
          </Actions>
        </Form>
        <PasskeySignIn visit={visit} problem={problem} signInId={signIn.id} autofill />
        <Actions>
          <Forgot visit={visit} username={username} signInId={signIn.id} />
          <Button kind="link" href={`/signin/${signIn.id}?way=pass`}>
            {t('signin.pass.use')}
          </Button>
          <Button kind="link" href={`/help/sign-in?${new URLSearchParams({ username })}`}>
            {t('assistant.link')}
          </Button>
        </Actions>
        <PasskeyWithout locale={visit.locale} />
      </>
    ),
  }
}

/** An access pass in place of the password, which an administrator has given. */
function passPage(visit: Visit, signIn: SignIn, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const errors = formErrors(visit, problem)
  const { username = '' } = signIn
  return {
    title: t('signin.pass.title'),
    problem,
    errors,
    children: (
      <>
        {lead(visit, signIn)}
        <p className="hint">
          {t('signin.as', { username })} <a href={`/signin/${signIn.id}?other`}>{t('signin.other')}</a>
        </p>
        <Form action={`/signin/${signIn.id}/pass`}>
          <TextField
            name="pass"
            label={t('signin.pass.label')}
            hint={t('signin.pass.hint')}
            error={errors.find(error => error.field === 'pass')?.text}
            autoFocus
          />
          <Actions>
            <Button>{t('signin.submit')}</Button>
            <Button kind="link" href={`/signin/${signIn.id}`}>
              {t('signin.pass.password')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

/** What it means on a shared machine stands right above the buttons. */
function stayPage(visit: Visit, { id, session: { policy } }: SignIn & { state: 'stay-signed-in' }): PageContent {
  const { t } = visit.locale
  return {
    title: t('signin.stay.title'),
    children: (
      <>
        <Lead>{t('signin.stay.lead', { count: policy.staySignedInDays })}</Lead>
        <p>{t('signin.stay.shared', { count: policy.sessionMaxHours })}</p>
        <Form action={`/signin/${id}/stay`}>
          <Actions>
            <Button name="stay" value="true">
              {t('signin.stay.yes')}
            </Button>
            <Button kind="secondary" name="stay" value="false">
              {t('signin.stay.no')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

/** Goes on with an account that is not the browser's current one, by the person's own click. */
function accountPage(visit: Visit, signIn: SignIn & { session: Session }): PageContent {
  const { t } = visit.locale
  return {
    title: t('signin.title'),
    children: (
      <>
        {lead(visit, signIn)}
        <p className="hint">{t('signin.as', { username: signIn.session.user.userPrincipalName })}</p>
        <Form action={`/signin/${signIn.id}/confirm`}>
          <Actions>
            <Button>{t('signin.confirm.accept')}</Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

function consentPage(visit: Visit, signIn: SignIn & { state: 'consent' }): PageContent {
  const { t } = visit.locale
  const application = signIn.application.displayName
  const organization = visit.tenant?.displayName ?? ''
  const { mayConsent, mayConsentForOrganization } = signIn
  const host = signIn.application.platform === 'publicClient' ? null : hostOf(signIn)
  return {
    title: t('signin.consent.title', { application }),
    children: (
      <>
        <Lead>
          {mayConsent
            ? t('signin.consent.lead', { application })
            : t('signin.consent.leadForOrganization', { application, organization })}
        </Lead>
        <TitledList items={signIn.scopes.map(scope => describeScope(t, scope))} />
        {host !== null && <p className="hint">{t('signin.consent.host', { application, host })}</p>}
        <Form action={`/signin/${signIn.id}/consent`} {...(!mayConsent && { hidden: { forOrganization: 'true' } })}>
          {mayConsent && mayConsentForOrganization && (
            <Checkbox
              name="forOrganization"
              label={t('signin.consent.forOrganization', { organization })}
              checked={signIn.forOrganization}
            />
          )}
          <Actions>
            <Button name="accept" value="true">
              {t('signin.consent.accept')}
            </Button>
            <Button kind="secondary" name="accept" value="false">
              {t('signin.consent.decline')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

function confirmPage(visit: Visit, signIn: SignIn & { state: 'confirm-application' }): PageContent {
  const { t } = visit.locale
  const application = signIn.application.displayName
  return {
    title: t('signin.confirm.title', { application }),
    children: (
      <>
        <Lead>{t('signin.confirm.lead', { application })}</Lead>
        <Form action={`/signin/${signIn.id}/confirm`}>
          <Actions>
            <Button>{t('signin.confirm.accept')}</Button>
            <Button kind="secondary" formAction={`/signin/${signIn.id}/cancel`}>
              {t('signin.confirm.cancel')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

/** Begins the application's request anew, or the person's own sign-in. */
function expiredPage(visit: Visit, signIn: SignIn): PageContent {
  const { t } = visit.locale
  const application = signIn.application?.displayName
  return {
    title: t('signin.expired.title'),
    outcome: 'warning',
    number: EXPIRED,
    children: (
      <>
        <Lead>{application ? t('signin.expired.lead', { application }) : t('signin.expired.own')}</Lead>
        <Actions>
          <Button href={againAt(visit.services.origin, signIn)}>{t('signin.expired.again')}</Button>
        </Actions>
      </>
    ),
  }
}
