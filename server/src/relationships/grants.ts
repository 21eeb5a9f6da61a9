import { demand, type Role } from '../access/index.ts'
import type { Act } from '../act.ts'
import { DAY, plus } from '../clock.ts'
import { type Db, inPair, inTenant, sql, type Trx } from '../store/index.ts'
import { demandGiving } from './deciding.ts'
import { refuse, refuseMissing } from './errors.ts'
import { checkMatch, lockOffer, noteRequest, recordRelationship, setOffer } from './offers.ts'
import { findRelationship, isActive, type Relationship, readId } from './rows.ts'
import { actorName, asOther, nameOf, type Side } from './sides.ts'
import { type News, tellCustomer, tellPartner } from './telling.ts'
import { daysOf, endOf, readAutoExtend, rolesOf } from './terms.ts'

/** Relationships of one pair that are active at once (partners on the wire, §7). */
const ACTIVE_AT_MOST = 20

/** Both sides are reminded so many days before the end, and on the day (partners on the wire, §1). */
const REMINDED = [30, 7, 1] as const

/** When a job looks next at what ends: at a reminder that comes, or at the end. */
export function nextLook(ends: Date, now: Date): Date {
  const comes = REMINDED.map(days => plus(ends, -days * DAY)).find(at => at > now)
  return comes ?? ends
}

/** What a customer approves: part of the roles, a shorter time. `token`: the secret of the address, where nobody was named. */
export interface Approval {
  roleIds?: readonly string[] | undefined
  duration?: string | undefined
  autoExtend?: string | undefined
  token?: string | undefined
}

const isTokenOf = (act: Act, hash: Buffer | null, token: string | undefined) =>
  hash !== null && token !== undefined && act.keys.matches(hash, 'partner-request', token)

/**
 * A customer's yes to what a partner asks for, or to less of it. Whoever approves an offer that names nobody is its
 * customer. Throws `not_found` for another's, `wrong_status`, `role_not_requested`, `duration_longer`, `auto_extend_not_requested`.
 */
export async function approveRequest(db: Db, act: Act, { id: text, ...approval }: Approval & { id: string }) {
  const { id, partnerId, customerId } = customerAct(act, text)
  await inPair(db, [partnerId, customerId], async enter => {
    const partner = await enter(partnerId)
    const offer = await findAskedOf(partner, act, { id, customerId, token: approval.token })
    if (offer.status !== 'approvalPending') throw refuse('wrong_status')
    const terms = termsOf(offer, approval)
    const partnerName = await nameOf(partner)
    const customer = await enter(customerId)
    await demandGiving(customer, act)
    await checkRoom(customer, partnerId, act.now)
    const ends = endOf(act.now, terms.duration)
    await customer
      .insertInto('gdap_grants')
      .values({
        ...{ tenant_id: customerId, id, other_tenant_id: partnerId, display_name: offer.displayName },
        ...{ roles: terms.roles, duration: terms.duration, auto_extend: terms.autoExtend },
        ...{ decided_at: act.now, modified_at: act.now, ends_at: ends, due_at: nextLook(ends, act.now) },
      })
      .execute()
    const customerName = await nameOf(customer)
    const news = { news: 'approved', relationship: offer.displayName, until: ends.toISOString() } as const
    const told = { ...news, who: actorName(act) }
    const details = { roles: terms.roles.join(', '), duration: terms.duration }
    await recordRelationship(customer, act, offer, {
      activity: 'relationship.approved',
      details: { ...details, partner: partnerName },
    })
    await tellCustomer(customer, act, { ...told, other: partnerName })
    const again = await enter(partnerId)
    // The secret is spent; whoever was not named is named from now on.
    await setOffer(again, act, id, { other_tenant_id: customerId, customer_name: customerName, token_hash: null })
    await recordRelationship(
      again,
      asOther(act),
      { ...offer, customerId, customerName },
      {
        activity: 'relationship.approved',
        details: { ...details, customer: customerName, by: actorName(act) },
      },
    )
    await tellPartner(again, act, { ...told, other: customerName })
  })
}

/** The ids of a decision by a person of the customer. */
function customerAct(act: Act, text: string) {
  const { id, partnerId } = readId(text)
  const customerId = 'tenantId' in act.actor ? act.actor.tenantId : ''
  demand(act, 'partners.decide', { kind: 'relationship', tenantId: customerId, id })
  if (partnerId === customerId) throw refuseMissing('not_found')
  return { id, partnerId, customerId }
}

/** An offer that this customer may decide on, its row locked: it names them, or they have the secret of its address. */
export async function findAskedOf(
  partner: Trx,
  act: Act,
  { id, customerId, token }: { id: string; customerId: string; token: string | undefined },
): Promise<Relationship> {
  const row = await partner
    .selectFrom('gdap_offers')
    .select(['other_tenant_id', 'token_hash', 'locked_at'])
    .where('tenant_id', '=', partner.tenantId)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst()
  const isTheirs =
    row?.other_tenant_id === customerId || (row?.other_tenant_id === null && isTokenOf(act, row.token_hash, token))
  // Alike for one that never was: ids of requests are no secret.
  if (!row?.locked_at || !isTheirs) throw refuseMissing('not_found')
  return (await findRelationship(partner, 'partner', { id, now: act.now }))!
}

/** What is granted of an offer. Throws where it is more than was asked for. */
function termsOf(
  offer: Relationship,
  { roleIds, duration = offer.requestedDuration, autoExtend }: Approval,
): { roles: Role[]; duration: string; autoExtend: boolean } {
  const roles = roleIds ? rolesOf(roleIds) : offer.requestedRoles
  if (roles.some(role => !offer.requestedRoles.includes(role)))
    throw refuse('role_not_requested', { field: 'unifiedRoles' })
  if (daysOf(duration) > daysOf(offer.requestedDuration)) throw refuse('duration_longer', { field: 'duration' })
  const extended = autoExtend === undefined ? offer.requestedAutoExtend : readAutoExtend(autoExtend, roles)
  if (extended && !offer.requestedAutoExtend) throw refuse('auto_extend_not_requested', { field: 'autoExtendDuration' })
  return { roles, duration, autoExtend: extended }
}

async function checkRoom(customer: Trx, partnerId: string, now: Date): Promise<void> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from gdap_grants as given
    where given.tenant_id = ${customer.tenantId} and given.other_tenant_id = ${partnerId} and ${isActive('given', now)}`.execute(
    customer,
  )
  if (rows[0]!.count >= ACTIVE_AT_MOST) throw refuse('quota_exceeded')
}

/** A customer's no. What was rejected never returns. Throws as `approveRequest` does. */
export async function rejectRequest(db: Db, act: Act, { id: text, token }: { id: string; token?: string | undefined }) {
  const { id, partnerId, customerId } = customerAct(act, text)
  await inPair(db, [partnerId, customerId], async enter => {
    const partner = await enter(partnerId)
    const offer = await findAskedOf(partner, act, { id, customerId, token })
    if (offer.status !== 'approvalPending') throw refuse('wrong_status')
    const partnerName = await nameOf(partner)
    const customer = await enter(customerId)
    await customer
      .insertInto('gdap_grants')
      .values({
        ...{ tenant_id: customerId, id, other_tenant_id: partnerId, display_name: offer.displayName },
        ...{ roles: offer.requestedRoles, duration: offer.requestedDuration, auto_extend: false },
        ...{ decided_at: act.now, modified_at: act.now, ended_at: act.now, end_reason: 'rejected' },
      })
      .execute()
    const customerName = await nameOf(customer)
    const news = { news: 'rejected', relationship: offer.displayName, who: actorName(act) } as const
    await recordRelationship(customer, act, offer, {
      activity: 'relationship.rejected',
      details: { partner: partnerName },
    })
    await tellCustomer(customer, act, { ...news, other: partnerName })
    const again = await enter(partnerId)
    await setOffer(again, act, id, { other_tenant_id: customerId, ended_at: act.now, token_hash: null })
    await recordRelationship(
      again,
      asOther(act),
      { ...offer, customerId, customerName },
      {
        activity: 'relationship.rejected',
        details: { customer: customerName, by: actorName(act) },
      },
    )
    await tellPartner(again, act, { ...news, other: customerName })
  })
}

/** Ends a relationship at once, by either side. Throws `wrong_status` where it is not active. */
export async function terminate(db: Db, act: Act, { id: text, by }: { id: string; by: Side }): Promise<void> {
  const { id, partnerId } = readId(text)
  const actorTenant = 'tenantId' in act.actor ? act.actor.tenantId : ''
  demand(act, by === 'partner' ? 'partner.relationships.write' : 'partners.decide', {
    kind: 'relationship',
    tenantId: actorTenant,
    id,
  })
  if (by === 'partner' && partnerId !== actorTenant) throw refuseMissing('not_found')
  const known = await inTenant(db, actorTenant, trx => findRelationship(trx, by, { id, now: act.now }))
  if (!known || known.customerId === null) {
    if (known) throw refuse('wrong_status')
    throw refuseMissing('not_found')
  }
  const { customerId } = known
  await inPair(db, [partnerId, customerId], enter => endIn(enter, act, { id, partnerId, customerId, by }))
}

async function endIn(
  enter: (tenantId: string) => Promise<Trx>,
  act: Act,
  { id, partnerId, customerId, by }: { id: string; partnerId: string; customerId: string; by: Side },
): Promise<void> {
  const partner = await enter(partnerId)
  const offer = await lockOffer(partner, act, id)
  if (offer.status !== 'active' && !(by === 'partner' && offer.status === 'approvalPending'))
    throw refuse('wrong_status')
  const partnerName = await nameOf(partner)
  await setOffer(partner, act, id, { ended_at: act.now, token_hash: null })
  if (by === 'partner') await noteRequest(partner, act, id, 'terminate')
  // What nobody has approved is nobody else's matter.
  if (offer.status === 'approvalPending') {
    await recordRelationship(partner, act, offer, { activity: 'relationship.terminated' })
    return
  }
  const customer = await enter(customerId)
  await customer
    .updateTable('gdap_grants')
    .set({
      ended_at: act.now,
      end_reason: by === 'partner' ? 'terminatedByPartner' : 'terminatedByCustomer',
      due_at: null,
      modified_at: act.now,
      version: sql`version + 1`,
    })
    .where('tenant_id', '=', customerId)
    .where('id', '=', id)
    .execute()
  const customerName = await nameOf(customer)
  const news = { news: 'terminated', relationship: offer.displayName, who: actorName(act) } as const
  const activity = 'relationship.terminated'
  await recordRelationship(customer, by === 'customer' ? act : asOther(act), offer, {
    activity,
    details: { partner: partnerName, ...(by === 'partner' && { by: actorName(act) }) },
  })
  await tellCustomer(customer, act, { ...news, other: partnerName })
  const again = await enter(partnerId)
  await recordRelationship(again, by === 'partner' ? act : asOther(act), offer, {
    activity,
    details: { customer: customerName, ...(by === 'customer' && { by: actorName(act) }) },
  })
  await tellPartner(again, act, { ...news, other: customerName })
}

/** What a customer takes from a relationship, or a partner gives back. */
export interface Reduction {
  roleIds?: readonly string[] | undefined
  endsAt?: Date | undefined
  autoExtend?: string | undefined
}

/**
 * Makes an active relationship less, or switches its extension. A partner gives nothing back but Global Administrator.
 * Throws `wrong_status`, `role_not_requested`, `end_later`, `auto_extend_not_requested`.
 */
export async function reduceRelationship(
  db: Db,
  act: Act,
  { id: text, by, ifMatch, ...reduction }: Reduction & { id: string; by: Side; ifMatch?: string | undefined },
): Promise<void> {
  const { id, partnerId } = readId(text)
  const actorTenant = 'tenantId' in act.actor ? act.actor.tenantId : ''
  const target = { kind: 'relationship', tenantId: actorTenant, id } as const
  demand(act, by === 'partner' ? 'partner.relationships.write' : 'partners.decide', target)
  const known = await inTenant(db, actorTenant, trx => findRelationship(trx, by, { id, now: act.now }))
  if (!known || (by === 'partner' && partnerId !== actorTenant)) throw refuseMissing('not_found')
  const { customerId } = known
  if (known.status !== 'active' || customerId === null) throw refuse('wrong_status')
  await inPair(db, [partnerId, customerId], async enter => {
    const partner = await enter(partnerId)
    const held = await lockOffer(partner, act, id)
    if (by === 'partner') checkMatch(held, ifMatch)
    if (held.status !== 'active') throw refuse('wrong_status')
    const changed = reducedBy(held, reduction, by)
    const partnerName = await nameOf(partner)
    await setOffer(partner, act, id, {})
    const customer = await enter(customerId)
    await customer
      .updateTable('gdap_grants')
      .set({
        roles: changed.roles,
        ends_at: changed.endsAt,
        auto_extend: changed.autoExtend,
        due_at: nextLook(changed.endsAt, act.now),
        modified_at: act.now,
        version: sql`version + 1`,
      })
      .where('tenant_id', '=', customerId)
      .where('id', '=', id)
      .execute()
    const customerName = await nameOf(customer)
    for (const news of changed.news) {
      const told: Omit<News, 'other'> = {
        ...{ news, relationship: held.displayName, who: actorName(act) },
        until: changed.endsAt.toISOString(),
      }
      const event = {
        activity: 'relationship.reduced',
        details: { change: news, roles: changed.roles.join(', ') },
      } as const
      const theirs = await enter(customerId)
      await recordRelationship(theirs, by === 'customer' ? act : asOther(act), held, event)
      await tellCustomer(theirs, act, { ...told, other: partnerName })
      const ours = await enter(partnerId)
      await recordRelationship(ours, by === 'partner' ? act : asOther(act), held, event)
      await tellPartner(ours, act, { ...told, other: customerName })
    }
  })
}

/** What is left of a grant, and what both sides are told of it. Throws where it would be more. */
function reducedBy(held: Relationship, { roleIds, endsAt, autoExtend }: Reduction, by: Side) {
  const roles = roleIds ? rolesOf(roleIds) : held.roles
  if (roles.some(role => !held.roles.includes(role))) throw refuse('role_not_requested', { field: 'unifiedRoles' })
  const lost = held.roles.filter(role => !roles.includes(role))
  if (by === 'partner' && lost.some(role => role !== 'Global Administrator')) throw refuse('wrong_status')
  const ends = endsAt ?? held.endsAt!
  if (ends > held.endsAt!) throw refuse('end_later', { field: 'endDateTime' })
  const extended = autoExtend === undefined ? held.autoExtend : readAutoExtend(autoExtend, roles)
  if (extended && !held.requestedAutoExtend && by === 'customer')
    throw refuse('auto_extend_not_requested', { field: 'autoExtendDuration' })
  const isReduced = lost.length > 0 || ends < held.endsAt!
  const switched = extended === held.autoExtend ? [] : [extended ? ('extensionOn' as const) : ('extensionOff' as const)]
  return {
    roles,
    endsAt: ends,
    autoExtend: extended,
    news: [...(isReduced ? (['reduced'] as const) : []), ...switched],
  }
}
