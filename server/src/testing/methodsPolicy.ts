import { type ConfigurationName, changeMethodConfiguration, type PassConfiguration } from '../policies/index.ts'
import { inTenant, type Store } from '../store/index.ts'

/** Turns methods of a tenant on or off, whatever needs them. */
export const chooseMethods = (
  { store }: { store: Store },
  tenantId: string,
  changes: Partial<Record<ConfigurationName, Partial<PassConfiguration>>>,
): Promise<void> =>
  inTenant(store, tenantId, async trx => {
    for (const [name, changed] of Object.entries(changes))
      await changeMethodConfiguration(trx, { now: new Date() }, name as ConfigurationName, changed)
  })
