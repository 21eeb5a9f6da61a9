import { DAY, plus } from '../clock.ts'
import { type Removal, sql, type Trx } from '../store/index.ts'
import { leaveAllGroups, touchGroupsOf } from './groups.ts'
import { readName } from './names.ts'
import { asNamed, checkNewName, getUser, LOCKED, raiseSecurityEpoch, selectDeletedUsers, type User } from './users.ts'

/** How long somebody deleted can be restored. */
const RESTORABLE = 30 * DAY

/** A user who was deleted, and can be restored for 30 days. To everything else they are nobody. */
export interface DeletedUser extends User {
  deletedAt: Date
  version: number
}

/** The deleted user with this id, locked until the transaction ends. */
export async function lockDeletedUser(trx: Trx, id: string): Promise<DeletedUser | undefined> {
  const found = selectDeletedUsers(trx.tenantId, sql`users.id = ${id}`)
  return (await sql<DeletedUser>`${found} ${LOCKED}`.execute(trx)).rows[0]
}

/** Makes nobody of a user. Every grant ends, roles and memberships sleep, and the name is free at once. */
export async function deleteUser(trx: Trx, { now }: { now: Date }, { id }: User): Promise<void> {
  const { tenantId } = trx
  await raiseSecurityEpoch(trx, tenantId, id)
  await touchGroupsOf(trx, id)
  await trx
    .updateTable('accounts')
    .set({ deleted_at: now })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .execute()
}

/** Makes a deleted user somebody again, perhaps by another name. Throws `user_exists`, and for a new name as `createUser` does. */
export async function restoreUser(trx: Trx, deleted: DeletedUser, newName?: string): Promise<User> {
  const { tenantId } = trx
  const name = newName ?? deleted.userPrincipalName
  await checkNewName(trx, name)
  await asNamed(name, () =>
    trx
      .updateTable('accounts')
      .set({
        deleted_at: null,
        user_principal_name: name,
        user_principal_name_folded: readName(name).folded,
        proxy_addresses: deleted.proxyAddresses,
      })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', deleted.id)
      .execute(),
  )
  await touchGroupsOf(trx, deleted.id)
  return getUser(trx, tenantId, deleted.id)
}

/** Erases a deleted user for ever, with everything that belongs to them. What was audited stays for its time. */
export async function eraseUser(trx: Trx, { id }: DeletedUser): Promise<void> {
  await leaveAllGroups(trx, id)
  const { tenantId } = trx
  // They have no foreign key: PostgreSQL would check it for known names alone.
  for (const table of ['challenges', 'journeys'] as const)
    await trx.deleteFrom(table).where('tenant_id', '=', tenantId).where('user_id', '=', id).execute()
  await trx.deleteFrom('accounts').where('tenant_id', '=', tenantId).where('id', '=', id).execute()
}

/** Erased users, of whom no delta tells any more. */
export const oldErasures: Removal = {
  table: 'erased_accounts',
  due: now => sql`erased_at <= ${plus(now, -RESTORABLE)}`,
}

/** Users whose time to be restored is over. */
export const erasedUsers: Removal = {
  table: 'accounts',
  due: now => sql`deleted_at <= ${plus(now, -RESTORABLE)}`,
}
