import { type Kysely, sql } from 'kysely'

/** An access pass has an id, by which administrators find it, and may be made for later. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table access_passes
      add column id uuid not null default gen_random_uuid(),
      add column created_at timestamptz not null default now()`.execute(db)
}
