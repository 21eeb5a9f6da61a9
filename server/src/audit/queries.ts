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
