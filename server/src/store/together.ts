import { type OperationNodeSource, type RawBuilder, sql } from 'kysely'
import type { Trx } from './transactions.ts'

/** An insert, update or delete that has not run yet. */
export type Change = OperationNodeSource

/**
 * Makes changes as one statement: one message where there would be several. `jobs`: from `queued`.
 * None of them sees what another changes, so no two may change the same row, and their order means nothing.
 */
export async function changeTogether(
  trx: Trx,
  changes: readonly Change[],
  jobs: readonly RawBuilder<unknown>[] = [],
): Promise<void> {
  const parts = changes.map((change, place) => sql`${sql.ref(`change_${place}`)} as (${change})`)
  const begun = parts.length > 0 ? sql`with ${sql.join(parts)} ` : sql``
  // Of what `with` lists all that changes rows runs; a function would not, so jobs are what is selected.
  await sql`${begun}select ${sql.join(jobs.length > 0 ? jobs : [sql`1`])}`.execute(trx)
}
