import { DAY, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import type { Trx } from '../store/index.ts'

/** Removes journeys of the current tenant that ended two days ago. */
export async function removeExpiredJourneys(trx: Trx, means: Means, tenantId: string) {
  await trx
    .deleteFrom('journeys')
    .where('tenant_id', '=', tenantId)
    .where('expires_at', '<=', plus(means.now, -2 * DAY))
    .execute()
}
