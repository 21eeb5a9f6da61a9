import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Links that are mailed, and what a waiting mail may tell its reader alone. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLE).execute(db)
  await tenantTable(db, 'mailed_links', 'select, insert, update, delete')
  await sql.raw(SYSTEM).execute(db)
}

const TABLE = `
create table mailed_links (
  tenant_id uuid not null,
  id uuid not null,
  token_hash bytea not null unique,
  purpose text not null check (purpose in ('reset')),
  user_id uuid not null,
  -- A link that was mailed before the password changed opens nothing.
  security_epoch integer not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  claimed_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references accounts (tenant_id, id) on delete cascade
);
create index mailed_links_of_user on mailed_links (tenant_id, user_id, purpose);
create index mailed_links_by_expiry on mailed_links (expires_at, tenant_id);

alter table notices add secret_sealed bytea;
`

// A link leads to its tenant, and the hourly job finds what has ended.
const SYSTEM = `
create policy system on mailed_links for select to latchkey_system using (true);
grant select (tenant_id, token_hash, expires_at) on mailed_links to latchkey_system;
`
