import type { Act } from '../act.ts'
import type { ProtectionSettings, ResetPolicySettings } from '../policies/index.ts'
import type { Store } from '../store/index.ts'
import { modules, print, tenantOf, UsageError, type Values, withAct, withStore } from './command.ts'

export async function tenantPolicy({ set = [] }: Values, domain: string) {
  const changes = Object.fromEntries((set as string[]).map(readSetting)) as Partial<ResetPolicySettings>
  const on = await modules()
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
  const settings = Object.keys(changes).length > 0 ? await withAct(on, change) : await withStore(read)
  print(JSON.stringify(settings, null, 2))
}

export async function tenantProtection({ set = [] }: Values, domain: string) {
  const changes = Object.fromEntries((set as string[]).map(readSetting)) as Partial<ProtectionSettings>
  const on = await modules()
  const read = async (db: Store) => {
    const tenantId = await tenantOf(on, db, domain)
    return on.store.inTenant(db, tenantId, trx => on.store.askOne(trx, on.policies.protectionOf(tenantId)))
  }
  const change = async (db: Store, act: Act) => {
    const tenantId = await tenantOf(on, db, domain)
    return on.store.inTenant(db, tenantId, async trx => {
      const details = Object.fromEntries((set as string[]).map(pair => pair.split('=', 2) as [string, string]))
      await on.audit.record(trx, act, {
        activity: 'protection.changed',
        result: 'success',
        target: { name: domain },
        details,
      })
      return on.policies.changeProtection(trx, tenantId, changes)
    })
  }
  const settings = Object.keys(changes).length > 0 ? await withAct(on, change) : await withStore(read)
  print(JSON.stringify(settings, null, 2))
}

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
