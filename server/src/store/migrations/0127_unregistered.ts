import { type Kysely, sql } from 'kysely'

/**
 * Lists of users are filtered by whether anybody registered at all. A column of its own tells it: under row-level security
 * PostgreSQL knows no statistics of what it compares arrays by.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
alter table registrations add column has_methods boolean not null generated always as (methods <> '{}') stored;
create index registrations_by_methods on registrations (tenant_id, has_methods, user_id);
`
