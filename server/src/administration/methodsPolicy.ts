import { createHash } from 'node:crypto'
import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { changesOf, record } from '../audit/index.ts'
import { findGroups, lockTenant } from '../directory/index.ts'
import {
  type ConfigurationName,
  changeMethodConfiguration,
  checkMethodsSuffice,
  configurationNames,
  groupsIn,
  listPolicies,
  lockPolicy,
  type MethodConfiguration,
  type MethodsPolicy,
  methodsPolicyChangedOf,
  methodsPolicyOf,
  neededBy,
  type PassConfiguration,
  type ResetPolicySettings,
  signInPolicyOf,
  writePolicy,
} from '../policies/index.ts'
import { ask, askOne, type Trx } from '../store/index.ts'
import { refuse, refuseMissing } from './errors.ts'
import { withGlobalAdministrator } from './lastAdministrator.ts'
import { told } from './policies.ts'
import { checkVersion } from './versions.ts'

export const METHODS_POLICY = '/policies/authenticationMethodsPolicy'
export const METHOD_CONFIGURATION = `${METHODS_POLICY}/authenticationMethodConfigurations/{name}`

/** Reads the name of a method of the policy, in any case. Throws `not_found`. */
export function readConfigurationName(text: string | undefined): ConfigurationName {
  const name = configurationNames.find(one => one.toLowerCase() === text?.toLowerCase())
  if (!name) throw refuseMissing('not_found')
  return name
}

/** What the methods policy says of registration: these are settings of the default reset policy. */
type Registration = Pick<ResetPolicySettings, 'reconfirmAfterDays' | 'registrationRequired' | 'registrationMayBePutOff'>

/** The methods policy of the tenant. `version`: another one after each change. */
export interface WholeMethodsPolicy {
  methods: MethodsPolicy
  /** The policies that each method cannot be turned off for. */
  neededBy: Record<ConfigurationName, string[]>
  registration: Registration
  changedAt: Date
  version: string
}

const versionOf = (read: object) => createHash('sha256').update(JSON.stringify(read)).digest('base64url').slice(0, 16)

export async function readMethodsPolicy(trx: Trx): Promise<WholeMethodsPolicy> {
  const { tenantId } = trx
  const { methods, signIn, changedAt } = await ask(trx, {
    methods: methodsPolicyOf(tenantId),
    signIn: signInPolicyOf(tenantId),
    changedAt: methodsPolicyChangedOf(tenantId),
  })
  const policies = await listPolicies(trx, tenantId)
  const standard = policies.find(({ isDefault }) => isDefault)!
  const { reconfirmAfterDays, registrationRequired, registrationMayBePutOff } = standard.settings
  const registration = { reconfirmAfterDays, registrationRequired, registrationMayBePutOff }
  const newest = changedAt && changedAt > standard.updatedAt ? changedAt : standard.updatedAt
  const needed = Object.fromEntries(
    configurationNames.map(name => [name, neededBy(name, methods, { policies, signIn })]),
  ) as Record<ConfigurationName, string[]>
  const read = { methods, registration, neededBy: needed }
  return { ...read, changedAt: newest, version: versionOf(read) }
}

/** One method of the policy. */
export async function readMethodOfPolicy(
  trx: Trx,
  name: ConfigurationName,
): Promise<{ configuration: MethodConfiguration; version: string }> {
  const configuration = (await askOne(trx, methodsPolicyOf(trx.tenantId)))[name]
  return { configuration, version: versionOf(configuration) }
}

/**
 * Changes for whom a method is on. Throws `policy_invalid` also where a reset policy, or everyone's second step, would be
 * left too few methods, and `last_global_administrator` where nobody could administrate any more.
 */
export async function changeMethodOfPolicy(
  trx: Trx,
  act: Act,
  asked: { name: ConfigurationName; changes: Partial<PassConfiguration>; ifMatch?: string | undefined },
): Promise<void> {
  const { name, changes, ifMatch } = asked
  const { tenantId } = trx
  demand(act, 'methodsPolicy.write', { kind: 'tenant', tenantId })
  await lockTenant(trx, tenantId)
  const { configuration: before, version } = await readMethodOfPolicy(trx, name)
  checkVersion(version, ifMatch)
  await checkTargets(trx, changes)
  const after = await withGlobalAdministrator(trx, () =>
    told(async () => {
      const changed = await changeMethodConfiguration(trx, act, name, changes)
      await checkMethodsSuffice(trx, Object.keys(changes)[0] ?? 'state')
      return changed
    }),
  )
  const written = Object.fromEntries(Object.keys(changes).map(key => [key, after[key as keyof MethodConfiguration]]))
  await record(trx, act, {
    activity: 'methodsPolicy.changed',
    result: 'success',
    target: { name },
    details: changesOf<object>(before, written),
  })
}

/** Refuses groups that the tenant does not have. */
async function checkTargets(trx: Trx, { includeTargets = [], excludeTargets = [] }: Partial<MethodConfiguration>) {
  for (const [field, targets] of Object.entries({ includeTargets, excludeTargets })) {
    const named = groupsIn(targets)
    const found = await findGroups(trx, named)
    if (named.some(id => !found.includes(id))) throw refuse('policy_invalid', { field })
  }
}

/** What of the whole policy is written, in Graph's words. */
export interface RegistrationChanges {
  reconfirmationInDays?: number | undefined
  registrationEnforcement?:
    | {
        authenticationMethodsRegistrationCampaign?:
          | {
              state?: 'enabled' | 'disabled' | undefined
              enforceRegistrationAfterAllowedSnoozes?: boolean | undefined
            }
          | undefined
      }
    | undefined
}

/** Changes what the methods policy says of registration: in the default reset policy. */
export async function changeMethodsPolicy(
  trx: Trx,
  act: Act,
  { changes, ifMatch }: { changes: RegistrationChanges; ifMatch?: string | undefined },
): Promise<void> {
  const { tenantId } = trx
  demand(act, 'methodsPolicy.write', { kind: 'tenant', tenantId })
  await lockTenant(trx, tenantId)
  const { version } = await readMethodsPolicy(trx)
  checkVersion(version, ifMatch)
  const { reconfirmationInDays: days, registrationEnforcement: enforcement } = changes
  const { state, enforceRegistrationAfterAllowedSnoozes: enforced } =
    enforcement?.authenticationMethodsRegistrationCampaign ?? {}
  const settings: Partial<Registration> = {
    ...(days !== undefined && { reconfirmAfterDays: days }),
    ...(state !== undefined && { registrationRequired: state === 'enabled' }),
    ...(enforced !== undefined && { registrationMayBePutOff: !enforced }),
  }
  const policy = await lockPolicy(trx, undefined)
  if (!policy) throw refuseMissing('not_found')
  await told(() => writePolicy(trx, act, policy, { settings }))
  await record(trx, act, {
    activity: 'policy.changed',
    result: 'success',
    target: { id: policy.id, name: policy.displayName },
    details: changesOf<object>(policy.settings, settings),
  })
}
