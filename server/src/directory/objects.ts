import type { RawBuilder } from 'kysely'
import { type Entity, T } from '../odata/index.ts'
import { sql } from '../store/index.ts'
import { foldText } from '../typing/index.ts'

// Lists in which users, groups and service principals stand together, as Microsoft Graph's directoryObjects.

type Property = Entity['properties'][string]

const text = (column: string, more: Partial<Property> = {}): Property => ({
  kind: 'text',
  sql: sql.ref(`objects.${column}`),
  nullable: true,
  unasked: true,
  ...more,
})

/** `rows`: SQL of the list, made by one of the functions below. */
export const objectEntity = (rows: RawBuilder<unknown>): Entity => ({
  name: 'directoryObjects',
  type: '#microsoft.graph.directoryObject',
  from: sql`(${rows}) as objects`,
  tenant: sql.ref('objects.tenant_id'),
  properties: {
    '@odata.type': { kind: 'text', sql: sql`'#microsoft.graph.' || objects.kind`, unasked: true },
    id: { kind: 'uuid', sql: sql.ref('objects.id'), unasked: true, filter: ['eq', 'ne', 'in'] },
    displayName: {
      kind: 'text',
      sql: sql.ref('objects.display_name'),
      unasked: true,
      filter: T,
      order: true,
      search: 'word',
      folded: { sql: sql.ref('objects.display_name_folded'), fold: foldText },
    },
    userPrincipalName: text('user_principal_name'),
    mail: text('mail'),
    givenName: text('given_name'),
    surname: text('surname'),
    description: text('description'),
    appId: { ...text('app_id'), kind: 'uuid' },
    jobTitle: text('job_title', { takes: 'contactInfo.read' }),
    department: text('department', { takes: 'contactInfo.read' }),
    officeLocation: text('office_location', { takes: 'contactInfo.read' }),
  },
})

/** The columns of an object, from one of three tables. Each may be joined without a row. */
const COLUMNS = sql`
  coalesce(u.display_name, g.display_name, a.display_name) as display_name,
  coalesce(u.display_name_folded, g.display_name_folded, a.display_name_folded) as display_name_folded,
  u.user_principal_name, u.mail, u.given_name, u.surname, u.job_title, u.department, u.office_location,
  g.description, a.app_id`

/** Joins the objects that columns of a table `held` name. Whoever is deleted is none. */
const JOINED = (kind: string, group: RawBuilder<unknown>) => sql`
  left join users u on u.tenant_id = held.tenant_id and u.id = held.user_id
  left join groups g on g.tenant_id = held.tenant_id and g.id = ${group} and g.deleted_at is null
  left join applications a on a.tenant_id = held.tenant_id and a.principal_id = held.service_principal_id
  where case held.${sql.ref(kind)} when 'user' then u.id is not null when 'group' then g.id is not null else a.app_id is not null end`

/** For SQL: the members of groups. `which`: a condition of the table `held`, which is group_members. */
export const membersIn = (tenantId: string, which: RawBuilder<unknown>) => sql`
  select held.tenant_id, held.group_id, held.member_id as id, held.member_kind as kind, ${COLUMNS}
  from group_members held ${JOINED('member_kind', sql.ref('held.inner_group_id'))}
  and held.tenant_id = ${tenantId} and ${which}`

/** For SQL: the owners of groups. `which`: a condition of the table `held`, which is group_owners. */
export const ownersIn = (tenantId: string, which: RawBuilder<unknown>) => sql`
  select held.tenant_id, held.group_id, held.owner_id as id, held.owner_kind as kind, ${COLUMNS}
  from group_owners held ${JOINED('owner_kind', sql`null::uuid`)}
  and held.tenant_id = ${tenantId} and ${which}`

/** For SQL: the owners of other objects. `table`: as group_owners; `of`: its column of what is owned, told as `owned_id`. */
export const ownersWithin = (
  tenantId: string,
  { table, of }: Record<'table' | 'of', RawBuilder<unknown>>,
  which: RawBuilder<unknown>,
) => sql`
  select held.tenant_id, ${of} as owned_id, held.owner_id as id, held.owner_kind as kind, ${COLUMNS}
  from ${table} held ${JOINED('owner_kind', sql`null::uuid`)}
  and held.tenant_id = ${tenantId} and ${which}`

/** For SQL: who holds a role by themselves. `which`: a condition of the table `held`, which is role_assignments. */
export const holdersIn = (tenantId: string, which: RawBuilder<unknown>) => sql`
  select held.tenant_id, held.role, held.principal_id as id, held.principal_kind as kind, ${COLUMNS}
  from role_assignments held ${JOINED('principal_kind', sql.ref('held.group_id'))}
  and held.tenant_id = ${tenantId} and ${which}`

/** For SQL: all members of a group, also through groups, each once. */
export const membersThrough = (tenantId: string, groupId: string | null) => sql`
  select held.tenant_id, held.id, held.kind, ${COLUMNS}
  from (
    with recursive inside as (
      select member_kind, member_id from group_members where tenant_id = ${tenantId} and group_id = ${groupId}::uuid
      union
      select below.member_kind, below.member_id from inside
        join groups stands on stands.tenant_id = ${tenantId} and stands.id = inside.member_id and stands.deleted_at is null
        cross join lateral (
          select member_kind, member_id from group_members
          where tenant_id = ${tenantId} and group_id = inside.member_id offset 0) as below
      where inside.member_kind = 'group'
    )
    select ${tenantId}::uuid as tenant_id, member_id as id, member_kind as kind,
      case member_kind when 'user' then member_id end as user_id,
      case member_kind when 'group' then member_id end as inner_group_id,
      case member_kind when 'servicePrincipal' then member_id end as service_principal_id
    from inside
  ) as held ${JOINED('kind', sql.ref('held.inner_group_id'))}`

/** For SQL: every object that is not deleted. */
export const allObjects = sql`
  select tenant_id, id, 'user' as kind, display_name, display_name_folded, user_principal_name, mail, given_name, surname,
    job_title, department, office_location, null::text as description, null::uuid as app_id
  from users
  union all
  select tenant_id, id, 'group', display_name, display_name_folded, null, null, null, null, null, null, null, description, null
  from groups where deleted_at is null
  union all
  select tenant_id, principal_id, 'servicePrincipal', display_name, display_name_folded,
    null, null, null, null, null, null, null, null, app_id
  from applications`
