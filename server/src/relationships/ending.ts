import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { type Db, inTenant } from '../store/index.ts'
import { refuseMissing } from './errors.ts'
import { terminate } from './grants.ts'
import { idOf, listRelationships } from './rows.ts'

/** Ends everything that a customer has with a partner, each part with its own news. Throws `not_found` where there is nothing. */
export async function endAllWith(
  db: Db,
  act: Act,
  { customerId, partnerId }: { customerId: string; partnerId: string },
): Promise<void> {
  demand(act, 'partners.decide', { kind: 'tenant', tenantId: customerId })
  const active = await inTenant(db, customerId, async trx =>
    (await listRelationships(trx, 'customer', act.now)).filter(
      one => one.partnerId === partnerId && one.status === 'active',
    ),
  )
  if (active.length === 0) throw refuseMissing('not_found')
  for (const { id } of active) await terminate(db, act, { id: idOf(id, partnerId), by: 'customer' })
}
