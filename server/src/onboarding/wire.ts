import type { Visit } from '../http/index.ts'
import type { Onboarding, StepId } from './onboarding.ts'

/** What one can do, as the page's buttons and a program's links. */
export interface OnboardingAct {
  act: string
  method: 'GET' | 'POST'
  href: string
  title: string
}

/** What the step that is due leads to. `next` brings a person who signs in back here. */
function actOf({ locale: { t } }: Visit, { id, decision, advice }: Onboarding, step: StepId): OnboardingAct {
  const domain = encodeURIComponent(decision.domain ?? '')
  const next = `next=${encodeURIComponent(`/start/${id}`)}`
  const title = t(`onboarding.step.${step}.go`)
  switch (step) {
    case 'create':
      return { act: 'create', method: 'GET', href: `/signup?start=${id}`, title }
    case 'sign-in':
      return { act: 'sign-in', method: 'GET', href: `/signin?whr=${domain}&${next}`, title }
    case 'sign-in-existing':
      return advice
        ? { act: 'tenant', method: 'POST', href: `/start/${id}/tenant`, title: t('onboarding.advice.this') }
        : { act: 'sign-in', method: 'GET', href: `/signin?${next}`, title }
    case 'add-domain':
      return { act: 'domains', method: 'GET', href: `/domains?name=${domain}`, title }
    case 'prove-domain':
    case 'sign-in-with-domain':
      return { act: 'domain', method: 'GET', href: `/domains/${domain}`, title }
  }
}

/** What the step that is due leads to; undefined where nothing is due. */
export function dueAct(visit: Visit, onboarding: Onboarding): OnboardingAct | undefined {
  const due = onboarding.steps.find(({ state }) => state === 'now' || state === 'waiting')
  return due && actOf(visit, onboarding, due.id)
}

/** Where nobody administers the accounts of a domain, somebody of it can: undefined elsewhere. */
export function takeOverAct(
  { locale: { t } }: Visit,
  { outcome, kind, decision }: Onboarding,
): OnboardingAct | undefined {
  if (outcome !== 'sign-in' || kind !== 'unmanaged') return undefined
  const href = `/takeovers?domain=${encodeURIComponent(decision.domain ?? '')}`
  return { act: 'take-over', method: 'GET', href, title: t('workAccounts.takeOver') }
}

/** What one can do next. */
function actsOf(visit: Visit, onboarding: Onboarding): OnboardingAct[] {
  const { t } = visit.locale
  const { id, state, question, decision, advice } = onboarding
  const path = `/start/${id}`
  if (state === 'expired') return [{ act: 'start', method: 'GET', href: '/start', title: t('onboarding.again') }]
  const due = dueAct(visit, onboarding)
  const tenant: OnboardingAct = {
    ...{ act: 'tenant', method: 'POST', href: `${path}/tenant` },
    title: t('onboarding.advice.this'),
  }
  const acts: (OnboardingAct | false | undefined)[] = [
    question !== null && {
      ...{ act: 'answer', method: 'POST', href: `${path}/answers` },
      title: t('onboarding.question.go'),
    },
    due,
    takeOverAct(visit, onboarding),
    advice && due?.act !== 'tenant' && tenant,
    decision.hasDomain !== null && {
      ...{ act: 'back', method: 'POST', href: `${path}/back`, title: t('onboarding.back') },
    },
    { act: 'link', method: 'POST', href: `${path}/link`, title: t('onboarding.link.go') },
  ]
  return acts.filter(act => typeof act === 'object')
}

/** The answers that were given, in their order. */
function answersOf({ decision: { hasDomain, domain, usedHere } }: Onboarding) {
  const said = (yes: boolean | null) => (yes === null ? null : yes ? 'yes' : 'no')
  return [
    { question: 'has-domain', answer: said(hasDomain) },
    { question: 'domain', answer: domain },
    { question: 'used-here', answer: said(usedHere) },
  ].filter(({ answer }) => answer !== null)
}

/** An onboarding as clients get it (work accounts on the wire, §1.3). */
export function onboardingView(visit: Visit, onboarding: Onboarding) {
  const { t } = visit.locale
  const { id, state, expiresAt, question, decision, outcome, steps, advice } = onboarding
  const domain = decision.domain ?? ''
  return {
    ...{ id, state, expiresAt: expiresAt.toISOString() },
    question: question && {
      id: question,
      text: t(`onboarding.question.${question}.title`, { domain }),
      ...(question !== 'domain' && {
        options: (['yes', 'no'] as const).map(value => ({ id: value, text: t(`onboarding.question.${value}`) })),
      }),
    },
    answers: answersOf(onboarding),
    outcome,
    steps: steps.map(step => ({
      ...step,
      act: step.state === 'now' || step.state === 'waiting' ? actOf(visit, onboarding, step.id) : null,
    })),
    ...(advice && { advice }),
    acts: actsOf(visit, onboarding),
  }
}
