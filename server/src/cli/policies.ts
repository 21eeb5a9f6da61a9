import type { Act } from '../act.ts'
import type { Activity } from '../audit/index.ts'
import type { ResetPolicySettings, TenantSettings } from '../policies/index.ts'
import type { Store } from '../store/index.ts'
import { type Modules, modules, print, tenantOf, UsageError, type Values, withAct, withStore } from './command.ts'

export async function tenantPolicy({ set = [] }: Values, domain: string) {
  const changes = Object.fromEntries((set as string[]).map(readSetting)) as Partial<ResetPolicySettings>
  const on = await modules('audit', 'directory', 'policies', 'store')
  const read = async (db: Store) => {
    const tenantId = await tenantOf(on, db, domain)
    const all = await on.store.inTenant(db, tenantId, trx => on.policies.listPolicies(trx, tenantId))
    return all.find(({ isDefault }) => isDefault)?.settings
  }
  const change = async (db: Store, act: Act) => {
    const tenantId = await tenantOf(on, db, domain)
    return on.store.inTenant(db, tenantId, async trx => {
      await on.audit.record(trx, act, { activity: 'policy.changed', result: 'success', target: { name: 'Default' } })
      return on.policies.changeDefaultPolicy(trx, act, tenantId, changes)
    })
  }
  const settings = Object.keys(changes).length > 0 ? await withAct(change) : await withStore(read)
  print(JSON.stringify(settings, null, 2))
}

/** The command that shows or changes settings of a whole tenant. */
const tenantSettings =
  <T>(activity: Activity, kindOf: (policies: Modules<'policies'>['policies']) => TenantSettings<T>) =>
  async ({ set = [] }: Values, domain: string) => {
    const changes = Object.fromEntries((set as string[]).map(readSetting)) as Partial<T>
    const on = await modules('audit', 'directory', 'policies', 'store')
    const kind = kindOf(on.policies)
    const read = async (db: Store) => {
      const tenantId = await tenantOf(on, db, domain)
      return on.store.inTenant(db, tenantId, trx => on.store.askOne(trx, kind.of(tenantId)))
    }
    const change = async (db: Store, act: Act) => {
      const tenantId = await tenantOf(on, db, domain)
      return on.store.inTenant(db, tenantId, async trx => {
        const details = Object.fromEntries((set as string[]).map(pair => pair.split('=', 2) as [string, string]))
        await on.audit.record(trx, act, { activity, result: 'success', target: { name: domain }, details })
        return kind.change(trx, tenantId, changes)
      })
    }
    const settings = Object.keys(changes).length > 0 ? await withAct(change) : await withStore(read)
    print(JSON.stringify(settings, null, 2))
  }

export const tenantProtection = tenantSettings('protection.changed', ({ protectionOf, changeProtection }) => ({
  of: protectionOf,
  change: changeProtection,
}))

export const tenantSignIn = tenantSettings('signInPolicy.changed', ({ signInPolicyOf, changeSignInPolicy }) => ({
  of: signInPolicyOf,
  change: changeSignInPolicy,
}))

/** `key=value`, the value as JSON, or as the text that it is. */
export function readSetting(pair: string): [string, unknown] {
  const at = pair.indexOf('=')
  if (at < 1) throw new UsageError(`--set takes KEY=VALUE, as in --set enabled=true; "${pair}" is not that.`)
  const value = pair.slice(at + 1)
  try {
    return [pair.slice(0, at), JSON.parse(value)]
  } catch {
    return [pair.slice(0, at), value]
  }
}
