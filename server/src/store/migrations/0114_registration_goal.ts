import { type Kysely, sql } from 'kysely'

/** How many of the people who may reset should be able to: a setting that every policy learns. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

// Row-level security binds the owner too, so it rests while every tenant's policies learn the new setting.
const CHANGES = `
alter table reset_policies no force row level security;
update reset_policies set settings = settings || '{"registrationGoal": 90}';
alter table reset_policies force row level security;
`
