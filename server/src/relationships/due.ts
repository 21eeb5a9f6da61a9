import type { Act } from '../act.ts'
import { DAY, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { getTenant } from '../directory/index.ts'
import { type Db, hasEnded, inPair, inSystem, inTenant, type Removal, sql, type Trx } from '../store/index.ts'
import { moveDap } from './delegations.ts'
import { nextLook } from './grants.ts'
import { recordRelationship, setOffer } from './offers.ts'
import { isExtended, PENDING_LASTS } from './rows.ts'
import { tellCustomer, tellPartner } from './telling.ts'
import { EXTENSION } from './terms.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'move-relationships': Record<string, unknown>
    }
  }
}

/** Reminds of, extends and ends what is due. One that fails does not keep the others. */
export async function moveDueRelationships(db: Db, means: Means): Promise<void> {
  const { grants, daps } = await inSystem(db, async trx => ({
    grants: await trx.selectFrom('gdap_grants').select(['tenant_id', 'id']).where('due_at', '<=', means.now).execute(),
    daps: await trx
      .selectFrom('daps')
      .select(['tenant_id', 'other_tenant_id'])
      .where('due_at', '<=', means.now)
      .execute(),
  }))
  const failures: unknown[] = []
  for (const { tenant_id: customerId, id } of grants)
    await moveGrant(db, means, customerId, id).catch(error => failures.push(error))
  for (const { tenant_id: customerId, other_tenant_id: partnerId } of daps) {
    const act: Act = { ...means, actor: { kind: 'system' }, trail: { correlationId: means.random.uuid(means.now) } }
    await moveDap(db, act, { partnerId, customerId }).catch(error => failures.push(error))
  }
  if (failures.length > 0) throw failures[0]
}

async function moveGrant(db: Db, means: Means, customerId: string, id: string): Promise<void> {
  const known = await inTenant(db, customerId, trx => findGrant(trx, id))
  if (!known) return
  const act: Act = { ...means, actor: { kind: 'system' }, trail: { correlationId: id } }
  await inPair(db, [known.partnerId, customerId], enter => moveIn(enter, act, { customerId, id, ...known }))
}

const findGrant = (trx: Trx, id: string) =>
  trx
    .selectFrom('gdap_grants as given')
    .select([
      'given.other_tenant_id as partnerId',
      'given.display_name as displayName',
      'given.ends_at as endsAt',
      'given.due_at as dueAt',
      isExtended('given').as('extended'),
    ])
    .where('given.tenant_id', '=', trx.tenantId)
    .where('given.id', '=', id)
    .where('given.ended_at', 'is', null)
    .executeTakeFirst()

async function moveIn(
  enter: (tenantId: string) => Promise<Trx>,
  act: Act,
  { customerId, partnerId, id }: { customerId: string; partnerId: string; id: string },
): Promise<void> {
  const { now } = act
  const partner = await enter(partnerId)
  // The partner's row first, as everywhere: two who change one relationship come one after the other.
  await partner
    .selectFrom('gdap_offers')
    .select('id')
    .where('tenant_id', '=', partnerId)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .execute()
  const partnerName = (await getTenant(partner, partnerId)).displayName
  const customer = await enter(customerId)
  const grant = await findGrant(customer, id)
  if (!grant?.dueAt || grant.dueAt > now || !grant.endsAt) return
  const isOver = grant.endsAt <= now
  const ends = isOver && grant.extended ? plus(grant.endsAt, EXTENSION) : grant.endsAt
  const news = !isOver ? 'reminded' : grant.extended ? 'extended' : 'expired'
  await customer
    .updateTable('gdap_grants')
    .set({
      ...(news === 'expired'
        ? { ended_at: grant.endsAt, end_reason: 'expired', due_at: null }
        : { ends_at: ends, due_at: nextLook(ends, now) }),
      ...(news !== 'reminded' && { modified_at: now, version: sql`version + 1` }),
    })
    .where('tenant_id', '=', customerId)
    .where('id', '=', id)
    .execute()
  const customerName = (await getTenant(customer, customerId)).displayName
  const offer = { id, displayName: grant.displayName, partnerId, customerId, customerName }
  const told = { news, relationship: grant.displayName, until: ends.toISOString() } as const
  const activity = `relationship.${news}` as const
  await recordRelationship(customer, act, offer, { activity, details: { partner: partnerName } })
  await tellCustomer(customer, act, { ...told, other: partnerName })
  const again = await enter(partnerId)
  if (news === 'expired') await setOffer(again, act, id, { ended_at: grant.endsAt })
  await recordRelationship(again, act, offer, { activity, details: { customer: customerName } })
  await tellPartner(again, act, { ...told, other: customerName })
}

/** How long what ended is shown (partners on the wire, §1). */
const KEPT = 365 * DAY

/** Grants that ended a year ago. */
export const oldGrants: Removal = {
  table: 'gdap_grants',
  due: now => hasEnded(sql`ended_at`, plus(now, -KEPT), KEPT),
}

/** Whether an offer ended a year ago, or was shown so long ago that it lapsed then, where nobody has decided. */
const endedOrLapsedLongAgo = (now: Date) => sql`(ended_at <= ${plus(now, -KEPT)}::timestamptz
  or locked_at <= ${plus(now, -(PENDING_LASTS + KEPT))}::timestamptz)`

/** Offers whose grant is gone, or on which nobody ever decided. */
export const oldOffers: Removal = {
  table: 'gdap_offers',
  couldBeDue: endedOrLapsedLongAgo,
  due: (now, tenantId) => sql`${endedOrLapsedLongAgo(now)} and not exists (
    select from gdap_grants where other_tenant_id = ${tenantId}::uuid and gdap_grants.id = gdap_offers.id)`,
}

/** What nobody has used for a year. */
export const oldUses: Removal = {
  table: 'partner_uses',
  due: now => hasEnded(sql`last_used_at`, plus(now, -KEPT), KEPT),
}

/** Delegations whose time is over for a year. */
export const oldDaps: Removal = {
  table: 'daps',
  due: now => hasEnded(sql`ends_at`, plus(now, -KEPT), KEPT + 90 * DAY),
}
