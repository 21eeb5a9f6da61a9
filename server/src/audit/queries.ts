import type { Trx } from '../store/index.ts'
import type { Activity } from './activities.ts'

/** One line of a person's own activity. */
export interface ActivityLine {
  id: string
  at: Date
  activity: Activity
  address: string | null
  userAgent: string | null
}

/** The newest events among `shown` that have this user as their target, newest first. */
export async function findActivity(
  trx: Trx,
  tenantId: string,
  userId: string,
  shown: readonly Activity[],
  limit: number,
): Promise<ActivityLine[]> {
  const rows = await trx
    .selectFrom('audit_events')
    .select(['id', 'at', 'activity', 'address', 'user_agent as userAgent'])
    .where('tenant_id', '=', tenantId)
    .where('target_id', '=', userId)
    .where('activity', 'in', [...shown])
    .orderBy('at', 'desc')
    .limit(limit)
    .execute()
  return rows.map(row => ({ ...row, activity: row.activity as Activity }))
}

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
