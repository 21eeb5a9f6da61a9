import { type Hasher, isUuid, type Means, type Verifier } from '../crypto/index.ts'
import { readName, type User } from '../directory/index.ts'
import { type Browser, blockOf, type Counter, findTriesLeft, giveBack, spend } from '../limits/index.ts'
import { type Challenge, type Judgement, methods, type Proof, renewAnswers } from '../methods/index.ts'
import { askOne, type Db, inTenant, type Trx } from '../store/index.ts'
import { foldAnswer, readCode } from '../typing/index.ts'
import { noteGuess, tellOfBlockLater } from './alarm.ts'
import { type Attempt, claimChallenge, findPassed, lockAttempt, redrawQuestions, spendAttempt } from './attempts.ts'
import { type ChallengeOwner, isDecoy } from './held.ts'

/** The outcome of a proof. `repeated`: it was accepted before, and nothing changed. `malformed`: no code, and not counted. `left`: tries left. */
export type ProofOutcome =
  | { outcome: 'accepted' | 'repeated' }
  | { outcome: 'incorrect'; challenge: Challenge; left: number }
  | { outcome: 'expired' | 'malformed' }
  | { outcome: 'blocked'; retryAfter: number }

/** A proof: its owner, its challenge and its reward. */
export interface ProofInput {
  user: User
  browser: Browser
  owner: ChallengeOwner
  challengeId: string
  proof: Proof
  /** The questions that a decoy asks in place of answered ones. */
  decoyQuestions?: readonly string[] | undefined
  /** Locks the rows that `onAccepted` changes, before the challenge is claimed. Issuing locks in this order too; otherwise each would wait for the other. */
  lockFirst?(trx: Trx): Promise<unknown>
  onAccepted(trx: Trx, challenge: Challenge, step: number | undefined): Promise<void>
  onRejected(trx: Trx, challenge: Challenge): Promise<void>
}

/**
 * Judges a proof of a reset, registration or session; all count failures together. Spends an attempt, compares in
 * constant time, and claims the challenge in one statement with `onAccepted`, or runs `onRejected`. A code is compared
 * in the transaction that spent its attempt. Answers are hashed, so their attempt is committed before.
 */
export async function proveChallenge(db: Db, means: Means, hasher: Hasher, input: ProofInput): Promise<ProofOutcome> {
  // PostgreSQL would answer an id that is no UUID with an error.
  if (!isUuid(input.challengeId)) return { outcome: 'expired' }
  // The place in the queue comes first: a proof that cannot be judged is not counted.
  if ('answers' in input.proof) return hasher.withPlace(() => proveByAnswers(db, means, hasher, input))
  return inTenant(db, input.user.tenantId, trx => proveCode(trx, means, hasher, input))
}

/** The same for a code, inside a transaction that must commit in every case: an attempt that is rolled back is not counted. */
export async function proveCode(trx: Trx, means: Means, verifier: Verifier, input: ProofInput): Promise<ProofOutcome> {
  if (!isUuid(input.challengeId)) return { outcome: 'expired' }
  if ('code' in input.proof && readCode(input.proof.code) === undefined) return { outcome: 'malformed' }
  await input.lockFirst?.(trx)
  const asked = await spendBoth(trx, means, input)
  if ('outcome' in asked) return asked
  if ('passed' in asked) return repeat(means, verifier, asked, input.proof)
  return conclude(trx, means, input, asked, await judge(means, verifier, asked, input.proof))
}

async function proveByAnswers(db: Db, means: Means, hasher: Hasher, input: ProofInput): Promise<ProofOutcome> {
  const { tenantId } = input.user
  const asked = await inTenant(db, tenantId, trx => spendBoth(trx, means, input))
  if ('outcome' in asked) return asked
  if ('passed' in asked) return repeat(means, hasher, asked, input.proof)
  // A proof that was not judged, or was right and could not be used, is no failure: the attempt goes back.
  const notCounted = async (error: unknown): Promise<never> => {
    if (!asked.repeated) await inTenant(db, tenantId, trx => giveBack(trx, means, counterOf(input)))
    throw error
  }
  const judgement = await judge(means, hasher, asked, input.proof).catch(notCounted)
  const outdated = (judgement.right && judgement.outdated) || []
  const renewed = await Promise.all(outdated.map(async one => ({ ...one, anew: await hasher.hash(one.answer) })))
  const concluded = inTenant(db, tenantId, async trx => {
    await input.lockFirst?.(trx)
    const outcome = await conclude(trx, means, input, asked, judgement)
    if (outcome.outcome === 'accepted') await renewAnswers(trx, means, input.user, renewed)
    return outcome
  })
  return judgement.right ? concluded.catch(notCounted) : concluded
}

const counterOf = ({ user, browser }: ProofInput): Counter => ({
  tenantId: user.tenantId,
  kind: 'proofs',
  name: readName(user.userPrincipalName).folded,
  browser,
})

/** A challenge whose attempt is spent, with the data to judge it. */
interface Spent extends Attempt {
  recalled: readonly string[]
  /** Whether a failure begins a block. */
  begins: boolean
}

/** A challenge that was passed before; undefined where none can be answered. `usedStep`: of an authenticator app. */
interface Passed {
  passed: Challenge | undefined
  recalled: readonly string[]
  usedStep: number | undefined
}

/** Spends an attempt of the challenge and one of the account. A repeated mistake spends neither, and is judged all the same. */
async function spendBoth(trx: Trx, means: Means, input: ProofInput): Promise<Spent | Passed | ProofOutcome> {
  const { user, owner, challengeId } = input
  const attempt = await lockAttempt(trx, means, user, owner, { challengeId, handedIn: handedIn(input.proof) })
  if (attempt) {
    const { challenge, repeated } = attempt
    const counter = counterOf(input)
    const [, spent, blocked, recalled] = await Promise.all([
      spendAttempt(trx, attempt),
      repeated ? undefined : spend(trx, means, counter),
      // The attempt that began a block was judged; its repeat is not.
      repeated ? askOne(trx, blockOf(means, counter)) : 0,
      methods[challenge.kind].recall(trx, means, challenge),
    ])
    if (spent?.allowed === false) return { outcome: 'blocked', retryAfter: spent.retryAfter }
    if (blocked > 0) return { outcome: 'blocked', retryAfter: blocked }
    return { ...attempt, recalled, begins: spent?.begins === true }
  }
  const passed = await findPassed(trx, means, user.tenantId, owner, challengeId)
  if (!passed) return { passed, recalled: [], usedStep: undefined }
  const recalled = await methods[passed.kind].recall(trx, means, passed)
  return { passed, recalled, usedStep: await findUsedStep(trx, passed) }
}

/** The proof in one spelling and order, as it is judged. */
const handedIn = (proof: Proof) =>
  'code' in proof
    ? (readCode(proof.code) ?? '')
    : JSON.stringify(proof.answers.map(({ question, answer }) => [question, foldAnswer(answer)]).sort())

async function judge(
  means: Means,
  verifier: Verifier,
  { challenge, recalled }: Spent,
  proof: Proof,
): Promise<Judgement> {
  const judged = await methods[challenge.kind].judge(means, verifier, challenge, recalled, proof)
  // Nothing passes a decoy, though it is judged like any other challenge.
  return isDecoy(challenge) ? { right: false } : judged
}

/** Judges a repeat of an accepted proof. Nothing is counted here, so an app's code is compared with the used one alone, and no other can be found out. */
async function repeat(
  means: Means,
  verifier: Verifier,
  { passed, recalled, usedStep }: Passed,
  proof: Proof,
): Promise<ProofOutcome> {
  const again = await (passed && methods[passed.kind].judge(means, verifier, passed, recalled, proof))
  const same = again?.right && (usedStep === undefined || again.step === usedStep)
  return { outcome: same ? 'repeated' : 'expired' }
}

/** Writes the result of a judgement. The counter comes last: others lock a user and then the counters, and the reverse would deadlock. */
async function conclude(
  trx: Trx,
  means: Means,
  input: ProofInput,
  { challenge, repeated, begins, ...spent }: Spent,
  judgement: Judgement,
): Promise<ProofOutcome> {
  const { user, owner } = input
  const giveItBack = async () => {
    if (!repeated) await giveBack(trx, means, counterOf(input))
  }
  const isPassed = async () => (await findPassed(trx, means, user.tenantId, owner, challenge.id)) !== undefined
  const step = judgement.right ? judgement.step : undefined
  if (!judgement.right || (step !== undefined && !(await claimStep(trx, challenge, step)))) {
    // This challenge was passed with this step: the same proof was sent twice at once.
    if (judgement.right && (await isPassed())) {
      await giveItBack()
      return { outcome: 'repeated' }
    }
    const left = Math.min(spent.left, await findTriesLeft(trx, means, counterOf(input)))
    // A free draw would let a guesser try until easy questions come.
    if (repeated) return { outcome: 'incorrect', left, challenge }
    const questions = challenge.questions && (await redrawQuestions(trx, means, user, challenge, input.decoyQuestions))
    await input.onRejected(trx, challenge)
    if (begins) await tellOfBlockLater(trx, user, 'journeyId' in owner ? owner.journeyId : owner.sessionId)
    if (input.browser === 'other') await noteGuess(trx, means, user.tenantId)
    return { outcome: 'incorrect', left, challenge: { ...challenge, questions } }
  }
  if (!(await claimChallenge(trx, means, challenge, repeated ? 0 : 1))) {
    // The same proof sent twice at once: the other one counts. After a void: none does.
    const passed = await isPassed()
    await giveItBack()
    return { outcome: passed ? 'repeated' : 'expired' }
  }
  await Promise.all([input.onAccepted(trx, challenge, step), giveItBack()])
  return { outcome: 'accepted' }
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

/** Steps of an hour: a clock that is set back by less makes no used code good again. */
const STEPS_APART = 120

/** Uses up a time step of an authenticator app; false where this step, or a later one, was used before. A key that is just being registered has no step yet. */
async function claimStep(trx: Trx, challenge: Challenge, step: number): Promise<boolean> {
  if (challenge.methodId === null) return true
  const claimed = await trx
    .updateTable('methods')
    .set({ last_used_step: step })
    .where('tenant_id', '=', challenge.tenantId)
    .where('id', '=', challenge.methodId)
    .where(row =>
      row.or([
        row('last_used_step', 'is', null),
        row('last_used_step', '<', String(step)),
        // Used by a clock that had jumped ahead.
        row('last_used_step', '>', String(step + STEPS_APART)),
      ]),
    )
    .returning('id')
    .executeTakeFirst()
  return claimed !== undefined
}
