import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { type Db, inPair, inTenant, type Trx } from '../store/index.ts'
import { endDapIn } from './delegations.ts'
import { refuseMissing } from './errors.ts'
import { terminate } from './grants.ts'
import { idOf, listRelationships } from './rows.ts'
import { lockServed, noteServed } from './served.ts'
import { type Kept, keepBoth, type Pair, type Side } from './sides.ts'

/** Ends everything that a customer has with a partner, each part with its own news. Throws `not_found` where there is nothing. */
export async function endAllWith(db: Db, act: Act, { customerId, partnerId }: Pair): Promise<void> {
  demand(act, 'partners.decide', { kind: 'tenant', tenantId: customerId })
  const { active, known } = await inTenant(db, customerId, async trx => {
    const all = await listRelationships(trx, 'customer', act.now)
    return {
      active: all.filter(one => one.partnerId === partnerId && one.status === 'active'),
      known: await isKnown(trx, { partnerId, customerId }),
    }
  })
  if (!known) throw refuseMissing('not_found')
  for (const { id } of active) await terminate(db, act, { id: idOf(id, partnerId), by: 'customer' })
  const ended = await inPair(db, [partnerId, customerId], async enter => {
    const customer = await enter(customerId)
    const dap = await endDapIn(customer, act, partnerId)
    const kept = [...(dap ? [dap] : []), ...(await endServing(customer, act, partnerId, ['sold', 'provided']))]
    if (kept.length > 0) await keepBoth(enter, act, { partnerId, customerId, by: 'customer' }, kept)
    return kept.length
  })
  if (active.length + ended === 0) throw refuseMissing('not_found')
}

/** Whether the firm serves the company, or has. In the tenant of either: nobody enters another one by an id alone. */
async function isKnown(trx: Trx, { partnerId, customerId }: Pair): Promise<boolean> {
  const found = await trx
    .selectFrom('served_companies')
    .select('tenant_id')
    .where('tenant_id', '=', customerId)
    .where('other_tenant_id', '=', partnerId)
    .executeTakeFirst()
  return found !== undefined
}

/** Ends that a firm sells to the company that is entered, or is its provider. */
async function endServing(
  customer: Trx,
  act: Act,
  firmId: string,
  parts: readonly ('sold' | 'provided')[],
): Promise<Kept[]> {
  const standing = await lockServed(customer, firmId)
  const [sold, provided] = (['sold', 'provided'] as const).map(part => parts.includes(part) && standing[part])
  if (!sold && !provided) return []
  await noteServed(customer, act, firmId, {
    ...(sold && { sold_until: act.now }),
    ...(provided && { provided_until: act.now }),
  })
  return [
    ...(sold ? [{ activity: 'resale.ended', news: 'resaleEnded' } as const] : []),
    ...(provided ? [{ activity: 'partnership.ended', news: 'partnershipEnded' } as const] : []),
  ]
}

/** Ends a partnership, by either side. Customers and what they have given stay. Throws `not_found` where none stands. */
export async function endPartnership(
  db: Db,
  act: Act,
  { providerId, resellerId, by }: { providerId: string; resellerId: string; by: 'provider' | 'reseller' },
): Promise<void> {
  const tenantId = by === 'provider' ? providerId : resellerId
  demand(act, 'partner.partnerships.write', { kind: 'tenant', tenantId })
  const pair = { partnerId: providerId, customerId: resellerId }
  await endPart(db, act, { ...pair, tenantId, by: by === 'provider' ? 'partner' : 'customer' }, async customer =>
    endServing(customer, act, providerId, ['provided']),
  )
}

/** Ends that a firm sells to a customer, and its delegation with it. Relationships stay. Throws `not_found` where neither stands. */
export async function endResale(db: Db, act: Act, pair: Pair): Promise<void> {
  const { partnerId } = pair
  demand(act, 'partner.customers.end', { kind: 'tenant', tenantId: partnerId })
  await endPart(db, act, { ...pair, tenantId: partnerId, by: 'partner' }, async customer => {
    const dap = await endDapIn(customer, act, partnerId)
    return [...(await endServing(customer, act, partnerId, ['sold'])), ...(dap ? [dap] : [])]
  })
}

async function endPart(
  db: Db,
  act: Act,
  { tenantId, by, ...pair }: Pair & { tenantId: string; by: Side },
  end: (customer: Trx) => Promise<Kept[]>,
): Promise<void> {
  const { partnerId, customerId } = pair
  if (!(await inTenant(db, tenantId, trx => isKnown(trx, pair)))) throw refuseMissing('not_found')
  await inPair(db, [partnerId, customerId], async enter => {
    const kept = await end(await enter(customerId))
    if (kept.length === 0) throw refuseMissing('not_found')
    await keepBoth(enter, act, { ...pair, by }, kept)
  })
}
