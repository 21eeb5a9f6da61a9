import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Operators' invitations to sign a company up. The tenant that a sign-up makes names the one that it used. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'signup_invitations', 'select, insert, update, delete')
  await sql.raw(SYSTEM).execute(db)
}

const TABLES = `
create table signup_invitations (
  -- The empty tenant: there is no other yet.
  tenant_id uuid not null,
  id uuid not null,
  token_hash bytea not null unique,
  -- Of the mailbox, which alone can sign up by it.
  subject bytea not null,
  address_sealed bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  -- When a newer one of this mailbox, or the operator, has voided it.
  voided_at timestamptz,
  -- Of the browsers in which its link was opened.
  browser_hashes bytea[] not null default '{}',
  primary key (tenant_id, id)
);
create index signup_invitations_by_expiry on signup_invitations (expires_at, tenant_id);

alter table signups add invitation_id uuid;
-- Unique: of two sign-ups by one invitation one makes a tenant.
alter table signup_tenants add invitation_id uuid unique;
`

// The hourly job finds what has ended, and an invitation is known to be used by the tenant that it made.
const SYSTEM = `
create policy system on signup_invitations for select to latchkey_system using (true);
grant select (tenant_id, expires_at) on signup_invitations to latchkey_system;
grant select (invitation_id) on signup_tenants to latchkey_system;
`
