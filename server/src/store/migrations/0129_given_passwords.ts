import { type Kysely, sql } from 'kysely'

/** Whether the password that a request sets is a temporary one, which an administrator gave. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
alter table agent_requests add column must_change boolean not null default false;
`
