import type { Act } from '../act.ts'
import type { Store } from '../store/index.ts'
import { type Modules, modules, print, tenantOf, UsageError, type Values, withAct, withStore } from './command.ts'

export async function tenantPolicy({ set = [] }: Values, domain: string) {
  const settings = Object.fromEntries((set as string[]).map(readSetting))
  const on = await modules('administration', 'directory', 'policies', 'store')
  const read = async (db: Store) => {
    const tenantId = await tenantOf(on, db, domain)
    const all = await on.store.inTenant(db, tenantId, trx => on.policies.listPolicies(trx, tenantId))
    return all.find(({ isDefault }) => isDefault)?.settings
  }
  const change = async (db: Store, act: Act) => {
    const tenantId = await tenantOf(on, db, domain)
    return on.store.inTenant(db, tenantId, trx =>
      on.administration.changeResetPolicy(trx, act, { changes: { settings } }),
    )
  }
  const shown = Object.keys(settings).length > 0 ? await withAct(change) : await withStore(read)
  print(JSON.stringify(shown, null, 2))
}

type TenantPolicyName = Parameters<Modules<'administration'>['administration']['changeTenantPolicy']>[2]['name']

/** The command that shows or changes settings of a whole tenant. */
const tenantSettings =
  (name: TenantPolicyName, written: Record<string, unknown> = {}) =>
  async ({ set = [] }: Values, domain: string) => {
    const changes = Object.fromEntries(
      (set as string[])
        .map(readSetting)
        .map(([key, value]) => [key, Object.hasOwn(written, String(value)) ? written[String(value)] : value]),
    )
    const on = await modules('administration', 'directory', 'store')
    const { administration, store } = on
    const read = async (db: Store) => {
      const tenantId = await tenantOf(on, db, domain)
      return (await store.inTenant(db, tenantId, trx => administration.readTenantPolicy(trx, name))).settings
    }
    const change = async (db: Store, act: Act) => {
      const tenantId = await tenantOf(on, db, domain)
      return store.inTenant(db, tenantId, trx => administration.changeTenantPolicy(trx, act, { name, changes }))
    }
    const settings = Object.keys(changes).length > 0 ? await withAct(change) : await withStore(read)
    print(JSON.stringify(settings, null, 2))
  }

export const tenantProtection = tenantSettings('passwordProtectionPolicy')

/** Shows which methods are on, or changes some: `Sms={"state":"disabled"}`. */
export async function tenantMethods({ set = [] }: Values, domain: string) {
  const changes = (set as string[]).map(readSetting)
  const on = await modules('administration', 'directory', 'policies', 'store')
  const { administration, policies, store } = on
  const read = async (db: Store) => {
    const tenantId = await tenantOf(on, db, domain)
    return store.inTenant(db, tenantId, trx => store.askOne(trx, policies.methodsPolicyOf(tenantId)))
  }
  const change = async (db: Store, act: Act) => {
    const tenantId = await tenantOf(on, db, domain)
    await store.inTenant(db, tenantId, async trx => {
      for (const [name, changed] of changes)
        await administration.changeMethodOfPolicy(trx, act, {
          name: administration.readConfigurationName(name),
          changes: Object(changed),
        })
    })
    return read(db)
  }
  print(JSON.stringify(changes.length > 0 ? await withAct(change) : await withStore(read), null, 2))
}

export const tenantSignIn = tenantSettings('signInPolicy')

/** The settings of writeback are switches, which people write as on and off. */
export const tenantWriteback = tenantSettings('writebackPolicy', { on: true, off: false })

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
