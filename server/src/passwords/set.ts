import type { Hasher, Means } from '../crypto/index.ts'
import { raiseSecurityEpoch, readName, type User } from '../directory/index.ts'
import { clear } from '../limits/index.ts'
import type { Trx } from '../store/index.ts'
import { compositionRefusal, normalizePassword } from './composition.ts'
import type { PasswordRefusal } from './errors.ts'

/** A password that passed the policy, hashed and ready to be set. */
export interface PreparedPassword {
  hash: string
}

/**
 * Judges a new password and hashes it. To be called with no transaction open: hashing takes its time.
 * `currentHash`: the password that the new one must differ from, for a change; a reset does not compare.
 */
export async function preparePassword(
  hasher: Hasher,
  newPassword: string,
  currentHash?: string,
): Promise<{ refused: PasswordRefusal } | { prepared: PreparedPassword }> {
  const password = normalizePassword(newPassword)
  const refused = compositionRefusal(password)
  if (refused) return { refused }
  if (currentHash && (await hasher.verify(currentHash, password))) return { refused: 'password_same' }
  return { prepared: { hash: await hasher.hash(password) } }
}

/**
 * Sets a password: the only way to. In the same transaction it raises the security epoch, which ends every session, familiar browser, journey and challenge of the user, and forgets counted failures.
 * Returns the new epoch, for a session that is to go on.
 */
export async function setPassword(
  trx: Trx,
  means: Means,
  user: User,
  password: PreparedPassword & { mustChange: boolean },
): Promise<number> {
  // The user's row first, as everybody locks it: two at once then wait for one another instead of each for the other.
  const epoch = await raiseSecurityEpoch(trx, user.tenantId, user.id)
  const row = { hash: password.hash, set_at: means.now, must_change: password.mustChange }
  await trx
    .insertInto('passwords')
    .values({ tenant_id: user.tenantId, user_id: user.id, ...row })
    .onConflict(conflict => conflict.columns(['tenant_id', 'user_id']).doUpdateSet(row))
    .execute()
  await clear(trx, means, user.tenantId, readName(user.userPrincipalName).folded, 'password', 'proofs', 'phoneNumber')
  return epoch
}
