import { DAY, plus } from '../clock.ts'
import { momentOf } from '../crypto/index.ts'
import { APART, sql, type Trx } from '../store/index.ts'
import type { Activity } from './activities.ts'

/** One line of a person's own activity. */
export interface ActivityLine {
  id: string
  at: Date
  activity: Activity
  /** The step or the kind of method, where the activity has one. */
  reason: string | null
  /** How often it happened: more than once only for unknown names. */
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

/** How many of one kind are counted at most. */
export const COUNTED_AT_MOST = 1_000

/** Events of one activity as one line: the newest of them, their number, and since when. */
export interface FoldedLine extends ActivityLine {
  firstAt: Date
}

const lineOf = sql`id, at, activity, reason, count, address, user_agent as "userAgent", correlation_id as "correlationId"`

/** For SQL: these activities as `wanted.activity`, so that each reads only the newest entries of its own part of the index. */
const each = (activities: readonly Activity[]) => sql`unnest(${[...activities]}::text[]) as wanted(activity)`

const ofPerson = (tenantId: string, userId: string) =>
  sql`tenant_id = ${tenantId} and target_id = ${userId} and activity = wanted.activity`

/** The newest events of `shown` activities with this user as target, newest first. `before`: only events older than the one of this id. */
export async function findActivity(
  trx: Trx,
  userId: string,
  shown: readonly Activity[],
  { limit, before }: { limit: number; before?: string | undefined },
): Promise<ActivityLine[]> {
  const older =
    before === undefined
      ? sql`true`
      : sql`at <= ${momentOf(before)} and (at < ${momentOf(before)} or id < ${before}::uuid)`
  const { rows } = await sql<ActivityLine>`
    select line.* from ${each(shown)} cross join lateral (
      select ${lineOf} from audit_events where ${ofPerson(trx.tenantId, userId)} and ${older}
      order by at desc, id desc limit ${limit}) line
    order by line.at desc, line.id desc limit ${limit}`.execute(trx)
  return rows
}

/** The same events since a moment, folded into one line for each activity, the latest first. At most `COUNTED_AT_MOST` are counted. */
export async function findFolded(
  trx: Trx,
  userId: string,
  activities: readonly Activity[],
  since: Date,
): Promise<FoldedLine[]> {
  const { tenantId } = trx
  const { rows } = await sql<FoldedLine>`
    select line.*, counted.* from ${each(activities)} cross join lateral (
      select ${lineOf} from audit_events where ${ofPerson(tenantId, userId)} and at > ${since}
      order by at desc, id desc limit 1) line
    cross join lateral (
      select sum(count)::integer as count, min(at) as "firstAt" from (
        select at, count from audit_events where ${ofPerson(tenantId, userId)} and at > ${since}
        order by at desc limit ${COUNTED_AT_MOST}) newest) counted
    order by line.at desc, line.id desc`.execute(trx)
  return rows
}

/** When a person's account was turned off, as it has stayed; undefined where the log does not tell it (any more). */
export async function findTurnedOff(trx: Trx, userId: string): Promise<Date | undefined> {
  const changed = sql`(details->>'changes')::jsonb->'accountEnabled'->1`
  const { rows } = await sql<{ at: Date; isOff: boolean }>`
    select turned.* from ${each(['user.changed', 'user.synchronized'])} cross join lateral (
      select at, coalesce(reason = 'disable', ${changed} = 'false'::jsonb) as "isOff" from audit_events
      where ${ofPerson(trx.tenantId, userId)} and result = 'success'
        and (reason in ('enable', 'disable') or ${changed} is not null)
      order by at desc, id desc limit 1) turned
    order by turned.at desc limit 1`.execute(trx)
  const [last] = rows
  return last?.isOff ? last.at : undefined
}

/** One event that has this user as its target. Its id was made at its own moment: by that one partition is looked into instead of all. */
export async function findEvent(trx: Trx, userId: string, id: string): Promise<ActivityLine | undefined> {
  const row = await trx
    .selectFrom('audit_events')
    .select(lineColumns)
    .where('tenant_id', '=', trx.tenantId)
    .where('at', '=', momentOf(id))
    .where('id', '=', id)
    .where('target_id', '=', userId)
    .executeTakeFirst()
  return row && { ...row, activity: row.activity as Activity }
}

/** The events of these activities in a user's journey or session, oldest first. Its id was made when it began: by that the months before are left out. */
export async function findTrail(
  trx: Trx,
  userId: string,
  correlationId: string,
  activities: readonly Activity[],
): Promise<ActivityLine[]> {
  const rows = await trx
    .selectFrom('audit_events')
    .select(lineColumns)
    .where('tenant_id', '=', trx.tenantId)
    .where('correlation_id', '=', correlationId)
    .where('at', '>=', plus(momentOf(correlationId), -APART))
    .where('target_id', '=', userId)
    .where('activity', 'in', [...activities])
    .orderBy('at')
    .execute()
  return rows.map(row => ({ ...row, activity: row.activity as Activity }))
}

/** The object of the first act that succeeded under this correlation id; undefined where none did. */
export async function findMade(trx: Trx, correlationId: string): Promise<string | undefined> {
  const row = await trx
    .selectFrom('audit_events')
    .select('target_id')
    .where('tenant_id', '=', trx.tenantId)
    .where('correlation_id', '=', correlationId)
    .where('at', '>=', plus(momentOf(correlationId), -APART))
    .where('result', '=', 'success')
    .where('target_id', 'is not', null)
    .orderBy('at')
    .executeTakeFirst()
  return row?.target_id ?? undefined
}

/** When this actor did this to this target under a correlation id; undefined where they did not. */
export async function findAct(
  trx: Trx,
  correlationId: string,
  { activity, actorId, targetId }: { activity: Activity; actorId: string; targetId: string },
): Promise<Date | undefined> {
  const row = await trx
    .selectFrom('audit_events')
    .select('at')
    .where('tenant_id', '=', trx.tenantId)
    .where('correlation_id', '=', correlationId)
    .where('at', '>=', plus(momentOf(correlationId), -APART))
    .where('activity', '=', activity)
    .where('result', '=', 'success')
    .where('actor_id', '=', actorId)
    .where('target_id', '=', targetId)
    .executeTakeFirst()
  return row?.at
}

/** The details of every event of one activity with this user as target, with its time: of all, or since and until these moments. */
export async function findDetails(
  trx: Trx,
  activity: Activity,
  userId: string,
  { since, until, newest }: { since?: Date; until?: Date; newest?: number } = {},
): Promise<{ at: Date; details: Record<string, string> }[]> {
  return trx
    .selectFrom('audit_events')
    .select(['at', 'details'])
    .where('tenant_id', '=', trx.tenantId)
    .where('target_id', '=', userId)
    .$if(since !== undefined, query => query.where('at', '>=', since!))
    .$if(until !== undefined, query => query.where('at', '<=', until!))
    .where('activity', '=', activity)
    .$if(newest !== undefined, query => query.orderBy('at', 'desc').limit(newest!))
    .execute()
}

/** The number of events of this activity in the day before `now`; of one target alone, where one is named. Events of a clock that had jumped ahead do not count. */
export async function countEvents(trx: Trx, activity: Activity, now: Date, targetId?: string): Promise<number> {
  const { count } = await trx
    .selectFrom('audit_events')
    .select(row => row.fn.countAll<string>().as('count'))
    .where('tenant_id', '=', trx.tenantId)
    .where('at', '>', plus(now, -DAY))
    .where('at', '<=', plus(now, APART))
    .where('activity', '=', activity)
    .$if(targetId !== undefined, query => query.where('target_id', '=', targetId!))
    .executeTakeFirstOrThrow()
  return Number(count)
}
