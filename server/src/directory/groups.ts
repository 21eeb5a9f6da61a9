import type { Means } from '../crypto/index.ts'
import type { Trx } from '../store/index.ts'

/** Makes a group. Returns its id. */
export async function createGroup(trx: Trx, means: Means, tenantId: string, displayName: string): Promise<string> {
  const id = means.random.uuid(means.now)
  await trx
    .insertInto('groups')
    .values({ tenant_id: tenantId, id, display_name: displayName, created_at: means.now })
    .execute()
  return id
}

/** Puts a user, or a whole group, into a group, once. A circle of groups is harmless: membership is the set of groups that can be reached. */
export async function addMember(
  trx: Trx,
  tenantId: string,
  groupId: string,
  member: { kind: 'user' | 'group'; id: string },
) {
  await trx
    .insertInto('group_members')
    .values({ tenant_id: tenantId, group_id: groupId, member_kind: member.kind, member_id: member.id })
    .onConflict(conflict => conflict.doNothing())
    .execute()
}
