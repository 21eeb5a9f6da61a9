import { sql } from 'kysely'
import type { Actor, SignedIn } from '../access/index.ts'
import type { Act, Trail } from '../act.ts'
import { HOUR, plus } from '../clock.ts'
import { networkOf, uuidAt } from '../crypto/index.ts'
import type { Trx } from '../store/index.ts'
import type { Activity } from './activities.ts'
import { type Feed, feedsOf } from './feeds.ts'

export interface AuditEvent {
  activity: Activity
  result: 'success' | 'failure'
  /** The reason of a failure, or the step. A stable text, never a person's input. */
  reason?: string
  target?: { id?: string; name: string }
  /** Details for reports. Hold no code, password, answer, address or number. */
  details?: Record<string, string>
}

/** An act that is written down. Of a user the log keeps no more than this. */
export type RecordedAct = Omit<Act, 'actor'> & { actor: Actor | Pick<SignedIn, 'kind' | 'id' | 'name'> }

/** How many networks have entries of their own in an hour for acts of unknown names; all others share one. */
const NETWORKS_AN_HOUR = 1_000

/**
 * Writes events, in one statement and in the transaction of their act: neither exists without the other.
 * What a name of nobody does is counted for its network and hour: strangers could make rows without end. Strangers of
 * one network write one after the other.
 */
export async function record(trx: Trx, act: RecordedAct, ...events: AuditEvent[]): Promise<void> {
  const { tenantId } = trx
  const { now, actor, trail } = act
  const by = actor.kind === 'operator' || actor.kind === 'system' ? undefined : actor
  const kind = actor.kind === 'anyone' ? 'user' : actor.kind
  const rows = events.map(event => {
    const { activity, result, target, reason = null, details = {} } = event
    const nobody = by !== undefined && by.id === undefined && target === undefined
    const { id, other, at, address, userAgent } = placeOf(act, tenantId, event, nobody)
    return sql`(${tenantId}::uuid, ${id}::uuid, ${other}::uuid, ${nobody}::boolean, ${at}::timestamptz, ${activity}::text, ${result}::text,
      ${reason}::text, ${kind}::text, ${by?.id ?? null}::uuid, ${by?.name ?? null}::text, ${target?.id ?? null}::uuid, ${target?.name ?? null}::text,
      ${nobody ? id : trail.correlationId}::uuid, ${address}::text, ${userAgent}::text,
      ${JSON.stringify({ ...details, ...detailsOf(trail) })}::jsonb,
      ${nobody ? null : (trail.supportCode ?? null)}::text, ${nobody ? null : (trail.appId ?? null)}::text)`
  })
  // One statement, plan and work for every name, or known ones could be measured. The planner would see in the values
  // whether a name is known, so they are materialized.
  await sql`
    with event (tenant_id, id, other, nobody, at, activity, result, reason, actor_kind, actor_id, actor_name,
      target_id, target_name, correlation_id, address, user_agent, details, support_code, app_id) as materialized (values ${sql.join(rows)})
    insert into audit_events (tenant_id, id, at, activity, result, reason, actor_kind, actor_id, actor_name,
      target_id, target_name, correlation_id, address, user_agent, details, support_code, app_id)
    select tenant_id, case when many then other else id end, at, activity, result, reason, actor_kind, actor_id, actor_name,
      target_id, target_name, case when many then other else correlation_id end, case when many then null else address end, user_agent, details, support_code, app_id
    from event cross join ${actor.kind === 'anyone' ? turnOf(tenantId, trail, hourOf(now)) : sql`(select false as many) as turn`}
    on conflict (tenant_id, at, id) do update set count = audit_events.count + 1
    returning ${tellSubscribers(tenantId, now, events)}`.execute(trx)
}

/** For SQL: who joined or left the group that an event is about. */
const MEMBER = sql`jsonb_build_object('memberId', coalesce(audit_events.details->>'user', audit_events.details->>'group', audit_events.details->>'servicePrincipal'))`

/** How long a subscriber that fails is told again (administration on the wire, §2.8). */
const TOLD_FOR = 4 * HOUR

/**
 * Notes what subscriptions hear of, in the event's own transaction, or a crash would lose it. A tenant without
 * subscriptions pays one look into an index; what of a name of nobody repeats does the same work as a known one.
 */
function tellSubscribers(tenantId: string, now: Date, events: readonly AuditEvent[]) {
  const feeds: Record<string, Feed[]> = {}
  for (const event of events) feeds[`${event.activity} ${event.result}`] = feedsOf(event)
  return sql`case when exists (select from subscriptions where subscriptions.tenant_id = ${tenantId}) then
    latchkey.tell_subscribers(audit_events.id, audit_events.at, audit_events.target_id, audit_events.correlation_id, ${MEMBER},
      array(select jsonb_array_elements_text(${JSON.stringify(feeds)}::jsonb->(audit_events.activity || ' ' || audit_events.result))),
      ${now}, ${plus(now, TOLD_FOR)}) end`
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
const detailsOf = ({ clientRequestId }: Trail) => (clientRequestId === undefined ? {} : { clientRequestId })

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
