import type { Means } from '../crypto/index.ts'
import type { Trx } from '../store/index.ts'

/** Removes counters of the current tenant whose failures are forgotten: names that nobody has, typed at random, must not pile up. */
export async function removeExpiredCounters(trx: Trx, means: Means, tenantId: string) {
  await trx
    .deleteFrom('counters')
    .where('tenant_id', '=', tenantId)
    .where('window_ends_at', '<=', means.now)
    .where(row => row.or([row('blocked_until', 'is', null), row('blocked_until', '<=', means.now)]))
    .execute()
}

/** Removes what was counted of messages in times that are over, in the current tenant. */
export async function removeExpiredSends(trx: Trx, means: Means, tenantId: string) {
  await trx.deleteFrom('sends').where('tenant_id', '=', tenantId).where('window_ends_at', '<=', means.now).execute()
}
