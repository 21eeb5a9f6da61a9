import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** The ways of people through the questions of the assistant. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'assistants', 'select, insert, update, delete')
  await sql.raw(SYSTEM).execute(db)
}

const TABLES = `
create table assistants (
  -- The empty tenant: no row shows whose person it is.
  tenant_id uuid not null,
  id uuid not null,
  browser_hash bytea not null,
  -- The name, the refusal that it begins with, and the answers.
  told_sealed bytea not null,
  -- How often it was changed: of two answers at once the second is refused.
  steps integer not null default 0,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, id)
);
create index assistants_by_expiry on assistants (expires_at, tenant_id);
`

// The hourly job finds what is due.
const SYSTEM = `
create policy system on assistants for select to latchkey_system using (true);
grant select (tenant_id, expires_at) on assistants to latchkey_system;
`
