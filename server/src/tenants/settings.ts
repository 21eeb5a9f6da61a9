import type { Act } from '../act.ts'
import { changesOf, record } from '../audit/index.ts'
import {
  getTenant,
  lockTenant,
  readSettings,
  type SettingsChanges,
  setSettings,
  type TenantSettings,
} from '../directory/index.ts'
import type { Trx } from '../store/index.ts'
import { readAddress } from '../typing/index.ts'
import { getGlobalAdministrator } from './authority.ts'
import { refuse } from './errors.ts'

/** Changes what a company lets strangers do and learn. Throws `forbidden`, `address_invalid`. */
export async function changeSettings(
  trx: Trx,
  act: Act,
  { userId, changes }: { userId: string; changes: SettingsChanges },
): Promise<TenantSettings> {
  const { tenantId } = trx
  await getGlobalAdministrator(trx, userId)
  const { providerContact: typed } = changes
  const providerContact = typed === null || typed === undefined ? typed : readAddress(typed)
  if (typed && providerContact === undefined) throw refuse('address_invalid', { field: 'providerContact' })
  const wanted = { ...changes, providerContact }
  await lockTenant(trx, tenantId)
  const before = await readSettings(trx)
  await setSettings(trx, wanted)
  await record(trx, act, {
    activity: 'tenant.settings',
    result: 'success',
    target: { id: tenantId, name: (await getTenant(trx, tenantId)).displayName },
    details: changesOf<SettingsChanges>(before, wanted),
  })
  return readSettings(trx)
}
