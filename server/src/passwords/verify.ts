import { type Hasher, HashingBusy, isForeign, type Means, openHash, type StoredHash } from '../crypto/index.ts'
import { accountBy, nobody, type User, type UserRef } from '../directory/index.ts'
import { type Browser, blocksOf, type Counter, forget, giveBack, spendLast } from '../limits/index.ts'
import { type ProtectionSettings, protectionOf } from '../policies/index.ts'
import { ask, type Db, inTenant, type Read, type Trx } from '../store/index.ts'
import { cloud } from './cloud.ts'
import { normalizePassword } from './composition.ts'
import type { Passwords } from './home.ts'
import { claimPass } from './passes.ts'
import { placeOf, sealedHash } from './sealed.ts'
import { foreignHashOf, passwordOf, type StoredPassword } from './stored.ts'

/** The verdict on a typed password. `retryAfter`: seconds until the next attempt is judged. `unknown`: its home gave no answer, which is no failure. `locked`: it was right, and is told as wrong. `counter`: its counter. */
export type Verdict<T> =
  | { right: true; result: T }
  | { right: false; unknown?: true; retryAfter?: number; locked?: true; user?: User; counter: Counter }

/** The facts beside the user after a right password. */
export interface Known {
  /** Undefined where its home keeps it elsewhere. */
  stored: StoredPassword | undefined
  protection: ProtectionSettings
}

/** A typed password, or the access pass in its place. */
export interface Attempt {
  tenantId: string
  /** From `readName`. */
  name: string
  password: string
  /** It is an access pass, typed in place of the password. */
  isPass?: boolean | undefined
  /** Whether the browser is familiar to the user of the name. */
  browserOf(user: UserRef): Read<Browser>
}

/**
 * Verifies a password: the only way to, so that no way in escapes the lockout. Counts and commits the attempt, then
 * spends one argon2id hash, for unknown names and locked accounts too. A right one forgets the failures and runs
 * `onRight` in one transaction, and its hash from another system becomes ours.
 */
// biome-ignore lint/complexity/useMaxParams: what follows a right password stands last, as a block
export async function verifyPassword<T>(
  db: Db,
  means: Means,
  { hasher, homeOf }: Pick<Passwords, 'hasher' | 'homeOf'>,
  input: Attempt,
  onRight: (trx: Trx, user: User, known: Known) => Promise<T>,
): Promise<Verdict<T>> {
  const { tenantId, name } = input
  const password = normalizePassword(input.password)
  // The place comes first: an attempt that cannot be judged is not counted, so a flood that fills the queue locks
  // nobody out.
  const asked = await hasher.withPlace(async verifier => {
    const counted = await inTenant(db, tenantId, async trx => {
      const { browser, ...found } = await findAttempt(trx, means, input)
      const counter: Counter = { tenantId, kind: 'password', name, browser, lockout: found.protection }
      return { ...found, counter, spent: await spendLast(trx, means, counter, password) }
    })
    const { user, stored, alike, spent, locked } = counted
    // What is blocked or locked is judged here: a directory behind it gets no guesses past our limits.
    const home = spent.allowed && !locked && !input.isPass ? homeOf(user) : cloud
    // A pass costs the hash of a password too, so that times are alike.
    const hash = input.isPass ? undefined : stored?.hash
    return { ...counted, home, right: await home.verify(verifier, { user, password, hash, alike }) }
  })
  const { user, stored, spent, counter, home, right, locked, protection } = asked
  if (!spent.allowed) return { right: false, retryAfter: spent.retryAfter, counter, ...(user && { user }) }
  if (input.isPass) {
    const result = await inTenant(db, tenantId, async trx => {
      const claimed = await claimPass(trx, means, locked || !user ? nobody(tenantId) : user, password)
      if (!claimed || !user) return undefined
      await forget(trx, means, counter)
      return { done: await onRight(trx, user, { stored, protection }) }
    })
    return result ? { right: true, result: result.done } : { right: false, counter, ...(user && { user }) }
  }
  if (right === 'unknown') {
    await inTenant(db, tenantId, trx => giveBack(trx, means, counter, password))
    return { right: false, unknown: true, counter, ...(user && { user }) }
  }
  // A locked account is answered like a wrong password.
  if (!right || locked || !user)
    return { right: false, counter, ...(right && locked && { locked }), ...(user && { user }) }
  // What a directory keeps is not kept here too.
  const foreign = home === cloud && stored && isForeign(stored.hash) ? stored.record : undefined
  const anew = foreign && (await hashAnew(hasher, password))
  const result = await inTenant(db, tenantId, async trx => {
    const [, , done] = await Promise.all([
      forget(trx, means, counter),
      foreign && anew && replaceHash(trx, means, user, { foreign, anew }),
      // The last: it may commit with what it asks for.
      onRight(trx, user, { stored, protection }),
    ])
    return done
  })
  return { right: true, result }
}

/** Reads what an attempt is judged by, in one statement for unknown names too: a skipped one could be measured. */
async function findAttempt(trx: Trx, means: Means, { tenantId, name, browserOf }: Attempt) {
  const account = accountBy(trx, { name })
  const { stored, foreign, locks, ...found } = await ask(
    trx,
    {
      user: account.found,
      protection: protectionOf(tenantId),
      stored: passwordOf(account.found),
      foreign: foreignHashOf(tenantId),
      locks: blocksOf(means, tenantId, name, 'lock'),
      browser: browserOf(account.found),
    },
    account.from,
  )
  const { id } = found.user ?? nobody(tenantId)
  const hash = openHash(means.keys, placeOf(tenantId, id), stored?.record ?? { plain: null, sealed: null })
  const alike = foreign && openHash(means.keys, placeOf(tenantId, foreign.userId), foreign.record)
  return {
    ...found,
    locked: locks.length > 0,
    stored: hash === undefined || !stored ? undefined : { ...stored, hash },
    alike,
  }
}

/** The right password at today's cost; undefined where there is no time for it now. */
const hashAnew = (hasher: Hasher, password: string): Promise<string | undefined> =>
  hasher.hash(password).catch(error => {
    if (error instanceof HashingBusy) return undefined
    throw error
  })

/** Puts today's hash in the place of one that another system made, unless the password has been changed meanwhile. */
async function replaceHash(
  trx: Trx,
  { keys }: Means,
  user: User,
  { foreign: { plain, sealed }, anew }: { foreign: StoredHash; anew: string },
) {
  await trx
    .updateTable('passwords')
    .set(sealedHash(keys, user, anew))
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .where('hash', 'is not distinct from', plain)
    .where('hash_sealed', 'is not distinct from', sealed)
    .execute()
}
