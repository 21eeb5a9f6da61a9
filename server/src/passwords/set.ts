import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { type Means, openHash } from '../crypto/index.ts'
import { raiseSecurityEpoch, readName, type User } from '../directory/index.ts'
import { clear } from '../limits/index.ts'
import { type Db, inTenant, sql, type Trx } from '../store/index.ts'
import type { PasswordChecks } from './checks.ts'
import { normalizePassword } from './composition.ts'
import { type PasswordRefusal, type PasswordRefusals, passwordRefusals } from './errors.ts'
import { findRefusals, type PasswordRules } from './rules.ts'
import { formerPlaceOf, placeOf, sealedHash } from './sealed.ts'

/** A password that passed every rule, hashed and ready to be set. */
export interface PreparedPassword {
  hash: string
  /** How many earlier passwords are kept, as hashes. Undefined: there is none to keep or remove. */
  history: number | undefined
}

/**
 * Judges a new password and hashes it: the way to every password. To be called with no transaction open, because
 * hashing and outside sources take time. Cheap rules come first; only a password that passes them is hashed or looked
 * up. Returns every rule that it fails.
 */
export async function preparePassword(
  db: Db,
  act: Act,
  checks: PasswordChecks,
  { rules, newPassword }: { rules: PasswordRules; newPassword: string },
): Promise<{ refused: PasswordRefusals } | { prepared: PreparedPassword }> {
  const password = normalizePassword(newPassword)
  const refused = findRefusals(checks, rules, password)
  if (refused.length === 0) {
    const [used, known] = await Promise.all([
      findUsed(checks, rules, password),
      findBreached(db, act, checks, { rules, password }),
    ])
    refused.push(...[used, known].filter(code => code !== undefined))
  }
  const told = inOrder(refused)
  if (told) return { refused: told }
  return { prepared: { hash: await checks.hasher.hash(password), history: rules.history } }
}

/** What a directory judges itself: length, composition, age and history. */
const directorys: readonly PasswordRefusal[] = ['password_too_short', 'password_too_long', 'password_too_simple']

/**
 * Judges a new password that a directory will judge too, by what the directory cannot know: the words that nobody's
 * password may be made of, and breaches. Undefined: none of that refuses it.
 */
export async function judgeForDirectory(
  db: Db,
  act: Act,
  checks: PasswordChecks,
  { rules, newPassword }: { rules: PasswordRules; newPassword: string },
): Promise<PasswordRefusals | undefined> {
  const password = normalizePassword(newPassword)
  const refused = findRefusals(checks, rules, password).filter(code => !directorys.includes(code))
  const breached = refused.length === 0 ? await findBreached(db, act, checks, { rules, password }) : undefined
  return inOrder(breached ? [...refused, breached] : refused)
}

function inOrder(refused: readonly PasswordRefusal[]): PasswordRefusals | undefined {
  const [first, ...rest] = passwordRefusals.filter(code => refused.includes(code))
  return first && [first, ...rest]
}

/** One after the other in one place of the queue: a long history must not take every place. */
async function findUsed(
  { hasher }: PasswordChecks,
  { current, former }: PasswordRules,
  password: string,
): Promise<PasswordRefusal | undefined> {
  if (current === undefined && former.length === 0) return undefined
  return hasher.withPlace(async verifier => {
    if (current !== undefined && (await verifier.verify(current, password))) return 'password_same'
    for (const hash of former) if (await verifier.verify(hash, password)) return 'password_in_history'
    return undefined
  })
}

/** The event of a source that cannot be asked is written here, so that no way to set a password can leave it out. */
async function findBreached(
  db: Db,
  act: Act,
  { breached }: PasswordChecks,
  { rules: { user, breachedUnreachable }, password }: { rules: PasswordRules; password: string },
): Promise<PasswordRefusal | undefined> {
  if (!breached) return undefined
  try {
    return (await breached.includes(password)) ? 'password_breached' : undefined
  } catch (error) {
    await inTenant(db, user.tenantId, trx =>
      record(
        trx,
        { ...act, actor: { kind: 'system' } },
        {
          activity: 'password.breach_check_failed',
          result: 'failure',
          reason: breachedUnreachable === 'refuse' ? 'refused' : 'allowed',
          target: { id: user.id, name: user.userPrincipalName },
          details: { code: codeOf(error) },
        },
      ),
    )
    return breachedUnreachable === 'refuse' ? 'password_not_checked' : undefined
  }
}

/** The code of a failure: messages may quote data. */
export const codeOf = (error: unknown) => String((error as { code?: unknown }).code ?? 'unforeseen')

/**
 * Sets a password: the only way to, but for those that come with new users. In the same transaction it raises the security epoch, which ends every grant of the
 * user, and forgets counted failures. The replaced hash is kept only as far as the tenant's history asks; older ones
 * are removed. Returns the new epoch, for a session that goes on.
 */
export async function setPassword(
  trx: Trx,
  means: Means,
  user: User,
  password: PreparedPassword & { mustChange: boolean },
): Promise<number> {
  // The user's row first, as everywhere: two at once then wait in line, without a deadlock.
  const { tenantId } = user
  const raised = raiseSecurityEpoch(trx, tenantId, user.id)
  if (password.history !== undefined) await Promise.all([raised, keepReplaced(trx, means, user, password.history)])
  const row = { ...sealedHash(means.keys, user, password.hash), set_at: means.now, must_change: password.mustChange }
  const [epoch] = await Promise.all([
    raised,
    trx
      .insertInto('passwords')
      .values({ tenant_id: tenantId, user_id: user.id, ...row })
      .onConflict(conflict => conflict.columns(['tenant_id', 'user_id']).doUpdateSet(row))
      .execute(),
    clearFailures(trx, means, user),
  ])
  return epoch
}

/** Gives users who are new, and so have none, the passwords that these hashes from other systems are of. */
export async function addForeignPasswords(
  trx: Trx,
  { keys, now }: Pick<Means, 'keys' | 'now'>,
  given: readonly { userId: string; hash: string }[],
): Promise<void> {
  const { tenantId } = trx
  if (given.length === 0) return
  const rows = given.map(({ userId, hash }) => ({
    ...{ tenant_id: tenantId, user_id: userId, set_at: now, must_change: false },
    ...sealedHash(keys, { tenantId, id: userId }, hash),
  }))
  await trx.insertInto('passwords').values(rows).execute()
}

/** Forgets every failure that a new password, or an unlock, makes an end of. */
export const clearFailures = (trx: Trx, means: Means, user: User) =>
  clear(trx, means, readName(user.userPrincipalName).folded, 'password', 'directory', 'proofs', 'phoneNumber')

/** Makes a password temporary from now on: its owner must change it. */
export async function requireChange(trx: Trx, { now }: Means, { tenantId, id }: User): Promise<void> {
  await trx
    .updateTable('passwords')
    .set({ must_change: true, set_at: now })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', id)
    .execute()
}

/** Begins the life of unchanged temporary passwords now, for the demonstration's accounts. */
export async function renewTemporaryPasswords(trx: Trx, { now }: Means, tenantId: string): Promise<void> {
  await trx
    .updateTable('passwords')
    .set({ set_at: now })
    .where('tenant_id', '=', tenantId)
    .where('must_change', '=', true)
    .execute()
}

/** Keeps the hash of the replaced password, and at most so many in all. */
async function keepReplaced(trx: Trx, { keys, random, now }: Means, { tenantId, id: userId }: User, history: number) {
  const replaced = await trx
    .selectFrom('passwords')
    .select(['hash as plain', 'hash_sealed as sealed', 'set_at'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  const hash = replaced && openHash(keys, placeOf(tenantId, userId), replaced)
  if (history > 0 && hash !== undefined) {
    const id = random.uuid(now)
    const hash_sealed = keys.seal(formerPlaceOf(tenantId, id), hash)
    await trx
      .insertInto('password_history')
      .values({ tenant_id: tenantId, user_id: userId, id, hash_sealed, set_at: replaced!.set_at })
      .execute()
  }
  await sql`
    delete from password_history where tenant_id = ${tenantId} and user_id = ${userId} and id not in (
      select id from password_history where tenant_id = ${tenantId} and user_id = ${userId}
      order by set_at desc, id desc limit ${history}::integer)`.execute(trx)
}

/** Removes the password and those before it, where a directory keeps them from now on. */
export async function forgetPassword(trx: Trx, { tenantId, id }: Pick<User, 'tenantId' | 'id'>): Promise<void> {
  for (const table of ['passwords', 'password_history'] as const)
    await trx.deleteFrom(table).where('tenant_id', '=', tenantId).where('user_id', '=', id).execute()
}
