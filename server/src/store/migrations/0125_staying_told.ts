import { type Kysely, sql } from 'kysely'

/** Those who stay where a company has taken others in are told too, after these. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
      alter table takeovers drop constraint takeovers_telling_check;
      alter table takeovers add constraint takeovers_telling_check
        check (telling in ('begun', 'finished', 'undone', 'over', 'left'));`)
    .execute(db)
}
