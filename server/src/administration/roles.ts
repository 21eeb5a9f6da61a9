import { authorize, demand, type Role } from '../access/index.ts'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { isUuid } from '../crypto/index.ts'
import { giveRole } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'
import { assignmentOf, type DirectoryObject, getHolder, getObject, holderOf } from './authority.ts'
import { refuse, refuseMissing } from './errors.ts'
import { demandAnotherGlobalAdministrator } from './lastAdministrator.ts'
import { tellOfNewAdministrator } from './newAdministrator.ts'

/** A role of a user, a group or a service principal. */
export interface Assignment {
  id: string
  role: Role
  principalKind: DirectoryObject['kind']
  principalId: string
}

/** Gives somebody a role. Returns the assignment's id. Throws `ObjectConflict` where they have it by themselves already. */
export async function assignRoleTo(trx: Trx, act: Act, principalId: string, role: Role): Promise<string> {
  const principal = await getObject(trx, act, principalId)
  demand(act, 'roles.assign', assignmentOf(role, principal))
  if (principal.kind === 'group' && !principal.group.isRoleAssignable)
    throw refuse('principal_invalid', { field: 'principalId' })
  const id = await giveRole(trx, act, holderOf(principal), role)
  if (id === undefined) throw refuse('ObjectConflict', { field: 'principalId' })
  await recordRole(trx, act, 'role.assigned', { role, holder: principal })
  await tellOfNewAdministrator(trx, act, role, { kind: principal.kind, name: principal.name })
  return id
}

/**
 * Takes a role away. Tokens go on, and open less: rights are read anew at each use. Throws `not_found`,
 * `last_global_administrator`, `own_account`.
 */
export async function unassignRole(trx: Trx, act: Act, id: string): Promise<void> {
  const { role, principalKind, principalId } = await getAssignment(trx, id)
  const principal = await getHolder(trx, act, { kind: principalKind, id: principalId })
  const target = assignmentOf(role, principal)
  const verdict = authorize(act, 'roles.unassign', target)
  // Of the last Global Administrator's own role it is the more telling reason.
  const isJudged = verdict.allowed || verdict.why === 'own_account'
  if (isJudged && role === 'Global Administrator' && principalKind === 'user')
    await demandAnotherGlobalAdministrator(trx, principalId)
  demand(act, 'roles.unassign', target)
  const { numDeletedRows } = await trx
    .deleteFrom('role_assignments')
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  if (!numDeletedRows) throw refuseMissing('not_found')
  await recordRole(trx, act, 'role.unassigned', { role, holder: principal })
}

/** An assignment by its id. Throws `not_found`. */
export async function getAssignment(trx: Trx, id: string): Promise<Assignment> {
  const found =
    isUuid(id) &&
    (await trx
      .selectFrom('role_assignments')
      .select(['id', 'role', 'principal_kind as principalKind', 'principal_id as principalId'])
      .where('tenant_id', '=', trx.tenantId)
      .where('id', '=', id)
      .executeTakeFirst())
  if (!found) throw refuseMissing('not_found')
  return { ...found, role: found.role as Role }
}

/** The id of the assignment of a role to somebody. Throws `not_found`. */
export async function getAssignmentId(trx: Trx, principalId: string, role: Role): Promise<string> {
  const found =
    isUuid(principalId) &&
    (await trx
      .selectFrom('role_assignments')
      .select('id')
      .where('tenant_id', '=', trx.tenantId)
      .where('principal_id', '=', principalId)
      .where('role', '=', role)
      .executeTakeFirst())
  if (!found) throw refuseMissing('not_found')
  return found.id
}

const recordRole = (
  trx: Trx,
  act: Act,
  activity: 'role.assigned' | 'role.unassigned',
  { role, holder: { kind, id, name } }: { role: Role; holder: Pick<DirectoryObject, 'kind' | 'id' | 'name'> },
) => record(trx, act, { activity, result: 'success', target: { id, name }, details: { role, kind } })
