import { sql } from 'kysely'
import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import {
  API,
  appRoleAssignmentEntity,
  assign,
  changeConsent,
  DEFAULT_ROLE,
  giveOrganizationConsent,
  idBetween,
  isEscalating,
  lockApplication,
  permissionGrantEntity,
  recordOf,
} from '../applications/index.ts'
import { isUuid } from '../crypto/index.ts'
import type { Trx } from '../store/index.ts'
import { findPermissions } from './applicationInput.ts'
import { getAppId, grantTo, told } from './applications.ts'
import { getObject } from './authority.ts'
import { refuse, refuseMissing } from './errors.ts'

/** A role of an application, or a permission of `/v1.0`, for somebody. */
export interface RoleInput {
  principalId: string
  resourceId: string
  appRoleId: string
}

/** Gives a user, group or program a role in an application. Returns the assignment's id. Throws `ObjectConflict`, `property_invalid`. */
export async function assignAppRole(trx: Trx, act: Act, input: RoleInput): Promise<string> {
  const [principalId, resourceId, appRoleId] = [input.principalId, input.resourceId, input.appRoleId].map(id =>
    id.toLowerCase(),
  )
  const principal = await getObject(trx, act, principalId!)
  const resource = await getResource(trx, resourceId!)
  const name = (await findPermissions(trx, resource))?.Role.get(appRoleId!)
  const isProgram = principal.kind === 'servicePrincipal'
  demand(act, 'applications.grant', grantTo(principal.target, isProgram && name !== undefined && isEscalating(name)))
  const id = idBetween(principal.id, resourceId!, appRoleId!)
  if (await findAssignment(trx, id)) throw refuse('ObjectConflict', { field: 'appRoleId' })
  if (principal.kind === 'servicePrincipal') {
    if (name === undefined) throw refuse('property_invalid', { field: 'appRoleId' })
    const client = await getAppId(trx, { by: 'principalId', value: principal.id })
    await told(() => giveOrganizationConsent(trx, act, client, { scopes: [], permissions: [name] }))
    return id
  }
  if (resource === API) throw refuse('property_invalid', { field: 'appRoleId' })
  const { appRoles } = await told(() => lockApplication(trx, trx.tenantId, resource))
  const role = appRoles.find(one => one.id === appRoleId)?.value
  if (role === undefined && appRoleId !== DEFAULT_ROLE) throw refuse('property_invalid', { field: 'appRoleId' })
  await told(() => assign(trx, act, resource, { kind: principal.kind, id: principal.id, role }))
  return id
}

/** Takes a role away. Throws `not_found`. */
export async function unassignAppRole(trx: Trx, act: Act, id: string, of: Partial<RoleInput>): Promise<void> {
  const given = isUuid(id) ? await findAssignment(trx, id) : undefined
  const isThere = given && (of.principalId ?? given.principalId) === given.principalId
  if (!isThere || (of.resourceId ?? given.resourceId) !== given.resourceId) throw refuseMissing('not_found')
  const principal = await getObject(trx, act, given.principalId)
  demand(act, 'applications.grant', grantTo(principal.target, false))
  if (given.permission !== null) {
    const appId = await getAppId(trx, { by: 'principalId', value: principal.id })
    return changeConsent(trx, act, { appId, userId: null }, { add: [], remove: [], permissions: [given.permission] })
  }
  const application = await told(() => lockApplication(trx, trx.tenantId, given.resourceAppId))
  const table = given.kind === 'User' ? 'application_users' : 'application_groups'
  await sql`
    delete from ${sql.table(table)} where tenant_id = ${trx.tenantId} and app_id = ${application.appId}
      and ${sql.ref(given.kind === 'User' ? 'user_id' : 'group_id')} = ${principal.id} and role_id = ${given.roleId}`.execute(
    trx,
  )
  const details = { [principal.kind]: principal.id, role: given.roleId }
  await recordOf(trx, act, application, { activity: 'application.unassigned', details })
}

interface Given {
  principalId: string
  resourceId: string
  resourceAppId: string
  roleId: string
  kind: 'User' | 'Group' | 'ServicePrincipal'
  permission: string | null
}

async function findAssignment(trx: Trx, id: string): Promise<Given | undefined> {
  const { from } = appRoleAssignmentEntity(trx.tenantId)
  const { rows } = await sql<Given>`
    select principal_id as "principalId", resource_id as "resourceId", resource_app_id as "resourceAppId",
      role_id as "roleId", kind, permission from ${from} where id = ${id}::uuid`.execute(trx)
  return rows[0]
}

/** A consent to scopes of one resource, for everybody or for one person. */
export interface GrantInput {
  clientId: string
  consentType: 'AllPrincipals' | 'Principal'
  principalId?: string | null | undefined
  resourceId: string
  scope: string
}

/** Agrees to scopes for others. Returns the grant's id. Throws `ObjectConflict`, `property_invalid`. */
export async function addGrant(trx: Trx, act: Act, input: GrantInput): Promise<string> {
  const isForAll = input.consentType === 'AllPrincipals'
  if (isForAll !== (input.principalId === undefined || input.principalId === null))
    throw refuse(isForAll ? 'property_invalid' : 'property_required', { field: 'principalId' })
  const client = await getObject(trx, act, input.clientId.toLowerCase(), ['servicePrincipal'])
  const user = isForAll ? undefined : await getObject(trx, act, input.principalId!.toLowerCase(), ['user'])
  const resource = await getResource(trx, input.resourceId.toLowerCase())
  const names = await readNames(trx, resource, input.scope)
  demandGrant(act, [client, ...(user ? [user] : [])], names)
  const id = idBetween(client.id, user?.id ?? 'all', input.resourceId.toLowerCase())
  if (await findGrant(trx, id)) throw refuse('ObjectConflict', { field: 'resourceId' })
  const appId = await getAppId(trx, { by: 'principalId', value: client.id })
  await told(() => changeConsent(trx, act, { appId, userId: user?.id ?? null }, { add: names, remove: [] }))
  return id
}

/** Replaces the scopes of a grant. Without any it ends. */
export async function updateGrant(trx: Trx, act: Act, id: string, scope: string): Promise<void> {
  const grant = await getGrant(trx, id)
  const resource = await getResource(trx, grant.resourceId)
  const names = await readNames(trx, resource, scope)
  const add = names.filter(name => !grant.names.includes(name))
  const remove = grant.names.filter(name => !names.includes(name))
  const concerned = [grant.clientId, ...(grant.userId ? [grant.userId] : [])]
  demandGrant(act, await Promise.all(concerned.map(one => getObject(trx, act, one))), add)
  await told(() => changeConsent(trx, act, { appId: grant.appId, userId: grant.userId }, { add, remove }))
}

/** Takes a grant back. */
export const removeGrant = (trx: Trx, act: Act, id: string): Promise<void> => updateGrant(trx, act, id, '')

function demandGrant(
  act: Act,
  concerned: readonly Pick<Awaited<ReturnType<typeof getObject>>, 'target'>[],
  names: readonly string[],
): void {
  for (const { target } of concerned) demand(act, 'applications.grant', grantTo(target, names.some(isEscalating)))
}

async function getGrant(trx: Trx, id: string) {
  const found = isUuid(id) ? await findGrant(trx, id) : undefined
  if (!found) throw refuseMissing('not_found')
  return found
}

async function findGrant(trx: Trx, id: string) {
  const { from } = permissionGrantEntity(trx.tenantId)
  const { rows } = await sql<{
    appId: string
    clientId: string
    userId: string | null
    resourceId: string
    names: string[]
  }>`
    select client_app_id as "appId", client_id as "clientId", principal_id as "userId", resource_id as "resourceId", names
    from ${from} where id = ${id}::uuid`.execute(trx)
  return rows[0]
}

/** The appId of a principal that grants are of. Throws `not_found`. */
const getResource = async (trx: Trx, id: string): Promise<string> =>
  id === API ? API : getAppId(trx, { by: 'principalId', value: id })

/** Scopes in the normal form. Throws `property_invalid` for one that the resource does not have. */
async function readNames(trx: Trx, resource: string, scope: string): Promise<string[]> {
  const known = [...((await findPermissions(trx, resource))?.Scope.values() ?? [])]
  const prefix = resource === API ? '' : `api://${resource}/`
  const asked = [...new Set(scope.split(' ').filter(one => one !== ''))].map(one => prefix + one)
  if (asked.some(one => !known.includes(one))) throw refuse('property_invalid', { field: 'scope' })
  // It needs no consent.
  return asked.filter(one => one !== 'offline_access')
}
