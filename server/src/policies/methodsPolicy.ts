import type { RawBuilder } from 'kysely'
import { type Static, Type } from 'typebox'
import type { Means } from '../crypto/index.ts'
import { combine, type Read, sql, type Trx } from '../store/index.ts'
import type { MethodKind } from './kinds.ts'
import { membershipOf } from './membership.ts'
import { checkSettings, type Settings } from './settings.ts'
import { type SignInPolicy, signInPolicyOf } from './signInPolicy.ts'

/** The id that stands for everybody among targets. */
export const ALL_USERS = 'all_users'

/** A group, or everybody. The rest of Graph's target is what no target here can be. */
const target = (pattern: string) =>
  Type.Object(
    {
      targetType: Type.Literal('group'),
      id: Type.String({ maxLength: 36, pattern }),
      isRegistrationRequired: Type.Optional(Type.Literal(false)),
      isUsableForSignIn: Type.Optional(Type.Literal(false)),
    },
    { additionalProperties: false },
  )
const UUID = '[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}'
const targets = (pattern: string, minItems: number) =>
  Type.Array(target(pattern), {
    minItems,
    maxItems: 50,
    description: `a list of ${minItems} to 50 groups, as in [{"targetType":"group","id":"…"}]`,
  })

const common = {
  state: Type.Enum(['enabled', 'disabled']),
  includeTargets: targets(`^(${ALL_USERS}|${UUID})$`, 1),
  excludeTargets: targets(`^${UUID}$`, 0),
}
/** Minutes that a pass may last, whatever a tenant chooses. */
export const PASS_MINUTES = { least: 10, most: 480 }

const minutes = () => Type.Integer({ minimum: PASS_MINUTES.least, maximum: PASS_MINUTES.most })
const passes = {
  /** Minutes that an access pass lasts where nothing is said, and between which it may. */
  defaultLifetimeInMinutes: minutes(),
  minimumLifetimeInMinutes: minutes(),
  maximumLifetimeInMinutes: minutes(),
  defaultLength: Type.Literal(12),
  /** Whether no pass opens sign-in more than once. */
  isUsableOnce: Type.Boolean(),
}
const Common = Type.Object(common, { additionalProperties: false })
const Passes = Type.Object({ ...common, ...passes }, { additionalProperties: false })

/** For whom a method is on (administration on the wire, §2.5). */
export type MethodConfiguration = Static<typeof Common>
export type PassConfiguration = Static<typeof Passes>

const everybody: MethodConfiguration = {
  state: 'enabled',
  includeTargets: [{ targetType: 'group', id: ALL_USERS }],
  excludeTargets: [],
}
const method: Settings<MethodConfiguration> = { schema: Common, defaults: everybody }
const pass: Settings<PassConfiguration> = {
  schema: Passes,
  defaults: {
    ...everybody,
    defaultLifetimeInMinutes: 60,
    minimumLifetimeInMinutes: 10,
    maximumLifetimeInMinutes: 480,
    defaultLength: 12,
    isUsableOnce: true,
  },
  conflict({ defaultLifetimeInMinutes: usual, minimumLifetimeInMinutes: least, maximumLifetimeInMinutes: most }) {
    if (least > most) return 'minimumLifetimeInMinutes: no more than maximumLifetimeInMinutes'
    if (usual < least || usual > most)
      return 'defaultLifetimeInMinutes: between minimumLifetimeInMinutes and maximumLifetimeInMinutes'
    return undefined
  },
}

/** The methods of the policy, by Graph's names. */
export const configurations = {
  Email: method,
  Sms: method,
  Voice: method,
  SoftwareOath: method,
  Fido2: method,
  TemporaryAccessPass: pass,
}
export type ConfigurationName = keyof typeof configurations
export const configurationNames = Object.keys(configurations) as ConfigurationName[]

/** The methods that a tenant has on, and for whom. */
export type MethodsPolicy = Record<Exclude<ConfigurationName, 'TemporaryAccessPass'>, MethodConfiguration> & {
  TemporaryAccessPass: PassConfiguration
}

/** Only differences are stored, so that a better default of a later version reaches tenants that never chose. */
const complete = (stored: unknown): MethodsPolicy =>
  Object.fromEntries(
    configurationNames.map(name => [
      name,
      { ...configurations[name].defaults, ...(stored as Record<string, object> | null)?.[name] },
    ]),
  ) as unknown as MethodsPolicy

/** The methods policy of a tenant. */
export const methodsPolicyOf = (tenantId: string): Read<MethodsPolicy> => ({
  sql: sql`(select methods_policy from tenants where tenant_id = ${tenantId})`,
  read: complete,
})

/** When a tenant's methods policy was changed last; null for never. */
export const methodsPolicyChangedOf = (tenantId: string): Read<Date | null> => ({
  sql: sql`(select to_json(methods_policy_changed_at) from tenants where tenant_id = ${tenantId})`,
  read: json => (json === null ? null : new Date(json as string)),
})

/** Which methods are on. */
export type MethodsOn = Readonly<Record<ConfigurationName, boolean>>

/** Which methods are on for one person, and which for anybody. */
export interface OwnMethods {
  own: MethodsOn
  anybody: MethodsOn
}

const onBy = (policy: MethodsPolicy, isOn: (configuration: MethodConfiguration) => boolean): MethodsOn =>
  Object.fromEntries(
    configurationNames.map(name => [name, policy[name].state === 'enabled' && isOn(policy[name])]),
  ) as Record<ConfigurationName, boolean>

/** What is on for somebody in these groups and no others. */
export const methodsOnFor = (policy: MethodsPolicy, groups: readonly string[]): MethodsOn =>
  onBy(policy, ({ includeTargets, excludeTargets }) => {
    const isAmong = ({ id }: { id: string }) => id === ALL_USERS || groups.includes(id)
    return includeTargets.some(isAmong) && !excludeTargets.some(isAmong)
  })

const namesGroups = sql<boolean>`jsonb_path_exists(methods_policy, ${`$.*.*[*].id ? (@ != "${ALL_USERS}")`}::jsonpath)`

/** What is on for the person of this id, who is in groups also through others. Without groups in the policy no membership is read. */
export const methodsOnOf = (tenantId: string, id: string | RawBuilder<unknown>): Read<OwnMethods> => {
  const { sql: among, read } = methodsOnAmong(tenantId)
  return { sql: sql`(with recursive ${membershipOf(tenantId, id)} select ${among})`, read }
}

/** The same where `membershipOf` the person is in reach. */
export const methodsOnAmong = (tenantId: string): Read<OwnMethods> => ({
  sql: sql`(
    select json_build_object('policy', methods_policy, 'held', case
      when ${namesGroups} then (
        select json_agg(group_id) from membership
        where jsonb_path_query_array(methods_policy, '$.*.*[*].id') ? group_id::text) end)
    from tenants where tenant_id = ${tenantId})`,
  read(json) {
    const { policy: stored, held } = (json ?? {}) as { policy?: unknown; held?: string[] | null }
    const policy = complete(stored)
    return { own: methodsOnFor(policy, held ?? []), anybody: onBy(policy, () => true) }
  },
})

/** Whether a tenant's methods policy names groups, so that a membership can turn a method on or off. */
export const methodsByGroupOf = (tenantId: string): Read<boolean> => ({
  sql: sql`(select to_json(${namesGroups}) from tenants where tenant_id = ${tenantId})`,
  read: json => json === true,
})

/** The configurations of a kind of method: one of them has to be on. Of no configuration: it is always on. */
const configurationsOf: Record<MethodKind, readonly ConfigurationName[]> = {
  passkey: ['Fido2'],
  mobilePhone: ['Sms', 'Voice'],
  officePhone: ['Voice'],
  email: ['Email'],
  securityQuestions: [],
  authenticatorCode: ['SoftwareOath'],
  recoveryCode: [],
}

export const isMethodOn = (kind: MethodKind, on: MethodsOn): boolean =>
  configurationsOf[kind].length === 0 || configurationsOf[kind].some(name => on[name])

/** Of these kinds those that are on. */
export const onAmong = (kinds: readonly MethodKind[], on: MethodsOn): MethodKind[] =>
  kinds.filter(kind => isMethodOn(kind, on))

const byChannel = { sms: 'Sms', voice: 'Voice', email: 'Email' } as const

export const isChannelOn = (channel: keyof typeof byChannel, on: MethodsOn): boolean => on[byChannel[channel]]

/** A tenant's sign-in policy as it holds for one person: its ways of the second step are those that are on for them. */
export interface OwnSignInPolicy extends SignInPolicy {
  methodsOn: MethodsOn
}

export const ownSignInPolicy = (policy: SignInPolicy, on: MethodsOn): OwnSignInPolicy => ({
  ...policy,
  secondStepMethods: onAmong(policy.secondStepMethods, on),
  methodsOn: on,
})

/** The same, read for the person of this id. */
export const ownSignInPolicyOf = (tenantId: string, id: string | RawBuilder<unknown>): Read<OwnSignInPolicy> =>
  combine({ policy: signInPolicyOf(tenantId), on: methodsOnOf(tenantId, id) }, ({ policy, on }) =>
    ownSignInPolicy(policy, on.own),
  )

/** Changes one method of the policy. Returns it as it then is. Throws `policy_invalid`, naming the first thing wrong. */
export async function changeMethodConfiguration(
  trx: Trx,
  { now }: Pick<Means, 'now'>,
  name: ConfigurationName,
  changes: Partial<PassConfiguration>,
): Promise<MethodConfiguration> {
  const { tenantId } = trx
  const { stored } = await trx
    .selectFrom('tenants')
    .select('methods_policy as stored')
    .where('tenant_id', '=', tenantId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow()
  const kind = configurations[name] as Settings<MethodConfiguration>
  const checked = checkSettings(kind, { ...complete(stored)[name], ...changes })
  const { includeTargets, excludeTargets } = checked
  const settings = { ...checked, includeTargets: plain(includeTargets), excludeTargets: plain(excludeTargets) }
  const chosen = Object.entries(settings).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(kind.defaults[key as keyof MethodConfiguration]),
  )
  const { [name]: _, ...others } = stored as Record<string, object>
  const policy = chosen.length === 0 ? others : { ...others, [name]: Object.fromEntries(chosen) }
  await trx
    .updateTable('tenants')
    .set({ methods_policy: JSON.stringify(policy), methods_policy_changed_at: now })
    .where('tenant_id', '=', tenantId)
    .execute()
  return settings
}

/** Targets as they are kept: each once, by its id in lower case. */
const plain = (targets: MethodConfiguration['includeTargets']): MethodConfiguration['includeTargets'] =>
  [...new Set(targets.map(({ id }) => id.toLowerCase()))].map(id => ({ targetType: 'group', id }))

/** The groups among targets. */
export const groupsIn = (targets: MethodConfiguration['includeTargets']): string[] =>
  targets.map(({ id }) => id.toLowerCase()).filter(id => id !== ALL_USERS)

/** For SQL: whether the tenant's methods policy names this group. */
export const namedByMethods = (tenantId: string, groupId: string) => sql<boolean>`exists(
  select from tenants where tenant_id = ${tenantId}
    and jsonb_path_query_array(methods_policy, '$.*.*[*].id') ? ${groupId.toLowerCase()})`
