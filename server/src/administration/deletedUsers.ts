import { sql } from 'kysely'
import { type Action, authorize, demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { type AuditEvent, record } from '../audit/index.ts'
import {
  type DeletedUser,
  deleteUser as deleteFromDirectory,
  eraseUser,
  findProfile,
  findUser,
  lockDeletedUser,
  lockTenant,
  restoreUser as restoreInDirectory,
  targetOf,
  type User,
} from '../directory/index.ts'
import { requireChange } from '../passwords/index.ts'
import type { Trx } from '../store/index.ts'
import { refuse, refuseMissing } from './errors.ts'
import { demandAnotherGlobalAdministrator } from './lastAdministrator.ts'
import { sleepOwnAddress } from './ownAddress.ts'
import { asRefused } from './userInput.ts'
import { checkVersion } from './versions.ts'

/**
 * Deletes a user, who is signed out everywhere and can be restored for thirty days. Throws `not_found`,
 * `resource_modified`, `last_global_administrator` (also where it is one's own account), `own_account`.
 */
export async function deleteUser(trx: Trx, act: Act, id: string, ifMatch?: string): Promise<void> {
  const { tenantId } = trx
  // The tenant's row goes before the user's, so that two who delete each other wait in line.
  await lockTenant(trx, tenantId)
  const user = await findUser(trx, tenantId, id, true)
  if (!user) throw refuseMissing('not_found')
  const verdict = authorize(act, 'users.delete', targetOf(user))
  if (!verdict.allowed && verdict.why === 'own_account') await demandAnotherGlobalAdministrator(trx, id)
  demand(act, 'users.delete', targetOf(user))
  const { version } = (await findProfile(trx, id))!
  checkVersion(version, ifMatch)
  await demandAnotherGlobalAdministrator(trx, id)
  await deleteFromDirectory(trx, act, user)
  await recordOf(trx, act, user, { activity: 'user.deleted' })
}

export interface Restoring {
  /** The ETag that the caller has read. */
  ifMatch?: string | undefined
  newUserPrincipalName?: string | undefined
  /** Drops addresses that others have meanwhile. */
  autoReconcileProxyConflict?: boolean | undefined
}

/**
 * Restores a deleted user, with the roles and memberships of before. The password must be changed at the next sign-in.
 * Throws `not_found`, `resource_modified`, and `ObjectConflict` where another has the name or an address.
 */
export async function restoreUser(
  trx: Trx,
  act: Act,
  id: string,
  { newUserPrincipalName, autoReconcileProxyConflict = false, ifMatch }: Restoring = {},
): Promise<User> {
  const deleted = await getDeleted(trx, act, 'users.restore', id)
  checkVersion(deleted.version, ifMatch)
  const taken = await findTakenAddresses(trx, deleted)
  if (taken.length > 0 && !autoReconcileProxyConflict) throw refuse('ObjectConflict', { field: 'proxyAddresses' })
  const proxyAddresses = deleted.proxyAddresses.filter(address => !taken.includes(address.toLowerCase()))
  const user = await asRefused(restoreInDirectory(trx, { ...deleted, proxyAddresses }, newUserPrincipalName))
  await sleepOwnAddress(trx, act, deleted, user)
  await requireChange(trx, act, user)
  await recordOf(trx, act, user, {
    activity: 'user.restored',
    ...(newUserPrincipalName !== undefined && {
      details: { changes: JSON.stringify({ userPrincipalName: [deleted.userPrincipalName, newUserPrincipalName] }) },
    }),
  })
  return user
}

/** Erases a deleted user for ever. The audit log stays for its time. */
export async function purgeUser(trx: Trx, act: Act, id: string): Promise<void> {
  const deleted = await getDeleted(trx, act, 'users.purge', id)
  await eraseUser(trx, deleted)
  await recordOf(trx, act, deleted, { activity: 'user.erased' })
}

async function getDeleted(trx: Trx, act: Act, action: Action, id: string): Promise<DeletedUser> {
  const deleted = await lockDeletedUser(trx, id)
  if (!deleted) throw refuseMissing('not_found')
  // By every role that sleeps, too: who restores an administrator could be one.
  demand(act, action, targetOf(deleted))
  return deleted
}

/** The addresses of a deleted user that others have meanwhile, in lower case. */
async function findTakenAddresses(trx: Trx, { proxyAddresses }: DeletedUser): Promise<string[]> {
  if (proxyAddresses.length === 0) return []
  const own = proxyAddresses.map(address => address.toLowerCase())
  const { rows } = await sql<{ address: string }>`
    select lower(address) as address from users, unnest(proxy_addresses) as address
    where tenant_id = ${trx.tenantId} and proxy_addresses <> '{}' and lower(address) = any(${own}::text[])`.execute(trx)
  return rows.map(({ address }) => address)
}

const recordOf = (
  trx: Trx,
  act: Act,
  { id, userPrincipalName }: User,
  event: Pick<AuditEvent, 'activity' | 'details'>,
) => record(trx, act, { ...event, result: 'success', target: { id, name: userPrincipalName } })
