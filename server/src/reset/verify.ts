import type { Act } from '../act.ts'
import {
  compareNumber,
  concludeProof,
  isDecoy,
  issueChallenge,
  judgeNumber,
  judgeProof,
  type LockedChallenge,
  type NumberOutcome,
  type ProofInput,
  type ProofOutcome,
  spendProof,
  withdrawProof,
} from '../challenges/index.ts'
import { HOUR, plus } from '../clock.ts'
import { readName } from '../directory/index.ts'
import { decoyQuestionsOf, methods, type Proof, type Verifiers } from '../methods/index.ts'
import type { Channel } from '../notifications/index.ts'
import { isChannelOn } from '../policies/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { offeredId } from './conceal.ts'
import { outOfStep, refuse } from './errors.ts'
import { challengeOwnerOf, channelsIn, type Journey, type JourneyIn, type Problem, withChallenges } from './journey.ts'
import { byAsker, recordStep, setProblem, targetOf } from './queries.ts'

/** Records the person's problem, where the journey asks. Throws the refusals of `outOfStep`. */
export async function chooseProblem(trx: Trx, act: Act, journey: Journey, problem: Problem) {
  if (journey.state !== 'choose-problem') throw outOfStep(journey)
  await setProblem(trx, journey.tenantId, journey.id, problem)
  await recordStep(trx, act, journey, {
    activity: 'reset.problem_chosen',
    result: 'success',
    reason: problem,
  })
}

export interface ChallengeRequest {
  /** The public id of one of the journey's methods. */
  method: string
  channel?: Channel | undefined
  /** For a mobile phone: the whole number, which proves that the asker knows it. */
  phoneNumber?: string | undefined
  /** A form that was sent twice within so many milliseconds asks once. */
  repeatedWithin?: number
}

/** Whether the whole number was typed in this journey: another code to it does not ask again. */
export const numberKnown = (journey: JourneyIn<'verify' | 'blocked'>) => lastAsked(journey)?.kind === 'mobilePhone'

const lastAsked = ({ open, over }: JourneyIn<'verify' | 'blocked'>) => open ?? over

/** A challenge was issued, or the number was not the one on record, which is counted and refused after too many. */
export type ChallengeOutcome = { outcome: 'issued'; journey: Journey } | Exclude<NumberOutcome, { outcome: 'known' }>

/**
 * Issues a challenge of one of the journey's methods. The journey is to be opened with `lock`, so that of two requests at once the second voids the first one's challenge.
 * Throws what `outOfStep` gives, and `method_unavailable`.
 */
export async function requestChallenge(
  trx: Trx,
  act: Act,
  journey: Journey,
  asked: ChallengeRequest,
): Promise<ChallengeOutcome> {
  const { account, tenantId, concealed } = journey
  if (journey.state !== 'verify' && journey.state !== 'blocked') throw outOfStep(journey)
  const method = journey.methods.find(one => offeredId(act, journey, one) === asked.method)
  if (!method && journey.state === 'blocked') throw outOfStep(journey)
  if (!method) throw refuse('method_unavailable', { field: 'method' })
  const channels = channelsIn(journey, method.kind)
  const channel = asked.channel ?? (channels.length === 1 ? channels[0]! : null)
  if (channel === null ? methods[method.kind].channels.length > 0 : !channels.includes(channel))
    throw refuse('method_unavailable', { field: 'channel' })

  const { open } = journey
  const same = open?.kind === method.kind && open.channel === channel
  if (same && asked.repeatedWithin && open.createdAt > plus(act.now, -asked.repeatedWithin))
    return { outcome: 'issued', journey }

  const last = lastAsked(journey)
  let wrongNumber = last !== undefined && isDecoy(last)
  if (method.kind === 'mobilePhone' && !(asked.phoneNumber === undefined && numberKnown(journey))) {
    if (concealed) {
      const judged = judgeNumber(act, method, tenantId, asked.phoneNumber ?? '')
      if (judged.outcome === 'unreadable') return { outcome: 'mismatch' }
      // Telling of a wrong number would reveal who has one, so it only waits for a code that never comes. The limit of
      // codes for an account bounds right and wrong numbers.
      wrongNumber = judged.outcome === 'mismatch'
    } else {
      const typed = asked.phoneNumber ?? ''
      const compared = await compareNumber(trx, act, { user: account, browser: journey.browser, method, typed })
      if (compared.outcome === 'mismatch')
        await recordStep(trx, act, journey, {
          activity: 'reset.proof_failed',
          result: 'failure',
          reason: 'phone_mismatch',
        })
      if (compared.outcome !== 'known') return compared
      wrongNumber = false
    }
  }
  // Offered to every name alike, and off for this person.
  const isOff = channel !== null && !isChannelOn(channel, journey.policy.methodsOn)
  const decoy = method.decoy || isOff || (method.kind === 'mobilePhone' && wrongNumber)

  const { settings, publicPolicy = settings } = journey.policy
  const issued = await issueChallenge(trx, byAsker(act, journey.user), {
    owner: challengeOwnerOf(journey),
    user: account,
    kind: method.kind,
    channel,
    method,
    decoy: decoy ? { number: asked.phoneNumber, questions: decoyQuestionsIn(act, journey) } : undefined,
    concealed,
    browser: journey.browser,
    questionsToReset: (concealed ? publicPolicy : settings).questionsToReset,
    language: journey.language,
    event: {
      activity: 'reset.challenge_issued',
      result: 'success',
      reason: channel ? `${method.kind} ${channel}` : method.kind,
      ...targetOf(journey.user),
    },
  })
  return {
    outcome: 'issued',
    journey: withChallenges(act, journey, { ...journey.facts.challenges, open: issued, over: undefined }),
  }
}

/** The outcome of a proof, with the journey after an accepted one. */
export type JourneyProofOutcome = ProofOutcome & { journey?: Journey }

/** A proof that is given for a journey. */
export interface Given<P extends Proof = Proof> {
  journey: Journey
  challenge: string
  /** The challenge, where the transaction that opened the journey has locked it. */
  locked?: { row: LockedChallenge }
  proof: P
}

/** Judges a proof for the journey. Throws what `outOfStep` gives where none is asked for; the repeat of an accepted one is fine. */
export async function giveProof(db: Db, act: Act, verifiers: Verifiers, given: Given): Promise<JourneyProofOutcome> {
  const { journey, proof } = given
  const { tenantId } = journey
  if (!('answers' in proof)) return inTenant(db, tenantId, trx => giveAtOnce(trx, act, verifiers, { ...given, proof }))
  const asking = byAsker(act, journey.user)
  const input = inputOf(asking, given)
  return verifiers.hasher.withPlace(async () => {
    const spent = await inTenant(db, tenantId, trx => spendProof(trx, asking, input))
    const verdict = await judgeProof(asking, verifiers, spent).catch(withdrawProof(db, asking, spent))
    return inTenant(db, tenantId, async trx =>
      goOn(trx, asking, journey, await concludeProof(trx, asking, spent, verdict)),
    ).catch(withdrawProof(db, asking, spent, verdict))
  })
}

/** The same for a code or an assertion, in the transaction that has opened the journey. It must commit in every case, so that the attempt stays counted. */
export async function giveAtOnce(
  trx: Trx,
  act: Act,
  verifiers: Verifiers,
  given: Given<Exclude<Proof, { answers: unknown }>>,
): Promise<JourneyProofOutcome> {
  const { journey } = given
  const asking = byAsker(act, journey.user)
  const spent = await spendProof(trx, asking, inputOf(asking, given))
  const verdict = await judgeProof(asking, verifiers, spent)
  return goOn(trx, asking, journey, await concludeProof(trx, asking, spent, verdict))
}

/** The input of a proof of the journey. */
function inputOf(act: Act, { journey, challenge, locked, proof }: Given): ProofInput {
  const { state } = journey
  const isAsked = state === 'verify' || (state === 'blocked' && 'credential' in proof)
  if (!isAsked && state !== 'choose-password') throw outOfStep(journey)
  return {
    user: journey.account,
    browser: journey.browser,
    owner: challengeOwnerOf(journey),
    decoyQuestions: decoyQuestionsIn(act, journey),
    challengeId: challenge,
    locked,
    proof,
    recordedBefore: plus(act.now, -journey.policy.settings.coolingOffHours * HOUR),
    failure: { activity: 'reset.proof_failed', ...targetOf(journey.user) },
  }
}

/** Writes the events of a proof, and gives the journey after an accepted one, which commits with them. */
async function goOn(trx: Trx, act: Act, journey: Journey, outcome: ProofOutcome): Promise<JourneyProofOutcome> {
  if (outcome.outcome === 'blocked' || (outcome.outcome === 'incorrect' && outcome.begins))
    await recordStep(trx, act, journey, { activity: 'reset.blocked', result: 'success' })
  if (outcome.outcome !== 'accepted') return outcome
  const { kind, methodId, questions } = outcome.challenge
  const { codesLeft, sheet = null } = outcome
  const passed = [...journey.facts.challenges.passed, { kind, methodId, asked: questions?.length ?? null, sheet }]
  const recorded = journey.recorded.map(one =>
    one.id === methodId && codesLeft !== undefined ? { ...one, codesLeft } : one,
  )
  const known = { ...journey, facts: { ...journey.facts, recorded } }
  const after = withChallenges(act, known, { open: undefined, over: undefined, passed })
  await trx.last(() =>
    recordStep(
      trx,
      act,
      journey,
      {
        activity: 'reset.proof_passed',
        result: 'success',
        reason: kind,
        details: {
          ...(codesLeft !== undefined && { codesLeft: String(codesLeft) }),
          ...(outcome.passkey && { passkey: outcome.passkey.id }),
        },
      },
      // From now on the fixed rules for administrators show.
      ...(after.state === 'refused'
        ? [{ activity: 'reset.refused', result: 'failure', reason: after.refusal } as const]
        : []),
    ),
  )
  return { ...outcome, journey: after }
}

/** The questions of a decoy, in place of answered ones. */
const decoyQuestionsIn = (act: Act, { tenantId, account, policy: { publicPolicy, settings } }: Journey) =>
  decoyQuestionsOf(act, tenantId, readName(account.userPrincipalName).folded, publicPolicy ?? settings)
