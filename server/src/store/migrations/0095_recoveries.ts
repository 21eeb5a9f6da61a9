import { type Kysely, sql } from 'kysely'

/** When an administrator of a company signed in fully whose recovery runs, in the belief that there is none. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table takeovers add administrator_at timestamptz`.execute(db)
}
