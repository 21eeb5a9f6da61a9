import { type Kysely, sql } from 'kysely'

/** The sign-in at which a reset was begun. It may be gone before the journey. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table journeys add column sign_in_id uuid`.execute(db)
}
