import { sql } from 'kysely'
import { DAY, MINUTE, plus } from '../clock.ts'
import { type Awaiting, hasEnded, type Removal } from '../store/index.ts'

const KEPT = 30 * DAY

/** Rows go first, in batches: a job takes all its own with it. */
export const oldBulkRows: Removal = {
  table: 'bulk_rows',
  couldBeDue: now => sql`tenant_id in (select tenant_id from bulk_jobs where created_at <= ${plus(now, -KEPT)})`,
  due: (now, tenantId) =>
    sql`job_id in (select id from bulk_jobs j where j.tenant_id = ${tenantId} and j.created_at <= ${plus(now, -KEPT)})`,
}

export const oldBulkJobs: Removal = {
  table: 'bulk_jobs',
  due: now => hasEnded(sql`created_at`, plus(now, -KEPT), KEPT),
}

/** Jobs with rows whose turn was lost. */
export const lostBulkJobs: Awaiting = {
  table: 'bulk_jobs',
  idName: 'jobId',
  couldBeOverdue: now => sql`ended_at is null and progressed_at < ${plus(now, -MINUTE)}`,
  overdue: now => sql`ended_at is null and progressed_at < ${plus(now, -MINUTE)} and total is not null`,
  task: sql`'run-bulk-job'`,
}
