import { byOwn, demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { changesOf } from '../audit/index.ts'
import {
  addMember,
  addOwner,
  changeGroup,
  createGroup,
  eraseGroup,
  type GroupChanges,
  lockGroup,
  lockTenant,
  type NewGroup,
  setGroupDeleted,
} from '../directory/index.ts'
import { isNamedByPolicy } from '../policies/index.ts'
import type { Trx } from '../store/index.ts'
import { type DirectoryObject, getDeletedGroup, getLockedGroup, getObject, holderOf } from './authority.ts'
import { refuse } from './errors.ts'
import { recordGroup } from './events.ts'
import { withMemberships } from './lastAdministrator.ts'
import { checkMaster, checkMember, checkOwner } from './members.ts'
import { tellOfRolesThrough } from './newAdministrator.ts'
import { checkVersion } from './versions.ts'

/** A tenant has at most this many groups that can hold roles (partner center and work accounts, §3.2). */
const ROLE_GROUPS_AT_MOST = 500

type FoundGroup = Extract<DirectoryObject, { kind: 'group' }>

/** A group to be made. `members`, `owners`: ids of users, groups and service principals. */
export interface GroupInput extends NewGroup {
  members?: readonly string[] | undefined
  owners?: readonly string[] | undefined
}

/** Makes a group with its first members and owners. The person who makes a plain one owns it. Returns its id. */
export async function addGroup(trx: Trx, act: Act, input: GroupInput): Promise<string> {
  const { tenantId } = trx
  const { members = [], owners = [], ...group } = input
  const { isRoleAssignable = false } = group
  demand(act, isRoleAssignable ? 'roleGroups.write' : 'groups.write', { kind: 'tenant', tenantId })
  if (isRoleAssignable) await checkRoleGroups(trx)
  const id = await createGroup(trx, act, tenantId, group)
  const { target } = await getObject(trx, act, id, ['group'])
  const byCreator = act.actor.kind === 'user' && !isRoleAssignable ? [act.actor.id] : []
  const joining = await Promise.all(unique(members).map(one => getObject(trx, act, one)))
  const owning = await Promise.all(unique([...owners, ...byCreator]).map(one => getObject(trx, act, one)))
  for (const one of joining) checkMember(act, target, one)
  for (const one of owning) checkOwner(act, target, one)
  for (const one of joining) await addMember(trx, tenantId, id, holderOf(one))
  for (const one of owning) await addOwner(trx, id, holderOf(one))
  await recordGroup(
    trx,
    act,
    { id, name: group.displayName, activity: 'group.created' },
    {
      ...changesOf<NewGroup>({}, group),
      ...(joining.length > 0 && { members: namesOf(joining) }),
      ...(owning.length > 0 && { owners: namesOf(owning) }),
    },
  )
  return id
}

async function checkRoleGroups(trx: Trx): Promise<void> {
  await lockTenant(trx, trx.tenantId)
  const found = await trx
    .selectFrom('groups')
    .select('id')
    .where('tenant_id', '=', trx.tenantId)
    .where('is_role_assignable', '=', true)
    .limit(ROLE_GROUPS_AT_MOST)
    .execute()
  if (found.length >= ROLE_GROUPS_AT_MOST) throw refuse('quota_exceeded')
}

/** Changes properties of a group. `ifMatch`: the ETag that the caller has read. Throws `mastered_elsewhere`. */
export async function updateGroup(
  trx: Trx,
  act: Act,
  { id, changes, ifMatch }: { id: string; changes: GroupChanges; ifMatch?: string | undefined },
): Promise<void> {
  const { group, target } = await getLockedGroup(trx, act, id)
  demand(act, 'groups.write', target)
  checkMaster(group, Object.keys(changes)[0])
  checkVersion(group.version, ifMatch)
  await changeGroup(trx, id, changes)
  await recordGroup(
    trx,
    act,
    { id, name: changes.displayName ?? group.displayName, activity: 'group.changed' },
    changesOf<GroupChanges>(only(group), changes),
  )
}

/** Deletes a group for thirty days. Throws `in_use` while a policy names it. */
export async function deleteGroup(trx: Trx, act: Act, id: string, ifMatch?: string | undefined): Promise<void> {
  const { group, target, name } = await getLockedGroup(trx, act, id)
  demand(act, 'groups.write', target)
  checkVersion(group.version, ifMatch)
  if (await isNamedByPolicy(trx, id)) throw refuse('in_use')
  await withMemberships(trx, () => setGroupDeleted(trx, id, act.now))
  await recordGroup(trx, act, { id, name, activity: 'group.deleted' })
}

/** Takes a deletion back. Its roles and members come back with it, so that it counts like a new role for each. */
export async function restoreGroup(
  trx: Trx,
  act: Act,
  id: string,
  { ifMatch }: { ifMatch?: string | undefined } = {},
): Promise<void> {
  await lockGroup(trx, id)
  const { target, name, group } = await getDeletedGroup(trx, act, id)
  const own = target.joined || target.owned
  demand(act, 'groups.write', { ...target, adds: own && 'id' in act.actor ? act.actor.id : undefined })
  checkVersion(group.version, ifMatch)
  await withMemberships(trx, () => setGroupDeleted(trx, id, null))
  await recordGroup(trx, act, { id, name, activity: 'group.restored' })
  await tellOfRolesThrough(trx, act, { id, name })
}

/** Erases a deleted group for ever. The audit log keeps its name. */
export async function purgeGroup(trx: Trx, act: Act, id: string): Promise<void> {
  await lockGroup(trx, id)
  const { target, name } = await getDeletedGroup(trx, act, id)
  demand(act, 'groups.write', target)
  // What is gone for ever is never a partner's to decide (partners on the wire, §3).
  byOwn(act)
  await eraseGroup(trx, id)
  await recordGroup(trx, act, { id, name, activity: 'group.erased' })
}

/** A group's properties as changes write them. */
const only = ({ displayName, description, mailNickname }: FoundGroup['group']): GroupChanges => ({
  displayName,
  description,
  mailNickname: mailNickname ?? undefined,
})

const unique = (ids: readonly string[]) => [...new Set(ids.map(id => id.toLowerCase()))]

const namesOf = (objects: readonly DirectoryObject[]) => JSON.stringify(objects.map(({ id, name }) => ({ id, name })))
