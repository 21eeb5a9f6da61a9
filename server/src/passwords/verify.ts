import type { Hasher, Means } from '../crypto/index.ts'
import { findUserByName, nobody, type User } from '../directory/index.ts'
import { type Browser, type Counter, forget, giveBack, spend } from '../limits/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { normalizePassword } from './composition.ts'

/** What a typed password came to. `retryAfter`: seconds until the next attempt is judged. */
export type Verdict<T> = { right: true; result: T } | { right: false; retryAfter?: number; user?: User }

/** A user's stored password, as a sign-in needs it. */
export interface StoredPassword {
  hash: string
  mustChange: boolean
  setAt: Date
}

/**
 * Verifies a password: the only way to, so that no way in escapes the lockout.
 * The attempt is counted and committed before it is judged; then exactly one argon2id hash is spent, for unknown names and locked accounts too, so that time tells nothing.
 * Where it is right, the failures are forgotten and `onRight` runs in the same transaction.
 * `browserOf` says whether the browser is familiar to the user whose name was typed.
 */
export async function verifyPassword<T>(
  db: Db,
  means: Means,
  hasher: Hasher,
  input: {
    tenantId: string
    name: string
    password: string
    browserOf(trx: Trx, user: User | undefined): Promise<Browser>
  },
  onRight: (trx: Trx, user: User, stored: StoredPassword) => Promise<T>,
): Promise<Verdict<T>> {
  const { tenantId, name } = input
  const asked = await inTenant(db, tenantId, async trx => {
    const user = await findUserByName(trx, tenantId, name)
    const counter: Counter = { tenantId, kind: 'password', name, browser: await input.browserOf(trx, user) }
    // Looked up for nobody too: what is skipped for an unknown name could be measured.
    const stored = await findPassword(trx, user ?? nobody(tenantId))
    return { user, counter, stored, spent: await spend(trx, means, counter) }
  })
  const { user, stored, spent, counter } = asked
  const right = await hasher.verify(stored?.hash, normalizePassword(input.password)).catch(async error => {
    // Not judged, so not a failure: a flood that fills the queue must not lock people out.
    if (spent.allowed) await inTenant(db, tenantId, trx => giveBack(trx, means, counter))
    throw error
  })
  if (!spent.allowed) return { right: false, retryAfter: spent.retryAfter, ...(user && { user }) }
  if (!right || !user || !stored) return { right: false, ...(user && { user }) }
  const result = await inTenant(db, tenantId, async trx => {
    await forget(trx, means, counter)
    return onRight(trx, user, stored)
  })
  return { right: true, result }
}

/** The stored password of a user, or undefined where none was ever set. */
export async function findPassword(trx: Trx, user: User): Promise<StoredPassword | undefined> {
  return trx
    .selectFrom('passwords')
    .select(['hash', 'set_at as setAt', 'must_change as mustChange'])
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .executeTakeFirst()
}
