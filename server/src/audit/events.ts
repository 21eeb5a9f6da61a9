import { sql } from 'kysely'
import type { Means } from '../crypto/index.ts'
import type { Trx } from '../store/index.ts'
import type { Activity } from './activities.ts'

/** Who does something. */
export type Actor =
  | { kind: 'user'; id: string; name: string }
  /** Somebody who has not proved who they are: the name is what they typed. */
  | { kind: 'user'; id?: undefined; name: string }
  | { kind: 'operator' }
  | { kind: 'system' }

/** Where an act came from, and the journey that it is a step of. */
export interface Trail {
  /** One id for all events of a journey or of a session. */
  correlationId: string
  /** The address of the browser; absent where there is none. */
  address?: string
  userAgent?: string
}

export interface AuditEvent {
  activity: Activity
  result: 'success' | 'failure'
  /** Why it failed, or which step it was. A stable text, never a person's input. */
  reason?: string
  actor: Actor
  target?: { id?: string; name: string }
  /** More to know, for reports. Holds no code, password, answer, address or number. */
  details?: Record<string, string>
}

/** Writes events, in one statement and in the transaction of the act that they tell of: neither exists without the other. */
export async function record(trx: Trx, means: Means, tenantId: string, trail: Trail, ...events: AuditEvent[]) {
  await recording(means, tenantId, trail, ...events).execute(trx)
}

/** The same, to be made together with the act. */
export function recording({ now, random }: Means, tenantId: string, trail: Trail, ...events: AuditEvent[]) {
  const rows = events.map(event => {
    const { activity, result, actor, target, reason = null, details = {} } = event
    const [actorId, actorName] = actor.kind === 'user' ? [actor.id ?? null, actor.name] : [null, null]
    const { correlationId, address = null, userAgent } = trail
    return sql`(${tenantId}::uuid, ${random.uuid(now)}::uuid, ${now}::timestamptz, ${activity}, ${result}, ${reason}, ${actor.kind},
      ${actorId}::uuid, ${actorName}, ${target?.id ?? null}::uuid, ${target?.name ?? null},
      ${correlationId}::uuid, ${address}, ${userAgent?.slice(0, 400) ?? null}, ${JSON.stringify(details)}::jsonb)`
  })
  return sql`
    insert into audit_events (tenant_id, id, at, activity, result, reason, actor_kind, actor_id, actor_name,
      target_id, target_name, correlation_id, address, user_agent, details)
    values ${sql.join(rows)}`
}
