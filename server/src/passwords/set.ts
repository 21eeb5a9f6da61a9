import { sql } from 'kysely'
import type { Trail } from '../act.ts'
import { record } from '../audit/index.ts'
import { type Means, openHash } from '../crypto/index.ts'
import { raiseSecurityEpoch, readName, type User } from '../directory/index.ts'
import { clear } from '../limits/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import type { PasswordChecks } from './checks.ts'
import { normalizePassword } from './composition.ts'
import { type PasswordRefusal, type PasswordRefusals, passwordRefusals } from './errors.ts'
import { findRefusals, type PasswordRules } from './rules.ts'
import { formerPlaceOf, placeOf, sealedHash } from './sealed.ts'

/** A password that passed every rule, hashed and ready to be set. */
export interface PreparedPassword {
  hash: string
  /** How many of the passwords before it are kept, as hashes. Undefined: there is nothing to keep or to remove. */
  history: number | undefined
}

/**
 * Judges a new password and hashes it: the way to every password. To be called with no transaction open, because hashing takes its time, and asking others takes longer.
 * What costs nothing is judged first; only where that holds is anything hashed or asked. Gives every rule that the password fails.
 */
export async function preparePassword(
  db: Db,
  means: Means,
  checks: PasswordChecks,
  trail: Trail,
  rules: PasswordRules,
  newPassword: string,
): Promise<{ refused: PasswordRefusals } | { prepared: PreparedPassword }> {
  const password = normalizePassword(newPassword)
  const refused = findRefusals(checks, rules, password)
  if (refused.length === 0) {
    const [used, known] = await Promise.all([
      findUsed(checks, rules, password),
      findBreached(db, means, checks, trail, rules, password),
    ])
    refused.push(...[used, known].filter(code => code !== undefined))
  }
  const [first, ...rest] = passwordRefusals.filter(code => refused.includes(code))
  if (first) return { refused: [first, ...rest] }
  return { prepared: { hash: await checks.hasher.hash(password), history: rules.history } }
}

/** One after the other in one place of the queue: somebody's long history must not take every place. */
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

/** A source that cannot be asked never goes unnoticed: the event is written here, so that no way to set a password can leave it out. */
async function findBreached(
  db: Db,
  means: Means,
  { breached }: PasswordChecks,
  trail: Trail,
  { user, breachedUnreachable }: PasswordRules,
  password: string,
): Promise<PasswordRefusal | undefined> {
  if (!breached) return undefined
  try {
    return (await breached.includes(password)) ? 'password_breached' : undefined
  } catch (error) {
    await inTenant(db, user.tenantId, trx =>
      record(trx, means, user.tenantId, trail, {
        activity: 'password.breach_check_failed',
        result: 'failure',
        reason: breachedUnreachable === 'refuse' ? 'refused' : 'allowed',
        actor: { kind: 'system' },
        target: { id: user.id, name: user.userPrincipalName },
        details: { code: codeOf(error) },
      }),
    )
    return breachedUnreachable === 'refuse' ? 'password_not_checked' : undefined
  }
}

/** Why something failed, where it says so in a code: messages may quote what was asked. */
export const codeOf = (error: unknown) => String((error as { code?: unknown }).code ?? 'unforeseen')

/**
 * Sets a password: the only way to. In the same transaction it raises the security epoch, which ends every session, familiar browser, journey and challenge of the user, and forgets counted failures.
 * The password that it replaces is kept as a hash where the tenant has a history, as many as that asks for; where it has none, nothing is kept, and what was kept before is removed.
 * Returns the new epoch, for a session that is to go on.
 */
export async function setPassword(
  trx: Trx,
  means: Means,
  user: User,
  password: PreparedPassword & { mustChange: boolean },
): Promise<number> {
  // The user's row first, as everybody locks it: two at once then wait for one another instead of each for the other.
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
    clear(trx, means, tenantId, readName(user.userPrincipalName).folded, 'password', 'proofs', 'phoneNumber'),
  ])
  return epoch
}

/** Counts the life of temporary passwords that nobody has changed yet from now on. For the demonstration, whose accounts must show what they are for. */
export async function renewTemporaryPasswords(trx: Trx, { now }: Means, tenantId: string): Promise<void> {
  await trx
    .updateTable('passwords')
    .set({ set_at: now })
    .where('tenant_id', '=', tenantId)
    .where('must_change', '=', true)
    .execute()
}

/** Keeps the hash of the password that is about to be replaced, and no more than so many in all. */
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
