import { type Hasher, HashingBusy, isForeign, type Means, openHash, type StoredHash } from '../crypto/index.ts'
import { accountBy, type DirectoryNews, nobody, noteDirectory, type User, type UserRef } from '../directory/index.ts'
import { type Browser, blocksOf, type Counter, forget, giveBack, spend, spendLast } from '../limits/index.ts'
import { type ProtectionSettings, protectionOf, writebackOf } from '../policies/index.ts'
import { ask, type Db, inTenant, type Read, type Trx } from '../store/index.ts'
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
      const guess = found.isAgentUp && browser === 'other' ? guessAt(tenantId, name, found.user) : undefined
      const mayGuess = !guess || (await spend(trx, means, guess)).allowed
      const counter: Counter = { tenantId, kind: 'password', name, browser, lockout: found.protection }
      return { ...found, counter, guess, mayGuess, spent: await spendLast(trx, means, counter, password) }
    })
    const { user, stored, alike } = counted
    // A pass and what a directory keeps cost the hash of a password too, so that times are alike.
    const hash = input.isPass || user?.directory ? undefined : stored?.hash
    return { ...counted, matches: await verifier.verify(hash, password, alike) }
  })
  const { user, stored, spent, counter, guess, mayGuess, isAgentUp, matches, locked, protection } = asked
  // What is blocked or locked is judged here: a directory behind it gets no guesses past our limits, or its own. No place
  // in the queue is held while it is asked.
  const isAsked = spent.allowed && mayGuess && !locked && !input.isPass
  const home = homeOf(isAsked ? user : undefined)
  const compared = await home.verify({ tenantId, user, password, matches, isAgentUp })
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
  if (compared === 'unknown') {
    await inTenant(db, tenantId, async trx => {
      await giveBack(trx, means, counter, password)
      if (guess) await giveBack(trx, means, guess)
    })
    return { right: false, unknown: true, counter, ...(user && { user }) }
  }
  const { right, news } = compared
  if (user && news && !right) await inTenant(db, tenantId, trx => noteDirectory(trx, user, news))
  // A locked account is answered like a wrong password.
  if (!right || locked || !user)
    return { right: false, counter, ...(right && locked && { locked }), ...(user && { user }) }
  // What a directory keeps is not kept here too.
  const foreign = !news && stored && isForeign(stored.hash) ? stored.record : undefined
  const anew = foreign && (await hashAnew(hasher, password))
  const result = await inTenant(db, tenantId, async trx => {
    if (news) await noteDirectory(trx, user, news)
    if (guess) await forget(trx, means, guess)
    const [, , done] = await Promise.all([
      forget(trx, means, counter),
      foreign && anew && replaceHash(trx, means, user, { foreign, anew }),
      // The last: it may commit with what it asks for.
      onRight(trx, told(user, news), { stored, protection }),
    ])
    return done
  })
  return { right: true, result }
}

/**
 * The counter of strangers' guesses that reach a directory (decision 66). They stop two below its own lockout, or strangers
 * could lock people out of everything else. It counts repeats too, as the directory does.
 */
const guessAt = (tenantId: string, name: string, user: User | undefined): Counter | undefined => {
  const { threshold, seconds } = user?.directory?.lockout ?? { threshold: 0, seconds: null }
  const isKnown = user?.directory?.lockout != null
  if (isKnown && threshold === 0) return undefined
  const allowed = isKnown ? Math.max(threshold - 2, 1) : 1
  return { tenantId, name, kind: 'directory', browser: 'other', allowed, seconds }
}

/** The person as the directory says that they are now. */
const told = (user: User, news: DirectoryNews | undefined): User =>
  user.directory && news?.mustChange !== undefined
    ? { ...user, directory: { ...user.directory, mustChange: news.mustChange } }
    : user

/** Reads what an attempt is judged by, in one statement for unknown names too: a skipped one could be measured. */
async function findAttempt(trx: Trx, means: Means, { tenantId, name, browserOf }: Attempt) {
  const account = accountBy(trx, { name })
  const { stored, foreign, locks, writeback, ...found } = await ask(
    trx,
    {
      user: account.found,
      protection: protectionOf(tenantId),
      writeback: writebackOf(tenantId, means.now),
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
    isAgentUp: writeback.isUp,
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
