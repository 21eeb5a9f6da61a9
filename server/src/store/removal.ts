import type { RawBuilder } from 'kysely'
import { plus } from '../clock.ts'
import { hasEnded } from './ends.ts'
import type { Store } from './open.ts'
import { sql } from './sql.ts'
import type { Tables } from './tables.ts'
import { askTenant, inSystem } from './transactions.ts'

/** The rows of a tenants' table that time removes; README.md lists every table. */
export interface Removal {
  table: keyof Tables
  /** Which rows are due. `tenantId`: absent while the tenants that have some are looked for. */
  due(now: Date, tenantId?: string): RawBuilder<unknown>
  /** A condition for the system role, where it may not read all columns of `due`: which tenants could have due rows. */
  couldBeDue?(now: Date): RawBuilder<unknown>
  /** The columns to set; absent: the rows are deleted. */
  set?: RawBuilder<unknown>
}

/**
 * The rows of a table that ended at `expires_at` so long ago that nobody asks for them. In milliseconds, `lasts`: how long
 * such a row lasts at most; `kept`: how long an ended one is told from one that never was.
 */
export const endedLongAgo = (table: keyof Tables, { lasts, kept }: { lasts: number; kept: number }): Removal => ({
  table,
  due: now => hasEnded(sql`expires_at`, plus(now, -kept), lasts + kept),
})

/** Rows that one transaction removes: few enough to be over in a moment. */
export const BATCH = 1_000

/** Batches of one table and tenant in one run; the next run goes on. */
const BATCHES = 1_000

/** Removes due rows of the tenants that have some, each batch in a transaction of its own. Errors are thrown at the end, so that every tenant is cleaned. */
export async function removeDue(db: Store, { now }: { now: Date }, removals: readonly Removal[]): Promise<void> {
  const failures: unknown[] = []
  for (const { table, due, couldBeDue = due, set } of removals) {
    const name = sql.table(table)
    const tenants = await inSystem(db, trx =>
      sql<{ tenant_id: string }>`select distinct tenant_id from ${name} where ${couldBeDue(now)}`.execute(trx),
    )
    for (const { tenant_id: tenantId } of tenants.rows) {
      const which = sql`ctid = any(array(select ctid from ${name} where tenant_id = ${tenantId} and ${due(now, tenantId)} limit ${BATCH}))`
      const change = set ? sql`update ${name} set ${set}` : sql`delete from ${name}`
      await inBatches(() =>
        askTenant(db, tenantId, sql`${change} where tenant_id = ${tenantId} and ${which} returning 1`),
      ).catch(error => failures.push(error))
    }
  }
  if (failures.length > 0) throw failures[0]
}

/** Runs `remove` until it finds less than a batch. */
export async function inBatches(remove: () => Promise<readonly unknown[]>): Promise<void> {
  for (let n = 0; n < BATCHES; n++) if ((await remove()).length < BATCH) return
}
