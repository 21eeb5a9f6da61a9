import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Mailed answers to the question whether a mailbox has a work account. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'account_check_links', 'select, insert, update, delete')
  await sql.raw(SYSTEM).execute(db)
}

const TABLES = `
create table account_check_links (
  -- The empty tenant: who asks has none that is known.
  tenant_id uuid not null,
  id uuid not null,
  token_hash bytea not null unique,
  -- Of the mailbox: a newer link voids the older ones.
  subject bytea not null,
  address_sealed bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, id)
);
create index account_check_links_by_expiry on account_check_links (expires_at, tenant_id);
create index account_check_links_by_subject on account_check_links (subject);
`

// The hourly job finds what has ended.
const SYSTEM = `
create policy system on account_check_links for select to latchkey_system using (true);
grant select (tenant_id, expires_at) on account_check_links to latchkey_system;
`
