import type { Act } from '../act.ts'
import {
  type ChallengeOwner,
  compareNumber,
  concludeProof,
  issueChallenge,
  judgeProof,
  type NumberOutcome,
  type ProofInput,
  type ProofOutcome,
  type ProofVerdict,
  type SpentProof,
  spendProof,
  withdrawProof,
} from '../challenges/index.ts'
import type { Browser } from '../limits/index.ts'
import {
  type Challenge,
  channelsOf,
  hintOf,
  noteProved,
  type Proof,
  type RecordedMethod,
  type Verifiers,
} from '../methods/index.ts'
import type { Channel } from '../notifications/index.ts'
import type { MethodKind } from '../policies/index.ts'
import { type Granted, type Requirement, renewSession, type Session } from '../sessions/index.ts'
import { askOne, type Db, inTenant, type Trx } from '../store/index.ts'
import { openSecurityInfo, openSession, ownerOf, recordOwn, type SecurityInfoSession } from './change.ts'
import { refuse } from './errors.ts'
import { browserOf } from './register.ts'
import { findOwnPasskey, ownId } from './review.ts'
import { noteProofs, noteStep, stepsBy } from './secondStep.ts'
import { nextRequirement, provable, securityInfoOf } from './state.ts'

export const provingIn = (session: Session): ChallengeOwner => ({ purpose: 'session', sessionId: session.id })

/** A challenge was issued, or the typed number was not the one on record. */
export type SessionChallengeOutcome =
  | { outcome: 'issued'; challenge: Challenge }
  | Exclude<NumberOutcome, { outcome: 'known' }>

export interface SessionChallengeRequest {
  /** The public id of one of the session's methods. */
  method: string
  channel?: Channel | undefined
  phoneNumber?: string | undefined
  browser: Browser
  language: string
  /** A form that was sent twice within so many milliseconds asks once. */
  repeatedWithin?: number | undefined
}

/** Issues a challenge for a fresh proof in a session. Throws `method_unavailable`. */
export async function requestSessionChallenge(
  trx: Trx,
  act: Act,
  session: Session,
  asked: SessionChallengeRequest,
): Promise<SessionChallengeOutcome> {
  const own = await openSecurityInfo(trx, act, session)
  const { user } = own.session
  const ways = waysOf(own)
  const method =
    ways.find(one => ownId(act, session, one.id) === asked.method) ??
    // Its owner knows each passkey by an id of its own, and answers with whichever the browser offers.
    ((await findOwnPasskey(trx, act, own, asked.method)) && ways.find(({ kind }) => kind === 'passkey'))
  if (!method) throw refuse('method_unavailable', { field: 'method' })
  const channels = channelsOf(method.kind, own.info.policy.methodsOn)
  const channel = asked.channel ?? channels[0] ?? null
  if (channel !== null && !channels.includes(channel)) throw refuse('method_unavailable', { field: 'channel' })
  if (asked.phoneNumber !== undefined) {
    const compared = await compareNumber(trx, act, { user, browser: asked.browser, method, typed: asked.phoneNumber })
    if (compared.outcome !== 'known') return compared
  }
  const challenge = await issueChallenge(trx, act, {
    owner: provingIn(session),
    user,
    kind: method.kind,
    channel,
    method,
    browser: asked.browser,
    questionsToReset: own.info.policy.settings.questionsToReset,
    language: asked.language,
    repeatedWithin: asked.repeatedWithin,
  })
  return { outcome: 'issued', challenge }
}

/** The methods that a session takes a proof of: the second steps alone while one is due, else also what guards security info. */
export const waysOf = ({ session, info }: SecurityInfoSession): RecordedMethod[] =>
  session.requires === 'second-step' ? info.step.methods : [...new Set([...provable(info), ...info.step.methods])]

/** A method that passes a second step, as the session's owner is shown it. */
export interface StepWay {
  id: string
  kind: MethodKind
  hint?: string
}

/** The methods that pass a second step now. */
export async function findStepWays(trx: Trx, act: Act, session: Session): Promise<StepWay[]> {
  const { step } = await askOne(trx, securityInfoOf(act, session.user))
  return step.methods.map(method => {
    const hint = hintOf(act, method)
    return { id: ownId(act, session, method.id), kind: method.kind, ...(hint !== undefined && { hint }) }
  })
}

/** The outcome of a session's proof. `renewed`: the session with its new rights, and what it must do now. A repeated proof renews nothing. */
export type SessionProofOutcome = ProofOutcome & { renewed?: Granted; requires?: Requirement | null }

/** A session that is proved, in its browser. `rememberBrowser`: for a second step. */
interface Given {
  session: Session
  deviceCookie: string | undefined
  rememberBrowser?: boolean | undefined
}

/** Judges a proof for a session. Throws `not_signed_in` where the session has ended meanwhile. */
export async function giveSessionProof(
  db: Db,
  act: Act,
  verifiers: Verifiers,
  given: Given & { challenge: string; proof: Proof },
): Promise<SessionProofOutcome> {
  const { session, proof, deviceCookie } = given
  const { tenantId } = session
  const input: ProofInput = {
    user: session.user,
    browser: await browserOf(db, act, session, deviceCookie),
    owner: provingIn(session),
    challengeId: given.challenge,
    proof,
    failure: { activity: 'proof.failed', target: ownerOf(session) },
  }
  if (!('answers' in proof))
    return inTenant(db, tenantId, async trx => {
      const current = await openSession(trx, act, session)
      const spent = await spendProof(trx, act, input)
      return conclude(
        trx,
        act,
        { ...given, session: current },
        { spent, verdict: await judgeProof(act, verifiers, spent) },
      )
    })
  return verifiers.hasher.withPlace(async () => {
    const spent = await inTenant(db, tenantId, trx => spendProof(trx, act, input))
    const verdict = await judgeProof(act, verifiers, spent).catch(withdrawProof(db, act, spent))
    return inTenant(db, tenantId, async trx => {
      const current = await openSession(trx, act, session)
      return conclude(trx, act, { ...given, session: current }, { spent, verdict })
    }).catch(withdrawProof(db, act, spent, verdict))
  })
}

/** After an accepted proof, the session goes on under a new id. What it must do now is decided anew. */
async function conclude(
  trx: Trx,
  act: Act,
  { session, deviceCookie, rememberBrowser = false }: Given,
  { spent, verdict }: { spent: SpentProof; verdict: ProofVerdict },
): Promise<SessionProofOutcome> {
  const { signedInBy, user } = session
  // Read before: the last recovery code of a sheet proves its owner, and then none is left.
  const info = await askOne(trx, securityInfoOf(act, user))
  const outcome = await concludeProof(trx, act, spent, verdict)
  if (outcome.outcome !== 'accepted') return outcome
  const { kind, channel, methodId } = outcome.challenge
  const { step } = info
  const { passkey } = outcome
  // Beside others, one that a password alone registered is no way yet.
  const isStep = stepsBy(info).some(
    ({ id, byPasswordAt }) => id === methodId && (byPasswordAt || !passkey?.byPasswordAt),
  )
  const proof = {
    kind,
    ...(passkey && { passkeyId: passkey.id }),
    channel,
    at: act.now,
    isStep,
    remember: isStep && rememberBrowser,
  }
  await noteProved(trx, act, user, [methodId])
  if (isStep) await noteStep(trx, user, step, methodId)
  const proofs = [...session.proofs, proof]
  await noteProofs(trx, act, user, proofs)
  const requires =
    session.requires === 'second-step'
      ? (await nextRequirement(trx, act, user, { proofs, deviceCookie, signedInBy })).requires
      : session.requires
  const guards = provable(info).some(({ id }) => id === methodId)
  const rise = { requires, proof, provedAt: guards ? act.now : undefined, deviceCookie }
  const renewed = await renewSession(trx, act, session, rise)
  const ofReset = isStep && step.afterReset && !step.afterReset.includes(methodId ?? '')
  await recordOwn(trx, act, session, {
    activity: 'proof.passed',
    reason: kind,
    details: {
      ...(passkey && { passkey: passkey.id }),
      ...(ofReset && { secondStep: 'by a method of the reset' }),
      ...(outcome.codesLeft !== undefined && { codesLeft: String(outcome.codesLeft) }),
    },
  })
  return { ...outcome, renewed, requires }
}
