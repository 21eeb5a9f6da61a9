import { type RawBuilder, sql } from 'kysely'
import type { Read } from '../store/index.ts'
import { PolicyError } from './errors.ts'
import { administratorKinds, methodKinds } from './kinds.ts'
import { type ResetPolicySettings, resetPolicy } from './resetPolicy.ts'

/** The policy of one person. */
export interface EffectivePolicy {
  id: string
  settings: ResetPolicySettings
  /** The settings without any role: all that a stranger learns. */
  plain: ResetPolicySettings
  /** Whether another policy of the tenant lets people reset: tells "not you" from "nobody". */
  enabledForSome: boolean
  /** Whether the fixed rules for administrators replaced the tenant's. */
  administrator: boolean
  /** The settings that a tenant with concealed accounts shows for every name; undefined where no policy lets anybody reset. */
  publicPolicy: ResetPolicySettings | undefined
}

/**
 * Administrators' fixed rules (§2.9): always enabled, two proofs, never questions, never data that they did not prove themselves.
 */
const forAdministrators = (settings: ResetPolicySettings): ResetPolicySettings => ({
  ...settings,
  enabled: true,
  gates: 2,
  methods: administratorKinds,
  prefilledDataCounts: false,
  signInAfterReset: false,
})

/** A policy as it was tried on one person. */
export interface TriedPolicy {
  id: string
  settings: ResetPolicySettings
  fits: boolean
}

/** For SQL: whether the group of this column is not deleted. A deleted one can be restored, and opens nothing meanwhile. */
export const groupStands = (tenantId: string, column: string) => sql<boolean>`not exists(
  select from groups gone where gone.tenant_id = ${tenantId} and gone.id = ${sql.ref(column)} and gone.deleted_at is not null)`

/**
 * For SQL: the groups that a user, group or service principal is in, also through groups, as `with recursive` takes it.
 * `id` may be an expression that is null. The offset keeps PostgreSQL from reading all memberships of the tenant for
 * somebody who is in many groups.
 */
export const membershipOf = (tenantId: string, id: string | RawBuilder<unknown>) => sql`membership as (
    select group_id from group_members direct
    where direct.tenant_id = ${tenantId} and direct.member_id = ${id} and ${groupStands(tenantId, 'direct.group_id')}
    union
    select around.group_id from membership cross join lateral (
      select group_id from group_members above
      where above.tenant_id = ${tenantId} and above.inner_group_id = membership.group_id and ${groupStands(tenantId, 'above.group_id')}
      offset 0) as around
  )`

/** The tenant's policies in order, each with whether it fits the person of this id. */
export const policiesFor = (tenantId: string, id: string | RawBuilder<unknown>): Read<TriedPolicy[]> => ({
  sql: sql`(
    with recursive ${membershipOf(tenantId, id)}, held as (select coalesce(array_agg(group_id), '{}') ids from membership)
    select coalesce(json_agg(json_build_object('id', p.id, 'settings', p.settings, 'fits',
        p.is_default or ((p.included_groups = '{}' or p.included_groups && held.ids)
          and not p.excluded_groups && held.ids)) order by p.is_default, p.priority), '[]')
    from reset_policies p cross join held
    where p.tenant_id = ${tenantId})`,
  read: json => json as TriedPolicy[],
})

/**
 * The policy that fits: the first whose included groups hold the user and whose excluded groups do not, directly or through other groups.
 * No included group means everybody. For an unknown name it is the first that lets people reset, like for a person who never registered.
 */
export function choosePolicy(
  tenantId: string,
  tried: readonly TriedPolicy[],
  person: { administrator: boolean } | undefined,
): EffectivePolicy {
  const enabled = tried.find(policy => policy.settings.enabled)
  const found = (person === undefined && enabled) || tried.find(policy => policy.fits)
  const administrator = person?.administrator === true
  // The empty tenant has no policy row; by the defaults it refuses like a tenant where nobody is registered.
  const settings = found?.settings ?? { ...resetPolicy.defaults, enabled: true }
  // Settings are checked when they are written. Damaged ones must not count as fewer gates, or none.
  if (settings.gates !== 1 && settings.gates !== 2) throw new PolicyError('the stored gates are no number')
  return {
    id: found?.id ?? tenantId,
    settings: administrator ? forAdministrators(settings) : settings,
    plain: settings,
    enabledForSome: enabled !== undefined,
    administrator,
    publicPolicy: publicPolicyOf(tried),
  }
}

/** The first policy that lets people reset, with the methods of every such policy and the most questions of any. It depends on no name, and asks nobody for less than their own policy does. */
function publicPolicyOf(tried: readonly TriedPolicy[]): ResetPolicySettings | undefined {
  const enabled = tried.filter(policy => policy.settings.enabled)
  const offered = new Set(enabled.flatMap(policy => policy.settings.methods))
  const most = (key: 'questionsToRegister' | 'questionsToReset') =>
    Math.max(...enabled.map(({ settings }) => settings[key]))
  return (
    enabled[0] && {
      ...enabled[0].settings,
      methods: methodKinds.filter(kind => offered.has(kind)),
      questionsToRegister: most('questionsToRegister'),
      questionsToReset: most('questionsToReset'),
    }
  )
}
