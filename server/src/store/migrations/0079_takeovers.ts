import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Claims to administer an unmanaged tenant, and the links of those who hear of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'takeovers', 'select, insert, update, delete')
  await tenantTable(db, 'takeover_links', 'select, insert, update, delete')
  await sql.raw(SYSTEM).execute(db)
}

const TABLES = `
create table takeovers (
  -- Of the domain; the empty one where nobody has proven it.
  tenant_id uuid not null,
  id uuid not null unique,
  kind text not null check (kind in ('internal', 'external', 'recovery')),
  domain text not null,
  -- A keyed hash of the mailbox that claims.
  asker bytea not null,
  address_sealed bytea not null,
  language text not null,
  browser_hashes bytea[] not null,
  -- The text that the DNS has to hold.
  proof text not null,
  created_at timestamptz not null,
  -- When the mailbox was proved, and when the DNS.
  proved_at timestamptz,
  waiting_since timestamptz,
  ready_at timestamptz,
  finished_at timestamptz,
  -- The Global Administrator of it.
  user_id uuid,
  disputed_at timestamptz,
  -- When the operator allowed it all the same.
  allowed_at timestamptz,
  reason_sealed bytea,
  ended_at timestamptz,
  outcome text check (outcome in ('refused', 'undone', 'withdrawn', 'expired', 'settled')),
  refusal text check (refusal in ('not_unmanaged', 'takeover_open', 'objection', 'operator', 'administrator_present')),
  -- When its state ends, and when a job looks at it.
  ends_at timestamptz not null,
  due_at timestamptz not null,
  last_check jsonb,
  checked_at timestamptz,
  checks integer not null default 0,
  -- What the people there are being told, and of whom the last one was.
  telling text check (telling in ('begun', 'finished', 'undone', 'over')),
  told_after uuid,
  -- What an undo or the operator's word gives back.
  former jsonb,
  primary key (tenant_id, id)
);
create unique index takeovers_open on takeovers (tenant_id, domain) where proved_at is not null and ended_at is null;
create index takeovers_due on takeovers (due_at, tenant_id) where ended_at is null;
create index takeovers_ended on takeovers (ended_at, tenant_id) where ended_at is not null;

create table takeover_links (
  tenant_id uuid not null,
  id uuid not null,
  takeover_id uuid not null,
  -- Of somebody who was there; null for who claims.
  user_id uuid,
  token_hash bytea not null unique,
  browser_hashes bytea[] not null default '{}',
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, takeover_id) references takeovers (tenant_id, id) on delete cascade,
  foreign key (tenant_id, user_id) references accounts (tenant_id, id) on delete cascade
);
create index takeover_links_of_takeover on takeover_links (tenant_id, takeover_id, user_id);
create index takeover_links_by_expiry on takeover_links (expires_at, tenant_id);

-- Since and until when nobody acts on those who were there before.
alter table tenants add settling_since timestamptz, add settling_until timestamptz;
`

// An id or a link leads to its tenant, and the jobs find what is due.
const SYSTEM = `
create policy system on takeovers for select to latchkey_system using (true);
grant select (tenant_id, id, domain, proved_at, due_at, ended_at, telling) on takeovers to latchkey_system;
create policy system on takeover_links for select to latchkey_system using (true);
grant select (tenant_id, token_hash, expires_at) on takeover_links to latchkey_system;
`
