// A long file: the pages of one journey, which read in its order.

import { CaptchaFields } from '../captcha/captchaPages.tsx'
import { errorOf, formErrors, type PageContent, typed, type Visit } from '../http/index.ts'
import { mailboxCodePage } from '../mailboxes/mailboxPages.tsx'
import { countryChoice } from '../methods/index.ts'
import {
  Actions,
  Button,
  Checkbox,
  CodeSheet,
  DefinitionList,
  Form,
  type FormError,
  HelpLink,
  Identity,
  Lead,
  RadioCards,
  SelectField,
  Sentence,
  TextField,
} from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import { acceptedRegion } from '../words/index.ts'
import { AccountFields, AdministratorFields } from './joinPages.tsx'
import type { Signup, SignupFor, SignupIn } from './signup.ts'
import type { SignupInvitation } from './signupInvitations.ts'
import { actsOf, signupAddress } from './wire.ts'

/** What a page needs besides its journey. `suggestions`: labels that are free. */
interface Shown {
  suggestions: readonly string[]
  problem: Refusal | undefined
}

/** How a sign-up begins. `start`: the onboarding whose step it is. `invitation`: what this browser was given. */
interface Beginning {
  start: string | undefined
  invitation: SignupInvitation | undefined
}

/** Asks for the address, or says that nobody can sign up here. */
export function startPage(visit: Visit, { start, invitation }: Beginning, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const { signup, tenantSuffix, captcha } = visit.services
  const isInvited = signup.open === 'open' || (signup.open === 'invitation' && invitation !== undefined)
  const isOpen = isInvited && tenantSuffix !== undefined
  if (!isOpen && !signup.persons) {
    const why = signup.open === 'invitation' ? 'invitation' : 'closed'
    return {
      title: t(`signup.${why}.title`),
      outcome: 'info',
      problem,
      children: (
        <>
          <p>{t(`signup.${why}.lead`)}</p>
          <Actions>
            <Button href="/account-check">{t('workAccounts.ask.title')}</Button>
            <Button kind="link" href="/signin">
              {t('workAccounts.signIn')}
            </Button>
          </Actions>
        </>
      ),
    }
  }
  const errors = formErrors(visit, problem)
  const isForMyself = !isOpen || (typed(visit, 'for') ?? visit.query.for) === 'myself'
  const whom = isForMyself ? 'myself' : 'company'
  return {
    title: t('signup.start.title'),
    problem,
    errors,
    steps: stepsOf(visit, 1, whom),
    scripts: captcha ? ['captcha'] : [],
    children: (
      <>
        <Lead>{t(isOpen ? 'signup.start.lead' : 'signup.for.myselfHint')}</Lead>
        <p className="hint">
          <HelpLink locale={visit.locale} to="first-account" say="how" />
        </p>
        <Form action={visit.path} hidden={{ ...(start !== undefined && { start }), ...(!isOpen && { for: 'myself' }) }}>
          {isOpen && signup.persons && start === undefined && <Whom visit={visit} whom={whom} />}
          <TextField
            name="address"
            label={t('signup.start.address')}
            hint={t('signup.start.addressHint')}
            value={typed(visit, 'address') ?? invitation?.address ?? visit.query.address}
            error={errorOf(errors, 'address')}
            type="email"
            autoComplete="email"
            autoFocus
          />
          {captcha && <CaptchaFields visit={visit} problem={problem} />}
          <Actions>
            <Button>{t('signup.start.go')}</Button>
            <Button kind="link" href="/account-check">
              {t('signup.start.check')}
            </Button>
            {start === undefined && (
              <Button kind="link" href="/start">
                {t('workAccounts.decide')}
              </Button>
            )}
          </Actions>
        </Form>
      </>
    ),
  }
}

/** Whom the sign-up is for, where both are open. */
function Whom({ visit: { locale }, whom }: { visit: Visit; whom: SignupFor }) {
  const { t } = locale
  return (
    <RadioCards
      name="for"
      legend={t('signup.for.legend')}
      value={whom}
      options={[
        { value: 'company', label: t('signup.for.company'), hint: t('signup.for.companyHint') },
        { value: 'myself', label: t('signup.for.myself'), hint: t('signup.for.myselfHint') },
      ]}
    />
  )
}

/** The page of a journey in its present state. */
export function signupPage(visit: Visit, signup: Signup, shown: Shown): PageContent {
  const errors = formErrors(visit, shown.problem)
  const common = { problem: shown.problem, errors }
  switch (signup.state) {
    case 'prove-address':
      return { ...common, ...codePage(visit, signup, shown.problem, errors) }
    case 'exists':
      return { ...common, ...existsPage(visit, signup) }
    case 'person':
      return { ...common, ...personPage(visit, signup, errors) }
    case 'refused':
      return { ...common, ...refusedPage(visit, signup) }
    case 'organization':
      return { ...common, ...organizationPage(visit, signup, shown, errors) }
    case 'administrator': {
      const isBack = visit.query.step === 'organization' || shown.problem?.code.startsWith('label_')
      const page = isBack ? organizationPage(visit, signup, shown, errors) : administratorPage(visit, signup, errors)
      return { ...common, ...page }
    }
    case 'keep-codes':
      return { ...common, ...codesPage(visit, signup, errors) }
    case 'finished':
      return { ...common, ...finishedPage(visit, signup) }
    case 'expired':
      return { ...common, ...expiredPage(visit, signup) }
  }
}

/** The things that are asked for, and which one this is. */
function stepsOf({ locale: { t } }: Visit, current: number, whom: SignupFor = 'company') {
  if (whom === 'myself') return { current, labels: [t('signup.steps.mailbox'), t('signup.person.step')] }
  const labels = [
    t('signup.steps.mailbox'),
    t('signup.steps.organization'),
    t('signup.steps.administrator'),
    t('signup.steps.codes'),
  ]
  return { current, labels }
}

type Part = Omit<PageContent, 'problem' | 'errors'>

function codePage(
  visit: Visit,
  { id, address, challenge, onboardingId, for: whom }: SignupIn<'prove-address'>,
  problem: Refusal | undefined,
  errors: readonly FormError[],
): Part {
  const { t } = visit.locale
  const part = mailboxCodePage(visit, {
    ...{ path: `/signup/${id}`, address, challenge, problem },
    error: errorOf(errors, 'code'),
    words: {
      title: t('signup.code.title'),
      lead: to => t('signup.code.lead', { address: to }),
      over: to => t('signup.code.over', { address: to }),
      verify: t('signup.code.verify'),
      again: t('signup.code.again'),
    },
    beside: (
      <Button kind="link" href={signupAddress(onboardingId)}>
        {t('signup.code.other')}
      </Button>
    ),
  })
  return { ...part, steps: stepsOf(visit, 1, whom) }
}

/** What to do without an account there. */
const nobodyYet = (account: 'managed' | 'unmanaged') =>
  account === 'managed' ? 'signup.exists.notYou' : 'signup.exists.unmanaged'

function existsPage(visit: Visit, signup: SignupIn<'exists'>): Part {
  const { t } = visit.locale
  const [first, ...others] = actsOf(visit, signup).filter(({ method }) => method === 'GET')
  return {
    title: t('signup.exists.title'),
    outcome: 'info',
    children: (
      <>
        <Lead>
          <Sentence say={domain => t('signup.exists.lead', { domain })}>
            <bdi>{signup.domain}</bdi>
          </Sentence>
        </Lead>
        <p>
          {signup.account === 'directory'
            ? t('signup.exists.directory')
            : t(signup.you ? 'signup.exists.you' : nobodyYet(signup.account))}
        </p>
        <Actions>
          <Button href={first!.href}>{first!.title}</Button>
          {others.map(({ act, href, title }) => (
            <Button key={act} kind="secondary" href={href}>
              {title}
            </Button>
          ))}
        </Actions>
        {signup.for === 'company' && (
          <>
            <p className="hint">{t('signup.exists.why')}</p>
            <Form action={`/signup/${signup.id}/anyway`}>
              <Actions>
                <Button kind="link">{t('signup.exists.anyway')}</Button>
              </Actions>
            </Form>
          </>
        )}
      </>
    ),
  }
}

/** Somebody's own account, which their address names. */
function personPage(visit: Visit, { id, userPrincipalName }: SignupIn<'person'>, errors: readonly FormError[]): Part {
  const { t } = visit.locale
  return {
    title: t('signup.person.title'),
    steps: stepsOf(visit, 2, 'myself'),
    scripts: ['newPassword'],
    children: (
      <>
        <Identity name={userPrincipalName} />
        <Lead>{t('signup.person.lead')}</Lead>
        <Form action={`/signup/${id}/person`}>
          <AccountFields visit={visit} errors={errors} username={userPrincipalName} />
          <Actions>
            <Button>{t('signup.person.go')}</Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

/** The company adds its people itself. */
function refusedPage(visit: Visit, signup: SignupIn<'refused'>): Part {
  const { t } = visit.locale
  const [first, ...others] = actsOf(visit, signup)
  return {
    title: t('problems.signup_off_for_tenant.title'),
    outcome: 'info',
    children: (
      <>
        <p>{t('problems.signup_off_for_tenant.detail')}</p>
        <Actions>
          <Button href={first!.href}>{first!.title}</Button>
          {others.map(({ act, href, title }) => (
            <Button key={act} kind="link" href={href}>
              {title}
            </Button>
          ))}
        </Actions>
      </>
    ),
  }
}

function organizationPage(
  visit: Visit,
  signup: SignupIn<'organization' | 'administrator'>,
  { suggestions, problem }: Shown,
  errors: readonly FormError[],
): Part {
  const { locale, languages, services } = visit
  const { t } = locale
  const { organization } = signup
  const value = (name: 'displayName' | 'label' | 'technicalContact') => typed(visit, name) ?? organization?.[name]
  const chosen = typed(visit, 'country') ?? organization?.country
  const region = acceptedRegion(languages)
  const { countries, country } = countryChoice(locale, { chosen, region, company: undefined })
  const suffix = services.tenantSuffix ?? ''
  return {
    title: t('signup.organization.title'),
    steps: stepsOf(visit, 2),
    children: (
      <>
        <Lead>{t('signup.organization.lead')}</Lead>
        <Form action={`/signup/${signup.id}/organization`}>
          <TextField
            name="displayName"
            label={t('signup.organization.name')}
            value={value('displayName')}
            error={errorOf(errors, 'displayName')}
            autoComplete="organization"
            autoFocus
          />
          {problem?.code === 'name_doubtful' && (
            <Checkbox name="sure" label={t('signup.organization.sure')} checked={false} />
          )}
          <SelectField
            name="country"
            label={t('methods.country')}
            value={country}
            error={errorOf(errors, 'country')}
            autoComplete="country"
            options={countries.map(({ code, name }) => ({ value: code, label: name }))}
          />
          <TextField
            name="label"
            label={t('signup.organization.label')}
            hint={
              suggestions.length > 0
                ? t('signup.organization.labelFree', { suffix, labels: locale.list(suggestions) })
                : t('signup.organization.labelHint', { suffix })
            }
            value={value('label') ?? suggestions[0]}
            error={errorOf(errors, 'label')}
          />
          <TextField
            name="technicalContact"
            label={t('signup.organization.contact')}
            hint={t('signup.organization.contactHint')}
            value={value('technicalContact')}
            error={errorOf(errors, 'technicalContact')}
            type="email"
            required={false}
          />
          <Actions>
            <Button>{t('signup.organization.go')}</Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

function administratorPage(
  visit: Visit,
  { id, address, organization }: SignupIn<'administrator'>,
  errors: readonly FormError[],
): Part {
  const { t } = visit.locale
  const domain = `${organization.label}.${visit.services.tenantSuffix}`
  return {
    title: t('signup.administrator.title'),
    steps: stepsOf(visit, 3),
    scripts: ['newPassword'],
    children: (
      <>
        <Identity name={organization.displayName} />
        <Lead>{t('signup.administrator.lead')}</Lead>
        <Form action={`/signup/${id}/administrator`}>
          <AdministratorFields visit={visit} errors={errors} address={address} domain={domain} />
          <Actions>
            <Button>{t('signup.administrator.go')}</Button>
            <Button kind="link" href={`/signup/${id}?step=organization`}>
              {t('signup.organization.change')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

function codesPage(visit: Visit, { id, emergency }: SignupIn<'keep-codes'>, errors: readonly FormError[]): Part {
  const { locale, act } = visit
  const { t, day } = locale
  const words = {
    print: t('registration.recovery.print'),
    copy: t('registration.recovery.copy'),
    download: t('registration.recovery.download'),
    copied: t('registration.recovery.copied'),
  }
  return {
    title: t('signup.codes.title'),
    steps: stepsOf(visit, 4),
    children: (
      <>
        <Lead>{t('signup.codes.lead')}</Lead>
        <DefinitionList
          items={[{ term: t('signup.codes.account'), description: <bdi>{emergency.userPrincipalName}</bdi> }]}
        />
        {(['A', 'B'] as const).map(sheet => (
          <div key={sheet}>
            <h2>{t('signup.codes.sheet', { sheet })}</h2>
            <CodeSheet
              codes={emergency.codes[sheet]}
              made={t('registration.recovery.made', { date: day(act.now) })}
              words={{ ...words, list: t('signup.codes.sheet', { sheet }) }}
            />
          </div>
        ))}
        <p>{t('signup.codes.apart')}</p>
        <Form action={`/signup/${id}/codes`} hidden={{ kept: 'true' }}>
          <TextField
            name="secondAdministrator"
            label={t('signup.codes.second')}
            hint={t('signup.codes.secondHint')}
            value={typed(visit, 'secondAdministrator')}
            error={errorOf(errors, 'secondAdministrator')}
            type="email"
            required={false}
          />
          <Actions>
            <Button>{t('signup.codes.kept')}</Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

function finishedPage({ locale: { t }, tenant }: Visit, signup: SignupIn<'finished'>): Part {
  const { made, onboardingId } = signup
  const isPerson = signup.for === 'myself'
  return {
    title: isPerson
      ? t('signup.person.finished')
      : t('signup.finished.title', { organization: tenant?.displayName ?? '' }),
    outcome: 'success',
    children: (
      <>
        <Identity name={made.userPrincipalName} />
        <p>{t(isPerson ? 'signup.person.name' : 'signup.finished.lead')}</p>
        <p>{t(isPerson ? 'signup.person.next' : 'signup.finished.next')}</p>
        <Actions>
          {onboardingId !== undefined && <Button href={`/start/${onboardingId}`}>{t('signup.finished.goOn')}</Button>}
          <Button kind={onboardingId === undefined ? 'primary' : 'link'} href="/account">
            {t('signup.finished.go')}
          </Button>
        </Actions>
      </>
    ),
  }
}

function expiredPage({ locale: { t } }: Visit, { onboardingId }: SignupIn<'expired'>): Part {
  return {
    title: t('signup.expired.title'),
    outcome: 'warning',
    children: (
      <>
        <p>{t('signup.expired.lead')}</p>
        <Actions>
          <Button href={signupAddress(onboardingId)}>{t('signup.expired.again')}</Button>
        </Actions>
      </>
    ),
  }
}
