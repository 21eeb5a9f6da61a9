import { type Kysely, sql } from 'kysely'

/** The key that an agent signed by before it rolled its keys, for as long as it still opens links. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
alter table agents
  add column former_signing_key jsonb,
  add column former_ends_at timestamptz,
  add check ((former_signing_key is null) = (former_ends_at is null));
`
