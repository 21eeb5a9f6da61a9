import { type Kysely, sql } from 'kysely'

/** A message centre tells what became of a message by its own id alone, which leads to the code that was sent. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
      alter table challenges add column gateway_message text;
      create index challenges_by_gateway_message on challenges (gateway_message) where gateway_message is not null;
      grant select (gateway_message) on challenges to latchkey_system;`)
    .execute(db)
}
