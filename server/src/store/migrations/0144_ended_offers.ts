import { type Kysely, sql } from 'kysely'

/** What a partner asked for goes a year after it ended, with what was granted of it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
      create index gdap_offers_ended on gdap_offers (ended_at, tenant_id) where ended_at is not null;
      grant select (ended_at) on gdap_offers to latchkey_system;`)
    .execute(db)
}
