import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Rescues: a provider lets a company back in that nobody can sign in to; and the links of those who hear of one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'rescues', 'select, insert, update, delete')
  await tenantTable(db, 'rescue_links', 'select, insert, update, delete')
  await sql.raw(RIGHTS).execute(db)
}

const TABLES = `
-- The company's; the empty tenant's where nobody has its domain.
create table rescues (
  tenant_id uuid not null,
  id uuid not null unique,
  case_id uuid not null,
  act text not null check (act in ('newPassword', 'newAdministrator')),
  -- Who gets a new password: the name as it was typed, and whose it is.
  target_sealed bytea,
  target_id uuid,
  lost_methods boolean not null,
  asked_at timestamptz not null,
  -- The firms that may take it; the one alone that has.
  candidates uuid[] not null,
  other_tenant_id uuid,
  provider_name text,
  taken_at timestamptz,
  taken_by uuid,
  taker_name text,
  checked text check (checked in ('calledKnownNumber', 'metInPerson', 'document', 'contract')),
  note_sealed bytea,
  approved_at timestamptz,
  approved_by uuid,
  approver_name text,
  -- Until when everybody who is told can object.
  cooling_until timestamptz,
  ready_at timestamptz,
  -- When who asks proved their mailbox anew.
  proved_at timestamptz,
  finished_at timestamptz,
  -- The account that got the password.
  user_id uuid,
  -- What an undo gives back.
  former jsonb,
  -- When a Global Administrator of the company signed in fully, in the belief that none can.
  administrator_at timestamptz,
  disputed_at timestamptz,
  allowed_at timestamptz,
  reason_sealed bytea,
  ended_at timestamptz,
  outcome text check (outcome in ('refused', 'ended', 'undone', 'done')),
  refusal text check (refusal in ('no_provider', 'provider', 'withdrawn', 'administrator_present', 'objection', 'operator', 'authority_lost', 'expired')),
  -- When its state ends, and when a job looks at it.
  ends_at timestamptz not null,
  due_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, case_id) references cases (tenant_id, id) on delete cascade,
  check ((ended_at is null) = (outcome is null))
);
create unique index rescues_open on rescues (tenant_id) where ended_at is null;
create index rescues_of_case on rescues (tenant_id, case_id);
create index rescues_of_firm on rescues using gin (candidates);
create index rescues_due on rescues (due_at, tenant_id) where ended_at is null;
create index rescues_ended on rescues (ended_at, tenant_id) where ended_at is not null;

create table rescue_links (
  tenant_id uuid not null,
  id uuid not null,
  rescue_id uuid not null,
  -- Whose: somebody of the company, another mailbox that is told, by its keyed hash, or else who asks.
  user_id uuid,
  mailbox_hash bytea,
  token_hash bytea not null unique,
  browser_hashes bytea[] not null default '{}',
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, rescue_id) references rescues (tenant_id, id) on delete cascade,
  foreign key (tenant_id, user_id) references accounts (tenant_id, id) on delete cascade
);
create index rescue_links_of_rescue on rescue_links (tenant_id, rescue_id);
create index rescue_links_by_expiry on rescue_links (expires_at, tenant_id);
`

// A firm finds the rescues that it may take; an id or a link leads to its tenant, and the jobs find what is due.
const RIGHTS = `
create policy pair on rescues for select to latchkey_tenant
  using (candidates @> array[nullif(current_setting('latchkey.tenant', true), '')::uuid]);
create policy system on rescues for select to latchkey_system using (true);
grant select (tenant_id, id, asked_at, due_at, ended_at) on rescues to latchkey_system;
create policy system on rescue_links for select to latchkey_system using (true);
grant select (tenant_id, token_hash, expires_at) on rescue_links to latchkey_system;
`
