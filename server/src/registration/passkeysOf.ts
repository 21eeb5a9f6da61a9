import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { removeFromResets } from '../challenges/index.ts'
import { findUser, targetOf, type User } from '../directory/index.ts'
import { findNoticeAddresses, markPasskeys, methodsOf, type RecordedMethod, removeMethods } from '../methods/index.ts'
import { tellOfAccount } from '../notifications/index.ts'
import { listPasskeys, modelOf, removePasskeys } from '../passkeys/index.ts'
import { askOne, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'

export const ownerOfPasskeys = ({ tenantId, id }: User) => ({ tenantId, userId: id })

/** A passkey as its owner is told of it. `name`: its own or its model's, null where neither is known. */
export interface ToldPasskey {
  name: string | null
  createdAt: Date
}

/** The passkeys that go on opening an account whose password was replaced: one that a thief registered may be among them. */
export async function findOpeners(
  trx: Trx,
  user: User,
  recorded: readonly RecordedMethod[],
): Promise<readonly ToldPasskey[]> {
  if (!recorded.some(({ kind, blockedAt }) => kind === 'passkey' && !blockedAt)) return []
  return (await listPasskeys(trx, ownerOfPasskeys(user)))
    .filter(({ byPasswordAt }) => byPasswordAt === null)
    .map(({ name, aaguid, createdAt }) => ({ name: name ?? modelOf(aaguid) ?? null, createdAt }))
}

/** Takes one passkey off the record, and the method with the last one. */
export async function removePasskey(trx: Trx, user: User, id: string): Promise<void> {
  const owner = ownerOfPasskeys(user)
  await removePasskeys(trx, owner, id)
  // It may have passed a gate, and the method of those that are left would keep it.
  await removeFromResets(trx, user, 'passkey')
  if ((await listPasskeys(trx, owner)).length === 0) await removeMethods(trx, user, 'passkey', 'person')
  else await markPasskeys(trx, user)
}

/**
 * Takes a passkey of somebody off the record, as an operator or administrator does where it was lost, and tells its
 * owner. Throws `forbidden`, `not_found`.
 */
export async function removePasskeyOf(trx: Trx, act: Act, { tenantId, id: userId }: User, id: string): Promise<void> {
  // Locked, as a change by its owner is, so that two at once leave no method without a passkey.
  const user = await findUser(trx, tenantId, userId, true)
  if (!user) throw refuse('not_found')
  demand(act, 'methods.remove', targetOf(user))
  const passkey = (await listPasskeys(trx, ownerOfPasskeys(user))).find(one => one.id === id)
  if (!passkey) throw refuse('not_found')
  const addresses = await findNoticeAddresses(trx, act, user, await askOne(trx, methodsOf(act, user)))
  await removePasskey(trx, user, id)
  const target = { id: user.id, name: user.userPrincipalName }
  const details = { passkey: id, ...(passkey.name !== null && { name: passkey.name }) }
  await record(trx, act, { activity: 'method.removed', result: 'success', reason: 'passkey', target, details })
  const { preferredLanguage } = user
  const readers = addresses.map(to => ({ to, preferredLanguage, template: 'security_info_removed' }) as const)
  await tellOfAccount(trx, act, user, { readers, about: { kind: 'passkey' } })
}
