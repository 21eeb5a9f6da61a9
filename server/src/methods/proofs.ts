import { type Hasher, isUuid, type Means } from '../crypto/index.ts'
import { readName, type User } from '../directory/index.ts'
import { type Browser, type Counter, giveBack, spend } from '../limits/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { methods } from './catalogue.ts'
import { claimChallenge, findPassed, type Holder, redrawQuestions, spendAttempt } from './challenges.ts'
import type { Challenge, Proof } from './contract.ts'

/** What a proof came to. `repeated`: it had been accepted before, and nothing was changed. */
export type ProofOutcome =
  | { outcome: 'accepted' | 'repeated' }
  | { outcome: 'incorrect'; challenge: Challenge }
  | { outcome: 'expired' }
  | { outcome: 'blocked'; retryAfter: number }

/**
 * Judges a proof, for every purpose: reset, registration and sessions count their failures on the same counter.
 * In this order: the attempt is spent in a transaction of its own, the proof is compared in constant time, and the challenge is claimed in one statement together with what the proof earns (`onAccepted`).
 * `onRejected` runs in the transaction that follows a wrong proof.
 */
export async function proveChallenge(
  db: Db,
  means: Means,
  hasher: Hasher,
  input: {
    user: User
    browser: Browser
    holder: Holder
    challengeId: string
    proof: Proof
    /** Locks what `onAccepted` is going to change, before the challenge is claimed: whoever issues one locks in this order too, and else each would wait for the other. */
    lockFirst?(trx: Trx): Promise<unknown>
    onAccepted(trx: Trx, challenge: Challenge, step: number | undefined): Promise<void>
    onRejected(trx: Trx, challenge: Challenge): Promise<void>
  },
): Promise<ProofOutcome> {
  const { user, holder, challengeId } = input
  const { tenantId } = user
  const counter: Counter = {
    tenantId,
    kind: 'proofs',
    name: readName(user.userPrincipalName).folded,
    browser: input.browser,
  }

  // What no challenge can be called is nobody's challenge; PostgreSQL would answer it with an error.
  if (!isUuid(challengeId)) return { outcome: 'expired' }
  const asked = await inTenant(db, tenantId, async trx => {
    const challenge = await spendAttempt(trx, means, user, holder, challengeId)
    if (!challenge) {
      const passed = await findPassed(trx, means, tenantId, holder, challengeId)
      if (!passed) return { passed }
      const recalled = await methods[passed.kind].recall(trx, means, passed)
      return { passed, recalled, usedStep: await findUsedStep(trx, passed) }
    }
    const spent = await spend(trx, means, counter)
    if (!spent.allowed) return { retryAfter: spent.retryAfter }
    return { challenge, recalled: await methods[challenge.kind].recall(trx, means, challenge) }
  })
  if ('retryAfter' in asked) return { outcome: 'blocked', retryAfter: asked.retryAfter }

  if ('passed' in asked) {
    const { passed, recalled = [], usedStep } = asked
    const again = await (passed && methods[passed.kind].judge(means, hasher, passed, recalled, input.proof))
    // Nothing is counted here, so an app's code is compared with the one that was used, and no other can be found out.
    const same = again?.right && (usedStep === undefined || again.step === usedStep)
    return { outcome: same ? 'repeated' : 'expired' }
  }

  const { challenge, recalled } = asked
  // What was not judged, or was judged right and could not be used, is no failure: the attempt goes back.
  const notCounted = async (error: unknown): Promise<never> => {
    await inTenant(db, tenantId, trx => giveBack(trx, means, counter))
    throw error
  }
  const judgement = await methods[challenge.kind]
    .judge(means, hasher, challenge, recalled, input.proof)
    .catch(notCounted)
  const concluded = inTenant(db, tenantId, async (trx): Promise<ProofOutcome> => {
    await input.lockFirst?.(trx)
    const step = judgement.right ? judgement.step : undefined
    if (!judgement.right || (step !== undefined && !(await claimStep(trx, challenge, step)))) {
      // A step that this very challenge was passed with: the same proof sent twice at once.
      if (judgement.right && (await findPassed(trx, means, tenantId, holder, challengeId))) {
        await giveBack(trx, means, counter)
        return { outcome: 'repeated' }
      }
      const questions = challenge.questions && (await redrawQuestions(trx, means, user, challenge))
      await input.onRejected(trx, challenge)
      return { outcome: 'incorrect', challenge: { ...challenge, questions } }
    }
    if (!(await claimChallenge(trx, means, challenge))) {
      // The same proof sent twice at once: the other one counts. Voided meanwhile: none does.
      const passed = await findPassed(trx, means, tenantId, holder, challengeId)
      await giveBack(trx, means, counter)
      return { outcome: passed ? 'repeated' : 'expired' }
    }
    // The counter last: whoever locks a user goes on to their counters, and the other way round each would wait for the other.
    await input.onAccepted(trx, challenge, step)
    await giveBack(trx, means, counter)
    return { outcome: 'accepted' }
  })
  return judgement.right ? concluded.catch(notCounted) : concluded
}

/** The time step that a passed challenge of an authenticator app used up; undefined for other proofs, and for a key that was being registered. */
async function findUsedStep(trx: Trx, passed: Challenge): Promise<number | undefined> {
  if (passed.kind !== 'authenticatorCode' || passed.methodId === null) return undefined
  const row = await trx
    .selectFrom('methods')
    .select('last_used_step')
    .where('tenant_id', '=', passed.tenantId)
    .where('id', '=', passed.methodId)
    .executeTakeFirst()
  return Number(row?.last_used_step ?? -1)
}

/** Uses up a time step of an authenticator app; false where this step, or a later one, was used before. A key that is just being registered has no step yet. */
async function claimStep(trx: Trx, challenge: Challenge, step: number): Promise<boolean> {
  if (challenge.methodId === null) return true
  const claimed = await trx
    .updateTable('methods')
    .set({ last_used_step: step })
    .where('tenant_id', '=', challenge.tenantId)
    .where('id', '=', challenge.methodId)
    .where(row => row.or([row('last_used_step', 'is', null), row('last_used_step', '<', String(step))]))
    .returning('id')
    .executeTakeFirst()
  return claimed !== undefined
}
