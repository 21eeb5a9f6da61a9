import { HOUR, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { hasEnded, sql, type Trx } from '../store/index.ts'

/** So many failed proofs of strangers in an hour raise the alarm, or as many as a tenant's usual resets, if that is more. */
const ALARMING = 100

/** Counts a failed proof of a stranger in the tenant's hour, in one statement; true for the proof that raises the alarm. */
export async function countGuess(trx: Trx, { now }: Means, tenantId: string): Promise<boolean> {
  const over = hasEnded(sql`c.window_ends_at`, now, HOUR)
  const { rows } = await sql<{ many: boolean }>`
    insert into counters as c (tenant_id, kind, subject, browser, failures, window_ends_at)
    values (${tenantId}, 'tenantProofs', 'all', 'other', 1, ${plus(now, HOUR)})
    on conflict (tenant_id, kind, subject, browser) do update set
      failures = case when ${over} then 1 else c.failures + 1 end,
      window_ends_at = case when ${over} then excluded.window_ends_at else c.window_ends_at end
    returning failures = greatest(${ALARMING}, (
      select ceil(usual_resets_per_hour) from tenants where tenants.tenant_id = ${tenantId})) as many`.execute(trx)
  return rows[0]!.many
}
