import { CaptchaFields } from '../captcha/captchaPages.tsx'
import { errorOf, formErrors, type PageContent, typed, type Visit } from '../http/index.ts'
import {
  Actions,
  Button,
  Choice,
  Choices,
  Details,
  Form,
  type FormError,
  HelpLink,
  Lead,
  Panel,
  Sentence,
  StepList,
  TextField,
} from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import type { Onboarding, Question, Step } from './onboarding.ts'
import { dueAct, takeOverAct } from './wire.ts'

/** Begins the questions. `latest`: the onboarding that this browser has begun already. */
export function startPage(visit: Visit, latest: string | undefined, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const { captcha } = visit.services
  return {
    title: t('onboarding.start.title'),
    problem,
    errors: formErrors(visit, problem),
    scripts: captcha ? ['captcha'] : [],
    children: (
      <>
        <Lead>{t('onboarding.start.lead')}</Lead>
        <p className="hint">
          <HelpLink locale={visit.locale} to="first-account" say="how" />
        </p>
        {latest !== undefined && (
          <Choices label={t('onboarding.start.begun')}>
            <Choice icon="clock" label={t('onboarding.start.goOn')} href={`/start/${latest}`} />
          </Choices>
        )}
        <Form action={visit.path}>
          {captcha && <CaptchaFields visit={visit} problem={problem} />}
          <Actions>
            <Button kind={latest === undefined ? 'primary' : 'secondary'}>{t('onboarding.start.go')}</Button>
            <Button kind="link" href="/account-check">
              {t('signup.start.check')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

/** The question that is due, or where one stands. */
export function onboardingPage(visit: Visit, onboarding: Onboarding, problem?: Refusal): PageContent {
  const { t } = visit.locale
  if (onboarding.state === 'expired')
    return {
      title: t('onboarding.expired.title'),
      outcome: 'warning',
      problem,
      children: (
        <>
          <p>{t('onboarding.expired.lead')}</p>
          <Actions>
            <Button href="/start">{t('onboarding.again')}</Button>
          </Actions>
        </>
      ),
    }
  const errors = formErrors(visit, problem)
  const { question } = onboarding
  const part = question ? questionPage(visit, { ...onboarding, question }, errors) : wayPage(visit, onboarding)
  return {
    ...part,
    problem,
    errors,
    scripts: ['times'],
    notice: visit.query.sent === undefined ? undefined : { tone: 'success', children: t('onboarding.link.sent') },
    children: (
      <>
        {part.children}
        {onboarding.decision.hasDomain !== null && (
          <Form action={`/start/${onboarding.id}/back`}>
            <Actions>
              <Button kind="link">{t('onboarding.back')}</Button>
            </Actions>
          </Form>
        )}
        <Elsewhere visit={visit} onboarding={onboarding} errors={errors} />
      </>
    ),
  }
}

type Part = Pick<PageContent, 'title' | 'outcome' | 'children'>

function questionPage(
  visit: Visit,
  { id, question, decision }: Onboarding & { question: Question },
  errors: readonly FormError[],
): Part {
  const { t } = visit.locale
  const action = `/start/${id}/answers`
  const title = t(`onboarding.question.${question}.title`, { domain: decision.domain ?? '' })
  if (question === 'domain')
    return {
      title,
      children: (
        <Form action={action} hidden={{ question }}>
          <TextField
            name="answer"
            label={t('onboarding.question.domain.label')}
            hint={t('workAccounts.ask.queryHint')}
            value={typed(visit, 'answer')}
            error={errorOf(errors, 'answer')}
            autoFocus
          />
          <Actions>
            <Button>{t('onboarding.question.go')}</Button>
          </Actions>
        </Form>
      ),
    }
  return {
    title,
    children: (
      <>
        <Lead>
          <Sentence say={domain => t(`onboarding.question.${question}.lead`, { domain })}>
            <bdi>{decision.domain}</bdi>
          </Sentence>
        </Lead>
        <Choices label={title}>
          {(['yes', 'no'] as const).map(answer => (
            <Choice
              key={answer}
              icon={answer === 'yes' ? 'success' : 'info'}
              label={t(`onboarding.question.${answer}`)}
              hint={t(`onboarding.question.${question}.${answer}`)}
              action={action}
              fields={{ question, answer }}
            />
          ))}
        </Choices>
      </>
    ),
  }
}

/** The outcome as a picture of its steps, with what is due now. */
function wayPage(visit: Visit, onboarding: Onboarding): Part {
  const { t } = visit.locale
  const { outcome, steps, state, decision, kind } = onboarding
  const isFinished = state === 'finished'
  const about = outcome === 'sign-in' && kind === 'unmanaged' ? 'unmanaged' : (outcome ?? 'create')
  const due = dueAct(visit, onboarding)
  const takeOver = takeOverAct(visit, onboarding)
  return {
    title: isFinished ? t('onboarding.finished.title') : t(`onboarding.outcome.${about}.title`),
    outcome: isFinished ? 'success' : undefined,
    children: (
      <>
        <Lead>
          {isFinished ? (
            t('onboarding.finished.lead')
          ) : (
            <Sentence say={domain => t(`onboarding.outcome.${about}.lead`, { domain })}>
              <bdi>{decision.domain}</bdi>
            </Sentence>
          )}
        </Lead>
        <StepList
          label={t('frame.progress')}
          items={steps.map(step => ({
            key: step.id,
            state: step.state,
            label: t(`onboarding.step.${step.id}.title`, { domain: decision.domain ?? '' }),
            says: t(`onboarding.state.${step.state}`),
            hint: hintOf(visit, onboarding, step),
          }))}
        />
        {(due?.method === 'GET' || takeOver) && (
          <Actions>
            {due?.method === 'GET' && <Button href={due.href}>{due.title}</Button>}
            {takeOver && (
              <Button kind="secondary" href={takeOver.href}>
                {takeOver.title}
              </Button>
            )}
          </Actions>
        )}
        <TenantAdvice visit={visit} onboarding={onboarding} />
      </>
    ),
  }
}

/** What a step that is due asks for; of the wait for the DNS when it is asked next. */
function hintOf({ locale: { t, dateTime } }: Visit, { nextCheckAt, kind, advice }: Onboarding, { id, state }: Step) {
  // Where nobody administers, nobody can be asked.
  if (id === 'sign-in' && kind === 'unmanaged') return undefined
  if (id === 'sign-in-existing' && state === 'now' && advice) return t('onboarding.advice.choose')
  if (state === 'now') return t(`onboarding.step.${id}.hint`)
  if (state !== 'waiting' || !nextCheckAt) return undefined
  return (
    <Sentence say={when => t('onboarding.waits', { when })}>
      <time dateTime={nextCheckAt.toISOString()}>{dateTime(nextCheckAt)}</time>
    </Sentence>
  )
}

/** How many of a tenant's people will work here, and what that means for it (Partner Center and work accounts, §1.6). */
function TenantAdvice({ visit, onboarding }: { visit: Visit; onboarding: Onboarding }) {
  const { advice, id, decision } = onboarding
  if (!advice) return null
  const { t } = visit.locale
  const { users: count, willUse, recommend } = advice
  const organization = visit.tenant?.displayName ?? ''
  const path = `/start/${id}`
  const ways = (recommend === 'dedicated' ? ['dedicated', 'this'] : ['this', 'dedicated']) as ('this' | 'dedicated')[]
  return (
    <Panel title={t('onboarding.advice.title')} hint={t('onboarding.advice.users', { count, organization })}>
      <Form action={path} method="get">
        <TextField
          name="willUse"
          label={t('onboarding.advice.willUse')}
          hint={t('onboarding.advice.willUseHint')}
          value={willUse === null ? undefined : String(willUse)}
          inputMode="numeric"
        />
        <Actions>
          <Button kind="secondary">{t('onboarding.advice.compare')}</Button>
        </Actions>
      </Form>
      {willUse !== null && recommend !== null && (
        <>
          <p>{t(`onboarding.advice.${recommend}Better`, { count: willUse, users: visit.locale.number(count) })}</p>
          <p className="hint">{t('onboarding.advice.seen')}</p>
          <Form action={`${path}/tenant`} hidden={{ willUse: String(willUse) }}>
            <Actions>
              {ways
                .filter(use => use !== decision.use)
                .map((use, place) => (
                  <Button
                    key={use}
                    kind={place === 0 && decision.use === null ? 'primary' : 'secondary'}
                    name="use"
                    value={use}
                  >
                    {t(`onboarding.advice.${use}`)}
                  </Button>
                ))}
            </Actions>
          </Form>
        </>
      )}
    </Panel>
  )
}

/** Mails a link, by which another device goes on. */
function Elsewhere({
  visit,
  onboarding: { id, expiresAt },
  errors,
}: {
  visit: Visit
  onboarding: Onboarding
  errors: readonly FormError[]
}) {
  const { t, dateTime } = visit.locale
  const error = errorOf(errors, 'address')
  return (
    <Details summary={t('onboarding.link.title')} open={error !== undefined}>
      <p className="hint">
        <Sentence say={when => t('onboarding.link.until', { when })}>
          <time dateTime={expiresAt.toISOString()}>{dateTime(expiresAt)}</time>
        </Sentence>
      </p>
      <Form action={`/start/${id}/link`}>
        <TextField
          name="address"
          label={t('registration.email.address')}
          value={typed(visit, 'address')}
          error={error}
          type="email"
          autoComplete="email"
        />
        <Actions>
          <Button kind="secondary">{t('onboarding.link.go')}</Button>
        </Actions>
      </Form>
    </Details>
  )
}
