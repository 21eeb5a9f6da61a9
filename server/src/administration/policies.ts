import { createHash } from 'node:crypto'
import { demand, isAdministrator } from '../access/index.ts'
import type { Act } from '../act.ts'
import { type Activity, changesOf, record } from '../audit/index.ts'
import { findGroups, lockTenant, type User } from '../directory/index.ts'
import { addBannedWords, importBannedWords, removeBannedWords } from '../passwords/index.ts'
import {
  addPolicy,
  changeProtection,
  changeSignInPolicy,
  changeWritebackPolicy,
  checkMethodsSuffice,
  choosePolicy,
  listPolicies,
  lockPolicy,
  nextPriority,
  onAmong,
  type PolicyChanges,
  PolicyError,
  type ProtectionSettings,
  policiesFor,
  protection,
  protectionOf,
  removePolicy,
  resetPolicy,
  type Settings,
  type SignInPolicy,
  signInPolicy,
  signInPolicyOf,
  type TenantSettings,
  type VersionedPolicy,
  type WritebackSettings,
  writebackPolicy,
  writebackPolicyOf,
  writePolicy,
} from '../policies/index.ts'
import { refusals } from '../refusals.ts'
import { ask, askOne, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'
import { checkVersion } from './versions.ts'

const refuseMissing = refusals({ not_found: 404 })

/** A new reset policy. Settings that it does not name are those of a new tenant; without a priority it is tried after the others. */
export interface NewPolicy extends Omit<PolicyChanges, 'displayName'> {
  displayName: string
}

/** Adds a reset policy. Returns its id. Throws `policy_invalid`, `ObjectConflict` for a priority that another has. */
export async function addResetPolicy(trx: Trx, act: Act, policy: NewPolicy): Promise<string> {
  demand(act, 'resetPolicies.write', { kind: 'tenant', tenantId: trx.tenantId })
  const { displayName, priority, includedGroups = [], excludedGroups = [], settings = {} } = policy
  await lockTenant(trx, trx.tenantId)
  await checkGroups(trx, { includedGroups, excludedGroups })
  const id = await told(async () => {
    const added = await addPolicy(trx, act, trx.tenantId, {
      displayName,
      priority: priority ?? (await nextPriority(trx)),
      includedGroups,
      excludedGroups,
      settings: { ...resetPolicy.defaults, ...settings },
    })
    await checkMethodsSuffice(trx, 'methods')
    return added
  })
  await recordPolicy(
    trx,
    act,
    { activity: 'policy.created', id, displayName },
    changesOf<object>({}, { ...policy, ...settings }),
  )
  return id
}

/** Changes a reset policy, the default one where no id is given. Returns what it is then. Throws `policy_invalid`, `not_found`. */
export async function changeResetPolicy(
  trx: Trx,
  act: Act,
  { id, changes, ifMatch }: { id?: string | undefined; changes: PolicyChanges; ifMatch?: string | undefined },
): Promise<VersionedPolicy['settings']> {
  demand(act, 'resetPolicies.write', { kind: 'tenant', tenantId: trx.tenantId })
  // The methods policy is judged with it: of two changes at once one comes first.
  await lockTenant(trx, trx.tenantId)
  const policy = await getPolicy(trx, id, ifMatch)
  const { settings: changed = {}, ...rest } = changes
  const fixed = (['priority', 'includedGroups', 'excludedGroups'] as const).find(name => rest[name] !== undefined)
  // It fits everybody whom no other fits, so that nobody is ever without a policy.
  if (policy.isDefault && fixed) throw refuse('policy_invalid', { field: fixed })
  await checkGroups(trx, rest)
  const settings = await told(async () => {
    const written = await writePolicy(trx, act, policy, changes)
    await checkMethodsSuffice(trx, changes.settings ? 'methods' : 'includedGroups')
    return written
  })
  const before = { ...policy.settings, ...policy }
  await recordPolicy(
    trx,
    act,
    { ...policy, activity: 'policy.changed' },
    changesOf<object>(before, { ...rest, ...changed }),
  )
  return settings
}

/** Removes a reset policy: its people have the next one that fits. The default one stays. */
export async function deleteResetPolicy(trx: Trx, act: Act, id: string, ifMatch?: string): Promise<void> {
  demand(act, 'resetPolicies.write', { kind: 'tenant', tenantId: trx.tenantId })
  const policy = await getPolicy(trx, id, ifMatch)
  if (policy.isDefault) throw refuse('policy_invalid', { field: 'isDefault' })
  await removePolicy(trx, policy.id)
  await recordPolicy(trx, act, { ...policy, activity: 'policy.deleted' })
}

async function getPolicy(trx: Trx, id: string | undefined, ifMatch: string | undefined): Promise<VersionedPolicy> {
  const policy = await lockPolicy(trx, id)
  if (!policy) throw refuseMissing('not_found')
  checkVersion(policy.version, ifMatch)
  return policy
}

/** Refuses groups that the tenant does not have: a policy with a mistyped id would fit nobody, or everybody. */
async function checkGroups(trx: Trx, { includedGroups = [], excludedGroups = [] }: PolicyChanges): Promise<void> {
  const found = new Set(await findGroups(trx, [...includedGroups, ...excludedGroups]))
  const missing = (ids: readonly string[]) => ids.some(id => !found.has(id.toLowerCase()))
  if (missing(includedGroups)) throw refuse('policy_invalid', { field: 'includedGroups' })
  if (missing(excludedGroups)) throw refuse('policy_invalid', { field: 'excludedGroups' })
}

/** Settings of a whole tenant, as administrators change them. */
interface TenantPolicy<T> extends TenantSettings<T> {
  kind: Settings<T>
  action: 'protection.write' | 'signInPolicy.write' | 'agents.write'
  activity: Activity
}

/** The policies that a tenant has one of, by the names of `/v1.0`. */
export const tenantPolicies = {
  passwordProtectionPolicy: {
    kind: protection,
    of: protectionOf,
    change: changeProtection,
    action: 'protection.write',
    activity: 'protection.changed',
  } satisfies TenantPolicy<ProtectionSettings>,
  signInPolicy: {
    kind: signInPolicy,
    of: signInPolicyOf,
    change: changeSignInPolicy,
    action: 'signInPolicy.write',
    activity: 'signInPolicy.changed',
  } satisfies TenantPolicy<SignInPolicy>,
  writebackPolicy: {
    kind: writebackPolicy,
    of: writebackPolicyOf,
    change: changeWritebackPolicy,
    action: 'agents.write',
    activity: 'writeback.changed',
  } satisfies TenantPolicy<WritebackSettings>,
} as const

type TenantPolicyName = keyof typeof tenantPolicies

const policyNamed = (name: TenantPolicyName) => tenantPolicies[name] as unknown as TenantPolicy<object>

/** A policy of the tenant with what tells one state of it from another, for ETags. */
export async function readTenantPolicy(
  trx: Trx,
  name: TenantPolicyName,
): Promise<{ settings: object; version: string }> {
  const settings = await askOne(trx, policyNamed(name).of(trx.tenantId))
  return { settings, version: createHash('sha256').update(JSON.stringify(settings)).digest('base64url').slice(0, 16) }
}

/** Changes a policy that the tenant has one of. Throws `policy_invalid`, changing nothing. */
export async function changeTenantPolicy(
  trx: Trx,
  act: Act,
  { name, changes, ifMatch }: { name: TenantPolicyName; changes: object; ifMatch?: string | undefined },
): Promise<object> {
  const { tenantId } = trx
  const { action, activity, change } = policyNamed(name)
  demand(act, action, { kind: 'tenant', tenantId })
  await lockTenant(trx, tenantId)
  const { settings: before, version } = await readTenantPolicy(trx, name)
  checkVersion(version, ifMatch)
  const settings = await told(async () => {
    const changed = await change(trx, tenantId, changes)
    if (name === 'signInPolicy') await checkMethodsSuffice(trx, 'secondStepMethods')
    return changed
  })
  await record(trx, act, { activity, result: 'success', target: { name }, details: changesOf<object>(before, changes) })
  return settings
}

/** The policies that hold for one person, with the fixed rules for administrators in force. */
export interface EffectivePolicies {
  passwordResetPolicy: { id: string; displayName: string; settings: object }
  isAdministrator: boolean
  passwordProtectionPolicy: object
  signInPolicy: object
}

/** Reads what holds for somebody, enabled or not. */
export async function readEffectivePolicies(trx: Trx, act: Act, user: User): Promise<EffectivePolicies> {
  const { tenantId } = trx
  demand(act, 'policies.read', { kind: 'tenant', tenantId })
  const reads = {
    tried: policiesFor(tenantId, user.id),
    protected: protectionOf(tenantId),
    signIn: signInPolicyOf(tenantId),
  }
  const [{ tried, protected: protects, signIn }, policies] = await Promise.all([
    ask(trx, reads),
    listPolicies(trx, tenantId),
  ])
  const { id, settings, administrator, methodsOn } = choosePolicy(tenantId, tried, {
    administrator: isAdministrator(user),
  })
  const displayName = policies.find(one => one.id === id)?.displayName ?? ''
  return {
    passwordResetPolicy: { id, displayName, settings },
    isAdministrator: administrator,
    passwordProtectionPolicy: protects,
    signInPolicy: { ...signIn, secondStepMethods: onAmong(signIn.secondStepMethods, methodsOn) },
  }
}

/** Bans words in the tenant's passwords. A refused word does not keep others from the list; each is reported. */
export const banWords = (trx: Trx, act: Act, words: readonly string[]) =>
  banned(trx, act, () => addBannedWords(trx, act, trx.tenantId, words))

/** Bans the words of a text file, one a line. */
export const banListedWords = (trx: Trx, act: Act, text: string) =>
  banned(trx, act, () => importBannedWords(trx, act, trx.tenantId, text))

async function banned(trx: Trx, act: Act, add: () => ReturnType<typeof addBannedWords>) {
  demand(act, 'protection.write', { kind: 'tenant', tenantId: trx.tenantId })
  const result = await add()
  if (result.added.length > 0) await recordWords(trx, act, { added: String(result.added.length) })
  return result
}

/** Takes words off the tenant's list. Returns the ones that were on it. */
export async function allowWords(trx: Trx, act: Act, words: readonly string[]): Promise<string[]> {
  demand(act, 'protection.write', { kind: 'tenant', tenantId: trx.tenantId })
  const removed = await removeBannedWords(trx, trx.tenantId, words)
  if (removed.length > 0) await recordWords(trx, act, { removed: String(removed.length) })
  return removed
}

/** Counts alone: a list of a company's banned words in a log would tell what its passwords are not. */
const recordWords = (trx: Trx, act: Act, details: Record<string, string>) =>
  record(trx, act, { activity: 'policy.changed', result: 'success', target: { name: 'Banned words' }, details })

const recordPolicy = (
  trx: Trx,
  act: Act,
  { activity, id, displayName }: { activity: Activity; id: string; displayName: string },
  details: Record<string, string> = {},
) => record(trx, act, { activity, result: 'success', target: { id, name: displayName }, details })

/** Runs what may find settings wrong, and refuses with the setting and the sentence. */
export async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code, constraint } = error as { code?: string; constraint?: string }
    if (code === '23505' && constraint?.includes('priority')) throw refuse('ObjectConflict', { field: 'priority' })
    if (!(error instanceof PolicyError)) throw error
    throw refuse('policy_invalid', { field: error.setting, toPrograms: { message: error.message } })
  }
}
