import { type Kysely, sql } from 'kysely'

/** Resets go on to sign nobody in where they did so far; new tenants begin otherwise. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
      -- Row-level security binds the owner too, so it rests while every tenant's policies learn the new setting.
      alter table reset_policies no force row level security;
      update reset_policies set settings = settings || '{"signInAfterReset": false}';
      alter table reset_policies force row level security;`)
    .execute(db)
}
