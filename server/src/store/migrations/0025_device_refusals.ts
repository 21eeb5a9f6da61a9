import { type Kysely, sql } from 'kysely'

/** A device is also told of a person who has no way for the second step. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table device_codes drop constraint device_codes_refusal_check,
      add constraint device_codes_refusal_check
        check (refusal in ('declined', 'not_assigned', 'needs_administrator', 'no_second_step'))`.execute(db)
}
