import type { RawBuilder } from 'kysely'
import { Type } from 'typebox'
import { type Entity, type IsChanged, type Operator, T, TIMES } from '../odata/index.ts'
import { sql } from '../store/index.ts'
import { foldText } from '../typing/index.ts'
import { membersIn, objectEntity, ownersIn } from './objects.ts'

type Property = Entity['properties'][string]

/** Microsoft Graph's properties of a group that Latchkey does not keep. */
const LISTS_LACKING = ['assignedLabels', 'assignedLicenses', 'onPremisesProvisioningErrors', 'proxyAddresses']
const LACKING = [
  'classification',
  'expirationDateTime',
  'licenseProcessingState',
  'mail',
  'membershipRule',
  'membershipRuleProcessingState',
  'onPremisesDomainName',
  'onPremisesNetBiosName',
  'onPremisesSamAccountName',
  'onPremisesSecurityIdentifier',
  'preferredDataLocation',
  'preferredLanguage',
  'renewedDateTime',
  'resourceBehaviorOptions',
  'resourceProvisioningOptions',
  'securityIdentifier',
  'theme',
  'uniqueName',
  'visibility',
]

/** Graph's, which no body may name. */
export const groupLacks: readonly string[] = [...LISTS_LACKING, ...LACKING]

const EQUAL: readonly Operator[] = ['eq']

const text = (name: string, more: Partial<Property>): Property => ({
  kind: 'text',
  sql: sql.ref(`groups.${name}`),
  folded: { sql: sql.ref(`groups.${name}_folded`), fold: foldText },
  filter: T,
  unasked: true,
  ...more,
})

const fixed = (kind: Property['kind'], value: RawBuilder<unknown>, more: Partial<Property> = {}): Property => ({
  kind,
  sql: value,
  unasked: true,
  ...more,
})

const properties: Entity['properties'] = {
  id: { kind: 'uuid', sql: sql.ref('groups.id'), filter: ['eq', 'ne', 'in'], unasked: true },
  displayName: text('display_name', { order: true, search: 'word' }),
  description: text('description', { nullable: true, search: 'word' }),
  mailNickname: text('mail_nickname', { nullable: true }),
  isAssignableToRole: fixed('boolean', sql.ref('groups.is_role_assignable'), { filter: EQUAL }),
  createdDateTime: fixed('time', sql.ref('groups.created_at'), { filter: TIMES, order: true }),
  deletedDateTime: fixed('time', sql.ref('groups.deleted_at'), { nullable: true }),
  securityEnabled: fixed('boolean', sql`true`, { filter: EQUAL }),
  mailEnabled: fixed('boolean', sql`false`),
  onPremisesSyncEnabled: fixed('boolean', sql`nullif(groups.directory_anchor is not null, false)`, {
    nullable: true,
    filter: ['eq', 'ne', 'in'],
  }),
  onPremisesLastSyncDateTime: fixed('time', sql.ref('groups.on_premises_last_sync_at'), { nullable: true }),
  groupTypes: fixed('texts', sql`'{}'::text[]`, { schema: Type.Array(Type.String(), { maxItems: 0 }) }),
}

/** Groups as `/v1.0` lists and reads them (administration on the wire, §1.1 and §2.3). */
export const groupEntity = (tenantId: string): Entity & Required<Pick<Entity, 'delta'>> => ({
  name: 'groups',
  type: '#microsoft.graph.group',
  from: sql`(select * from groups where deleted_at is null) as groups`,
  tenant: sql.ref('groups.tenant_id'),
  version: sql.ref('groups.version'),
  properties,
  lacking: {
    ...Object.fromEntries(LACKING.map(name => [name, null])),
    ...Object.fromEntries(LISTS_LACKING.map(name => [name, []])),
  },
  expand: {
    members: {
      of: () => objectEntity(membersIn(tenantId, sql`true`)),
      link: sql<boolean>`objects.tenant_id = ${tenantId} and objects.group_id = groups.id`,
    },
    owners: {
      of: () => objectEntity(ownersIn(tenantId, sql`true`)),
      link: sql<boolean>`objects.tenant_id = ${tenantId} and objects.group_id = groups.id`,
    },
  },
  delta: {
    from: sql`groups`,
    changedIn: sql.ref('groups.changed_in'),
    removed: sql`case when groups.deleted_at is not null then 'changed' end`,
    purged: {
      from: sql`erased_groups as erased`,
      tenant: sql.ref('erased.tenant_id'),
      id: sql.ref('erased.id'),
      changedIn: sql.ref('erased.changed_in'),
    },
    changes: { members: changed => changedMembers(tenantId, changed) },
  },
})

/** Deleted groups, which can be restored. */
export function deletedGroupEntity(tenantId: string): Entity {
  const { delta: _, ...entity } = groupEntity(tenantId)
  const deletedDateTime = { ...properties.deletedDateTime!, filter: TIMES, order: true } as const
  return {
    ...entity,
    from: sql`(select * from groups where deleted_at is not null) as groups`,
    properties: { ...properties, deletedDateTime },
  }
}

/** The groups that a user, group or service principal is directly in. */
export const groupsOf = (tenantId: string, memberId: RawBuilder<unknown>): RawBuilder<boolean> =>
  sql`groups.id in (select group_id from group_members m where m.tenant_id = ${tenantId} and m.member_id = ${memberId})`

/** Who has joined, left or been deleted; all members in a first round. */
const changedMembers = (tenantId: string, changed: IsChanged | undefined) => sql`(
  select coalesce(json_agg(change order by id), '[]') from (
    select m.member_id as id,
      case when gone then json_build_object('@odata.type', type, 'id', m.member_id, '@removed', json_build_object('reason', 'deleted'))
        else json_build_object('@odata.type', type, 'id', m.member_id) end as change
    from group_members m
      left join accounts u on u.tenant_id = ${tenantId} and u.id = m.user_id
      left join groups g on g.tenant_id = ${tenantId} and g.id = m.inner_group_id
      cross join lateral (select '#microsoft.graph.' || m.member_kind as type,
        coalesce(u.deleted_at, g.deleted_at) is not null as gone) as told
    where m.tenant_id = ${tenantId} and m.group_id = groups.id
      and (${changed ? sql`${changed(sql`m.changed_in`)} or ${changed(sql`coalesce(u.changed_in, g.changed_in)`)}` : sql`not gone`})
    union all
    select f.member_id, json_build_object('@odata.type', '#microsoft.graph.' || f.member_kind, 'id', f.member_id,
      '@removed', json_build_object('reason', 'deleted'))
    from former_members f
    where f.tenant_id = ${tenantId} and f.group_id = groups.id and ${changed ? changed(sql`f.removed_in`) : sql`false`}
  ) as changes)`
