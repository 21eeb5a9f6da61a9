import { type RawBuilder, sql } from 'kysely'
import { type Hasher, HashingBusy, isForeign, type Means, openHash, type StoredHash, TODAYS } from '../crypto/index.ts'
import { nobody, subjectOf, type User } from '../directory/index.ts'
import { type Browser, type Counter, forget, lockOf, spend } from '../limits/index.ts'
import { type ProtectionSettings, readProtection } from '../policies/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { normalizePassword } from './composition.ts'
import { placeOf, sealedHash } from './sealed.ts'

/** The verdict on a typed password. `retryAfter`: seconds until the next attempt is judged. `locked`: it was right, and is told as wrong. `counter`: its counter. */
export type Verdict<T> =
  | { right: true; result: T }
  | { right: false; retryAfter?: number; locked?: true; user?: User; counter: Counter }

/** A user's stored password, as a sign-in needs it. */
export interface StoredPassword {
  mustChange: boolean
  setAt: Date
}

/** The facts beside the user after a right password. */
export interface Known {
  stored: StoredPassword
  protection: ProtectionSettings
}

/** A typed password. */
export interface Attempt {
  tenantId: string
  /** From `readName`. */
  name: string
  password: string
  /** Tells whether the browser is familiar to the user: what to read beside the rest, by an expression of the id, and its meaning. */
  browser: { stored(person: RawBuilder<unknown>): RawBuilder<unknown>; of(user: User, stored: unknown): Browser }
}

/**
 * Verifies a password: the only way to, so that no way in escapes the lockout. Counts and commits the attempt, then
 * spends one argon2id hash, for unknown names and locked accounts too. A right one forgets the failures and runs
 * `onRight` in one transaction, and its hash from another system becomes ours.
 */
export async function verifyPassword<T>(
  db: Db,
  means: Means,
  hasher: Hasher,
  input: Attempt,
  onRight: (trx: Trx, user: User, known: Known) => Promise<T>,
): Promise<Verdict<T>> {
  const { tenantId, name } = input
  const password = normalizePassword(input.password)
  // The place comes first: an attempt that cannot be judged is not counted, so a flood that fills the queue locks
  // nobody out.
  const asked = await hasher.withPlace(async verifier => {
    const counted = await inTenant(db, tenantId, async trx => {
      const { browser, ...found } = await findStored(trx, means, input)
      const counter: Counter = { tenantId, kind: 'password', name, browser, lockout: found.protection }
      return { ...found, counter, spent: await spend(trx, means, counter, password) }
    })
    return { ...counted, right: await verifier.verify(counted.stored?.hash, password, counted.alike) }
  })
  const { user, stored, spent, counter, right, locked, protection } = asked
  if (!spent.allowed) return { right: false, retryAfter: spent.retryAfter, counter, ...(user && { user }) }
  // A locked account is answered like a wrong password.
  if (!right || locked || !user || !stored)
    return { right: false, counter, ...(right && locked && { locked }), ...(user && { user }) }
  const anew = isForeign(stored.hash) ? await hashAnew(hasher, password) : undefined
  const result = await inTenant(db, tenantId, async trx => {
    const [, , done] = await Promise.all([
      forget(trx, means, counter),
      anew === undefined ? undefined : replaceHash(trx, means, user, stored.record, anew),
      // The last: it may commit with what it asks for.
      onRight(trx, user, { stored, protection }),
    ])
    return done
  })
  return { right: true, result }
}

interface Found {
  found: User | null
  protection: Record<string, unknown>
  hash: string | null
  sealed: Buffer | null
  setAt: Date | null
  mustChange: boolean | null
  alikeUser: string | null
  alikeHash: string | null
  alikeSealed: Buffer | null
  locked: boolean
  browser: unknown
}

/**
 * The user of this name, their stored password, and one of the tenant's hashes from other systems.
 * Every sign-in checks that hash, so that nobody can measure whose it is. One statement for unknown names too: a skipped one could be measured.
 * `person` is materialized: under row-level security `coalesce` reaches no index, and the whole tenant would be read.
 */
async function findStored(trx: Trx, means: Means, { tenantId, name, browser }: Attempt) {
  const { rows } = await sql<Found>`
    with ${subjectOf(trx, tenantId, sql`users.user_principal_name_folded = ${name}`)},
      person as materialized (select coalesce((select id from subject), ${nobody(tenantId).id}::uuid) as id)
    select (select to_json(subject) from subject) as found, tenants.protection, own.hash, own.hash_sealed as sealed, own.set_at as "setAt", own.must_change as "mustChange",
      alike.user_id as "alikeUser", alike.hash as "alikeHash", alike.hash_sealed as "alikeSealed",
      ${lockOf(means, tenantId, name)} as locked, ${browser.stored(sql`person.id`)} as browser
    from person left join tenants on tenants.tenant_id = ${tenantId}
      left join passwords own on own.tenant_id = ${tenantId} and own.user_id = person.id
      left join lateral (select user_id, hash, hash_sealed from passwords
        where tenant_id = ${tenantId} and scheme <> ${sql.lit(TODAYS)} limit 1) alike on true`.execute(trx)
  const row = rows[0]!
  const user = row.found ?? undefined
  const { setAt, mustChange, alikeUser } = row
  const record = { plain: row.hash, sealed: row.sealed }
  const hash = openHash(means.keys, placeOf(tenantId, (user ?? nobody(tenantId)).id), record)
  const alike =
    alikeUser === null
      ? undefined
      : openHash(means.keys, placeOf(tenantId, alikeUser), { plain: row.alikeHash, sealed: row.alikeSealed })
  return {
    user,
    protection: readProtection(row.protection),
    locked: row.locked,
    browser: browser.of(user ?? nobody(tenantId), row.browser),
    stored:
      hash === undefined ? undefined : { hash, record, setAt: setAt ?? new Date(0), mustChange: mustChange ?? false },
    ...(alike !== undefined && { alike }),
  }
}

/** The right password at today's cost; undefined where there is no time for it now. */
const hashAnew = (hasher: Hasher, password: string): Promise<string | undefined> =>
  hasher.hash(password).catch(error => {
    if (error instanceof HashingBusy) return undefined
    throw error
  })

/** Puts today's hash in the place of one that another system made, unless the password has been changed meanwhile. */
async function replaceHash(trx: Trx, { keys }: Means, user: User, { plain, sealed }: StoredHash, hash: string) {
  await trx
    .updateTable('passwords')
    .set(sealedHash(keys, user, hash))
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .where('hash', 'is not distinct from', plain)
    .where('hash_sealed', 'is not distinct from', sealed)
    .execute()
}

/** When and how the password of a user was set; undefined where none was. */
export async function findPassword(trx: Trx, user: User): Promise<StoredPassword | undefined> {
  return trx
    .selectFrom('passwords')
    .select(['set_at as setAt', 'must_change as mustChange'])
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .executeTakeFirst()
}
