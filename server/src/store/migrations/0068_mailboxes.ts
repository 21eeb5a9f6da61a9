import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Mailboxes that belong to no user yet: codes that prove them, mails that nobody wants, and links for their readers. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'mailbox_challenges', 'select, insert, update, delete')
  await tenantTable(db, 'mailbox_links', 'select, insert, update, delete')
  await tenantTable(db, 'stopped_mailboxes', 'select, insert, update, delete')
  await sql.raw(SYSTEM).execute(db)
}

const TABLES = `
create table mailbox_challenges (
  tenant_id uuid not null,
  id uuid not null,
  journey_id uuid not null,
  address_sealed bytea not null,
  code_hash bytea not null,
  -- Until the code has left.
  code_sealed bytea,
  -- Of the link in the same mail that stops all others.
  stop_sealed bytea,
  language text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  voided_at timestamptz,
  consumed_at timestamptz,
  attempts integer not null default 0,
  given integer[] not null default '{}',
  delivery text not null check (delivery in ('pending', 'sent', 'failed')),
  undelivered text check (undelivered in ('domain_without_mail')),
  primary key (tenant_id, id)
);
create index mailbox_challenges_of_journey on mailbox_challenges (tenant_id, journey_id);
create index mailbox_challenges_by_expiry on mailbox_challenges (expires_at, tenant_id);

create table mailbox_links (
  tenant_id uuid not null,
  id uuid not null,
  token_hash bytea not null unique,
  purpose text not null check (purpose in ('stop')),
  -- A keyed hash of the mailbox.
  subject bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, id)
);
create index mailbox_links_by_expiry on mailbox_links (expires_at, tenant_id);

create table stopped_mailboxes (
  tenant_id uuid not null,
  -- A keyed hash of the mailbox.
  subject bytea not null,
  ends_at timestamptz not null,
  primary key (tenant_id, subject)
);
create index stopped_mailboxes_by_end on stopped_mailboxes (ends_at, tenant_id);

alter table sends drop constraint sends_scope_check;
alter table sends add constraint sends_scope_check check (scope in
  ('destination', 'account', 'destinationDay', 'accountDay', 'tenant', 'country', 'mailbox', 'mailboxDay'));
`

// A link leads to its tenant, and the jobs find what has ended or waits.
const SYSTEM = `
create policy system on mailbox_challenges for select to latchkey_system using (true);
grant select (tenant_id, expires_at) on mailbox_challenges to latchkey_system;
create policy system on mailbox_links for select to latchkey_system using (true);
grant select (tenant_id, token_hash, expires_at) on mailbox_links to latchkey_system;
create policy system on stopped_mailboxes for select to latchkey_system using (true);
grant select (tenant_id, ends_at) on stopped_mailboxes to latchkey_system;
`
