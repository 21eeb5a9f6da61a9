import { sql } from 'kysely'
import type { Store } from '../store/index.ts'

/** Why the demonstration cannot start over. The message is one sentence for the operator. */
export class FreshError extends Error {
  override name = 'FreshError'
}

/**
 * Removes everything that the demonstration has in this database, before it is migrated and seeded anew.
 * Throws `FreshError` where somebody else is connected, or where the data is not a demonstration's.
 */
export async function startOver(store: Store): Promise<void> {
  const { rows } = await sql<{ there: boolean; others: boolean }>`
    select to_regclass('latchkey.facts') is not null as there, exists (
      select from pg_stat_activity where datname = current_database() and backend_type = 'client backend'
        and pid <> pg_backend_pid() and application_name <> ${`latchkey keeper ${process.pid}`}) as others`.execute(
    store.owner,
  )
  if (rows[0]?.others)
    throw new FreshError('Another program uses the demonstration’s database: end it first, then start over.')
  if (rows[0]?.there && !(await isDemonstration(store)))
    throw new FreshError(
      'This database is no demonstration’s: nothing was removed. Set LATCHKEY_DATA or DATABASE_URL to another.',
    )
  await sql`drop schema if exists latchkey cascade`.execute(store.owner)
  await sql`drop schema if exists jobs cascade`.execute(store.owner)
}

/** Tables without a purpose were migrated and never used. */
async function isDemonstration(store: Store): Promise<boolean> {
  const found = await store.owner.selectFrom('facts').select('value').where('name', '=', 'purpose').executeTakeFirst()
  return (found?.value ?? 'demonstration') === 'demonstration'
}
