import { type RawBuilder, sql } from 'kysely'
import { Type } from 'typebox'
import { rankedUsers } from '../directory/index.ts'
import { type Entity, type Property, T } from '../odata/index.ts'
import type { Trx } from '../store/index.ts'
import { foldName, foldText } from '../typing/index.ts'
import { refuseReport } from './errors.ts'
import { always } from './events.ts'

const FROM = sql`users join registrations on registrations.tenant_id = users.tenant_id and registrations.user_id = users.id`

/** The methods that pass a second step or sign in without a password. Somebody is capable by those that the methods policy has on. */
const steps = (column: string) => sql`${sql.ref(column)} && '{mobilePhone,softwareOneTimePasscode,fido2}'`
const REGISTERED = steps('registrations.methods')
const CAPABLE = sql`(${steps('registrations.usable_methods')} and users.account_enabled)`
const PASSWORDLESS = sql`(registrations.usable_methods @> '{fido2}' and users.account_enabled)`

const is = (value: RawBuilder<unknown>): Property => ({ kind: 'boolean', sql: value, unasked: true, filter: ['eq'] })

/** Who can reset their password by what: Microsoft Graph's userRegistrationDetails, and why not. */
export const registrationDetails: Entity = {
  name: 'userRegistrationDetails',
  type: '#microsoft.graph.userRegistrationDetails',
  from: FROM,
  tenant: sql`users.tenant_id`,
  properties: {
    id: { kind: 'uuid', sql: sql`users.id`, unasked: true, filter: ['eq', 'in'] },
    userPrincipalName: {
      kind: 'text',
      sql: sql`users.user_principal_name`,
      unasked: true,
      filter: T,
      order: true,
      folded: { sql: sql`users.user_principal_name_folded`, fold: foldName },
    },
    userDisplayName: {
      kind: 'text',
      sql: sql`users.display_name`,
      unasked: true,
      filter: T,
      order: true,
      folded: { sql: sql`users.display_name_folded`, fold: foldText },
    },
    userType: {
      kind: 'text',
      sql: sql`'member'`,
      unasked: true,
      filter: ['eq'],
      folded: { sql: sql`'member'`, fold: foldText },
    },
    isAdmin: is(sql`registrations.is_administrator`),
    isSsprEnabled: is(sql`registrations.is_enabled`),
    isSsprRegistered: is(sql`registrations.is_registered`),
    isSsprCapable: is(sql`registrations.is_capable`),
    isMfaRegistered: is(REGISTERED),
    isMfaCapable: is(CAPABLE),
    isPasswordlessCapable: is(PASSWORDLESS),
    methodsRegistered: {
      kind: 'texts',
      sql: sql`registrations.methods`,
      unasked: true,
      any: {
        from: sql`unnest(registrations.methods) as method(name)`,
        fields: {
          '': {
            kind: 'text',
            sql: sql`method.name`,
            filter: ['eq'],
            folded: { sql: sql`lower(method.name)`, fold: foldText },
          },
        },
      },
    },
    isSystemPreferredAuthenticationMethodEnabled: always(false),
    systemPreferredAuthenticationMethods: always([]),
    userPreferredMethodForSecondaryAuthentication: always('none'),
    lastUpdatedDateTime: { kind: 'time', sql: sql`registrations.judged_at`, nullable: true, unasked: true },
    refusal: {
      kind: 'text',
      sql: sql`registrations.refusal`,
      nullable: true,
      unasked: true,
      filter: ['eq', 'ne', 'in'],
      folded: { sql: sql`registrations.refusal`, fold: text => text.toUpperCase() },
    },
    policyId: { kind: 'uuid', sql: sql`registrations.policy_id`, nullable: true, unasked: true, filter: ['eq', 'in'] },
    department: {
      kind: 'text',
      sql: sql`users.department`,
      nullable: true,
      unasked: true,
      filter: T,
      folded: { sql: sql`users.department_folded`, fold: foldText },
    },
  },
}

/** The condition of one person's details. */
export const detailsOf = (id: string): RawBuilder<boolean> => sql`users.id = ${id}::uuid`

const TYPES = ['all', 'member', 'guest']
const ROLES = ['all', 'privilegedAdmin', 'admin', 'user']

/** Whose registrations are counted. */
export interface Counted {
  userTypes: string
  userRoles: string
}

/** Reads `includedUserTypes='all',includedUserRoles='all'`. Throws `argument_invalid`. */
export function readCounted(text: string): Counted {
  const counted: Counted = { userTypes: 'all', userRoles: 'all' }
  for (const one of text.split(',').filter(part => part.trim() !== '')) {
    const [, name, value = ''] = /^\s*(\w+)\s*=\s*'(\w+)'\s*$/.exec(one) ?? []
    if (name === 'includedUserTypes' && TYPES.includes(value)) counted.userTypes = value
    else if (name === 'includedUserRoles' && ROLES.includes(value)) counted.userRoles = value
    else throw refuseReport('argument_invalid', { field: name ?? one })
  }
  return counted
}

const PRIVILEGED = ['Global Administrator', 'Privileged Role Administrator', 'Privileged Authentication Administrator']

async function within(trx: Trx, { userTypes, userRoles }: Counted): Promise<RawBuilder<boolean>> {
  const tenant = sql<boolean>`users.tenant_id = ${trx.tenantId}`
  if (userTypes === 'guest') return sql`${tenant} and false`
  if (userRoles === 'all') return tenant
  if (userRoles !== 'privilegedAdmin')
    return sql`${tenant} and registrations.is_administrator = ${userRoles === 'admin'}`
  const ranked = await rankedUsers(trx)
  const ids = ranked.filter(({ roles }) => roles.some(role => PRIVILEGED.includes(role))).map(({ id }) => id)
  return sql`${tenant} and users.id = any(${ids}::uuid[])`
}

/** How many people there are of each feature. */
export async function countByFeature(trx: Trx, counted: Counted) {
  const { rows } = await sql<Record<string, number>>`
    select count(*)::int as total,
      count(*) filter (where registrations.is_registered)::int as "ssprRegistered",
      count(*) filter (where registrations.is_enabled)::int as "ssprEnabled",
      count(*) filter (where registrations.is_capable)::int as "ssprCapable",
      count(*) filter (where ${PASSWORDLESS})::int as "passwordlessCapable",
      count(*) filter (where ${CAPABLE})::int as "mfaCapable"
    from ${FROM} where ${await within(trx, counted)}`.execute(trx)
  const { total, ...features } = rows[0]!
  return {
    totalUserCount: total,
    ...counted,
    userRegistrationFeatureCounts: Object.entries(features).map(([feature, userCount]) => ({ feature, userCount })),
  }
}

/** Every method that a person can have. */
const METHODS = [
  'mobilePhone',
  'officePhone',
  'email',
  'securityQuestion',
  'softwareOneTimePasscode',
  'fido2',
  'temporaryAccessPass',
  'recoveryCode',
]

/** How many people there are with each method. */
export async function countByMethod(trx: Trx, counted: Counted) {
  const where = await within(trx, counted)
  const { rows } = await sql<{ total: number; counts: Record<string, number> | null }>`
    select (select count(*)::int from ${FROM} where ${where}) as total,
      (select json_object_agg(name, count) from (
        select method.name, count(*) from ${FROM} cross join unnest(registrations.methods) as method(name)
        where ${where} group by method.name) as counted) as counts`.execute(trx)
  const { total, counts } = rows[0]!
  return {
    totalUserCount: total,
    ...counted,
    userRegistrationMethodCounts: METHODS.map(authenticationMethod => ({
      authenticationMethod,
      userCount: counts?.[authenticationMethod] ?? 0,
    })),
  }
}

const count = (name: string, of: string) =>
  Type.Object({
    totalUserCount: Type.Integer(),
    userTypes: Type.String(),
    userRoles: Type.String(),
    [name]: Type.Array(Type.Object({ [of]: Type.String(), userCount: Type.Integer() })),
  })
export const FeatureCounts = count('userRegistrationFeatureCounts', 'feature')
export const MethodCounts = count('userRegistrationMethodCounts', 'authenticationMethod')
