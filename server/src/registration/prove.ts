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
  spendProof,
  withdrawProof,
} from '../challenges/index.ts'
import type { Hasher } from '../crypto/index.ts'
import type { Browser } from '../limits/index.ts'
import { type Challenge, methods, noteProved, type Proof } from '../methods/index.ts'
import type { Channel } from '../notifications/index.ts'
import { type Granted, renewSession, type Session } from '../sessions/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { openSecurityInfo, openSession, ownerOf, recordOwn } from './change.ts'
import { refuse } from './errors.ts'
import { browserOf } from './register.ts'
import { ownId } from './review.ts'
import { provable } from './state.ts'

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
  const method = provable(own.info).find(one => ownId(act, session, one.id) === asked.method)
  if (!method) throw refuse('method_unavailable', { field: 'method' })
  const { channels } = methods[method.kind]
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

/** The outcome of a session's proof. `renewed`: the session that may now change security info for 15 minutes. A repeated proof renews nothing. */
export type SessionProofOutcome = ProofOutcome & { renewed?: Granted }

/** Judges a proof for a session. Throws `not_signed_in` where the session has ended meanwhile. */
export async function giveSessionProof(
  db: Db,
  act: Act,
  hasher: Hasher,
  given: { session: Session; challenge: string; proof: Proof; deviceCookie: string | undefined },
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
  if ('code' in proof)
    return inTenant(db, tenantId, async trx => {
      const current = await openSession(trx, act, session)
      const spent = await spendProof(trx, act, input)
      const verdict = await judgeProof(act, hasher, spent)
      return goOn(trx, act, { session: current, deviceCookie }, await concludeProof(trx, act, spent, verdict))
    })
  return hasher.withPlace(async () => {
    const spent = await inTenant(db, tenantId, trx => spendProof(trx, act, input))
    const verdict = await judgeProof(act, hasher, spent).catch(withdrawProof(db, act, spent))
    return inTenant(db, tenantId, async trx => {
      const current = await openSession(trx, act, session)
      return goOn(trx, act, { session: current, deviceCookie }, await concludeProof(trx, act, spent, verdict))
    }).catch(withdrawProof(db, act, spent, verdict))
  })
}

/** After an accepted proof, the session goes on under a new id. */
async function goOn(
  trx: Trx,
  act: Act,
  { session, deviceCookie }: { session: Session; deviceCookie: string | undefined },
  outcome: ProofOutcome,
): Promise<SessionProofOutcome> {
  if (outcome.outcome !== 'accepted') return outcome
  const { kind, methodId } = outcome.challenge
  await noteProved(trx, act, session.user, [methodId])
  const rise = { requires: session.requires, provedAt: act.now, deviceCookie }
  const renewed = await renewSession(trx, act, session, rise)
  await recordOwn(trx, act, session, { activity: 'proof.passed', reason: kind })
  return { ...outcome, renewed }
}
