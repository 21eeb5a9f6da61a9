import type { Act } from '../act.ts'
import { type ChallengeView, challengeView } from '../challenges/wire.ts'
import { supportCode } from '../crypto/index.ts'
import type { Visit } from '../http/index.ts'
import { type Challenge, hintOf, questionTexts, type RecordedMethod } from '../methods/index.ts'
import type { Trx } from '../store/index.ts'
import type { Locale } from '../words/index.ts'
import { type OfferedMethod, offeredId } from './conceal.ts'
import { channelsIn, type Journey } from './journey.ts'

/** The challenge that a journey asks to be answered. */
export const openOf = (journey: Journey) => ('open' in journey ? journey.open : undefined)

/** The texts of the questions that this challenge of the journey asks; none where it asks none. */
export const askedTexts = async (
  trx: Trx,
  locale: Locale,
  { account, policy: { publicPolicy, settings } }: Journey,
  open: Challenge | undefined,
): Promise<string[]> =>
  open?.questions
    ? questionTexts(trx, locale, account, { ids: open.questions, offered: (publicPolicy ?? settings).questions })
    : []

/** Where a reset leads on to that was begun at a sign-in. */
export interface Continuation {
  application: { id: string; displayName: string } | null
  next: string
}

/**
 * The journey as clients get it. Its ids mean nothing in another journey. `texts`: from `askedTexts`. A finished one says
 * where it leads on to.
 */
export function journeyView(
  visit: Visit,
  journey: Journey,
  { texts = [], onward }: { texts?: readonly string[]; onward?: Continuation | undefined },
) {
  const { act, locale } = visit
  const { state } = journey
  const refusal = state === 'refused' ? journey.refusal : undefined
  const open = openOf(journey)
  return {
    id: journey.id,
    kind: 'reset',
    state,
    problem: journey.problem,
    // A refused journey shows nothing of the policy.
    gates: refusal ? { required: 1, passed: 0 } : { required: gatesOf(journey), passed: journey.gatesPassed },
    methods: 'methods' in journey ? journey.methods.map(method => methodView(act, journey, method)) : [],
    challenge: open ? openView(visit, journey, open, texts) : null,
    refusal: refusal
      ? {
          code: refusal,
          title: locale.t(`reset.refused.${refusal}.title`),
          detail: locale.t(`reset.refused.${refusal}.detail`),
          canContactAdministrator: journey.canContactAdministrator,
        }
      : null,
    ...(state === 'choose-password' && journey.rules && { passwordRules: { source: 'directory', ...journey.rules } }),
    ...(state === 'finished' && { continue: onward ?? null }),
    ...(journey.codesLeft !== undefined && { codesLeft: journey.codesLeft }),
    supportCode: supportCode(act, journey.tenantId, journey.id),
    expiresAt: journey.expiresAt.toISOString(),
  }
}

/** How many gates are shown. An administrator's two are shown once one was passed, or they would tell strangers of the role. */
function gatesOf({ concealed, policy, gatesPassed }: Journey) {
  if (concealed && policy.publicPolicy) return policy.publicPolicy.gates
  return (gatesPassed === 0 ? policy.plain : policy.settings).gates
}

function methodView(act: Act, journey: Journey, method: OfferedMethod) {
  const channels = channelsIn(journey, method.kind)
  return {
    id: offeredId(act, journey, method),
    kind: method.kind,
    ...hintIn(act, journey, method),
    ...(method.kind === 'mobilePhone' && { channels }),
  }
}

const hintIn = (act: Act, { concealed }: Journey, method: RecordedMethod | undefined) => {
  const hint = method && !concealed ? hintOf(act, method) : undefined
  return hint === undefined ? {} : { hint }
}

/** An open challenge of the journey. */
export function openView(visit: Visit, journey: Journey, open: Challenge, texts: readonly string[]): ChallengeView {
  const { act, services } = visit
  const method = journey.recorded.find(recorded => recorded.id === open.methodId)
  // The true delivery would tell a sent code from one of a decoy.
  const delivery = open.delivery && journey.concealed ? 'sent' : open.delivery
  return challengeView(
    act,
    journey.id,
    { ...open, delivery },
    {
      ...hintIn(act, journey, method),
      texts,
      party: services,
    },
  )
}
