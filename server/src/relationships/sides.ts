import type { Act } from '../act.ts'
import { type Activity, record } from '../audit/index.ts'
import { getTenant } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'
import { type News, tellCustomer, tellPartner } from './telling.ts'

export type Side = 'partner' | 'customer'

/** The two tenants of an act that both keep. */
export interface Pair {
  partnerId: string
  customerId: string
}

export const nameOf = async (trx: Trx) => (await getTenant(trx, trx.tenantId)).displayName

export const actorName = ({ actor }: Act): string => ('name' in actor ? (actor.name ?? '') : '')

/** The act as the other side's log has it: whose person did it, and nobody of its own. */
export const asOther = (act: Act): Act => ({ ...act, actor: { kind: 'system' } })

/** What has become of something between a partner and a customer. `news`: what both are mailed; absent: nothing. */
export interface Kept {
  activity: Activity & `${'invitation' | 'resale' | 'partnership' | 'dap'}.${string}`
  news?: News['news']
  until?: Date
}

/**
 * Writes into both logs what has become of something between two tenants, and mails both. `by`: the side whose person
 * did it; undefined: time did.
 */
export async function keepBoth(
  enter: (tenantId: string) => Promise<Trx>,
  act: Act,
  { partnerId, customerId, by }: Pair & { by: Side | undefined },
  kept: readonly Kept[],
): Promise<void> {
  const names = {
    partner: await nameOf(await enter(partnerId)),
    customer: await nameOf(await enter(customerId)),
  }
  const who = by ? { by: actorName(act) } : {}
  for (const side of ['customer', 'partner'] as const) {
    const trx = await enter(side === 'customer' ? customerId : partnerId)
    const other = side === 'customer' ? 'partner' : 'customer'
    const target = { id: other === 'partner' ? partnerId : customerId, name: names[other] }
    for (const { activity, news, until } of kept) {
      const details: Record<string, string> = { ...(by !== side && who), ...(until && { until: until.toISOString() }) }
      await record(trx, by === side ? act : asOther(act), {
        ...{ activity, result: 'success', target, details },
        ...(side === 'partner' && { customer: { id: customerId, name: names.customer } }),
      })
      const told = { relationship: '', other: names[other], ...(by && { who: actorName(act) }) }
      if (news)
        await (side === 'customer' ? tellCustomer : tellPartner)(trx, act, {
          ...{ ...told, news },
          ...(until && { until: until.toISOString() }),
        })
    }
  }
}
