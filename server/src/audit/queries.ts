import type { Trx } from '../store/index.ts'
import type { Activity } from './activities.ts'

/** One line of a person's own activity. */
export interface ActivityLine {
  id: string
  at: Date
  activity: Activity
  /** The step or the kind of method that it was about, where the activity has one. */
  reason: string | null
  /** How often it happened: more than once for what names of nobody did in an hour. */
  count: number
  address: string | null
  userAgent: string | null
  correlationId: string
}

const lineColumns = [
  'id',
  'at',
  'activity',
  'reason',
  'count',
  'address',
  'user_agent as userAgent',
  'correlation_id as correlationId',
] as const

/** The newest events among `shown` that have this user as their target, newest first; `before`: only those older than the event of this id. */
export async function findActivity(
  trx: Trx,
  tenantId: string,
  userId: string,
  shown: readonly Activity[],
  limit: number,
  before?: string,
): Promise<ActivityLine[]> {
  const rows = await trx
    .selectFrom('audit_events')
    .select(lineColumns)
    .where('tenant_id', '=', tenantId)
    .where('target_id', '=', userId)
    .where('activity', 'in', [...shown])
    .$if(before !== undefined, query =>
      query
        .where('at', '<=', momentOf(before!))
        .where(row => row.or([row('at', '<', momentOf(before!)), row('id', '<', before!)])),
    )
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(row => ({ ...row, activity: row.activity as Activity }))
}

/** One event that has this user as its target. */
export async function findEvent(
  trx: Trx,
  tenantId: string,
  userId: string,
  id: string,
): Promise<ActivityLine | undefined> {
  const row = await trx
    .selectFrom('audit_events')
    .select(lineColumns)
    .where('tenant_id', '=', tenantId)
    .where('at', '=', momentOf(id))
    .where('id', '=', id)
    .where('target_id', '=', userId)
    .executeTakeFirst()
  return row && { ...row, activity: row.activity as Activity }
}

/** All that a user's journey or session did of these activities, oldest first. */
export async function findTrail(
  trx: Trx,
  tenantId: string,
  userId: string,
  correlationId: string,
  activities: readonly Activity[],
): Promise<ActivityLine[]> {
  const rows = await trx
    .selectFrom('audit_events')
    .select(lineColumns)
    .where('tenant_id', '=', tenantId)
    .where('correlation_id', '=', correlationId)
    .where('target_id', '=', userId)
    .where('activity', 'in', [...activities])
    .orderBy('at')
    .execute()
  return rows.map(row => ({ ...row, activity: row.activity as Activity }))
}

/** The details of every event of one activity that has this user as its target, since a moment. */
export async function findDetails(
  trx: Trx,
  tenantId: string,
  activity: Activity,
  userId: string,
  since: Date,
): Promise<Record<string, string>[]> {
  const rows = await trx
    .selectFrom('audit_events')
    .select('details')
    .where('tenant_id', '=', tenantId)
    .where('target_id', '=', userId)
    .where('at', '>=', since)
    .where('activity', '=', activity)
    .execute()
  return rows.map(({ details }) => details)
}

/** The moment that an event's id was made at, which is the event's own: by it one partition is looked into instead of all. */
const momentOf = (id: string) => new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16))

/** How many events of this activity there were after `since`; of one target alone, where one is named. */
export async function countEvents(
  trx: Trx,
  tenantId: string,
  activity: Activity,
  since: Date,
  targetId?: string,
): Promise<number> {
  const { count } = await trx
    .selectFrom('audit_events')
    .select(row => row.fn.countAll<string>().as('count'))
    .where('tenant_id', '=', tenantId)
    .where('at', '>', since)
    .where('activity', '=', activity)
    .$if(targetId !== undefined, query => query.where('target_id', '=', targetId!))
    .executeTakeFirstOrThrow()
  return Number(count)
}
