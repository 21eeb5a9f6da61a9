import { sql } from 'kysely'
import { type Hasher, HashingBusy, isForeign, type Means, TODAYS } from '../crypto/index.ts'
import { findProtectedUser, nobody, type ProtectionSettings, type User } from '../directory/index.ts'
import { type Browser, type Counter, forget, spend } from '../limits/index.ts'
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
 * A hash from another system is replaced by ours once its password was right.
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
  onRight: (trx: Trx, user: User, stored: StoredPassword, protection: ProtectionSettings) => Promise<T>,
): Promise<Verdict<T>> {
  const { tenantId, name } = input
  const password = normalizePassword(input.password)
  // The place first: what cannot be judged is not counted, so a flood that fills the queue locks nobody out.
  const asked = await hasher.withPlace(async verifier => {
    const counted = await inTenant(db, tenantId, async trx => {
      const { user, protection } = await findProtectedUser(trx, tenantId, name)
      const browser = await input.browserOf(trx, user)
      const counter: Counter = { tenantId, kind: 'password', name, browser, lockout: protection }
      // Looked up for nobody too: what is skipped for an unknown name could be measured.
      const found = await findStored(trx, user ?? nobody(tenantId))
      return { user, counter, ...found, protection, spent: await spend(trx, means, counter, password) }
    })
    return { ...counted, right: await verifier.verify(counted.stored?.hash, password, counted.alike) }
  })
  const { user, stored, spent, counter, right, protection } = asked
  if (!spent.allowed) return { right: false, retryAfter: spent.retryAfter, ...(user && { user }) }
  if (!right || !user || !stored) return { right: false, ...(user && { user }) }
  const anew = isForeign(stored.hash) ? await hashAnew(hasher, password) : undefined
  const result = await inTenant(db, tenantId, async trx => {
    await forget(trx, means, counter)
    if (anew !== undefined) await replaceHash(trx, user, stored.hash, anew)
    return onRight(trx, user, stored, protection)
  })
  return { right: true, result }
}

/** A user's stored password, and where one of the tenant's was hashed elsewhere, such a hash: checked in every sign-in of the tenant, so that nobody can measure whose it is. */
async function findStored(trx: Trx, user: User): Promise<{ stored: StoredPassword | undefined; alike?: string }> {
  const { rows } = await sql<{ hash: string | null; setAt: Date; mustChange: boolean; alike: string | null }>`
    select own.hash, own.set_at as "setAt", own.must_change as "mustChange",
      (select hash from passwords where tenant_id = ${user.tenantId} and hash not like ${sql.lit(`${TODAYS}%`)} limit 1) as alike
    from (select 1) as always left join passwords own on own.tenant_id = ${user.tenantId} and own.user_id = ${user.id}`.execute(
    trx,
  )
  const { hash = null, setAt = new Date(0), mustChange = false, alike = null } = rows[0] ?? {}
  return { stored: hash === null ? undefined : { hash, setAt, mustChange }, ...(alike !== null && { alike }) }
}

/** The right password at today's cost; undefined where there is no time for it now. */
const hashAnew = (hasher: Hasher, password: string): Promise<string | undefined> =>
  hasher.hash(password).catch(error => {
    if (error instanceof HashingBusy) return undefined
    throw error
  })

/** Puts today's hash in the place of one that another system made, unless the password has been changed meanwhile. */
async function replaceHash(trx: Trx, user: User, foreign: string, hash: string) {
  await trx
    .updateTable('passwords')
    .set({ hash })
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .where('hash', '=', foreign)
    .execute()
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
