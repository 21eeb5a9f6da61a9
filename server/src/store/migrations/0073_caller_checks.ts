import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** How a help desk finds out that a caller is the person of the account. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLE).execute(db)
  await tenantTable(db, 'caller_checks', 'select, insert, update, delete')
  await sql.raw(CHANGES).execute(db)
}

const TABLE = `
create table caller_checks (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  -- An answer from before a change of the password counts no more.
  security_epoch integer not null,
  asked_by uuid not null,
  means text not null check (means in ('approvalLink', 'callBack', 'inPerson')),
  -- Three pairs of words, of which the help desk reads one aloud.
  choices text[] not null,
  spoken text,
  link_id uuid,
  browser_hash bytea,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  approved_at timestamptz,
  denied_at timestamptz,
  outcome text check (outcome in ('resolved', 'unresolved', 'handedOver', 'wrongPerson')),
  -- What the help desk gave: only the person's own page shows it.
  given_kind text check (given_kind in ('password', 'pass')),
  given_sealed bytea,
  given_until timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references accounts (tenant_id, id) on delete cascade
);
create index caller_checks_of_user on caller_checks (tenant_id, user_id, created_at);
create unique index caller_checks_of_link on caller_checks (tenant_id, link_id);
create index caller_checks_by_expiry on caller_checks (expires_at, tenant_id);
`

// Row-level security binds the owner too, so it rests while every tenant's policies learn the new setting.
const CHANGES = `
create policy system on caller_checks for select to latchkey_system using (true);
grant select (tenant_id, expires_at) on caller_checks to latchkey_system;

alter table mailed_links drop constraint mailed_links_purpose_check;
alter table mailed_links add constraint mailed_links_purpose_check check (purpose in ('reset', 'approval'));

alter table reset_policies no force row level security;
update reset_policies set settings = settings || '{"callerCheckRequired": false}';
alter table reset_policies force row level security;
`
