import { type RawBuilder, sql } from 'kysely'
import type { Act } from '../act.ts'
import { joinGroup, leaveGroup } from '../administration/index.ts'
import { isUuid } from '../crypto/index.ts'
import { membersIn } from '../directory/index.ts'
import { Refusal } from '../refusals.ts'
import type { Trx } from '../store/index.ts'
import { refuse } from './errors.ts'
import type { Path } from './filter.ts'
import { inLowerCase, isObject, type Operation } from './operations.ts'

/** Members that one answer tells at most, and that one request changes at most. */
const TOLD_AT_MOST = 10_000
const CHANGED_AT_MOST = 1_000

/** A member as SCIM tells it. Service principals are no resources here, and stay as they are. */
interface Member {
  groupId: string
  id: string
  kind: 'user' | 'group'
}

const membersWhere = (tenantId: string, which: RawBuilder<unknown>) => sql<Member>`
  select group_id as "groupId", id, kind
  from (${membersIn(tenantId, which)}) as members where kind in ('user', 'group')
  order by group_id, id limit ${TOLD_AT_MOST + 1}`

/** The members of groups, by group. Throws `tooMany` where these are more than an answer tells. */
export async function findMembers(trx: Trx, groupIds: readonly string[]): Promise<Map<string, Member[]>> {
  const byGroup = new Map<string, Member[]>(groupIds.map(id => [id, []]))
  if (groupIds.length === 0) return byGroup
  const { rows } = await membersWhere(trx.tenantId, sql`held.group_id = any(${groupIds}::uuid[])`).execute(trx)
  if (rows.length > TOLD_AT_MOST) throw refuse('tooMany', { field: 'members' })
  for (const member of rows) byGroup.get(member.groupId)!.push(member)
  return byGroup
}

/** For SQL: whether somebody is a member of the group of this id. */
export const hasMember = ({ tenantId }: Trx, group: RawBuilder<unknown>, id: string) =>
  sql<boolean>`${group} in (select group_id from group_members where tenant_id = ${tenantId} and member_id = ${id}::uuid)`

/** What operations make of the members: of those of before, or of none, with some more and some less. */
export interface MembersState {
  isWhole: boolean
  added: Set<string>
  removed: Set<string>
}

export const sameMembers = (): MembersState => ({ isWhole: false, added: new Set(), removed: new Set() })

/** Makes one change of the members. Throws `invalidPath`, `invalidValue`. */
export function changeMembers(state: MembersState, { op, path, value }: Operation & { path: Path }): void {
  const { fitting, part } = path
  if (part !== undefined && part !== 'value') throw refuse('invalidPath', { field: `members.${part}` })
  if (fitting) {
    const named = fitting.map(one => {
      if (one.attribute !== 'value' || typeof one.value !== 'string')
        throw refuse('invalidFilter', { field: 'members' })
      return one.value.toLowerCase()
    })
    // Nobody is two members at once.
    const ids = new Set(named).size === 1 ? named.slice(0, 1) : []
    if (op !== 'remove') throw refuse('invalidPath', { field: 'members' })
    remove(state, ids)
    return
  }
  const isEmpty = value === undefined || value === null
  const ids = isEmpty ? [] : (Array.isArray(value) ? value : [value]).map(readMember)
  if (op === 'add') {
    for (const id of ids) state.removed.delete(id)
    for (const id of ids) state.added.add(id)
  } else if (op === 'remove' && !isEmpty) remove(state, ids)
  else {
    state.isWhole = true
    state.removed.clear()
    state.added = new Set(ids)
  }
}

function remove(state: MembersState, ids: readonly string[]): void {
  for (const id of ids) state.added.delete(id)
  for (const id of ids) state.removed.add(id)
}

function readMember(given: unknown): string {
  const value = isObject(given) ? inLowerCase(given).value : given
  const id = typeof value === 'string' ? value.toLowerCase() : ''
  if (!isUuid(id)) throw refuse('invalidValue', { field: 'members' })
  return id
}

/** Writes what operations made of the members, each by its rule. A member who is there, or is not there, is no change. */
export async function writeMembers(trx: Trx, act: Act, groupId: string, state: MembersState): Promise<void> {
  const { isWhole, added, removed } = state
  if (added.size > CHANGED_AT_MOST || removed.size > CHANGED_AT_MOST) throw refuse('tooMany', { field: 'members' })
  const named = [...added, ...removed].filter(isUuid)
  if (!isWhole && named.length === 0) return
  const which = isWhole ? sql`true` : sql`held.member_id = any(${named}::uuid[])`
  const { rows } = await membersWhere(trx.tenantId, sql`held.group_id = ${groupId}::uuid and ${which}`).execute(trx)
  const present = new Set(rows.map(({ id }) => id))
  const leaving = rows.filter(({ id }) => (isWhole ? !added.has(id) : removed.has(id)))
  const joining = [...added].filter(id => !present.has(id))
  if (leaving.length + joining.length > CHANGED_AT_MOST) throw refuse('tooMany', { field: 'members' })
  for (const { id } of leaving) await leaveGroup(trx, act, { groupId, id })
  for (const id of joining) await joinGroup(trx, act, { groupId, id }).catch(asMember)
}

/** The group is there, so that what is missing is the member that the body names. */
export function asMember(error: unknown): never {
  if (error instanceof Refusal && error.code === 'not_found') throw refuse('invalidValue', { field: 'members' })
  throw error
}

/** The ids of members that a new group begins with. */
export function newMembers({ added }: MembersState): string[] {
  if (added.size > CHANGED_AT_MOST) throw refuse('tooMany', { field: 'members' })
  return [...added]
}

/** Members as SCIM answers them. */
export const toldOf = (members: readonly Member[], base: string) =>
  members.map(({ id, kind }) => ({
    value: id,
    $ref: `${base}/${kind === 'user' ? 'Users' : 'Groups'}/${id}`,
    type: kind === 'user' ? 'User' : 'Group',
  }))
