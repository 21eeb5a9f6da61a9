import type { Means } from '../crypto/index.ts'
import { addMember, addOwner, type Holder, removeMember, removeOwner, setGroupDeleted } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'

/** A group with those who are in it and those who own it. */
export interface FormerGroup {
  id: string
  members: Holder[]
  owners: Holder[]
}

/** Every group of the tenant that is not deleted. */
export async function readGroups(trx: Trx): Promise<FormerGroup[]> {
  const { tenantId } = trx
  const groups = await trx
    .selectFrom('groups')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .execute()
  const members = await trx
    .selectFrom('group_members')
    .select(['group_id', 'member_kind as kind', 'member_id as id'])
    .where('tenant_id', '=', tenantId)
    .execute()
  const owners = await trx
    .selectFrom('group_owners')
    .select(['group_id', 'owner_kind as kind', 'owner_id as id'])
    .where('tenant_id', '=', tenantId)
    .execute()
  const of = (rows: readonly (Holder & { group_id: string })[], group: string): Holder[] =>
    rows.filter(({ group_id }) => group_id === group).map(({ kind, id }) => ({ kind, id }))
  return groups.map(({ id }) => ({ id, members: of(members, id), owners: of(owners, id) }))
}

/**
 * Gives groups that were there their members and owners back, and takes out who came since. A group that was deleted
 * since is restored. Who was erased meanwhile stays away.
 */
export async function restoreGroups(
  trx: Trx,
  means: Pick<Means, 'now'>,
  former: readonly FormerGroup[],
): Promise<void> {
  const { tenantId } = trx
  const rows = await trx.selectFrom('groups').select(['id', 'deleted_at']).where('tenant_id', '=', tenantId).execute()
  const there = new Map(rows.map(row => [row.id, row]))
  for (const { id } of former) if (there.get(id)?.deleted_at) await setGroupDeleted(trx, id, null)
  const now = new Map((await readGroups(trx)).map(group => [group.id, group]))
  const known = await knownHolders(trx)
  for (const { id, members, owners } of former) {
    const group = now.get(id)
    if (!group) continue
    for (const one of missingFrom(members, group.members)) await removeMember(trx, means, id, one.id)
    for (const one of missingFrom(group.members, members))
      if (known.has(one.id)) await addMember(trx, tenantId, id, one)
    for (const one of missingFrom(owners, group.owners)) await removeOwner(trx, id, one.id)
    for (const one of missingFrom(group.owners, owners)) if (known.has(one.id)) await addOwner(trx, id, one)
  }
}

/** Those of the others who are not among these. */
function missingFrom(these: readonly Holder[], others: readonly Holder[]): Holder[] {
  const ids = new Set(these.map(({ id }) => id))
  return others.filter(({ id }) => !ids.has(id))
}

/** Who can be in a group or have a role: people, groups and programs, deleted ones too. */
export async function knownHolders(trx: Trx): Promise<Set<string>> {
  const { tenantId } = trx
  const people = await trx.selectFrom('accounts').select('id').where('tenant_id', '=', tenantId).execute()
  const groups = await trx.selectFrom('groups').select('id').where('tenant_id', '=', tenantId).execute()
  const programs = await trx
    .selectFrom('registered_applications')
    .select('principal_id as id')
    .where('tenant_id', '=', tenantId)
    .execute()
  return new Set([...people, ...groups, ...programs].map(({ id }) => id))
}
