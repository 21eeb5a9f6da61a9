import { createHash } from 'node:crypto'
import type { RawBuilder } from 'kysely'
import type { Entity, Operator } from '../odata/index.ts'
import { sql } from '../store/index.ts'
import { API, permissionIds } from './graphIds.ts'

type Property = Entity['properties'][string]

const EQUAL: readonly Operator[] = ['eq']

const plain = (kind: Property['kind'], value: RawBuilder<unknown>, more: Partial<Property> = {}): Property => ({
  kind,
  sql: value,
  unasked: true,
  ...more,
})

/** The id of a grant or assignment, which follows from what it is between. SQL below makes the same. */
export const idBetween = (...parts: readonly string[]): string =>
  createHash('md5')
    .update(parts.join(' '))
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

const PERMISSIONS = sql`(values ${sql.join(
  Object.entries(permissionIds).map(([name, id]) => sql`(${sql.lit(name)}, ${sql.lit(id)}::uuid)`),
)}) as known(name, id)`

/** For SQL: the roles that people, groups and programs have in applications, and programs in `/v1.0`. */
const assignmentRows = (tenantId: string) => sql`(
  select *, md5(concat_ws(' ', principal_id, resource_id, role_id))::uuid as id from (
    select x.tenant_id, x.user_id as principal_id, 'User' as kind, u.display_name as principal, a.principal_id as resource_id,
      a.app_id as resource_app_id, a.display_name as resource, x.role_id, x.assigned_at, null as permission
    from application_users x
      join users u on u.tenant_id = ${tenantId} and u.id = x.user_id
      join applications a on a.tenant_id = ${tenantId} and a.app_id = x.app_id
    where x.tenant_id = ${tenantId}
    union all
    select x.tenant_id, x.group_id, 'Group', g.display_name, a.principal_id, a.app_id, a.display_name, x.role_id, x.assigned_at, null
    from application_groups x
      join groups g on g.tenant_id = ${tenantId} and g.id = x.group_id and g.deleted_at is null
      join applications a on a.tenant_id = ${tenantId} and a.app_id = x.app_id
    where x.tenant_id = ${tenantId}
    union all
    select c.tenant_id, p.principal_id, 'ServicePrincipal', p.display_name, ${API}::uuid, ${API}::uuid, 'Latchkey', known.id, c.given_at, name
    from organization_consents c
      join applications p on p.tenant_id = ${tenantId} and p.app_id = c.app_id
      cross join unnest(c.permissions) as name
      join ${PERMISSIONS} using (name)
    where c.tenant_id = ${tenantId}
    union all
    select c.tenant_id, p.principal_id, 'ServicePrincipal', p.display_name, a.principal_id, a.app_id, a.display_name,
      (role->>'id')::uuid, c.given_at, name
    from organization_consents c
      join applications p on p.tenant_id = ${tenantId} and p.app_id = c.app_id
      cross join unnest(c.permissions) as name
      join applications a on a.tenant_id = ${tenantId} and a.app_id::text = split_part(name, '/', 3)
      cross join jsonb_array_elements(a.settings->'appRoles') as role
    where c.tenant_id = ${tenantId} and role->>'value' = split_part(name, '/', 4)
  ) as given
) as given`

/** Assignments of roles in applications (administration on the wire, §1.1 and §2.7). */
export const appRoleAssignmentEntity = (tenantId: string): Entity => ({
  name: 'appRoleAssignments',
  type: '#microsoft.graph.appRoleAssignment',
  from: assignmentRows(tenantId),
  tenant: sql.ref('given.tenant_id'),
  properties: {
    id: plain('uuid', sql.ref('given.id')) as Entity['properties']['id'],
    appRoleId: plain('uuid', sql.ref('given.role_id')),
    createdDateTime: plain('time', sql.ref('given.assigned_at')),
    principalDisplayName: plain('text', sql.ref('given.principal')),
    principalId: plain('uuid', sql.ref('given.principal_id'), { filter: EQUAL }),
    principalType: plain('text', sql.ref('given.kind')),
    resourceDisplayName: plain('text', sql.ref('given.resource')),
    resourceId: plain('uuid', sql.ref('given.resource_id'), { filter: EQUAL }),
  },
  lacking: { deletedDateTime: null },
})

/** For SQL: what people and the organization have agreed to, for each client, person and resource. */
const grantRows = (tenantId: string) => sql`(
  select ${tenantId}::uuid as tenant_id, p.principal_id as client_id, p.app_id as client_app_id, c.user_id as principal_id,
    coalesce(a.principal_id, ${API}::uuid) as resource_id,
    array_agg(c.name order by c.name) as names,
    string_agg(case when a.app_id is null then c.name else split_part(c.name, '/', 4) end, ' ' order by c.name collate "C") as scope,
    md5(concat_ws(' ', p.principal_id, coalesce(c.user_id::text, 'all'), coalesce(a.principal_id, ${API}::uuid)))::uuid as id
  from (
      select app_id, null::uuid as user_id, unnest(scopes) as name from organization_consents where tenant_id = ${tenantId}
      union all
      select app_id, user_id, unnest(scopes) from user_consents where tenant_id = ${tenantId}
    ) as c
    join applications p on p.tenant_id = ${tenantId} and p.app_id = c.app_id
    left join applications a on a.tenant_id = ${tenantId} and a.app_id::text = split_part(c.name, '/', 3)
  where a.app_id is not null or c.name not like 'api://%'
  group by p.principal_id, p.app_id, c.user_id, a.principal_id
) as grants`

/** Consents to scopes, as Microsoft Graph's grants (administration on the wire, §1.1 and §2.7). */
export const permissionGrantEntity = (tenantId: string): Entity => ({
  name: 'oauth2PermissionGrants',
  type: '#microsoft.graph.oAuth2PermissionGrant',
  from: grantRows(tenantId),
  tenant: sql.ref('grants.tenant_id'),
  properties: {
    id: plain('uuid', sql.ref('grants.id')) as Entity['properties']['id'],
    clientId: plain('uuid', sql.ref('grants.client_id'), { filter: EQUAL }),
    consentType: plain('text', sql`case when grants.principal_id is null then 'AllPrincipals' else 'Principal' end`, {
      filter: EQUAL,
      folded: {
        sql: sql`case when grants.principal_id is null then 'allprincipals' else 'principal' end collate "C"`,
        fold: text => text.toLowerCase(),
      },
    }),
    principalId: plain('uuid', sql.ref('grants.principal_id'), { nullable: true, filter: EQUAL }),
    resourceId: plain('uuid', sql.ref('grants.resource_id'), { filter: EQUAL }),
    scope: plain('text', sql.ref('grants.scope')),
  },
})
