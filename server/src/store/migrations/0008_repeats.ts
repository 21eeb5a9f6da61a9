import { type Kysely, sql } from 'kysely'

/** What was handed in for a challenge, so that the same mistake made again is known. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(`alter table challenges add column given integer[] not null default '{}'`).execute(db)
}
