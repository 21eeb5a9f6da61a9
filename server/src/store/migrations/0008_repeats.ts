import { type Kysely, sql } from 'kysely'

/** Keeps what was handed in for a challenge, so that a repeated mistake is recognized. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(`alter table challenges add column given integer[] not null default '{}'`).execute(db)
}
