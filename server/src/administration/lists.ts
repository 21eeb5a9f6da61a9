import { type RawBuilder, sql } from 'kysely'
import { actionsOf, type Role, roles, templateIds } from '../access/index.ts'
import { isUuid } from '../crypto/index.ts'
import {
  allObjects,
  holdersIn,
  membersIn,
  membersThrough,
  objectEntity,
  ownersIn,
  rolesHeldBy,
} from '../directory/index.ts'
import { type Entity, type Operator, T } from '../odata/index.ts'
import { membershipOf } from '../policies/index.ts'
import type { Trx } from '../store/index.ts'
import { foldText } from '../typing/index.ts'
import { refuseMissing } from './errors.ts'

/** For SQL: the row of this id. Throws `not_found` for a text that is none. */
export function rowOf(entity: Entity, id: string): RawBuilder<boolean> {
  if (!isUuid(id)) throw refuseMissing('not_found')
  return sql`${entity.properties.id.sql} = ${id}::uuid`
}

/** For SQL: the rows of a list with these ids. */
export const rowsOf = (entity: Entity, ids: readonly string[]): RawBuilder<boolean> =>
  sql`${entity.properties.id.sql} = any(${ids}::uuid[])`

/** For SQL: the rows in which a property has this id. */
export const withId = (entity: Entity, property: string, id: string): RawBuilder<boolean> =>
  sql`${entity.properties[property]!.sql} = ${id}::uuid`

export const both = (one: RawBuilder<boolean>, other: RawBuilder<boolean>): RawBuilder<boolean> =>
  sql`${one} and ${other}`

/** For SQL: the objects of these kinds, as paths cast them. */
export const ofKinds = (kinds: readonly string[]): RawBuilder<boolean> => sql`objects.kind = any(${kinds}::text[])`

/** The groups that somebody is in, also through groups, and the roles that these and they themselves have. */
export async function findMemberships(trx: Trx, id: string): Promise<{ groupIds: string[]; roles: Role[] }> {
  const { tenantId } = trx
  const held = (column: 'user_id' | 'service_principal_id') => rolesHeldBy(tenantId, column, sql`${id}::uuid`)
  const { rows } = await sql<{ groupIds: string[]; roles: Role[] }>`
    with recursive ${membershipOf(tenantId, sql`${id}::uuid`)}
    select array(select group_id from membership order by group_id)::text[] as "groupIds",
      array(select unnest(${held('user_id')}) union select unnest(${held('service_principal_id')})
        union select role from role_assignments where tenant_id = ${tenantId} and group_id = ${id}::uuid) as roles`.execute(
    trx,
  )
  return rows[0]!
}

/** For SQL: the members of a group. Of a text that is no id there are none. */
export const membersOf = (tenantId: string, groupId: string) => membersIn(tenantId, heldIn(groupId))

/** For SQL: the owners of a group. */
export const ownersOf = (tenantId: string, groupId: string) => ownersIn(tenantId, heldIn(groupId))

/** For SQL: the members of a group, also through groups. */
export const transitiveMembersOf = (tenantId: string, groupId: string) => membersThrough(tenantId, idOrNull(groupId))

const heldIn = (groupId: string) => sql`held.group_id = ${idOrNull(groupId)}::uuid`
const idOrNull = (text: string) => (isUuid(text) ? text : null)

/** Groups and roles that somebody is in, as one list. `isTransitive`: also through groups. */
export const membershipsOf = (tenantId: string, id: string, isTransitive: boolean): RawBuilder<unknown> => {
  const nothing = sql`null::text as user_principal_name, null::text as mail, null::text as given_name, null::text as surname,
    null::text as job_title, null::text as department, null::text as office_location`
  const direct = sql`membership as (select group_id from group_members where tenant_id = ${tenantId} and member_id = ${id}::uuid)`
  return sql`
    with recursive ${isTransitive ? membershipOf(tenantId, sql`${id}::uuid`) : direct}
    select g.tenant_id, g.id, 'group' as kind, g.display_name, g.display_name_folded, ${nothing}, g.description, null::uuid as app_id
    from membership cross join lateral (
      select * from groups where tenant_id = ${tenantId} and id = membership.group_id and deleted_at is null offset 0) as g
    union all
    select r.tenant_id, named.id, 'directoryRole', named.name, named.folded, ${nothing}, null, null
    from role_assignments r join (${ROLES}) as named on named.name = r.role
    where r.tenant_id = ${tenantId} and (r.principal_id = ${id}::uuid
      ${isTransitive ? sql`or r.group_id in (select group_id from membership)` : sql``})`
}

/** For SQL: the built-in roles, as rows of name, id and what they open. */
const ROLES = sql`select * from (values ${sql.join(
  roles.map(
    role =>
      sql`(${sql.lit(role)}, ${sql.lit(templateIds[role])}::uuid, ${sql.lit(foldText(role))} collate "C", ${sql.lit(JSON.stringify(actionsOf(role)))}::json)`,
  ),
)}) as role(name, id, folded, actions)`

/** The role of a template id. Throws `not_found`. */
export function getRoleById(id: string): Role {
  const found = roles.find(role => templateIds[role] === id.toLowerCase())
  if (!found) throw refuseMissing('not_found')
  return found
}

const EQUAL: readonly Operator[] = ['eq']
const EQUAL_OR_IN: readonly Operator[] = ['eq', 'in']

type Property = Entity['properties'][string]

const roleProperties = (templateId: string): Entity['properties'] => ({
  id: { kind: 'uuid', sql: sql.ref('roles.id'), unasked: true },
  displayName: {
    kind: 'text',
    sql: sql.ref('roles.name'),
    unasked: true,
    filter: T,
    folded: { sql: sql.ref('roles.folded'), fold: foldText },
  },
  description: { kind: 'text', sql: sql`null::text`, nullable: true, unasked: true },
  [templateId]: { kind: 'uuid', sql: sql.ref('roles.id'), unasked: true, filter: EQUAL },
})

/** The roles of a tenant, all of them active. */
export const directoryRoleEntity = (tenantId: string): Entity => ({
  name: 'directoryRoles',
  type: '#microsoft.graph.directoryRole',
  from: sql`(${ROLES}) as roles`,
  tenant: sql`${tenantId}::uuid`,
  properties: roleProperties('roleTemplateId'),
  lacking: { deletedDateTime: null },
  expand: {
    members: {
      of: () => objectEntity(holdersIn(tenantId, sql`true`)),
      link: sql<boolean>`objects.tenant_id = ${tenantId} and objects.role = roles.name`,
    },
  },
})

const fixed = (kind: Property['kind'], value: RawBuilder<unknown>): Property => ({ kind, sql: value, unasked: true })

/** What each role opens, by the names of the actions here. */
export const roleDefinitionEntity = (tenantId: string): Entity => ({
  name: 'roleDefinitions',
  type: '#microsoft.graph.unifiedRoleDefinition',
  from: sql`(${ROLES}) as roles`,
  tenant: sql`${tenantId}::uuid`,
  properties: {
    ...roleProperties('templateId'),
    isBuiltIn: fixed('boolean', sql`true`),
    isEnabled: fixed('boolean', sql`true`),
    resourceScopes: fixed('texts', sql`array['/']`),
    rolePermissions: fixed(
      'value',
      sql`json_build_array(json_build_object('allowedResourceActions', roles.actions, 'condition', null))`,
    ),
  },
  lacking: { version: null, inheritsPermissionsFrom: [] },
})

/** Who has which role by themselves. */
export const roleAssignmentEntity = (tenantId: string): Entity => ({
  name: 'roleAssignments',
  type: '#microsoft.graph.unifiedRoleAssignment',
  from: sql`(select held.*, named.id as role_id from role_assignments held join (${ROLES}) as named on named.name = held.role) as given`,
  tenant: sql.ref('given.tenant_id'),
  properties: {
    id: { kind: 'uuid', sql: sql.ref('given.id'), unasked: true },
    principalId: { kind: 'uuid', sql: sql.ref('given.principal_id'), unasked: true, filter: EQUAL_OR_IN },
    roleDefinitionId: { kind: 'uuid', sql: sql.ref('given.role_id'), unasked: true, filter: EQUAL_OR_IN },
    directoryScopeId: { kind: 'text', sql: sql`'/'::text`, unasked: true, filter: EQUAL_OR_IN },
  },
  lacking: { appScopeId: null, condition: null },
  expand: {
    principal: {
      of: () => objectEntity(allObjects),
      link: sql<boolean>`objects.tenant_id = ${tenantId} and objects.id = given.principal_id`,
      single: true,
    },
    roleDefinition: {
      of: () => roleDefinitionEntity(tenantId),
      link: sql<boolean>`roles.id = given.role_id`,
      single: true,
    },
  },
})

/** Who has a role by themselves. */
export const holdersOf = (tenantId: string, role: Role): Entity =>
  objectEntity(holdersIn(tenantId, sql`held.role = ${role}`))
