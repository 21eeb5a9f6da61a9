import type { RawBuilder } from 'kysely'
import type { Role } from '../access/index.ts'
import { DAY, plus } from '../clock.ts'
import { isUuid } from '../crypto/index.ts'
import { sql, type Trx } from '../store/index.ts'
import { refuseMissing } from './errors.ts'
import { EXTENSION } from './terms.ts'

/** How long a request waits for the customer (partners on the wire, §1). */
export const PENDING_LASTS = 90 * DAY

/** A use within so long before the end is what extends a relationship. */
const USED_WITHIN = 90 * DAY

export type Status = 'created' | 'approvalPending' | 'active' | 'expired' | 'terminated'

/** A relationship's id on the wire names its partner. */
export const idOf = (id: string, partnerId: string) => `${id}-${partnerId}`

/** The row's id and the partner of an id on the wire. Throws `not_found`. */
export function readId(text: string): { id: string; partnerId: string } {
  const [id, partnerId] = [text.slice(0, 36).toLowerCase(), text.slice(37).toLowerCase()]
  if (!isUuid(id) || !isUuid(partnerId) || text[36] !== '-') throw refuseMissing('not_found')
  return { id, partnerId }
}

/** For SQL: when a grant ends. One whose time is over goes on where an extension is due: the job that moves its end comes later. */
export const endsAt = (grant: string, now: Date): RawBuilder<Date> => {
  const at = (name: string) => sql.ref(`${grant}.${name}`)
  return sql`(${at('ends_at')} + case when ${at('ends_at')} <= ${now}::timestamptz and ${isExtended(grant)}
    then ${sql.lit(`${EXTENSION / DAY} days`)}::interval else '0' end)`
}

/** For SQL: whether a grant is extended at its end: where both want it, and somebody has used it lately. */
export const isExtended = (grant: string): RawBuilder<boolean> => {
  const at = (name: string) => sql.ref(`${grant}.${name}`)
  return sql`(${at('auto_extend')} and coalesce(${at('last_used_at')} > ${at('ends_at')} - ${sql.lit(`${USED_WITHIN / DAY} days`)}::interval, false))`
}

/** For SQL: whether a grant gives its roles now. */
export const isActive = (grant: string, now: Date): RawBuilder<boolean> =>
  sql`(${sql.ref(`${grant}.ended_at`)} is null and ${endsAt(grant, now)} > ${now}::timestamptz)`

/** For SQL: the status of an offer with its grant, by both rows and the clock. */
export const statusOf = (now: Date): RawBuilder<Status> => sql`case
  when given.ended_at is not null and given.end_reason = 'expired' then 'expired'
  when given.ended_at is not null or offer.ended_at is not null then 'terminated'
  when given.id is not null then case when ${endsAt('given', now)} > ${now}::timestamptz then 'active' else 'expired' end
  when offer.locked_at is null then 'created'
  when offer.locked_at > ${plus(now, -PENDING_LASTS)}::timestamptz then 'approvalPending' else 'expired' end`

/** An offer with its grant, in the tenant of either side. */
export const bothRows = (side: 'partner' | 'customer', tenantId: string): RawBuilder<unknown> =>
  side === 'partner'
    ? sql`(select * from gdap_offers where tenant_id = ${tenantId}) as offer
        left join (select * from gdap_grants where other_tenant_id = ${tenantId}) as given on given.id = offer.id`
    : sql`(select * from gdap_offers where other_tenant_id = ${tenantId} and locked_at is not null) as offer
        left join (select * from gdap_grants where tenant_id = ${tenantId}) as given on given.id = offer.id`

/** A relationship as one side reads it. */
export interface Relationship {
  id: string
  partnerId: string
  customerId: string | null
  customerName: string | null
  displayName: string
  status: Status
  roles: Role[]
  requestedRoles: Role[]
  duration: string
  requestedDuration: string
  autoExtend: boolean
  requestedAutoExtend: boolean
  createdAt: Date
  modifiedAt: Date
  activatedAt: Date | null
  endsAt: Date | null
  endReason: string | null
  version: string
}

type Found = Omit<Relationship, 'createdAt' | 'modifiedAt' | 'activatedAt' | 'endsAt'>

/** For SQL: the columns of a relationship, of `offer` and `given`. */
const columns = (now: Date) => sql`
  offer.id, offer.tenant_id as "partnerId", offer.other_tenant_id as "customerId", offer.customer_name as "customerName",
  offer.display_name as "displayName", ${statusOf(now)} as status, coalesce(given.roles, offer.roles) as roles,
  offer.roles as "requestedRoles", coalesce(given.duration, offer.duration) as duration,
  offer.duration as "requestedDuration", coalesce(given.auto_extend, offer.auto_extend) as "autoExtend",
  offer.auto_extend as "requestedAutoExtend", offer.created_at as "createdAt",
  greatest(offer.modified_at, given.modified_at) as "modifiedAt",
  case when given.ends_at is not null then given.decided_at end as "activatedAt", ${endsAt('given', now)} as "endsAt",
  coalesce(given.end_reason, case when offer.locked_at <= ${plus(now, -PENDING_LASTS)}::timestamptz and given.id is null then 'lapsed' end) as "endReason",
  offer.version || '.' || coalesce(given.version, 0) as version`

/** The relationship of an id, as this side reads it; undefined where it has none of this id. */
export async function findRelationship(
  trx: Trx,
  side: 'partner' | 'customer',
  { id, now }: { id: string; now: Date },
): Promise<Relationship | undefined> {
  const { rows } = await sql<Found & Relationship>`
    select ${columns(now)} from ${bothRows(side, trx.tenantId)} where offer.id = ${id}::uuid`.execute(trx)
  return rows[0]
}

/** All of them, the newest first. */
export async function listRelationships(trx: Trx, side: 'partner' | 'customer', now: Date): Promise<Relationship[]> {
  const { rows } = await sql<Relationship>`
    select ${columns(now)} from ${bothRows(side, trx.tenantId)} order by offer.created_at desc, offer.id`.execute(trx)
  return rows
}
