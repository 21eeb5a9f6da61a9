import type { Means } from '../crypto/index.ts'
import { type Row, sql, type Trx } from '../store/index.ts'
import { changeGroup, columnsOf, type GroupChanges } from './groups.ts'
import type { Holder } from './holders.ts'

/** A group that is an entry of the company's directory. */
export interface SynchronizedGroup {
  id: string
  anchor: string
  displayName: string
  description: string | null
  isDeleted: boolean
}

/** The groups with these anchors, locked until the transaction ends. */
export async function lockGroupsByAnchors(trx: Trx, anchors: readonly string[]): Promise<SynchronizedGroup[]> {
  const rows = await trx
    .selectFrom('groups')
    .select(['id', 'directory_anchor', 'display_name', 'description', 'deleted_at'])
    .where('tenant_id', '=', trx.tenantId)
    .where('directory_anchor', '=', sql<string>`any(${anchors}::text[])`)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
  return rows.map(readGroup)
}

const readGroup = (
  row: Pick<Row<'groups'>, 'id' | 'directory_anchor' | 'display_name' | 'description' | 'deleted_at'>,
): SynchronizedGroup => ({
  id: row.id,
  anchor: row.directory_anchor!,
  displayName: row.display_name,
  description: row.description,
  isDeleted: row.deleted_at !== null,
})

/** The anchors of the groups that have members, and are not deleted. */
export async function listPopulatedGroups(trx: Trx): Promise<string[]> {
  const rows = await trx
    .selectFrom('groups')
    .select('directory_anchor as anchor')
    .where('tenant_id', '=', trx.tenantId)
    .where('directory_anchor', 'is not', null)
    .where('deleted_at', 'is', null)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('group_members')
          .select('member_id')
          .whereRef('group_members.tenant_id', '=', 'groups.tenant_id')
          .whereRef('group_members.group_id', '=', 'groups.id'),
      ),
    )
    .execute()
  return rows.map(({ anchor }) => anchor!)
}

/** Makes a group that is an entry of the directory. It can never be given roles. Returns its id. */
export async function addSynchronizedGroup(
  trx: Trx,
  means: Means,
  { anchor, ...group }: { anchor: string; displayName: string; description: string | null },
): Promise<string> {
  const id = means.random.uuid(means.now)
  await trx
    .insertInto('groups')
    .values({
      ...{ tenant_id: trx.tenantId, id, created_at: means.now },
      ...columnsOf({ ...group, mailNickname: id.replaceAll('-', '') }),
      ...{ directory_anchor: anchor, on_premises_last_sync_at: means.now, is_role_assignable: false },
    })
    .execute()
  return id
}

/** Changes a group as its entry has changed. */
export async function followGroup(
  trx: Trx,
  { now }: Pick<Means, 'now'>,
  { id, changes }: { id: string; changes: GroupChanges },
): Promise<void> {
  await trx
    .updateTable('groups')
    .set({ on_premises_last_sync_at: now })
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .execute()
  await changeGroup(trx, id, changes)
}

/** The people and groups with these anchors, the deleted included: who comes back is in their groups still. */
export async function findByAnchors(trx: Trx, anchors: readonly string[]): Promise<Holder[]> {
  const { rows } = await sql<Holder>`
    select 'user' as kind, id from accounts
      where tenant_id = ${trx.tenantId} and directory_anchor = any(${anchors}::text[])
    union all
    select 'group', id from groups
      where tenant_id = ${trx.tenantId} and directory_anchor = any(${anchors}::text[])`.execute(trx)
  return rows
}

/** Who joins and who leaves a group to have these members. */
export async function compareMembers(
  trx: Trx,
  groupId: string,
  members: readonly Holder[],
): Promise<{ joining: Holder[]; leaving: string[] }> {
  const present = await trx
    .selectFrom('group_members')
    .select('member_id')
    .where('tenant_id', '=', trx.tenantId)
    .where('group_id', '=', groupId)
    .execute()
  const there = new Set(present.map(({ member_id }) => member_id))
  const wanted = new Set(members.map(({ id }) => id))
  return {
    joining: members.filter(({ id }) => !there.has(id)),
    leaving: [...there].filter(id => !wanted.has(id)),
  }
}

/** Lets members join and leave a group that holds no roles, in one statement. The deltas tell of it. */
export async function changeMembers(
  trx: Trx,
  { now }: Pick<Means, 'now'>,
  { groupId, joining, leaving }: { groupId: string; joining: readonly Holder[]; leaving: readonly string[] },
): Promise<void> {
  const { tenantId } = trx
  await sql`
    with added as (
      insert into group_members (tenant_id, group_id, member_kind, member_id)
      select ${tenantId}, ${groupId}, kind, id
      from unnest(${joining.map(({ kind }) => kind)}::text[], ${joining.map(({ id }) => id)}::uuid[]) as joining(kind, id)
      on conflict do nothing returning member_id
    ), back as (
      delete from former_members
      where tenant_id = ${tenantId} and group_id = ${groupId} and member_id in (select member_id from added)
    ), gone as (
      delete from group_members
      where tenant_id = ${tenantId} and group_id = ${groupId} and member_id = any(${leaving}::uuid[])
      returning tenant_id, group_id, member_kind, member_id
    ), former as (
      insert into former_members (tenant_id, group_id, member_kind, member_id, removed_at)
      select tenant_id, group_id, member_kind, member_id, ${now}::timestamptz from gone
      on conflict (tenant_id, group_id, member_id)
      do update set removed_in = pg_current_xact_id(), removed_at = excluded.removed_at
    )
    update groups set changed_in = pg_current_xact_id(),
      on_premises_last_sync_at = case when directory_anchor is not null then ${now}::timestamptz end
    where tenant_id = ${tenantId} and id = ${groupId}`.execute(trx)
}
