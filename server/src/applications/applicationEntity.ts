import type { RawBuilder } from 'kysely'
import { type TSchema, Type } from 'typebox'
import { objectEntity, ownersWithin } from '../directory/index.ts'
import { type Entity, type Operator, T, TIMES } from '../odata/index.ts'
import { sql } from '../store/index.ts'
import { foldText } from '../typing/index.ts'
import type { ApplicationSettings } from './applications.ts'
import { API } from './graphIds.ts'
import {
  apiRoles,
  apiScopes,
  apiShape,
  keyShape,
  optionalClaimsShape,
  publicClientShape,
  requestsShape,
  roleShape,
  scopeShape,
  secretShape,
  settingsFrom,
  spaShape,
  webShape,
} from './graphShapes.ts'

type Property = Entity['properties'][string]

const EQUAL: readonly Operator[] = ['eq', 'in']
const List = Type.Array(Type.Unknown())
const Shape = Type.Record(Type.String(), Type.Unknown())

/** Microsoft Graph's properties that Latchkey does not keep. */
const LACKING = [
  'applicationTemplateId',
  'certification',
  'defaultRedirectUri',
  'disabledByMicrosoftStatus',
  'info',
  'isDeviceOnlyAuthSupported',
  'isFallbackPublicClient',
  'logo',
  'oauth2RequirePostResponse',
  'parentalControlSettings',
  'publisherDomain',
  'samlMetadataUrl',
  'serviceManagementReference',
  'servicePrincipalLockConfiguration',
  'tokenEncryptionKeyId',
  'uniqueName',
  'verifiedPublisher',
]
const LISTS_LACKING = ['addIns', 'tags']
export const applicationLacks: readonly string[] = [...LACKING, ...LISTS_LACKING]

const PRINCIPAL_LACKING = [
  'applicationTemplateId',
  'disabledByMicrosoftStatus',
  'info',
  'loginUrl',
  'preferredSingleSignOnMode',
  'preferredTokenSigningKeyThumbprint',
  'samlSingleSignOnSettings',
  'tokenEncryptionKeyId',
  'verifiedPublisher',
]
const PRINCIPAL_LISTS_LACKING = [
  'addIns',
  'alternativeNames',
  'notificationEmailAddresses',
  'resourceSpecificApplicationPermissions',
  'tags',
]
export const principalLacks: readonly string[] = [...PRINCIPAL_LACKING, ...PRINCIPAL_LISTS_LACKING]

const lacking = (single: readonly string[], lists: readonly string[]) => ({
  ...Object.fromEntries(single.map(name => [name, null])),
  ...Object.fromEntries(lists.map(name => [name, []])),
})

const plain = (kind: Property['kind'], value: RawBuilder<unknown>, more: Partial<Property> = {}): Property => ({
  kind,
  sql: value,
  unasked: true,
  ...more,
})

const named = (table: string): Property => ({
  kind: 'text',
  sql: sql.ref(`${table}.display_name`),
  folded: { sql: sql.ref(`${table}.display_name_folded`), fold: foldText },
  filter: T,
  order: true,
  search: 'word',
  unasked: true,
})

/** A property that follows from the settings. */
const shaped = (table: string, schema: TSchema, read: (settings: ApplicationSettings) => unknown): Property => ({
  kind: 'value',
  sql: sql.ref(`${table}.settings`),
  schema,
  unasked: true,
  read: json => read(settingsFrom(json)),
})

/** For SQL: the secrets of an application, without themselves. */
const secrets = (tenantId: string, table: string): Property => ({
  kind: 'value',
  sql: sql`(select coalesce(json_agg(json_build_object('id', s.id, 'hint', s.hint, 'displayName', s.display_name,
      'startsAt', s.starts_at, 'expiresAt', s.expires_at, 'lastUsedAt', s.last_used_at) order by s.expires_at, s.id), '[]')
    from application_secrets s
    where s.tenant_id = ${tenantId} and s.app_id = ${sql.ref(`${table}.app_id`)})`,
  schema: List,
  unasked: true,
  read: json => (json as Parameters<typeof secretShape>[0][]).map(secretShape),
})

/** For SQL: what an application asks for, with what the applications that it names have. */
const requests = (tenantId: string): Property => ({
  kind: 'value',
  sql: sql`(select json_build_object('scopes', asked.scopes, 'permissions', asked.permissions, 'others', (
      select json_object_agg(o.app_id, json_build_object('exposedScopes', coalesce(o.settings->'exposedScopes', '[]'),
        'appRoles', coalesce(o.settings->'appRoles', '[]')))
      from applications o
      where o.tenant_id = ${tenantId} and o.app_id::text in (
        select split_part(name, '/', 3) from jsonb_array_elements_text(asked.scopes || asked.permissions) as name)))
    from (select coalesce(applications.settings->'requestedScopes', '[]') as scopes,
      coalesce(applications.settings->'requestedPermissions', '[]') as permissions) as asked)`,
  schema: List,
  unasked: true,
  read: json => requestsShape(json as Parameters<typeof requestsShape>[0]),
})

const uri: Property = {
  kind: 'text',
  sql: sql.ref('uri.value'),
  filter: [...T],
  folded: { sql: sql`lower(uri.value collate "C")`, fold: text => text.toLowerCase() },
}

/** `from`: the rows, under the name `applications`. */
const entityOf = (tenantId: string, from: RawBuilder<unknown>, deletedDateTime: Property): Entity => ({
  name: 'applications',
  type: '#microsoft.graph.application',
  from,
  tenant: sql.ref('applications.tenant_id'),
  version: sql.ref('applications.version'),
  properties: {
    id: plain('uuid', sql.ref('applications.id'), { filter: EQUAL }) as Entity['properties']['id'],
    appId: plain('uuid', sql.ref('applications.app_id'), { filter: EQUAL }),
    displayName: named('applications'),
    description: plain('text', sql.ref('applications.description'), { nullable: true }),
    notes: plain('text', sql.ref('applications.notes'), { nullable: true }),
    createdDateTime: plain('time', sql.ref('applications.created_at')),
    deletedDateTime,
    identifierUris: {
      ...shaped('applications', Type.Array(Type.String()), ({ identifierUris }) => identifierUris),
      any: {
        from: sql`jsonb_array_elements_text(coalesce(applications.settings->'identifierUris', '[]')) as uri(value)`,
        fields: { '': uri },
      },
    },
    signInAudience: plain('text', sql`'AzureADMyOrg'::text`),
    web: shaped('applications', Shape, webShape),
    spa: shaped('applications', Shape, spaShape),
    publicClient: shaped('applications', Shape, publicClientShape),
    api: shaped('applications', Shape, apiShape),
    appRoles: shaped('applications', List, ({ appRoles }) => appRoles.map(roleShape)),
    requiredResourceAccess: requests(tenantId),
    optionalClaims: shaped('applications', Shape, optionalClaimsShape),
    groupMembershipClaims: shaped('applications', Type.String(), ({ groupMembershipClaims }) => groupMembershipClaims),
    keyCredentials: shaped('applications', List, ({ publicKeys }) => publicKeys.map(keyShape)),
    passwordCredentials: secrets(tenantId, 'applications'),
  },
  lacking: lacking(LACKING, LISTS_LACKING),
  expand: {
    owners: {
      of: () => objectEntity(ownersWithin(tenantId, OWNERS, sql`true`)),
      link: ownedBy(tenantId, sql.ref('applications.app_id')),
    },
  },
})

/** For SQL: the table of owners, with the application of each. */
const OWNERS = { table: sql`application_owners`, of: sql`held.app_id` }

const ownedBy = (tenantId: string, appId: RawBuilder<unknown>) =>
  sql<boolean>`objects.tenant_id = ${tenantId} and objects.owned_id = ${appId}`

/** For SQL: the owners of one application. */
export const applicationOwnersEntity = (tenantId: string, appId: string): Entity =>
  objectEntity(ownersWithin(tenantId, OWNERS, sql`held.app_id = ${appId}::uuid`))

const never = plain('time', sql`null::timestamptz`, { nullable: true })

/** Applications as `/v1.0` lists and reads them (administration on the wire, §1.1 and §2.7). */
export const applicationEntity = (tenantId: string): Entity => entityOf(tenantId, sql`applications`, never)

/** Deleted applications, which can be restored. */
export const deletedApplicationEntity = (tenantId: string): Entity =>
  entityOf(
    tenantId,
    sql`(select * from registered_applications where deleted_at is not null) as applications`,
    plain('time', sql.ref('applications.deleted_at'), { filter: TIMES, order: true }),
  )

/** For SQL: the service principals of a tenant, `/v1.0` itself among them. */
const principalRows = (tenantId: string) => sql`(
  select tenant_id, principal_id as id, app_id, display_name, display_name_folded, description, notes, settings, created_at, version
  from applications
  union all
  select ${tenantId}::uuid, ${API}::uuid, ${API}::uuid, 'Latchkey', 'latchkey' collate "C",
    'The interface of Latchkey for programs, in the shapes of Microsoft Graph', null, '{}', null, 1
) as principals`

/** What an application acts as, and `/v1.0` (administration on the wire, §2.7). */
export function principalEntity(tenantId: string): Entity {
  const column = (name: string) => sql.ref(`principals.${name}`)
  /** Of `/v1.0` itself there are no settings. */
  const of = (schema: TSchema, read: (settings: ApplicationSettings) => unknown, own: unknown): Property => ({
    ...shaped('principals', schema, read),
    sql: sql`case when ${column('app_id')} = ${API}::uuid then null else ${column('settings')} end`,
    read: json => (json === null ? own : read(settingsFrom(json))),
  })
  return {
    name: 'servicePrincipals',
    type: '#microsoft.graph.servicePrincipal',
    from: principalRows(tenantId),
    tenant: column('tenant_id'),
    version: column('version'),
    properties: {
      id: plain('uuid', column('id'), { filter: EQUAL }) as Entity['properties']['id'],
      appId: plain('uuid', column('app_id'), { filter: EQUAL }),
      displayName: named('principals'),
      appDisplayName: plain('text', column('display_name')),
      description: plain('text', column('description'), { nullable: true }),
      appDescription: plain('text', column('description'), { nullable: true }),
      notes: plain('text', column('notes'), { nullable: true }),
      createdDateTime: plain('time', column('created_at'), { nullable: true }),
      deletedDateTime: never,
      accountEnabled: plain('boolean', sql`true`),
      appOwnerOrganizationId: plain('uuid', column('tenant_id')),
      appRoleAssignmentRequired: of(Type.Boolean(), ({ assignmentRequired }) => assignmentRequired, false),
      appRoles: of(List, ({ appRoles }) => appRoles.map(roleShape), apiRoles),
      oauth2PermissionScopes: of(List, ({ exposedScopes }) => exposedScopes.map(scopeShape), apiScopes),
      homepage: of(Type.Union([Type.String(), Type.Null()]), ({ homePageUrl }) => homePageUrl, null),
      logoutUrl: of(Type.Union([Type.String(), Type.Null()]), ({ backChannelLogoutUri }) => backChannelLogoutUri, null),
      replyUrls: of(Type.Array(Type.String()), ({ redirectUris }) => redirectUris, []),
      servicePrincipalNames: plain(
        'texts',
        sql`array[${column('app_id')}::text, 'api://' || ${column('app_id')}::text]`,
      ),
      servicePrincipalType: plain('text', sql`'Application'::text`),
      signInAudience: plain('text', sql`'AzureADMyOrg'::text`),
      keyCredentials: of(List, ({ publicKeys }) => publicKeys.map(keyShape), []),
      passwordCredentials: secrets(tenantId, 'principals'),
    },
    lacking: lacking(PRINCIPAL_LACKING, PRINCIPAL_LISTS_LACKING),
    expand: {
      owners: {
        of: () => objectEntity(ownersWithin(tenantId, OWNERS, sql`true`)),
        link: ownedBy(tenantId, column('app_id')),
      },
    },
  }
}
