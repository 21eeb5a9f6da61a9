import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Recovery cases of people who have no way in, what was written in them, and the links that lead back to them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'cases', 'select, insert, update, delete')
  await tenantTable(db, 'case_messages', 'select, insert, update, delete')
  await tenantTable(db, 'case_links', 'select, insert, update, delete')
  await sql.raw(SYSTEM).execute(db)
}

const TABLES = `
create table cases (
  -- Of the domain; the empty one where nobody has proven it.
  tenant_id uuid not null,
  id uuid not null,
  number text not null unique,
  kind text not null check (kind in ('no-administrator', 'colleague', 'no-way-in', 'domain', 'other')),
  domain text not null,
  -- A keyed hash of the mailbox.
  asker bytea not null,
  address_sealed bytea not null,
  language text not null,
  browser_hashes bytea[] not null,
  created_at timestamptz not null,
  -- When the mailbox was proved.
  opened_at timestamptz,
  -- Who is asked, and whether the asker has to answer them first.
  asked text not null check (asked in ('administrators', 'operator')),
  answered_at timestamptz,
  -- When it moves on, or ends.
  due_at timestamptz not null,
  closed_at timestamptz,
  result text check (result in ('resolved', 'refused', 'withdrawn', 'unanswered')),
  primary key (tenant_id, id)
);
create unique index cases_open on cases (tenant_id, asker, domain) where opened_at is not null and closed_at is null;
create index cases_by_time on cases (tenant_id, opened_at);
create index cases_due on cases (due_at, tenant_id) where closed_at is null;
create index cases_closed on cases (closed_at, tenant_id) where closed_at is not null;

create table case_messages (
  tenant_id uuid not null,
  id uuid not null,
  case_id uuid not null,
  written_by text not null check (written_by in ('asker', 'administrator', 'operator')),
  at timestamptz not null,
  text_sealed bytea not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, case_id) references cases (tenant_id, id) on delete cascade
);
create index case_messages_of_case on case_messages (tenant_id, case_id, id);

create table case_links (
  tenant_id uuid not null,
  id uuid not null,
  case_id uuid not null,
  token_hash bytea not null unique,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, case_id) references cases (tenant_id, id) on delete cascade
);
create index case_links_of_case on case_links (tenant_id, case_id);
create index case_links_by_expiry on case_links (expires_at, tenant_id);
`

// A number or a link leads to its tenant, and the jobs find what is due.
const SYSTEM = `
create policy system on cases for select to latchkey_system using (true);
grant select (tenant_id, number, opened_at, due_at, closed_at) on cases to latchkey_system;
create policy system on case_links for select to latchkey_system using (true);
grant select (tenant_id, token_hash, expires_at) on case_links to latchkey_system;
`
