import { DAY, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import type { Trx } from '../store/index.ts'

/** Removes challenges of the current tenant that ended a day ago: until then a passed one may still be a gate of its journey. */
export async function removeExpiredChallenges(trx: Trx, means: Means, tenantId: string) {
  await trx
    .deleteFrom('challenges')
    .where('tenant_id', '=', tenantId)
    .where('expires_at', '<=', plus(means.now, -DAY))
    .execute()
}
