import type { RawBuilder } from 'kysely'
import { enqueue, type TaskName } from './jobs.ts'
import type { Store } from './open.ts'
import { BATCH } from './removal.ts'
import { sql } from './sql.ts'
import type { Tables } from './tables.ts'
import { askTenant, inSystem, inTenant } from './transactions.ts'

/** The rows of a tenants' table that each wait for a job. */
export interface Awaiting {
  table: keyof Tables
  /** The rows that a job should have handled by now. */
  overdue(now: Date, tenantId: string): RawBuilder<unknown>
  /** A condition by the columns that the system role may read: which tenants could have such rows. */
  couldBeOverdue(now: Date): RawBuilder<unknown>
  /** For SQL: the task of a row. */
  task: RawBuilder<unknown>
  /** For SQL: the id that the job is about; the row's own where it is left out. */
  id?: RawBuilder<unknown>
  /** The name of this id in the job's payload. */
  idName: string
}

/**
 * Enqueues again the jobs that rows wait for and the queue does not have. On one PostgreSQL a job and its row are one
 * commit. Where an engine spreads them over servers, a crash between two commits loses the job.
 */
export async function enqueueLost(db: Store, { now }: { now: Date }, awaiting: readonly Awaiting[]): Promise<void> {
  const overdue: { tenantId: string; id: string; task: TaskName; idName: string }[] = []
  for (const { table, overdue: isOverdue, couldBeOverdue, task, id: about = sql`id`, idName } of awaiting) {
    const tenants = await inSystem(db, trx =>
      sql<{
        id: string
      }>`select distinct tenant_id as id from ${sql.table(table)} where ${couldBeOverdue(now)}`.execute(trx),
    )
    for (const { id: tenantId } of tenants.rows) {
      const rows = await askTenant(
        db,
        tenantId,
        sql<{ id: string; task: TaskName }>`select distinct ${about} as id, ${task} as task from ${sql.table(table)}
          where tenant_id = ${tenantId} and ${isOverdue(now, tenantId)} limit ${BATCH}`,
      )
      overdue.push(...rows.map(row => ({ ...row, tenantId, idName })))
    }
  }
  if (overdue.length === 0) return
  // Read after the rows: a job that has ended meanwhile has noted it in its row, and its successor finds nothing to do.
  const { rows } = await sql<{ value: string }>`
    select distinct value from latchkey_jobs._private_jobs, json_each_text(payload)`.execute(db.owner)
  const queued = new Set(rows.map(({ value }) => value))
  for (const { tenantId, id, task, idName } of overdue.filter(({ id }) => !queued.has(id)))
    await inTenant(db, tenantId, trx => enqueue(trx, task, { tenantId, [idName]: id } as never, { jobKey: id }))
}
