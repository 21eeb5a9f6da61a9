import { DAY, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import type { Trx } from '../store/index.ts'

/** Removes notices of the current tenant that were sent or given up, 30 days after they were made: they hold addresses, and the audit log tells what happened. */
export async function removeOldNotices(trx: Trx, means: Means, tenantId: string) {
  await trx
    .deleteFrom('notices')
    .where('tenant_id', '=', tenantId)
    .where('created_at', '<=', plus(means.now, -30 * DAY))
    .where(row => row.or([row('sent_at', 'is not', null), row('failed_at', 'is not', null)]))
    .execute()
}
