import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Invitations of further Global Administrators, and when a tenant with one alone is asked for a second. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'administrator_invitations', 'select, insert, update, delete')
  await sql.raw(SYSTEM).execute(db)
}

const TABLES = `
create table administrator_invitations (
  tenant_id uuid not null,
  id uuid not null,
  token_hash bytea not null unique,
  address_sealed bytea not null,
  invited_by uuid not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  -- Of the browsers in which its link was opened.
  browser_hashes bytea[] not null default '{}',
  joined_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, invited_by) references accounts (tenant_id, id) on delete cascade
);
create index administrator_invitations_by_expiry on administrator_invitations (expires_at, tenant_id);

-- How often a single administrator was asked for a second, and when that is due again.
alter table signup_tenants add asked integer not null default 0, add ask_at timestamptz;
update signup_tenants set ask_at = made_at + interval '1 day';
alter table signup_tenants alter ask_at set not null;
create index signup_tenants_to_ask on signup_tenants (ask_at, tenant_id);
`

// A link leads to its tenant, and the jobs find what has ended or is due.
const SYSTEM = `
create policy system on administrator_invitations for select to latchkey_system using (true);
grant select (tenant_id, token_hash, expires_at) on administrator_invitations to latchkey_system;
grant select (ask_at) on signup_tenants to latchkey_system;
`
