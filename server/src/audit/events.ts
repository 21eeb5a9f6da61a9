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
  await trx
    .insertInto('audit_events')
    .values(
      events.map(event => ({
        tenant_id: tenantId,
        id: means.random.uuid(means.now),
        at: means.now,
        activity: event.activity,
        result: event.result,
        reason: event.reason ?? null,
        actor_kind: event.actor.kind,
        actor_id: event.actor.kind === 'user' ? (event.actor.id ?? null) : null,
        actor_name: event.actor.kind === 'user' ? event.actor.name : null,
        target_id: event.target?.id ?? null,
        target_name: event.target?.name ?? null,
        correlation_id: trail.correlationId,
        address: trail.address ?? null,
        user_agent: trail.userAgent?.slice(0, 400) ?? null,
        details: JSON.stringify(event.details ?? {}),
      })),
    )
    .execute()
}
