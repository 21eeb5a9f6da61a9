import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { addMember, addOwner, type Group, removeMember, removeOwner } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'
import { type DirectoryObject, getLockedGroup, getObject, holderOf } from './authority.ts'
import { refuse, refuseMissing } from './errors.ts'
import { recordGroup } from './events.ts'
import { withMemberships } from './lastAdministrator.ts'
import { tellOfRolesThrough } from './newAdministrator.ts'

/** A group has at most this many owners (partner center and work accounts, §3.2). */
const OWNERS_AT_MOST = 100

type GroupTarget = Extract<DirectoryObject, { kind: 'group' }>['target']

/** A member or owner of a group, by ids. */
interface Membership {
  groupId: string
  id: string
}

/** Puts a user, service principal or group into a group. Throws `ObjectConflict` where it is there already, `last_global_administrator`. */
export async function joinGroup(trx: Trx, act: Act, { groupId, id }: Membership): Promise<void> {
  const group = await getLockedGroup(trx, act, groupId)
  const member = await getObject(trx, act, id)
  checkMember(act, group.target, member)
  checkMaster(group.group, 'members')
  if (!(await withMemberships(trx, () => addMember(trx, trx.tenantId, group.id, holderOf(member)))))
    throw refuse('ObjectConflict', { field: 'members' })
  await recordGroup(
    trx,
    act,
    { ...group, activity: 'group.member_added' },
    { [member.kind]: member.id, name: member.name },
  )
  if (group.target.roleAssignable) await tellOfRolesThrough(trx, act, group, member)
}

/** Takes a member out of a group. Throws `not_found` where there is no such member, `last_global_administrator`. */
export async function leaveGroup(trx: Trx, act: Act, { groupId, id }: Membership): Promise<void> {
  const group = await getLockedGroup(trx, act, groupId)
  demand(act, 'groups.write', group.target)
  checkMaster(group.group, 'members')
  const member = await getObject(trx, act, id)
  if (!(await withMemberships(trx, () => removeMember(trx, act, group.id, member.id)))) throw refuseMissing('not_found')
  await recordGroup(
    trx,
    act,
    { ...group, activity: 'group.member_removed' },
    { [member.kind]: member.id, name: member.name },
  )
}

/** Makes a user or service principal an owner of a group. Throws `ObjectConflict` where they own it already. */
export async function giveGroup(trx: Trx, act: Act, { groupId, id }: Membership): Promise<void> {
  const group = await getLockedGroup(trx, act, groupId)
  const owner = await getObject(trx, act, id)
  checkOwner(act, group.target, owner)
  if (!(await addOwner(trx, group.id, holderOf(owner)))) throw refuse('ObjectConflict', { field: 'owners' })
  const owners = await trx
    .selectFrom('group_owners')
    .select('owner_id')
    .where('tenant_id', '=', trx.tenantId)
    .where('group_id', '=', group.id)
    .limit(OWNERS_AT_MOST + 1)
    .execute()
  if (owners.length > OWNERS_AT_MOST) throw refuse('quota_exceeded', { field: 'owners' })
  await recordGroup(trx, act, { ...group, activity: 'group.owner_added' }, { [owner.kind]: owner.id, name: owner.name })
}

/** Takes an owner from a group. Throws `not_found` where there is no such owner. */
export async function takeGroup(trx: Trx, act: Act, { groupId, id }: Membership): Promise<void> {
  const group = await getLockedGroup(trx, act, groupId)
  demand(act, 'groups.write', group.target)
  const owner = await getObject(trx, act, id)
  if (!(await removeOwner(trx, group.id, owner.id))) throw refuseMissing('not_found')
  await recordGroup(
    trx,
    act,
    { ...group, activity: 'group.owner_removed' },
    { [owner.kind]: owner.id, name: owner.name },
  )
}

/** Throws `mastered_elsewhere` for a group that is an entry of the company's directory: it is changed there. */
export function checkMaster({ isSynchronized }: Pick<Group, 'isSynchronized'>, field: string | undefined): void {
  if (isSynchronized) throw refuse('mastered_elsewhere', { field })
}

/** Throws where the group cannot have this member, or the actor may not put them there. */
export function checkMember(act: Act, group: GroupTarget, member: DirectoryObject): void {
  demand(act, 'groups.write', { ...group, adds: joinerOf(act, member) })
  // Roles would reach people whom nobody has put into a group that holds roles.
  if (member.id === group.id || (group.roleAssignable && member.kind === 'group')) throw refuse('member_invalid')
}

/** The same of an owner: a user or service principal. */
export function checkOwner(act: Act, group: GroupTarget, owner: DirectoryObject): void {
  demand(act, 'groups.write', { ...group, adds: joinerOf(act, owner) })
  if (owner.kind === 'group') throw refuse('member_invalid')
}

/** Who owns a service principal could act as it, so that its owner is who joins. */
const joinerOf = ({ actor }: Act, { id, target }: DirectoryObject) =>
  target.kind === 'servicePrincipal' && target.owned && 'id' in actor ? actor.id : id
