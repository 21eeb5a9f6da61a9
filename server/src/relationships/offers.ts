import { demand, type Role } from '../access/index.ts'
import type { Act } from '../act.ts'
import { type Activity, type RecordedAct, record } from '../audit/index.ts'
import { DAY, plus } from '../clock.ts'
import { isUuid, linkToken } from '../crypto/index.ts'
import { listsEtag } from '../odata/index.ts'
import { isActivePartner } from '../partners/index.ts'
import { sql, type Trx } from '../store/index.ts'
import { foldText } from '../typing/index.ts'
import { refuse, refuseMissing } from './errors.ts'
import { findRelationship, PENDING_LASTS, type Relationship } from './rows.ts'
import { daysOf, readAutoExtend, rolesOf } from './terms.ts'

/** Offers that a partner makes a day, and those that wait for one customer at a time (partners on the wire, §7). */
const OFFERS_A_DAY = 500
const PENDING_AT_MOST = 5

/** What a partner asks a customer for. */
export interface OfferInput {
  displayName: string
  duration: string
  roleIds: readonly string[]
  autoExtend: string
  customer: { tenantId: string; displayName: string | null } | undefined
}

/** What changes of an offer. */
export type OfferChanges = { [Name in keyof OfferInput]?: OfferInput[Name] | undefined }

/** Asks for a relationship. Nobody but the partner sees it before it is locked. Returns its id. */
export async function makeOffer(trx: Trx, act: Act, input: OfferInput): Promise<string> {
  const { tenantId } = trx
  demand(act, 'partner.relationships.write', { kind: 'tenant', tenantId })
  if (!(await isActivePartner(trx))) throw refuse('account_not_active')
  const roles = rolesOf(input.roleIds)
  const values = valuesOf(tenantId, input, roles)
  const { count } = await trx
    .selectFrom('gdap_offers')
    .select(eb => eb.fn.countAll<string>().as('count'))
    .where('tenant_id', '=', tenantId)
    .where('created_at', '>', plus(act.now, -DAY))
    .executeTakeFirstOrThrow()
  if (Number(count) >= OFFERS_A_DAY) throw refuse('quota_exceeded')
  const id = act.random.uuid(act.now)
  const made = await trx
    .insertInto('gdap_offers')
    .values({ tenant_id: tenantId, id, ...values, created_at: act.now, modified_at: act.now })
    .onConflict(conflict => conflict.columns(['tenant_id', 'display_name_folded']).doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!made) throw refuse('ObjectConflict', { field: 'displayName' })
  const { other_tenant_id: customerId, customer_name: customerName, display_name: displayName } = values
  const offer = { id, displayName, partnerId: tenantId, customerId, customerName }
  await recordRelationship(trx, act, offer, { activity: 'relationship.created' })
  return id
}

function valuesOf(tenantId: string, input: OfferInput, roles: Role[]) {
  const { displayName, duration, autoExtend, customer } = input
  checkName(displayName)
  daysOf(duration)
  if (customer && !isUuid(customer.tenantId.toLowerCase()))
    throw refuse('property_invalid', { field: 'customer/tenantId' })
  if (customer?.tenantId.toLowerCase() === tenantId) throw refuse('own_tenant', { field: 'customer/tenantId' })
  return {
    display_name: displayName,
    display_name_folded: foldText(displayName),
    roles,
    duration,
    auto_extend: readAutoExtend(autoExtend, roles),
    other_tenant_id: customer?.tenantId.toLowerCase() ?? null,
    customer_name: customer?.displayName ?? null,
  }
}

/** Throws `property_invalid`: it stands in subjects of mails. */
function checkName(name: string): void {
  if (name.trim() === '' || !/^[^\p{Cc}\p{Zl}\p{Zp}]{1,50}$/u.test(name))
    throw refuse('property_invalid', { field: 'displayName' })
}

/** A relationship of this partner, its row locked. Throws `not_found`. */
export async function lockOffer(trx: Trx, { now }: Pick<Act, 'now'>, id: string): Promise<Relationship> {
  await trx
    .selectFrom('gdap_offers')
    .select('id')
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .execute()
  const found = await findRelationship(trx, 'partner', { id, now })
  if (!found) throw refuseMissing('not_found')
  return found
}

/** Throws `if_match_required`, `resource_modified`. */
export function checkMatch({ version }: Pick<Relationship, 'version'>, ifMatch: string | undefined): void {
  if (ifMatch === undefined) throw refuse('if_match_required')
  if (!listsEtag(ifMatch, version)) throw refuse('resource_modified')
}

/** Changes an offer that nobody has been shown. Throws `wrong_status`, `ObjectConflict`. */
export async function changeOffer(trx: Trx, act: Act, offer: Relationship, changes: OfferChanges): Promise<void> {
  if (offer.status !== 'created') throw refuse('wrong_status')
  const roles = changes.roleIds ? rolesOf(changes.roleIds) : offer.requestedRoles
  const former = offer.customerId === null ? undefined : { tenantId: offer.customerId, displayName: offer.customerName }
  const values = valuesOf(
    trx.tenantId,
    {
      displayName: changes.displayName ?? offer.displayName,
      duration: changes.duration ?? offer.requestedDuration,
      roleIds: [],
      autoExtend: changes.autoExtend ?? (offer.requestedAutoExtend ? 'P180D' : 'PT0S'),
      customer: 'customer' in changes ? changes.customer : former,
    },
    roles,
  )
  const taken = await trx
    .selectFrom('gdap_offers')
    .select('id')
    .where('tenant_id', '=', trx.tenantId)
    .where('display_name_folded', '=', values.display_name_folded)
    .where('id', '!=', offer.id)
    .executeTakeFirst()
  if (taken) throw refuse('ObjectConflict', { field: 'displayName' })
  await setOffer(trx, act, offer.id, values)
  await recordRelationship(trx, act, offer, { activity: 'relationship.changed' })
}

/** Sets columns of an offer, with its version. */
export const setOffer = (
  trx: Trx,
  { now }: Pick<Act, 'now'>,
  id: string,
  values: Partial<ReturnType<typeof valuesOf>> &
    Partial<Record<'locked_at' | 'ended_at', Date>> & { token_hash?: Buffer | null },
) =>
  trx
    .updateTable('gdap_offers')
    .set({ ...values, modified_at: now, version: sql`version + 1` })
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .execute()

/** Takes an offer back that nobody has been shown. Throws `wrong_status`. */
export async function deleteOffer(trx: Trx, act: Act, offer: Relationship): Promise<void> {
  demand(act, 'partner.relationships.write', { kind: 'relationship', tenantId: trx.tenantId, id: offer.id })
  if (offer.status !== 'created') throw refuse('wrong_status')
  await trx.deleteFrom('gdap_offers').where('tenant_id', '=', trx.tenantId).where('id', '=', offer.id).execute()
  await recordRelationship(trx, act, offer, { activity: 'relationship.deleted' })
}

/** Takes back what a company is asked for in which nobody ever was. The names can be given again. */
export async function deleteUnread(trx: Trx, act: Act, customerId: string): Promise<void> {
  const { tenantId: partnerId } = trx
  const deleted = await trx
    .deleteFrom('gdap_offers')
    .where('tenant_id', '=', partnerId)
    .where('other_tenant_id', '=', customerId)
    .returning(['id', 'display_name as displayName', 'customer_name as customerName'])
    .execute()
  for (const offer of deleted)
    await recordRelationship(trx, act, { ...offer, partnerId, customerId }, { activity: 'relationship.deleted' })
}

/** Shows an offer to the customer. Returns the secret of its address, which is told once. Throws `wrong_status`, `quota_exceeded`. */
export async function lockForApproval(trx: Trx, act: Act, offer: Relationship): Promise<string> {
  if (offer.status !== 'created') throw refuse('wrong_status')
  const { rows } = await sql<{ pending: number }>`
    select count(*)::int as pending from gdap_offers as offer
      left join (select id from gdap_grants where other_tenant_id = ${trx.tenantId}) as given on given.id = offer.id
    where offer.tenant_id = ${trx.tenantId} and other_tenant_id = ${offer.customerId}::uuid and given.id is null
      and ended_at is null and locked_at > ${plus(act.now, -PENDING_LASTS)}::timestamptz`.execute(trx)
  if (rows[0]!.pending >= PENDING_AT_MOST) throw refuse('quota_exceeded')
  const token = linkToken(act.random)
  await setOffer(trx, act, offer.id, { locked_at: act.now, token_hash: act.keys.mac('partner-request', token) })
  await noteRequest(trx, act, offer.id, 'lockForApproval')
  await recordRelationship(trx, act, offer, { activity: 'relationship.requested' })
  return token
}

/** A new secret of an offer that waits; the former one opens nothing any more. Throws `wrong_status`. */
export async function renewToken(trx: Trx, act: Act, offer: Relationship): Promise<string> {
  if (offer.status !== 'approvalPending') throw refuse('wrong_status')
  const token = linkToken(act.random)
  await setOffer(trx, act, offer.id, { token_hash: act.keys.mac('partner-request', token) })
  return token
}

type RequestAction =
  | 'lockForApproval'
  | 'terminate'
  | 'delegatedAdminAccessAssignmentUpdate'
  | 'delegatedAdminRelationshipUpdate'

/** Keeps what was asked of a relationship, as Microsoft Graph tells it. Returns its id. */
export async function noteRequest(trx: Trx, act: Act, offerId: string, action: RequestAction): Promise<string> {
  const id = act.random.uuid(act.now)
  await trx
    .insertInto('gdap_requests')
    .values({ tenant_id: trx.tenantId, id, offer_id: offerId, action, created_at: act.now })
    .execute()
  return id
}

/** What was asked of a relationship, or changed it. */
export interface Logged {
  id: string
  action: string
  created_at: Date
}

/** In the order in which it came. */
export const listRequests = (trx: Trx, offerId: string): Promise<Logged[]> =>
  trx
    .selectFrom('gdap_requests')
    .select(['id', 'action', 'created_at'])
    .where('tenant_id', '=', trx.tenantId)
    .where('offer_id', '=', offerId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()

type Recorded = Pick<Relationship, 'id' | 'displayName' | 'partnerId' | 'customerId' | 'customerName'>

/** Writes what became of a relationship into the log of the tenant that is entered. */
export const recordRelationship = (
  trx: Trx,
  act: RecordedAct,
  { id, displayName, partnerId, customerId, customerName }: Recorded,
  event: { activity: Activity & `${'relationship' | 'assignment'}.${string}`; details?: Record<string, string> },
): Promise<void> =>
  record(trx, act, {
    ...{ ...event, result: 'success', target: { id, name: displayName } },
    ...(trx.tenantId === partnerId && {
      customer: customerId === null ? null : { id: customerId, name: customerName ?? '' },
    }),
  })
