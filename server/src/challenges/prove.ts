// A proof is given in three steps. Each journey takes them itself, so that its own changes commit with the proof:
//   const spent = await spendProof(trx, act, input)
//   const verdict = await judgeProof(act, verifiers, spent)
//   const outcome = await concludeProof(trx, act, spent, verdict)
// A code or an assertion is compared in the transaction that spent its attempt. That one must commit in every case: an
// attempt that is rolled back is not counted. Answers are hashed with no transaction open, so their attempt is committed
// before, and `withdrawProof` gives it back after an error. Their place in the queue comes first: what cannot be judged is
// not counted.

import type { Act } from '../act.ts'
import { type AuditEvent, record } from '../audit/index.ts'
import { isUuid } from '../crypto/index.ts'
import { readName, type User } from '../directory/index.ts'
import { type Browser, blockOf, type Counter, findTriesLeft, giveBack, spend } from '../limits/index.ts'
import {
  type Challenge,
  claimCode,
  methods,
  type Proof,
  type Recalled,
  renewAnswers,
  type Verifiers,
} from '../methods/index.ts'
import { claimUse, type NewPasskey, type PasskeyUse, type StoredPasskey } from '../passkeys/index.ts'
import { askOne, type Db, inTenant, type Trx } from '../store/index.ts'
import { noteGuess, tellOfBlockLater, tellOfCode } from './alarm.ts'
import {
  type Attempt,
  attemptAt,
  claimChallenge,
  findPassed,
  type LockedChallenge,
  lockChallenge,
  redrawQuestions,
  spendAttempt,
} from './attempts.ts'
import { type ChallengeOwner, isDecoy } from './held.ts'

/** A proof as a journey or session receives it. */
export interface ProofInput {
  user: User
  browser: Browser
  owner: ChallengeOwner
  challengeId: string
  /** The challenge, where this transaction has locked it already. */
  locked?: { row: LockedChallenge } | undefined
  proof: Proof
  /** What was put on record later does not count yet. */
  recordedBefore?: Date | undefined
  /** The questions that a decoy asks in place of answered ones. */
  decoyQuestions?: readonly string[] | undefined
  /** The event of a failure; its reason is the challenge's kind. */
  failure: Pick<AuditEvent, 'activity' | 'target'>
}

/** The outcome of a proof. `repeated`: it was accepted before, and nothing changed. `malformed`: no code, and not counted. `left`: tries left. `begins`: no further proof is taken for a while. `codesLeft`: of a sheet of recovery codes. */
export type ProofOutcome =
  | {
      outcome: 'accepted'
      challenge: Challenge
      step: number | undefined
      made: NewPasskey | undefined
      passkey: StoredPasskey | undefined
      codesLeft: number | undefined
      /** Of a recovery code: the sheet that it is on. */
      sheet: string | undefined
    }
  | { outcome: 'repeated' }
  | { outcome: 'incorrect'; challenge: Challenge; left: number; begins: boolean }
  | { outcome: 'expired' | 'malformed' }
  | { outcome: 'blocked'; retryAfter: number }

/** A challenge whose attempt is spent. `free`: the account's count is not. `begins`: a failure begins a block. */
interface Counted extends Attempt {
  state: 'counted'
  recalled: Recalled
  free: boolean
  begins: boolean
}

/** A challenge that was passed before. `usedStep`: of an authenticator app. */
interface PassedBefore {
  state: 'passed'
  challenge: Challenge
  recalled: Recalled
  usedStep: number | undefined
}

/** A proof, and what can be judged: an attempt, the repeat of a passed one, or nothing. */
export type SpentProof = { input: ProofInput } & (Counted | PassedBefore | { state: 'over'; outcome: ProofOutcome })

/** The verdict on a proof. `renewed`: right answers whose hashes are replaced. */
export type ProofVerdict =
  | { right: false }
  | {
      right: true
      step: number | undefined
      renewed: Parameters<typeof renewAnswers>[3]
      used: PasskeyUse | undefined
      made: NewPasskey | undefined
      code: Buffer | undefined
    }

const WRONG: ProofVerdict = { right: false }

/**
 * Spends an attempt of the challenge and one of the account, for every kind of proof and every journey together. A
 * repeated mistake spends neither, and is judged all the same.
 */
export async function spendProof(trx: Trx, act: Act, input: ProofInput): Promise<SpentProof> {
  const { user, owner, challengeId, proof, locked } = input
  const over = (outcome: ProofOutcome): SpentProof => ({ input, state: 'over', outcome })
  if (!isUuid(challengeId)) return over({ outcome: 'expired' })
  const row = locked ? locked.row : await lockChallenge(trx, act, owner, challengeId)
  const attempt = attemptAt(act, user, row, proof)
  if (attempt === 'malformed') return over({ outcome: 'malformed' })
  if (!attempt) {
    const challenge = await findPassed(trx, act, owner, challengeId)
    if (!challenge) return over({ outcome: 'expired' })
    const method = methods[challenge.kind]
    if (method.read(proof) === undefined) return over({ outcome: 'malformed' })
    const recalled = await method.recall(trx, act, challenge, proof)
    return { input, state: 'passed', challenge, recalled, usedStep: await findUsedStep(trx, challenge) }
  }
  const { challenge, repeated } = attempt
  const counter = counterOf(input)
  const [, spent, blocked, recalled] = await Promise.all([
    spendAttempt(trx, attempt),
    repeated ? undefined : spend(trx, act, counter),
    // The attempt that began a block was judged; its repeat is not.
    repeated ? askOne(trx, blockOf(act, counter)) : 0,
    methods[challenge.kind].recall(trx, act, challenge, proof),
  ])
  const retryAfter = spent?.allowed === false ? spent.retryAfter : blocked
  // Nobody guesses a signature, so that strangers' failures do not stop the owner's passkey.
  if (retryAfter > 0 && challenge.kind !== 'passkey') return over({ outcome: 'blocked', retryAfter })
  const counted = spent?.allowed === true
  return { input, state: 'counted', ...attempt, recalled, free: !counted, begins: counted && spent.begins === true }
}

/** Compares a proof in constant time, by its hashes or by its signature. Changes nothing. */
export async function judgeProof(act: Act, verifiers: Verifiers, spent: SpentProof): Promise<ProofVerdict> {
  if (spent.state === 'over') return WRONG
  const { input, challenge, recalled } = spent
  const { proof, recordedBefore } = input
  const judged = await methods[challenge.kind].judge(act, verifiers, { challenge, recalled, proof, recordedBefore })
  // Nothing passes a decoy, though it is judged like any other challenge.
  if (!judged.right || isDecoy(challenge)) return WRONG
  const { step, outdated = [], used, made, code } = judged
  // Nothing is counted for a repeat, so an app's code is compared with the used one alone, and no other can be found out.
  if (spent.state === 'passed')
    return spent.usedStep === undefined || step === spent.usedStep
      ? { right: true, step, renewed: [], used, made, code }
      : WRONG
  const renewed = await Promise.all(
    outdated.map(async one => ({ ...one, anew: await verifiers.hasher.hash(one.answer) })),
  )
  return { right: true, step, renewed, used, made, code }
}

/**
 * Claims the challenge of a right proof in one statement, and gives its attempt back. Records a wrong one. The changes
 * of an accepted proof follow in the same transaction. Rows that they lock are locked before, as issuing does;
 * otherwise each would wait for the other.
 */
export async function concludeProof(
  trx: Trx,
  act: Act,
  spent: SpentProof,
  verdict: ProofVerdict,
): Promise<ProofOutcome> {
  if (spent.state === 'over') return spent.outcome
  if (spent.state === 'passed') return { outcome: verdict.right ? 'repeated' : 'expired' }
  const { input, challenge, repeated, free } = spent
  const { user, owner } = input
  const isPassed = async () => (await findPassed(trx, act, owner, challenge.id)) !== undefined
  const unspend = () => (free ? undefined : giveBack(trx, act, counterOf(input)))
  if (!verdict.right) return reject(trx, act, spent)
  const { step, renewed, used, made, code } = verdict
  if (step !== undefined && !(await claimStep(trx, challenge, step))) {
    if (!(await isPassed())) return reject(trx, act, spent)
    // This challenge was passed with this step: the same proof was sent twice at once.
    await unspend()
    return { outcome: 'repeated' }
  }
  const use = used && (await claimUse(trx, act, user.tenantId, used))
  // Where the same assertion was sent twice at once, its count was taken by the other one.
  if (use && use !== 'taken' && !(await isPassed())) {
    if (use === 'behind')
      await record(trx, act, { ...input.failure, activity: 'passkey.copy_suspected', result: 'failure' })
    return reject(trx, act, spent)
  }
  // Where the same code was given elsewhere at once, it passes one challenge.
  const spentCode = code && (await claimCode(trx, act, challenge, code))
  if (code && spentCode === undefined) return reject(trx, act, spent)
  // A spent code is told of, also where its challenge has ended meanwhile.
  if (spentCode !== undefined) await tellOfCode(trx, act, user, spentCode.left)
  const [claimed] = await Promise.all([claimChallenge(trx, act, challenge, repeated ? 0 : 1), unspend()])
  // The same proof sent twice at once: the other one counts. After a void: none does.
  if (!claimed) return { outcome: (await isPassed()) ? 'repeated' : 'expired' }
  await renewAnswers(trx, act, user, renewed)
  return {
    outcome: 'accepted',
    challenge,
    step,
    made,
    passkey: spent.recalled.passkey,
    codesLeft: spentCode?.left,
    sheet: spentCode?.sheet,
  }
}

async function reject(trx: Trx, act: Act, spent: SpentProof & Counted): Promise<ProofOutcome> {
  const { input, challenge, repeated, free, begins } = spent
  const { user, owner, browser, failure } = input
  // A passkey goes on through a block of the account: nobody guesses at it.
  const goesOn = free && !repeated
  const left = goesOn ? spent.left : Math.min(spent.left, await findTriesLeft(trx, act, counterOf(input)))
  // A free draw would let a guesser try until easy questions come.
  if (repeated) return { outcome: 'incorrect', left, challenge, begins: false }
  const questions = challenge.questions && (await redrawQuestions(trx, act, input, challenge))
  await record(trx, act, { ...failure, result: 'failure', reason: challenge.kind })
  if (begins) await tellOfBlockLater(trx, user, 'journeyId' in owner ? owner.journeyId : owner.sessionId)
  if (browser === 'other' && !goesOn) await noteGuess(trx, act, user.tenantId)
  return { outcome: 'incorrect', left, challenge: { ...challenge, questions }, begins }
}

/** Gives the attempt back after an error, and throws it on: a proof that was not judged, or was right and could not be used, is no failure. A wrong one stays counted. */
export const withdrawProof =
  (db: Db, act: Act, spent: SpentProof, verdict?: ProofVerdict) =>
  async (error: unknown): Promise<never> => {
    const failed = verdict?.right === false
    if (spent.state === 'counted' && !spent.free && !failed)
      await inTenant(db, spent.input.user.tenantId, trx => giveBack(trx, act, counterOf(spent.input)))
    throw error
  }

const counterOf = ({ user, browser }: ProofInput): Counter => ({
  tenantId: user.tenantId,
  kind: 'proofs',
  name: readName(user.userPrincipalName).folded,
  browser,
})

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
