import { askTenant, BATCH, type Db, inBatches, inSystem, snapshotLock, sql } from '../store/index.ts'

/** Days that events are kept by default; the range of the choice is in policies/protection.ts. */
export const RETENTION_DAYS = 730

/**
 * Removes events that every tenant has kept long enough, a month at once, then in batches the ones of tenants that keep
 * less. By the earlier of our clock and the database's: a clock that has jumped ahead must not cost the record.
 */
export async function removeOldEvents(db: Db, { now }: { now: Date }): Promise<void> {
  const days = sql<number>`coalesce((protection->>'auditRetentionDays')::int, ${RETENTION_DAYS})`
  const { rows } = await inSystem(db, trx =>
    sql<{ tenant_id: string; days: number; due: boolean }>`
      select tenant_id, ${days} as days, exists(
        select from audit_events where audit_events.tenant_id = tenants.tenant_id and ${isOld(now, days)}) as due
      from tenants`.execute(trx),
  )
  const longest = Math.max(RETENTION_DAYS, ...rows.map(row => row.days))
  // One month for each transaction: a drop waits for readers of the log, and others wait behind the drop. A backup reads
  // for long, so that all stays until the next hour.
  for (let dropped: boolean | null = true; dropped; ) {
    const { rows: month } = await sql<{ dropped: boolean | null }>`
      select case when pg_try_advisory_xact_lock(hashtextextended(${snapshotLock}, 0))
        then drop_audit_month(${now}, ${longest}) end as dropped`.execute(db.owner)
    dropped = month[0]!.dropped
    if (dropped === null) return
  }
  for (const { tenant_id: tenantId, days: kept } of rows.filter(row => row.due))
    await inBatches(() =>
      askTenant(
        db,
        tenantId,
        sql`delete from audit_events where tenant_id = ${tenantId} and (at, id) in (
          select at, id from audit_events where tenant_id = ${tenantId} and ${isOld(now, sql.val(kept))} limit ${BATCH})
          returning 1`,
      ),
    )
}

const isOld = (now: Date, days: ReturnType<typeof sql<number>>) =>
  sql`at < least(${now}::timestamptz, now()) - make_interval(days => ${days}::int)`
