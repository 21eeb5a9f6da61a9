import { DAY, MINUTE, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import type { Trx } from '../store/index.ts'

/** By then the last try of a challenge's delivery has found it expired, and has told that its code never went out. */
const LAST_TRY = 15 * MINUTE

/** Removes challenges of the current tenant that ended a day ago: until then a passed one may still be a gate of its journey. The codes of those that ended and were never sent go at once. */
export async function removeExpiredChallenges(trx: Trx, means: Means, tenantId: string) {
  await trx
    .updateTable('challenges')
    .set({ code_sealed: null })
    .where('tenant_id', '=', tenantId)
    .where('expires_at', '<=', plus(means.now, -LAST_TRY))
    .where('code_sealed', 'is not', null)
    .execute()
  await trx
    .deleteFrom('challenges')
    .where('tenant_id', '=', tenantId)
    .where('expires_at', '<=', plus(means.now, -DAY))
    .execute()
}
