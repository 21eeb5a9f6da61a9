import { type Kysely, sql } from 'kysely'

/** A call says its code again at the press of a key, so that its code stays, sealed, for as long as it can be used. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`alter table challenges add column spoken_sealed bytea, add column repeats smallint not null default 0;`)
    .execute(db)
}
