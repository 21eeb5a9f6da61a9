import { sql } from 'kysely'
import type { Store } from '../store/index.ts'

/** Why the demonstration cannot start over. The message is one sentence for the operator. */
export class FreshError extends Error {
  override name = 'FreshError'
}

/**
 * Removes the demonstration's tables from this database, before it is migrated and seeded anew. A database that no
 * demonstration has claimed is left alone. Throws `FreshError` where it is in other use, or has other connections.
 */
export async function startOver(store: Store): Promise<void> {
  const purpose = await findPurpose(store)
  if (purpose === undefined) return
  if (purpose !== 'demonstration')
    throw new FreshError(
      'This database is no demonstration’s: nothing was removed. Set LATCHKEY_DATA or DATABASE_URL to another.',
    )
  const { rows } = await sql<{ others: boolean }>`
    select exists (select from pg_stat_activity where datname = current_database() and backend_type = 'client backend'
      and pid <> pg_backend_pid() and application_name <> ${`latchkey keeper ${process.pid}`}) as others`.execute(
    store.owner,
  )
  if (rows[0]?.others)
    throw new FreshError('Another program uses the demonstration’s database: end it first, then start over.')
  // At once: a queue that outlived its purpose would not be known as a demonstration's.
  await store.owner.transaction().execute(async trx => {
    await sql`drop schema latchkey cascade`.execute(trx)
    await sql`drop schema if exists latchkey_jobs cascade`.execute(trx)
  })
}

async function findPurpose(store: Store): Promise<string | undefined> {
  const { rows } = await sql<{
    there: boolean
  }>`select to_regclass('latchkey.facts') is not null as there`.execute(store.owner)
  if (!rows[0]?.there) return undefined
  const found = await store.owner.selectFrom('facts').select('value').where('name', '=', 'purpose').executeTakeFirst()
  return found?.value
}
