import type { RawBuilder } from 'kysely'
import { sql } from './sql.ts'
import type { Trx } from './transactions.ts'

/** How PostgreSQL refuses a transaction whose claim took no row. */
const UNCLAIMED = 'LK001'

/**
 * Claims by a statement that may travel with all that rests on it, COMMIT too: where it changes no row, nothing of its
 * transaction is kept, and an error is thrown that `isUnclaimed` knows.
 */
export async function demandClaim(trx: Trx, claim: RawBuilder<unknown>): Promise<void> {
  await sql`with claimed as (${claim} returning true) select latchkey.demand(exists(select from claimed))`.execute(trx)
}

/** Whether a transaction was undone because its claim took no row. */
export const isUnclaimed = (error: unknown): boolean => (error as { code?: unknown }).code === UNCLAIMED
