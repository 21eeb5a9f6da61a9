import type { RawBuilder } from 'kysely'
import { combine, type Read, sql } from '../store/index.ts'
import { PolicyError } from './errors.ts'
import { administratorKinds, methodKinds } from './kinds.ts'
import { membershipOf } from './membership.ts'
import { type MethodsOn, methodsOnAmong, type OwnMethods, onAmong } from './methodsPolicy.ts'
import { type ResetPolicySettings, resetPolicy } from './resetPolicy.ts'

/** The policy of one person. Its methods, here and in `plain`, are those that the methods policy has on for them. */
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
  /** What the methods policy has on: for this person, and for anybody, which tells nothing of the person. */
  methodsOn: MethodsOn
  publicMethodsOn: MethodsOn
}

/**
 * Administrators' fixed rules (§2.9): always enabled, two proofs, never questions, never data that they did not prove themselves.
 */
const forAdministrators = (settings: ResetPolicySettings, on: MethodsOn): ResetPolicySettings => ({
  ...settings,
  enabled: true,
  gates: 2,
  methods: onAmong(administratorKinds, on),
  prefilledDataCounts: false,
  signInAfterReset: false,
})

/** A policy as it was tried on one person. */
export interface TriedPolicy {
  id: string
  settings: ResetPolicySettings
  fits: boolean
}

/** What a person's policy is chosen from. */
export interface Tried {
  policies: readonly TriedPolicy[]
  on: OwnMethods
}

/** The tenant's policies in order, each with whether it fits the person of this id, and the methods that are on. */
export function policiesFor(tenantId: string, id: string | RawBuilder<unknown>): Read<Tried> {
  const parts = { policies: triedAmong(tenantId), on: methodsOnAmong(tenantId) }
  const { sql: among, read } = combine<Tried, Tried>(parts, tried => tried)
  // One reading of the groups for both: what a statement could read costs it also where it does not.
  return { sql: sql`(with recursive ${membershipOf(tenantId, id)} select ${among})`, read }
}

/** For SQL where `membershipOf` the person is in reach. */
const triedAmong = (tenantId: string): Read<TriedPolicy[]> => ({
  sql: sql`(
    with held as (select coalesce(array_agg(group_id), '{}') ids from membership)
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
  { policies, on }: Tried,
  person: { administrator: boolean } | undefined,
): EffectivePolicy {
  const enabled = policies.find(policy => policy.settings.enabled)
  const found = (person === undefined && enabled) || policies.find(policy => policy.fits)
  const administrator = person?.administrator === true
  // The empty tenant has no policy row; by the defaults it refuses like a tenant where nobody is registered.
  const settings = found?.settings ?? { ...resetPolicy.defaults, enabled: true }
  // Settings are checked when they are written. Damaged ones must not count as fewer gates, or none.
  if (settings.gates !== 1 && settings.gates !== 2) throw new PolicyError('the stored gates are no number')
  const plain = { ...settings, methods: onAmong(settings.methods, on.own) }
  return {
    id: found?.id ?? tenantId,
    settings: administrator ? forAdministrators(settings, on.own) : plain,
    plain,
    enabledForSome: enabled !== undefined,
    administrator,
    publicPolicy: publicPolicyOf(policies, on.anybody),
    methodsOn: on.own,
    publicMethodsOn: on.anybody,
  }
}

/** Whether the methods of these settings can pass their gates at all. */
export const canPass = ({ gates, methods, passkeyIsEnough }: ResetPolicySettings): boolean =>
  methods.length >= gates || (passkeyIsEnough && methods.includes('passkey'))

/** The first policy that lets people reset, with the methods of every such policy and the most questions of any. It depends on no name, and asks nobody for less than their own policy does. */
function publicPolicyOf(policies: readonly TriedPolicy[], on: MethodsOn): ResetPolicySettings | undefined {
  const enabled = policies.filter(policy => policy.settings.enabled)
  const offered = new Set(enabled.flatMap(policy => policy.settings.methods))
  const most = (key: 'questionsToRegister' | 'questionsToReset') =>
    Math.max(...enabled.map(({ settings }) => settings[key]))
  return (
    enabled[0] && {
      ...enabled[0].settings,
      methods: onAmong(
        methodKinds.filter(kind => offered.has(kind)),
        on,
      ),
      questionsToRegister: most('questionsToRegister'),
      questionsToReset: most('questionsToReset'),
    }
  )
}
