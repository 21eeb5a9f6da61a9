import { demand, type Role } from '../access/index.ts'
import type { Act } from '../act.ts'
import { isUuid } from '../crypto/index.ts'
import { groupOf } from '../directory/index.ts'
import { listsEtag } from '../odata/index.ts'
import { askOne, sql, type Trx } from '../store/index.ts'
import { refuse, refuseMissing } from './errors.ts'
import { lockOffer, noteRequest, recordRelationship } from './offers.ts'
import type { Relationship } from './rows.ts'
import { rolesOf } from './terms.ts'

/** A relationship reaches at most this many groups (partners on the wire, §7). */
const GROUPS_AT_MOST = 50

/** A group of the partner's people, and what it may do for the customer. */
export interface Assignment {
  id: string
  groupId: string
  roles: Role[]
  createdAt: Date
  modifiedAt: Date
  version: number
}

const selectAssignments = (trx: Trx, offerId: string) =>
  trx
    .selectFrom('gdap_assignments')
    .select(['id', 'group_id as groupId', 'roles', 'created_at as createdAt', 'modified_at as modifiedAt', 'version'])
    .where('tenant_id', '=', trx.tenantId)
    .where('offer_id', '=', offerId)

/** The groups of a relationship. */
export const listAssignments = async (trx: Trx, offerId: string): Promise<Assignment[]> =>
  (await selectAssignments(trx, offerId).orderBy('id').execute()) as Assignment[]

/** Throws `not_found`. */
export async function getAssignment(trx: Trx, offerId: string, id: string): Promise<Assignment> {
  const found = isUuid(id.toLowerCase())
    ? await selectAssignments(trx, offerId).where('id', '=', id.toLowerCase()).executeTakeFirst()
    : undefined
  if (!found) throw refuseMissing('not_found')
  return found as Assignment
}

/** Refuses the actor's own group, by which they would raise their own rights. Throws `group_unknown`, `own_rights`. */
async function checkGroup(trx: Trx, act: Act, groupId: string): Promise<void> {
  const { tenantId } = trx
  const group = isUuid(groupId) ? await askOne(trx, groupOf(trx, groupId)) : undefined
  if (!group || group.deletedAt) throw refuse('group_unknown', { field: 'accessContainerId' })
  const actorId = 'id' in act.actor ? (act.actor.id ?? null) : null
  const { rows } = await sql<{ joined: boolean; owned: boolean }>`
    select exists (select from group_members where tenant_id = ${tenantId} and group_id = ${groupId} and member_id = ${actorId}) as joined,
      exists (select from group_owners where tenant_id = ${tenantId} and group_id = ${groupId} and owner_id = ${actorId}) as owned`.execute(
    trx,
  )
  const { joined, owned } = rows[0]!
  const { isRoleAssignable: roleAssignable } = group
  demand(act, 'partner.assign', {
    kind: 'group',
    tenantId,
    id: groupId,
    roleAssignable,
    owned,
    joined,
    adds: undefined,
  })
}

function rolesWithin(offer: Relationship, roleIds: readonly string[]): Role[] {
  const roles = rolesOf(roleIds)
  if (roles.some(role => !offer.roles.includes(role))) throw refuse('role_not_approved', { field: 'unifiedRoles' })
  return roles
}

/** Lets a group of the partner act for the customer. Throws `wrong_status`, `group_unknown`, `role_not_approved`, `ObjectConflict`. */
export async function addAssignment(
  trx: Trx,
  act: Act,
  { offerId, groupId: asked, roleIds }: { offerId: string; groupId: string; roleIds: readonly string[] },
): Promise<Assignment> {
  const offer = await lockOffer(trx, act, offerId)
  if (offer.status !== 'active' || offer.customerId === null) throw refuse('wrong_status')
  const groupId = asked.toLowerCase()
  await checkGroup(trx, act, groupId)
  const roles = rolesWithin(offer, roleIds)
  const there = await listAssignments(trx, offerId)
  if (there.some(one => one.groupId === groupId)) throw refuse('ObjectConflict', { field: 'accessContainerId' })
  if (there.length >= GROUPS_AT_MOST) throw refuse('quota_exceeded')
  const id = act.random.uuid(act.now)
  await trx
    .insertInto('gdap_assignments')
    .values({
      ...{ tenant_id: trx.tenantId, id, offer_id: offerId, other_tenant_id: offer.customerId, group_id: groupId },
      ...{ roles, created_at: act.now, modified_at: act.now },
    })
    .execute()
  await recordAssignment(trx, act, offer, { activity: 'assignment.created', groupId, roles })
  return getAssignment(trx, offerId, id)
}

/** Changes the roles of a group. Returns the operation's id; undefined where nothing changes. */
export async function changeAssignment(
  trx: Trx,
  act: Act,
  {
    offerId,
    id,
    roleIds,
    ifMatch,
  }: { offerId: string; id: string; roleIds: readonly string[]; ifMatch: string | undefined },
): Promise<string | undefined> {
  const { offer, assignment } = await lockAssignment(trx, act, { offerId, id, ifMatch })
  if (offer.status !== 'active') throw refuse('wrong_status')
  await checkGroup(trx, act, assignment.groupId)
  const roles = rolesWithin(offer, roleIds)
  if (roles.length === assignment.roles.length && roles.every(role => assignment.roles.includes(role))) return undefined
  await trx
    .updateTable('gdap_assignments')
    .set({ roles, modified_at: act.now, version: sql`version + 1` })
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', assignment.id)
    .execute()
  await recordAssignment(trx, act, offer, { activity: 'assignment.updated', groupId: assignment.groupId, roles })
  return noteRequest(trx, act, offerId, 'delegatedAdminAccessAssignmentUpdate')
}

/** Takes a group out. What ended loses its groups too. */
export async function removeAssignment(
  trx: Trx,
  act: Act,
  asked: { offerId: string; id: string; ifMatch: string | undefined },
): Promise<void> {
  const { offer, assignment } = await lockAssignment(trx, act, asked)
  await trx
    .deleteFrom('gdap_assignments')
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', assignment.id)
    .execute()
  const { groupId, roles } = assignment
  await recordAssignment(trx, act, offer, { activity: 'assignment.deleted', groupId, roles })
}

async function lockAssignment(
  trx: Trx,
  act: Act,
  { offerId, id, ifMatch }: { offerId: string; id: string; ifMatch: string | undefined },
) {
  const offer = await lockOffer(trx, act, offerId)
  const assignment = await getAssignment(trx, offerId, id)
  if (ifMatch === undefined) throw refuse('if_match_required')
  if (!listsEtag(ifMatch, String(assignment.version))) throw refuse('resource_modified')
  return { offer, assignment }
}

const recordAssignment = (
  trx: Trx,
  act: Act,
  offer: Relationship,
  {
    activity,
    groupId,
    roles,
  }: { activity: `assignment.${'created' | 'updated' | 'deleted'}`; groupId: string; roles: Role[] },
) => recordRelationship(trx, act, offer, { activity, details: { group: groupId, roles: roles.join(', ') } })
