import { CaptchaFields } from '../captcha/captchaPages.tsx'
import { usedCodeBanner } from '../challenges/challengePages.tsx'
import { supportCode } from '../crypto/index.ts'
import { formErrors, ownAddress, type PageContent, proofField, typed, type Visit } from '../http/index.ts'
import {
  Actions,
  Button,
  Form,
  HelpLink,
  Identity,
  Lead,
  NewPassword,
  PasskeyForm,
  PasskeyWithout,
  RadioCards,
  TextField,
} from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import { helpdeskOf } from './contact.ts'
import { expiredPage, finishedPage, supersededPage } from './endPages.tsx'
import type { Journey, JourneyIn } from './journey.ts'
import { Help, noticeOf, passkeyIn, pathOf, type Scene, stepsOf, TimeLimit } from './scenePages.tsx'
import { verifyPage } from './verifyPages.tsx'

/** "Who are you?" */
export function startPage(visit: Visit, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const { signin } = visit.query
  const errors = formErrors(visit, problem)
  const isPreview = visit.looks?.preview !== undefined
  return {
    title: t('reset.start.title'),
    problem,
    errors,
    scripts: visit.services.captcha ? ['captcha'] : [],
    children: (
      <>
        <Lead>{t('reset.start.lead')}</Lead>
        <TimeLimit visit={visit} />
        <Form
          action={isPreview ? '/reset' : ownAddress(visit)}
          {...(signin !== undefined && { hidden: { signin: signin.slice(0, 64) } })}
        >
          <TextField
            name="username"
            label={t('signin.username')}
            hint={t('signin.usernameHint')}
            value={typed(visit, 'username') ?? visit.query.username}
            error={errors.find(error => error.field === 'username')?.text}
            type="email"
            autoComplete="username"
            autoFocus={!isPreview}
          />
          {visit.services.captcha && <CaptchaFields visit={visit} problem={problem} />}
          <Actions>
            <Button>{t('reset.start.next')}</Button>
            <Button kind="link" href="/signin">
              {t('reset.start.cancel')}
            </Button>
          </Actions>
        </Form>
        <p className="hint">
          <HelpLink locale={visit.locale} to="forgot-password" say="how" />
        </p>
      </>
    ),
  }
}

/** The page of a journey in its present state. */
export function journeyPage(shown: Omit<Scene, 'errors'>): PageContent {
  const { visit, view, problem } = shown
  const errors = formErrors(visit, problem, field => proofField(field, view.challenge))
  const used = view.codesLeft !== undefined && !problem && usedCodeBanner(visit.locale, view.codesLeft)
  return { supportCode: view.supportCode, ...(used && { notice: used }), ...pageOf({ ...shown, errors }) }
}

function pageOf(scene: Scene): PageContent {
  const { journey } = scene
  switch (journey.state) {
    case 'choose-problem':
      return problemPage(scene)
    case 'verify':
      return verifyPage({ ...scene, journey })
    case 'choose-password':
      return journey.problem === 'unlock' ? unlockPage(scene) : passwordPage({ ...scene, journey })
    case 'blocked':
      return blockedPage(scene, journey.retryAfter)
    case 'refused':
      return refusedPage(scene)
    case 'finished':
      return finishedPage(scene)
    case 'expired':
      return expiredPage(scene)
    case 'superseded':
      return supersededPage(scene)
  }
}

function problemPage({ visit, journey, problem, errors }: Scene): PageContent {
  const { t } = visit.locale
  return {
    title: t('reset.problem.title'),
    problem,
    errors,
    children: (
      <>
        <Identity name={journey.typedName} />
        <Lead>{journey.concealed ? t('reset.problem.concealedLead') : t('reset.problem.lead')}</Lead>
        <p className="hint">
          <HelpLink locale={visit.locale} to="locked-account" />
        </p>
        <Form action={`${pathOf(journey)}/problem`}>
          <RadioCards
            name="problem"
            legend={t('reset.problem.legend')}
            error={errors.find(error => error.field === 'problem')?.text}
            options={[
              { value: 'forgot', label: t('reset.problem.forgot'), hint: t('reset.problem.forgotHint'), icon: 'key' },
              { value: 'unlock', label: t('reset.problem.unlock'), hint: t('reset.problem.unlockHint'), icon: 'lock' },
            ]}
          />
          <Actions>
            <Button>{t('reset.problem.next')}</Button>
            <Help visit={visit} journey={journey} />
          </Actions>
        </Form>
      </>
    ),
  }
}

function passwordPage({
  visit,
  journey,
  view,
  problem,
  errors,
}: Scene & { journey: JourneyIn<'choose-password'> }): PageContent {
  const { t } = visit.locale
  return {
    title: t('reset.password.title'),
    problem,
    errors,
    steps: stepsOf(visit, view),
    scripts: ['newPassword'],
    children: (
      <>
        <Identity name={journey.typedName} />
        <Lead>{t('reset.password.lead')}</Lead>
        <Form action={`${pathOf(journey)}/password`} username={journey.typedName}>
          <NewPassword
            locale={visit.locale}
            username={journey.typedName}
            label={t('reset.password.new')}
            again={t('reset.password.again')}
            errors={errors}
            directory={journey.rules}
            autoFocus
          />
          <Actions>
            <Button>{t('reset.password.finish')}</Button>
            <Button kind="link" href="/signin">
              {t('reset.start.cancel')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

function unlockPage({ visit, journey, view, problem, errors }: Scene): PageContent {
  const { t } = visit.locale
  return {
    title: t('reset.unlock.title'),
    problem,
    errors,
    steps: stepsOf(visit, view),
    children: (
      <>
        <Identity name={journey.typedName} />
        <Lead>{t('reset.unlock.lead')}</Lead>
        <Form action={`${pathOf(journey)}/unlock`}>
          <Actions>
            <Button>{t('reset.unlock.finish')}</Button>
            <Button kind="link" href="/signin">
              {t('reset.start.cancel')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

function refusedPage({ visit, journey, view }: Scene): PageContent {
  const { t } = visit.locale
  const { refusal } = view
  return {
    title: refusal?.title ?? '',
    outcome: 'warning',
    children: (
      <>
        <Identity name={journey.typedName} />
        <p>{refusal?.detail}</p>
        <p className="hint">
          {t('reset.refused.code', { code: refusal?.code ?? '' })}{' '}
          <HelpLink locale={visit.locale} to={`codes/${refusal?.code}`} />
        </p>
        <Actions>
          {journey.canContactAdministrator ? (
            <>
              <Button href={`${pathOf(journey)}/contact`}>{t('reset.contact.link')}</Button>
              <Button kind="link" href={`/reset?username=${encodeURIComponent(journey.typedName)}`}>
                {t('reset.refused.check')}
              </Button>
            </>
          ) : (
            <Button href={`/reset?username=${encodeURIComponent(journey.typedName)}`}>
              {t('reset.refused.check')}
            </Button>
          )}
        </Actions>
        {!journey.canContactAdministrator && (
          <p className="hint">
            {t('reset.contact.nobody')} <a href="/support">{t('support.title')}</a>
          </p>
        )}
        <p className="hint">
          <a href="/help/sign-in">{t('assistant.more')}</a>
        </p>
      </>
    ),
  }
}

/** Codes wait. A passkey, which nobody guesses, does not. */
function blockedPage({ visit, journey, view, problem, errors }: Scene, retryAfter: number): PageContent {
  const { locale } = visit
  const { t } = locale
  const duration = locale.duration(retryAfter)
  const [passkey] = view.methods
  if (passkey) {
    const { label, hint: _, ...form } = passkeyIn(visit, journey, passkey)
    return {
      title: t('reset.blocked.title'),
      outcome: 'warning',
      ...(problem?.code !== 'blocked' && { problem, errors }),
      notice: noticeOf(visit),
      scripts: ['passkey'],
      children: (
        <>
          <Identity name={journey.typedName} />
          <p>{t(journey.concealed ? 'reset.blocked.concealed' : 'reset.blocked.passkey', { duration })}</p>
          <PasskeyForm {...form}>
            <Actions>
              <Button icon="key">{label}</Button>
            </Actions>
          </PasskeyForm>
          <PasskeyWithout locale={locale} />
          <Actions>
            <Help visit={visit} journey={journey} />
            <Button kind="link" href="/signin">
              {t('reset.start.cancel')}
            </Button>
          </Actions>
        </>
      ),
    }
  }
  return {
    title: t('reset.blocked.title'),
    outcome: 'warning',
    children: (
      <>
        <Identity name={journey.typedName} />
        <p>{t('reset.blocked.lead', { duration })}</p>
        <p className="hint">
          <HelpLink locale={locale} to="codes/blocked" /> <a href="/help/sign-in">{t('assistant.more')}</a>
        </p>
        <Actions>
          {journey.canContactAdministrator && (
            <Button href={`${pathOf(journey)}/contact`}>{t('reset.contact.link')}</Button>
          )}
          <Button kind="link" href="/signin">
            {t('reset.start.cancel')}
          </Button>
        </Actions>
      </>
    ),
  }
}

/** Asks before a mail goes out, then says that it did, or that one went out `earlier` today. */
export function contactPage(visit: Visit, journey: Journey, earlier: boolean, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const helpdesk = helpdeskOf(journey)
  const back = (
    <Button kind="link" href={pathOf(journey)}>
      {t('reset.contact.back')}
    </Button>
  )
  const common = {
    problem,
    supportCode: supportCode(visit.act, journey.tenantId, journey.id),
  }
  if (helpdesk !== undefined) {
    return {
      ...common,
      title: t('reset.contact.title'),
      children: (
        <>
          <Lead>{t('reset.contact.helpdesk')}</Lead>
          <Actions>
            <Button href={helpdesk}>{t('reset.contact.open')}</Button>
            {back}
          </Actions>
        </>
      ),
    }
  }
  if (journey.contactedAt) {
    return {
      ...common,
      title: t('reset.contact.sentTitle'),
      outcome: 'success',
      children: (
        <>
          <p>{t('reset.contact.sent')}</p>
          <Actions>{back}</Actions>
        </>
      ),
    }
  }
  if (earlier || !journey.canContactAdministrator) {
    return {
      ...common,
      title: earlier ? t('reset.contact.earlierTitle') : t('reset.contact.nobodyTitle'),
      outcome: 'info',
      children: (
        <>
          <p>{earlier ? t('reset.contact.earlier') : t('reset.contact.nobody')}</p>
          <Actions>{back}</Actions>
        </>
      ),
    }
  }
  return {
    ...common,
    title: t('reset.contact.title'),
    children: (
      <>
        <Lead>{t('reset.contact.lead', { username: journey.typedName })}</Lead>
        <Form action={`${pathOf(journey)}/contact`}>
          <Actions>
            <Button>{t('reset.contact.send')}</Button>
            {back}
          </Actions>
        </Form>
      </>
    ),
  }
}
