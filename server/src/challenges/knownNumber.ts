import type { Means } from '../crypto/index.ts'
import { readName, type User } from '../directory/index.ts'
import { type Browser, giveBack, spend } from '../limits/index.ts'
import type { RecordedMethod } from '../methods/index.ts'
import type { Trx } from '../store/index.ts'
import { readNumber } from '../typing/index.ts'

/** Whether the typed number is the one on record. `throttled`: too many were wrong; seconds to wait. */
export type NumberOutcome =
  | { outcome: 'known' }
  | { outcome: 'mismatch' }
  | { outcome: 'throttled'; retryAfter: number }

/** A number that a person typed, and the one on record. */
export interface TypedNumber {
  user: User
  browser: Browser
  method: RecordedMethod
  typed: string
}

/** Compares a typed number with the one on record. `unreadable`: it cannot be a number, so it guesses at nothing. */
export function judgeNumber(
  { keys }: Means,
  method: RecordedMethod,
  tenantId: string,
  typed: string,
): { outcome: 'known' | 'mismatch' | 'unreadable' } {
  const number = readNumber(typed)
  if (!number) return { outcome: 'unreadable' }
  const known = method.valueHash !== null && keys.matches(method.valueHash, 'destination', tenantId, number)
  return { outcome: known ? 'known' : 'mismatch' }
}

/** The same, counted before it is compared: otherwise each wrong number would tell a guesser something. */
export async function compareNumber(
  trx: Trx,
  means: Means,
  { user, browser, method, typed }: TypedNumber,
): Promise<NumberOutcome> {
  const { tenantId } = user
  if (!readNumber(typed)) return { outcome: 'mismatch' }
  const counter = { tenantId, kind: 'phoneNumber', name: readName(user.userPrincipalName).folded, browser } as const
  const spent = await spend(trx, means, counter)
  if (!spent.allowed) return { outcome: 'throttled', retryAfter: spent.retryAfter }
  if (judgeNumber(means, method, tenantId, typed).outcome !== 'known') return { outcome: 'mismatch' }
  await giveBack(trx, means, counter)
  return { outcome: 'known' }
}
