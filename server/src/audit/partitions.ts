import { type Db, sql } from '../store/index.ts'

/** Makes the audit log's partitions of this month and the next two, where they are missing. A month without one keeps its rows in the default partition, from which old rows cannot be dropped at once. */
export async function makeAuditPartitions(db: Db, { now }: { now: Date }) {
  await sql`select audit_partition((${now}::date + make_interval(months => n))::date) from generate_series(0, 2) n`.execute(
    db.owner,
  )
}
