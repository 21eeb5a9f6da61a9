// The statements that spend an attempt and claim a challenge guard one another, and the ones in issue.ts that void it.

import { isUuid, type Means } from '../crypto/index.ts'
import type { User } from '../directory/index.ts'
import { type Challenge, methods, type Proof, stepAt } from '../methods/index.ts'
import type { Trx } from '../store/index.ts'
import { ATTEMPTS, type ChallengeOwner, columns, isDecoy, lasts, ofOwner, readChallenge } from './held.ts'

/** A challenge that may be answered now, and the attempts left. `repeated`: the same proof was handed in before, which spends nothing. `given`: the marks of what was handed in so far. */
export interface Attempt {
  challenge: Challenge
  repeated: boolean
  left: number
  given: number[]
}

/** The row of a challenge that may be answered, locked. */
export type LockedChallenge = Awaited<ReturnType<typeof lockChallenge>>

/**
 * Finds and locks a challenge of this owner for one attempt, so that of many requests at once each sees the result of
 * the one before. Undefined where it is none of the owner's, or can no longer be answered.
 */
export async function lockChallenge(trx: Trx, { now }: Means, owner: ChallengeOwner, challengeId: string) {
  // PostgreSQL would answer an id that is no UUID with an error.
  if (!isUuid(challengeId)) return undefined
  const { column, id } = ofOwner(owner)
  return trx
    .selectFrom('challenges')
    .select([...columns, 'given', 'security_epoch'])
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', challengeId)
    .where(column, '=', id)
    .where('purpose', '=', owner.purpose)
    .where('consumed_at', 'is', null)
    .where('voided_at', 'is', null)
    .where(lasts(now))
    .where('attempts', '<', ATTEMPTS)
    .forUpdate()
    .executeTakeFirst()
}

/**
 * The attempt at a locked challenge, which `spendAttempt` spends before anything is compared. A repeat of the proof is
 * recognized by a keyed hash of 16 bits, too short to reveal anything. Undefined where the user's credentials have changed
 * since; `malformed` where it takes no such proof.
 */
export function attemptAt(
  means: Means,
  user: User,
  row: LockedChallenge,
  proof: Proof,
): Attempt | 'malformed' | undefined {
  if (row?.security_epoch !== user.securityEpoch) return undefined
  const handedIn = methods[row.kind].read(proof)
  if (handedIn === undefined) return 'malformed'
  // A wrong code of an app may be right a moment later: then it is another guess.
  const moment = row.kind === 'authenticatorCode' ? String(stepAt(means.now)) : ''
  const mark = means.keys.mac('wrong-proof', user.tenantId, row.id, handedIn, moment).readUInt16BE(0)
  const repeated = row.given.includes(mark)
  const left = ATTEMPTS - row.attempts - (repeated ? 0 : 1)
  return { challenge: readChallenge(means, row), repeated, left, given: repeated ? row.given : [...row.given, mark] }
}

/** Spends an attempt that `attemptAt` found: a crash or a race costs the guesser the attempt. A repeat spends nothing. */
export async function spendAttempt(trx: Trx, { challenge, repeated, left, given }: Attempt): Promise<void> {
  if (repeated) return
  await trx
    .updateTable('challenges')
    .set({ attempts: ATTEMPTS - left, given })
    .where('tenant_id', '=', challenge.tenantId)
    .where('id', '=', challenge.id)
    .execute()
}

/** A challenge of this owner that was passed before, for the repeat of its proof. */
export async function findPassed(
  trx: Trx,
  means: Means,
  owner: ChallengeOwner,
  challengeId: string,
): Promise<Challenge | undefined> {
  const { column, id } = ofOwner(owner)
  const row = await trx
    .selectFrom('challenges')
    .select(columns)
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', challengeId)
    .where(column, '=', id)
    .where('purpose', '=', owner.purpose)
    .where('consumed_at', 'is not', null)
    .executeTakeFirst()
  return row && readChallenge(means, row)
}

/** Claims a challenge after a right proof, and gives back the attempts that it `spent`. False where another request was quicker, or it was voided meanwhile. */
export async function claimChallenge(trx: Trx, means: Means, challenge: Challenge, spent: number): Promise<boolean> {
  const claimed = await trx
    .updateTable('challenges')
    .set(row => ({
      consumed_at: means.now,
      code_sealed: null,
      spoken_sealed: null,
      attempts: row('attempts', '-', spent),
    }))
    .where('tenant_id', '=', challenge.tenantId)
    .where('id', '=', challenge.id)
    .where('security_epoch', '=', row =>
      row
        .selectFrom('users')
        .select('users.security_epoch')
        .where('users.tenant_id', '=', challenge.tenantId)
        .where('users.id', '=', challenge.userId),
    )
    .where('consumed_at', 'is', null)
    .where('voided_at', 'is', null)
    .where(lasts(means.now))
    .returning('id')
    .executeTakeFirst()
  return claimed !== undefined
}

/** Draws the questions of a challenge anew, after a wrong answer. Returns them. */
export async function redrawQuestions(
  trx: Trx,
  means: Means,
  { user, decoyQuestions }: { user: User; decoyQuestions?: readonly string[] | undefined },
  challenge: Challenge,
): Promise<string[]> {
  const posed = await methods[challenge.kind].pose?.(trx, means, user, {
    questionsToReset: challenge.questions?.length ?? 0,
    decoyQuestions: isDecoy(challenge) ? decoyQuestions : undefined,
  })
  const questions = posed?.questions ?? []
  await trx
    .updateTable('challenges')
    .set({ questions })
    .where('tenant_id', '=', challenge.tenantId)
    .where('id', '=', challenge.id)
    .execute()
  return questions
}
