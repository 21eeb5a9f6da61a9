import { type Kysely, sql } from 'kysely'

/** Keeps with a journey the keys under which its name is counted, so that its blocks are read together with it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table journeys add column counter_keys bytea[] not null default '{}'`.execute(db)
}
