import { channel } from 'node:diagnostics_channel'
import type { RawBuilder } from 'kysely'
import type { Actor, SignedIn } from '../access/index.ts'
import type { Act, Trail } from '../act.ts'
import { HOUR, plus } from '../clock.ts'
import { networkOf, uuidAt } from '../crypto/index.ts'
import { sql, type Trx } from '../store/index.ts'
import type { Activity } from './activities.ts'
import { feedsOf } from './feeds.ts'
import { keepPartnerActivities } from './partnerActivities.ts'

export interface AuditEvent {
  activity: Activity
  result: 'success' | 'failure'
  /** The reason of a failure, or the step. A stable text, never a person's input. */
  reason?: string
  target?: { id?: string; name: string }
  /** Details for reports. Hold no code, password, answer, address or number. */
  details?: Record<string, string>
  /** In the log of a partner, of what it does as one: for which company; null: for none. Its activity log has it too. */
  customer?: { id: string; name: string } | null
}

/** An act that is written down. Of a user the log keeps no more than this. */
export type RecordedAct = Omit<Act, 'actor'> & { actor: Actor | Pick<SignedIn, 'kind' | 'id' | 'name'> }

/** An event, and where it is written. What a name of nobody does is counted at one `id`, or at the `other` that all share. */
interface Entry extends ReturnType<typeof placeOf> {
  event: AuditEvent
  nobody: boolean
}

const COLUMNS = sql`activity, result, reason, actor_kind, actor_id, actor_name, target_id, target_name, correlation_id,
  address, user_agent, details, support_code, app_id`

/** Hears of each event that is written, for figures. An act that is taken back afterwards is heard of too. */
export const writtenEvents = channel('latchkey.audit.event')

/** How many networks have entries of their own in an hour for acts of unknown names; all others share one. */
const NETWORKS_AN_HOUR = 1_000

/** How many events one statement writes: PostgreSQL takes 65,535 parameters, and an event has up to 21. */
const AT_ONCE = 1_000

/** Writes any number of events, in the transaction of their act: neither exists without the other. */
export async function record(trx: Trx, act: RecordedAct, ...events: AuditEvent[]): Promise<void> {
  for (let at = 0; at < events.length; at += AT_ONCE) await write(trx, act, events.slice(at, at + AT_ONCE))
}

/**
 * Writes events in one statement.
 * What a name of nobody does is counted for its network and hour: strangers could make rows without end. Strangers of
 * one network write one after the other.
 */
async function write(trx: Trx, act: RecordedAct, events: readonly AuditEvent[]): Promise<void> {
  const { tenantId } = trx
  const { now, actor, trail } = act
  const by = actor.kind === 'operator' || actor.kind === 'system' ? undefined : actor
  const kind = actor.kind === 'anyone' ? 'user' : actor.kind
  const entries = events.map(event => {
    const nobody = by !== undefined && by.id === undefined && event.target === undefined
    return { event, nobody, ...placeOf(act, tenantId, event, nobody) }
  })
  /** `more`: what stands before its moment. */
  const rowOf = ({ event, nobody, id, at, address, userAgent }: Entry, more: RawBuilder<unknown>) => {
    const { activity, result, target, reason = null, details = {} } = event
    return sql`(${tenantId}::uuid, ${id}::uuid, ${more} ${at}::timestamptz, ${activity}::text, ${result}::text,
      ${reason}::text, ${kind}::text, ${by?.id ?? null}::uuid, ${by?.name ?? null}::text, ${target?.id ?? null}::uuid, ${target?.name ?? null}::text,
      ${nobody ? id : trail.correlationId}::uuid, ${address}::text, ${userAgent}::text,
      ${JSON.stringify({ ...details, ...detailsOf(trail), ...partnerOf(actor) })}::jsonb,
      ${nobody ? null : (trail.supportCode ?? null)}::text, ${nobody ? null : (trail.appId ?? null)}::text)`
  }
  // Who is signed in is known, so that nothing is counted: to look for a conflict would take a third of the work.
  const known = () => sql`
    insert into audit_events (tenant_id, id, at, ${COLUMNS}) values ${sql.join(entries.map(entry => rowOf(entry, sql``)))}`
  // One statement, plan and work for every name, or known ones could be measured. The planner would see in the values
  // whether a name is known, so they are materialized.
  const named = () => sql`
    with event (tenant_id, id, other, nobody, at, ${COLUMNS}) as materialized (values ${sql.join(
      entries.map(entry => rowOf(entry, sql`${entry.other}::uuid, ${entry.nobody}::boolean,`)),
    )})
    insert into audit_events (tenant_id, id, at, ${COLUMNS})
    select tenant_id, case when many then other else id end, at, activity, result, reason, actor_kind, actor_id, actor_name,
      target_id, target_name, case when many then other else correlation_id end, case when many then null else address end, user_agent, details, support_code, app_id
    from event cross join ${turnOf(tenantId, trail, hourOf(now))}
    on conflict (tenant_id, at, id) do update set count = audit_events.count + 1`
  const writing = actor.kind === 'anyone' ? named() : known()
  await Promise.all([
    writing.execute(trx),
    tellSubscribers(trx, act, entries),
    keepPartnerActivities(trx, act, entries),
  ])
  for (const event of events) writtenEvents.publish(event)
}

/** How long a subscriber that fails is told again (administration on the wire, §2.8). */
const TOLD_FOR = 4 * HOUR

/**
 * Notes what subscriptions hear of, in the event's own transaction, or a crash would lose it. A statement of its own: an
 * engine that spreads tenants over servers takes no function that writes where a conflict updates. A tenant without
 * subscriptions pays one look into an index; what of a name of nobody repeats does the same work as a known one.
 */
function tellSubscribers(trx: Trx, { now, actor, trail }: RecordedAct, entries: readonly Entry[]) {
  const { tenantId } = trx
  const values = entries.map(({ event, nobody, id, other, at }) => {
    const { target, details = {} } = event
    const member = { memberId: details.user ?? details.group ?? details.servicePrincipal }
    return sql`(${id}::uuid, ${other}::uuid, ${at}::timestamptz, ${target?.id ?? null}::uuid,
      ${nobody ? null : trail.correlationId}::uuid, ${JSON.stringify(member)}::jsonb, ${feedsOf(event)}::text[])`
  })
  const written =
    actor.kind === 'anyone'
      ? sql`case when exists (select from audit_events as own
          where own.tenant_id = ${tenantId} and own.at = ${hourOf(now)} and own.id = event.id) then id else other end`
      : sql`id`
  return sql`
    with event (id, other, at, target_id, correlation_id, member, feeds) as materialized (values ${sql.join(values)})
    select latchkey.tell_subscribers(written, at, target_id, coalesce(correlation_id, written), member, feeds, ${now}, ${plus(now, TOLD_FOR)})
    from event cross join lateral (select ${written} as written offset 0) as entry
    where exists (select from subscriptions where subscriptions.tenant_id = ${tenantId})`.execute(trx)
}

/**
 * Whether the hour has as `many` entries of other networks as it may. Unknown names of one network wait for
 * one another's entry, so known ones wait too: many requests at once would show the difference.
 */
const turnOf = (tenantId: string, trail: Trail, hour: Date) => sql`
  (select pg_advisory_xact_lock(hashtextextended(${`audit ${tenantId} ${wideNetworkOf(trail)}`}, 0))) as lock
  cross join lateral (select (select count(*) from (select from audit_events as entry
    where entry.tenant_id = ${tenantId} and entry.at = ${hour} and entry.id <> event.id and entry.address is not null
    limit ${NETWORKS_AN_HOUR}) as others) >= ${NETWORKS_AN_HOUR}
    and not exists (select from audit_events as own where own.tenant_id = ${tenantId} and own.at = ${hour} and own.id = event.id)
    and event.nobody as many offset 0) as turn`

/** A program's own id of its request, by which it finds the event again. */
const detailsOf = ({ clientRequestId, reason, ticket }: Trail) => ({
  ...(clientRequestId !== undefined && { clientRequestId }),
  ...(reason !== undefined && { statedReason: reason }),
  ...(ticket !== undefined && { ticket }),
})

/** Whose person of a partner it was, and by what they could: the customer's own directory has nobody of this id. */
const partnerOf = (actor: RecordedAct['actor']) =>
  actor.kind === 'partner' && 'home' in actor
    ? {
        displayName: actor.displayName,
        homeTenantId: actor.home.tenantId,
        homeTenantName: actor.home.name,
        relationshipId: actor.relationshipId ?? 'dap',
        role: actor.roles.join(', '),
        application: actor.application,
      }
    : {}

const hourOf = (now: Date) => new Date(Math.floor(now.getTime() / HOUR) * HOUR)

const wideNetworkOf = ({ address = '' }: Trail) => networkOf(address, { ipv4: 24, ipv6: 48 })

/** The place of an event. An event of an unknown name has the hour, the network, and ids that all of its kind share. */
function placeOf({ now, random, keys, trail }: RecordedAct, tenantId: string, event: AuditEvent, nobody: boolean) {
  const { address = null, userAgent } = trail
  if (!nobody) {
    const id = random.uuid(now)
    return { id, other: id, at: now, address, userAgent: userAgent?.slice(0, 400) ?? null }
  }
  const at = hourOf(now)
  const network = wideNetworkOf(trail)
  const idOf = (where: string) =>
    uuidAt(at, keys.mac('nobody', tenantId, event.activity, event.reason ?? '', where).toString('hex'))
  return { id: idOf(network), other: idOf('others'), at, address: network, userAgent: null }
}
