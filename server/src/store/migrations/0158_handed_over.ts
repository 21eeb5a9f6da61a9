import { type Kysely, sql } from 'kysely'

/** What the helper who opened a case had found, and how the caller was checked: colleagues read it, and who asks does not. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table cases add finding text, add check_means text, add checked_at timestamptz').execute(db)
}
