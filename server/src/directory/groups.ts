import { DAY, plus } from '../clock.ts'
import { isUuid, type Means } from '../crypto/index.ts'
import { dateOf, type Read, type Removal, sql, type Trx } from '../store/index.ts'
import { foldText } from '../typing/index.ts'
import type { Holder } from './holders.ts'
import { checkDisplayName } from './names.ts'
import { raiseSecurityEpochs } from './users.ts'

/** A set of users, groups and service principals. */
export interface Group {
  tenantId: string
  id: string
  displayName: string
  description: string | null
  mailNickname: string | null
  /** Roles can be given to it; settled when it is made. */
  isRoleAssignable: boolean
  /** An entry of the company's directory has its properties and members. */
  isSynchronized: boolean
  deletedAt: Date | null
  /** Rises with each change of a property. */
  version: number
}

export interface NewGroup {
  displayName: string
  description?: string | null | undefined
  mailNickname?: string | undefined
  isRoleAssignable?: boolean | undefined
}

/** Makes a group. Returns its id. */
export async function createGroup(trx: Trx, means: Means, tenantId: string, group: NewGroup): Promise<string> {
  const id = means.random.uuid(means.now)
  await trx
    .insertInto('groups')
    .values({
      tenant_id: tenantId,
      id,
      ...columnsOf({ ...group, mailNickname: group.mailNickname ?? id.replaceAll('-', '') }),
      is_role_assignable: group.isRoleAssignable ?? false,
      created_at: means.now,
    })
    .execute()
  return id
}

/** The properties that change; undefined: stays. */
export type GroupChanges = { [Name in keyof Omit<NewGroup, 'isRoleAssignable'>]?: NewGroup[Name] | undefined }

/** The columns of these properties, each with the folded one by which it is found. */
export function columnsOf<T extends GroupChanges>({ displayName, description, mailNickname }: T) {
  if (displayName !== undefined) checkDisplayName(displayName)
  return {
    ...(displayName !== undefined && { display_name: displayName, display_name_folded: foldText(displayName) }),
    ...(description !== undefined && {
      description,
      description_folded: description === null ? null : foldText(description),
    }),
    ...(mailNickname !== undefined && { mail_nickname: mailNickname, mail_nickname_folded: foldText(mailNickname) }),
  } as { display_name: string; display_name_folded: string }
}

/** Changes properties of a group that stands. */
export async function changeGroup(trx: Trx, id: string, changes: GroupChanges): Promise<void> {
  await trx
    .updateTable('groups')
    .set(row => ({ ...columnsOf(changes), version: row('version', '+', 1), changed_in: sql`pg_current_xact_id()` }))
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .execute()
}

/** Deletes a group for thirty days, or with null takes that back. Its members then sign in anew, where it holds roles. */
export async function setGroupDeleted(trx: Trx, id: string, deletedAt: Date | null): Promise<void> {
  await trx
    .updateTable('groups')
    .set(row => ({
      deleted_at: deletedAt,
      version: row('version', '+', 1),
      changed_in: sql`pg_current_xact_id()`,
    }))
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .execute()
  await touchGroupsOf(trx, id)
  if (deletedAt === null) await endSessionsOfMembers(trx, id)
}

/** Lets the deltas of the groups that somebody is in tell that they came or went, as they do with a deletion. */
export async function touchGroupsOf(trx: Trx, memberId: string): Promise<void> {
  await sql`
    update groups set changed_in = pg_current_xact_id() where tenant_id = ${trx.tenantId}
      and id in (select group_id from group_members where tenant_id = ${trx.tenantId} and member_id = ${memberId})`.execute(
    trx,
  )
}

/** Takes somebody out of all groups, before they are erased. The groups' deltas tell of it. */
export async function leaveAllGroups(trx: Trx, memberId: string): Promise<void> {
  await sql`
    with gone as (
      delete from group_members where tenant_id = ${trx.tenantId} and member_id = ${memberId}
      returning tenant_id, group_id, member_kind, member_id
    ), touched as (
      update groups set changed_in = pg_current_xact_id()
      where tenant_id = ${trx.tenantId} and id in (select group_id from gone)
    )
    insert into former_members (tenant_id, group_id, member_kind, member_id, removed_at)
    select tenant_id, group_id, member_kind, member_id, now() from gone
    on conflict (tenant_id, group_id, member_id) do update set removed_in = pg_current_xact_id(), removed_at = excluded.removed_at`.execute(
    trx,
  )
}

/** A group in any state, beside other facts. */
export const groupOf = ({ tenantId }: Trx, id: string): Read<Group | undefined> => ({
  sql: sql`(select json_build_object('tenantId', tenant_id, 'id', id, 'displayName', display_name, 'description', description,
      'mailNickname', mail_nickname, 'isRoleAssignable', is_role_assignable,
      'isSynchronized', directory_anchor is not null, 'deletedAt', deleted_at, 'version', version)
    from groups where tenant_id = ${tenantId} and id = ${id}::uuid)`,
  read(json) {
    const found = json as (Omit<Group, 'deletedAt'> & { deletedAt: string | null }) | null
    return found ? { ...found, deletedAt: dateOf(found.deletedAt) } : undefined
  },
})

/** Which of these ids are groups of the tenant. */
export async function findGroups(trx: Trx, ids: readonly string[]): Promise<string[]> {
  const known = ids.filter(isUuid)
  if (known.length === 0) return []
  const rows = await trx
    .selectFrom('groups')
    .select('id')
    .where('tenant_id', '=', trx.tenantId)
    .where('id', 'in', known)
    .where('deleted_at', 'is', null)
    .execute()
  return rows.map(({ id }) => id)
}

/** Locks a group until the transaction ends, so that of two acts one comes first. */
export async function lockGroup(trx: Trx, id: string): Promise<void> {
  await trx
    .selectFrom('groups')
    .select('id')
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .execute()
}

/** Erases a group with all that it gave and was given. */
export async function eraseGroup(trx: Trx, id: string): Promise<void> {
  await leaveAllGroups(trx, id)
  await trx.deleteFrom('groups').where('tenant_id', '=', trx.tenantId).where('id', '=', id).execute()
}

/**
 * Puts a user, a service principal or a whole group into a group, once. A circle of groups is harmless: membership is
 * the set of groups that can be reached. Returns whether the member is new. Where the group holds roles the member
 * signs in anew, as with a role of their own.
 */
export async function addMember(trx: Trx, tenantId: string, groupId: string, member: Holder): Promise<boolean> {
  const { rows } = await sql<{ holds_roles: boolean }>`
    with added as (
      insert into group_members (tenant_id, group_id, member_kind, member_id, holds_roles)
      select tenant_id, id, ${member.kind}, ${member.id}::uuid, is_role_assignable from groups
      where tenant_id = ${tenantId} and id = ${groupId}
      on conflict do nothing returning group_id, holds_roles
    ), touched as (
      update groups set changed_in = pg_current_xact_id() where tenant_id = ${tenantId} and id in (select group_id from added)
    ), back as (
      delete from former_members
      where tenant_id = ${tenantId} and group_id in (select group_id from added) and member_id = ${member.id}
    )
    select holds_roles from added`.execute(trx)
  if (rows[0]?.holds_roles) await endSessionsOfMembers(trx, groupId, member.id)
  return rows.length > 0
}

/** Takes a member out of a group. Returns whether there was one. The deltas tell of it for thirty days. */
export async function removeMember(
  trx: Trx,
  means: Pick<Means, 'now'>,
  groupId: string,
  memberId: string,
): Promise<boolean> {
  const { tenantId } = trx
  const { rows } = await sql`
    with gone as (
      delete from group_members where tenant_id = ${tenantId} and group_id = ${groupId} and member_id = ${memberId}
      returning tenant_id, group_id, member_kind, member_id
    ), touched as (
      update groups set changed_in = pg_current_xact_id() where tenant_id = ${tenantId} and id in (select group_id from gone)
    )
    insert into former_members (tenant_id, group_id, member_kind, member_id, removed_at)
    select tenant_id, group_id, member_kind, member_id, ${means.now}::timestamptz from gone
    on conflict (tenant_id, group_id, member_id) do update set removed_in = pg_current_xact_id(), removed_at = excluded.removed_at
    returning 1`.execute(trx)
  return rows.length > 0
}

/** Makes a user or service principal an owner of a group, once. Returns whether the owner is new. */
export async function addOwner(trx: Trx, groupId: string, owner: Holder): Promise<boolean> {
  const { rows } = await sql`
    with added as (
      insert into group_owners (tenant_id, group_id, owner_kind, owner_id, holds_roles)
      select tenant_id, id, ${owner.kind}, ${owner.id}::uuid, is_role_assignable from groups
      where tenant_id = ${trx.tenantId} and id = ${groupId}
      on conflict do nothing returning group_id
    )
    update groups set changed_in = pg_current_xact_id()
    where tenant_id = ${trx.tenantId} and id in (select group_id from added) returning 1`.execute(trx)
  return rows.length > 0
}

/** Takes an owner from a group. Returns whether there was one. */
export async function removeOwner(trx: Trx, groupId: string, ownerId: string): Promise<boolean> {
  const { rows } = await sql`
    with gone as (
      delete from group_owners where tenant_id = ${trx.tenantId} and group_id = ${groupId} and owner_id = ${ownerId}
      returning group_id
    )
    update groups set changed_in = pg_current_xact_id()
    where tenant_id = ${trx.tenantId} and id in (select group_id from gone) returning 1`.execute(trx)
  return rows.length > 0
}

/** Ends the sessions of a group's members, or of one of them, where the group holds roles or makes agents of a partner: no session becomes an administrator's. */
export const endSessionsOfMembers = (trx: Trx, groupId: string, memberId?: string): Promise<void> =>
  raiseSecurityEpochs(
    trx,
    sql`(exists(select from role_assignments where tenant_id = ${trx.tenantId} and group_id = ${groupId})
        or exists(select from partner_agent_groups where tenant_id = ${trx.tenantId} and group_id = ${groupId}))
      and users.id in (select user_id from group_members where tenant_id = ${trx.tenantId} and group_id = ${groupId}
        and user_id is not null ${memberId === undefined ? sql`` : sql`and user_id = ${memberId}::uuid`})`,
  )

/** How long a deleted group can be restored. */
const RESTORABLE = 30 * DAY

export const deletedGroups: Removal = {
  table: 'groups',
  due: now => sql`deleted_at <= ${plus(now, -RESTORABLE)}`,
}

/** Erased groups, of which no delta tells any more. */
export const erasedGroups: Removal = {
  table: 'erased_groups',
  due: now => sql`erased_at <= ${plus(now, -RESTORABLE)}`,
}

/** Who left a group. Deltas that are older are refused, so that nobody asks for them. */
export const formerMembers: Removal = {
  table: 'former_members',
  due: now => sql`removed_at <= ${plus(now, -30 * DAY)}`,
}
