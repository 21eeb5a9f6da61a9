import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { settlingOf } from '../directory/index.ts'
import { askOne, type Trx } from '../store/index.ts'

/**
 * Demands that somebody of the company that is entered may give a partner something. While a rescue or a takeover settles
 * nobody does (partners on the wire, §4). What ends or lessens goes on: it hurts nobody who was there.
 */
export async function demandGiving(customer: Trx, act: Act): Promise<void> {
  const { tenantId } = customer
  const settlingUntil = await askOne(customer, settlingOf(tenantId))
  demand(act, 'partners.decide', { kind: 'tenant', tenantId, settlingUntil })
}
