import type { RawBuilder } from 'kysely'
import { Type } from 'typebox'
import { type Role, roles, templateIds } from '../access/index.ts'
import type { Keyring } from '../crypto/index.ts'
import { type Asking, type Entity, T, TIMES } from '../odata/index.ts'
import { sql } from '../store/index.ts'
import { directoryNumber, foldAddress, foldName, foldText, lowerAscii, readNumber } from '../typing/index.ts'
import { groupEntity, groupsOf } from './groupEntity.ts'
import { rolesHeldBy, usersWith } from './holders.ts'
import { profileColumns } from './users.ts'

type Property = Entity['properties'][string]

/** Names, primary address and language are what a directory is for; the rest takes a scope of its own. */
const BASIC = ['displayName', 'givenName', 'surname', 'mail', 'preferredLanguage']

/** What Microsoft Graph answers without `$select`. */
const UNASKED = ['givenName', 'jobTitle', 'mail', 'officeLocation', 'preferredLanguage', 'surname']

const REST = 'contactInfo.read'
const TIMES_OF_USE = 'profile.readAll'

/** Microsoft Graph's properties of a user that Latchkey does not keep. */
const LISTS_LACKING = [
  'assignedLicenses',
  'assignedPlans',
  'authorizationInfo',
  'customSecurityAttributes',
  'deviceEnrollmentConfigurations',
  'identities',
  'imAddresses',
  'infoCatalogs',
  'interests',
  'licenseAssignmentStates',
  'onPremisesProvisioningErrors',
  'pastProjects',
  'provisionedPlans',
  'responsibilities',
  'schools',
  'serviceProvisioningErrors',
  'skills',
]
const LACKING = [
  'aboutMe',
  'ageGroup',
  'birthday',
  'consentProvidedForMinor',
  'creationType',
  'employeeHireDate',
  'employeeLeaveDateTime',
  'employeeOrgData',
  'employeeType',
  'externalUserState',
  'externalUserStateChangeDateTime',
  'faxNumber',
  'hireDate',
  'isManagementRestricted',
  'isResourceAccount',
  'legalAgeGroupClassification',
  'mailboxSettings',
  'mySite',
  'onPremisesDistinguishedName',
  'onPremisesDomainName',
  'onPremisesExtensionAttributes',
  'onPremisesSamAccountName',
  'onPremisesSecurityIdentifier',
  'onPremisesUserPrincipalName',
  'preferredDataLocation',
  'preferredName',
  'print',
  'securityIdentifier',
  'showInAddressList',
]

/** Graph's, which neither a body nor a filter may name. */
export const lackingProperties: readonly string[] = [...LISTS_LACKING, ...LACKING, 'passwordProfile']

/** Joined, because an index leads through it in its order; where nothing asks, PostgreSQL leaves it out. */
const SEEN = sql`left join last_sign_ins seen on seen.tenant_id = users.tenant_id and seen.user_id = users.id`

type UserEntity = Entity & { delta: NonNullable<Entity['delta']> }

const ENTITIES_KEPT = 1_000
const kept = new Map<string, UserEntity>()

/** Users as `/v1.0` lists and reads them (administration on the wire, §1.1 and §2.1). Kept: to make it costs as much as a row. */
export function userEntity(tenantId: string): UserEntity {
  const known = kept.get(tenantId)
  if (known) return known
  if (kept.size >= ENTITIES_KEPT) kept.delete(kept.keys().next().value!)
  const made = makeUserEntity(tenantId)
  kept.set(tenantId, made)
  return made
}

const makeUserEntity = (tenantId: string): UserEntity => ({
  name: 'users',
  type: '#microsoft.graph.user',
  from: sql`users ${SEEN}`,
  tenant: sql`users.tenant_id`,
  version: sql`users.version`,
  properties: propertiesOf(tenantId),
  paths: {
    'signInActivity/lastSignInDateTime': {
      kind: 'time',
      sql: sql`seen.at`,
      nullable: true,
      absent: sql`seen.user_id is null`,
      takes: TIMES_OF_USE,
      filter: ['ge', 'le'],
      order: true,
    },
    // Those that they are in by themselves. Microsoft Graph has the list, and no filter by it.
    memberOf: {
      kind: 'texts',
      sql: sql`null`,
      takes: 'groups.read',
      any: {
        from: sql`group_members joined join groups on groups.tenant_id = joined.tenant_id and groups.id = joined.group_id`,
        link: sql`groups.deleted_at is null and joined.tenant_id = ${tenantId} and joined.member_id = users.id`,
        fields: { id: { kind: 'uuid', sql: sql`joined.group_id`, filter: ['eq', 'in'] } },
      },
    },
  },
  lacking: {
    ...Object.fromEntries(LACKING.map(name => [name, null])),
    passwordProfile: null,
    ...Object.fromEntries(LISTS_LACKING.map(name => [name, []])),
  },
  expand: {
    memberOf: { of: () => groupEntity(tenantId), link: groupsOf(tenantId, sql`users.id`), takes: 'groups.read' },
  },
  delta: {
    from: sql`accounts as users`,
    changedIn: sql`users.changed_in`,
    removed: sql`case when users.is_deleted then 'changed' end`,
    purged: {
      from: sql`erased_accounts as erased`,
      tenant: sql`erased.tenant_id`,
      id: sql`erased.id`,
      changedIn: sql`erased.changed_in`,
    },
  },
})

/** For SQL: of either entity, the row of one user. */
export const isUser = (id: string) => sql<boolean>`users.id = ${id}`

/** Deleted users, who can be restored. */
export function deletedUserEntity(tenantId: string): Entity {
  const { delta: _, ...entity } = userEntity(tenantId)
  const deletedDateTime: Property = {
    kind: 'time',
    sql: sql`users.deleted_at`,
    filter: TIMES,
    order: true,
    unasked: true,
  }
  return {
    ...entity,
    from: sql`(select * from accounts where is_deleted) as users ${SEEN}`,
    properties: { ...entity.properties, deletedDateTime },
  }
}

/** For SQL: whether a word of a user's display name begins with this folded one. */
export const nameWord = (tenantId: string) => (word: string) =>
  sql<boolean>`users.id in (select user_id from account_words w where w.tenant_id = ${tenantId} and w.word ^@ ${word})`

const lastSignIn = (tenantId: string) =>
  sql`select at from last_sign_ins s where s.tenant_id = ${tenantId} and s.user_id = users.id`

function propertiesOf(tenantId: string): Entity['properties'] {
  const profile = Object.entries(profileColumns).map(([name, column]): [string, Property] => [
    name,
    {
      kind: 'text',
      sql: sql.ref(`users.${column}`),
      folded: {
        sql: sql.ref(`users.${column}_folded`),
        fold: name === 'mail' ? lowerAscii : foldText,
        ...(name === 'mail' && { reversed: sql`users.mail_reversed` }),
      },
      filter: name === 'mail' ? [...T, 'endsWith'] : T,
      ...(name === 'displayName'
        ? { order: true, unasked: true, search: 'word', words: nameWord(tenantId) }
        : { nullable: true }),
      ...(name === 'mail' && { search: 'whole' }),
      ...(UNASKED.includes(name) && { unasked: true }),
      ...(!BASIC.includes(name) && { takes: REST }),
    },
  ])
  return {
    id: { kind: 'uuid', sql: sql`users.id`, filter: ['eq', 'ne', 'in'], unasked: true },
    userPrincipalName: {
      kind: 'text',
      sql: sql`users.user_principal_name`,
      folded: {
        sql: sql`users.user_principal_name_folded`,
        fold: foldName,
        reversed: sql`users.user_principal_name_reversed`,
      },
      filter: [...T, 'endsWith'],
      order: true,
      unasked: true,
      search: 'whole',
    },
    ...Object.fromEntries(profile),
    mobilePhone: {
      ...sealedIn(contactOf(tenantId, 'mobilePhone')),
      nullable: true,
      unasked: true,
      takes: REST,
      filter: ['eq', 'in'],
      read: (json, { keys }) => directoryNumber(opened(keys, tenantId, json)),
      matches: (values, asking) =>
        sql`exists(${contactOf(tenantId, 'mobilePhone')} and value_hash = any(${numberHashes(values, asking)}::bytea[]))`,
    },
    businessPhones: {
      kind: 'texts',
      sql: sql`array(select ${SEALED} from (${contactOf(tenantId, 'officePhone')}) as phone)`,
      schema: Type.Array(Type.String(), { maxItems: 1 }),
      unasked: true,
      takes: REST,
      read: (json, { keys }) => (json as unknown[]).map(one => directoryNumber(opened(keys, tenantId, one))),
      any: {
        from: sql`(${contactOf(tenantId, 'officePhone')}) as phone`,
        fields: { '': hashed(numberHashes, sql`phone.value_hash`) },
      },
    },
    otherMails: {
      kind: 'texts',
      sql: sql`array(select ${SEALED} from (${mailsOf(tenantId)}) as mails order by place)`,
      schema: Type.Array(Type.String(), { maxItems: 20 }),
      takes: REST,
      read: (json, { keys }) => (json as unknown[]).map(one => opened(keys, tenantId, one)),
      any: { from: sql`(${mailsOf(tenantId)}) as mails`, fields: { '': hashed(addressHashes, sql`mails.value_hash`) } },
    },
    proxyAddresses: {
      kind: 'texts',
      sql: sql`users.proxy_addresses`,
      takes: REST,
      any: {
        from: sql`unnest(users.proxy_addresses) as proxy(address)`,
        within: sql`users.proxy_addresses <> '{}'`,
        fields: {
          '': {
            kind: 'text',
            sql: sql`proxy.address`,
            filter: [...T, 'endsWith'],
            folded: { sql: sql`lower(proxy.address collate "C")`, fold: lowerAscii },
          },
        },
      },
    },
    assignedRoles: {
      kind: 'texts',
      sql: sql`to_json(${rolesHeldBy(tenantId, 'user_id', sql`users.id`)})`,
      takes: 'roles.read',
      read: json => (json as Role[]).map(role => templateIds[role]).sort(),
      any: {
        from: sql`unnest(${rolesHeldBy(tenantId, 'user_id', sql`users.id`)}) as held(role)`,
        within: sql`users.id in (select user_id from ${usersWith(tenantId, roles)} as holders)`,
        some: sql`users.id in (select user_id from ${usersWith(tenantId, roles)} as holders)`,
        fields: {
          '': {
            kind: 'text',
            sql: sql`held.role`,
            filter: ['eq', 'in'],
            matches: ids => sql`held.role = any(${roles.filter(role => ids.includes(templateIds[role]))}::text[])`,
          },
        },
      },
    },
    accountEnabled: { kind: 'boolean', sql: sql`users.account_enabled`, filter: ['eq', 'ne', 'in'], takes: REST },
    userType: { kind: 'text', sql: sql`'Member'::text`, filter: ['eq', 'ne', 'in'], takes: REST },
    createdDateTime: { kind: 'time', sql: sql`users.created_at`, filter: TIMES, order: true, takes: REST },
    deletedDateTime: { kind: 'time', sql: sql`null::timestamptz`, nullable: true },
    passwordPolicies: { kind: 'text', sql: sql`users.password_policies`, nullable: true, takes: REST },
    passwordMasteredIn: { kind: 'text', sql: sql`users.password_mastered_in`, takes: REST },
    onPremisesSyncEnabled: {
      kind: 'boolean',
      sql: sql`nullif(users.on_premises_sync_enabled, false)`,
      nullable: true,
      filter: ['eq', 'ne', 'in'],
      takes: REST,
    },
    onPremisesLastSyncDateTime: { kind: 'time', sql: sql`users.on_premises_last_sync_at`, nullable: true, takes: REST },
    lastPasswordChangeDateTime: {
      kind: 'time',
      sql: sql`(select set_at from passwords p where p.tenant_id = ${tenantId} and p.user_id = users.id)`,
      nullable: true,
      takes: TIMES_OF_USE,
    },
    signInSessionsValidFromDateTime: {
      kind: 'time',
      sql: sql`coalesce(users.sessions_valid_from, users.created_at)`,
      takes: TIMES_OF_USE,
    },
    signInActivity: {
      kind: 'value',
      sql: sql`json_build_object('lastSignInDateTime',
        to_char((${lastSignIn(tenantId)}) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`,
      schema: Type.Object({ lastSignInDateTime: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]) }),
      takes: TIMES_OF_USE,
    },
  }
}

const SEALED = sql`json_build_object('id', id, 'sealed', encode(value_sealed, 'base64'))`

const sealedIn = (rows: RawBuilder<unknown>) => ({
  kind: 'text' as const,
  sql: sql`(select ${SEALED} from (${rows}) as sealed)`,
})

const contactOf = (tenantId: string, kind: 'mobilePhone' | 'officePhone' | 'email') => sql`
  select id, value_sealed, value_hash, 0 as place from contact_info c
  where c.tenant_id = ${tenantId} and c.user_id = users.id and kind = ${kind}`

const mailsOf = (tenantId: string) => sql`
  ${contactOf(tenantId, 'email')} union all
  select id, value_sealed, value_hash, place from other_mails o where o.tenant_id = ${tenantId} and o.user_id = users.id`

/** The value of contact info, which is sealed as methods are. */
function opened(keys: Keyring, tenantId: string, json: unknown): string | null {
  if (json === null) return null
  const { id, sealed } = json as { id: string; sealed: string }
  return keys.open({ purpose: 'method', tenantId, rowId: id }, Buffer.from(sealed, 'base64'))
}

type Hashes = (values: readonly string[], asking: Asking) => Buffer[]

/** Under every current secret: while these are rotated a value may stand under either. */
const hashesOf = (values: readonly string[], { keys, tenantId }: Asking) =>
  values.flatMap(value => keys.macs('destination', tenantId, foldAddress(value)))

const numberHashes: Hashes = (values, asking) =>
  hashesOf(
    values.flatMap(value => readNumber(value) ?? []),
    asking,
  )

const addressHashes: Hashes = (values, asking) => hashesOf(values, asking)

const hashed = (hashes: Hashes, column: RawBuilder<unknown>) => ({
  kind: 'text' as const,
  sql: column,
  filter: ['eq'] as const,
  matches: (values: readonly string[], asking: Asking) =>
    sql<boolean>`${column} = any(${hashes(values, asking)}::bytea[])`,
})
