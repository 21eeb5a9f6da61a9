import { type Kysely, sql } from 'kysely'

/** What somebody had told the assistant before they opened a case from it, sealed, beside what they wrote. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table case_messages add learned_sealed bytea`.execute(db)
}
