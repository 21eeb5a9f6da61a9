import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** The stages of a partner's verification, what became of each, the links that prove its contact's mailbox, and its documents. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'partner_stages', 'select, insert, update, delete')
  await tenantTable(db, 'partner_stage_events', 'select, insert, update, delete')
  await tenantTable(db, 'partner_mailbox_links', 'select, insert, update, delete')
  await tenantTable(db, 'partner_documents', 'select, insert, update, delete')
  await tenantTable(db, 'partner_document_parts', 'select, insert, update, delete')
  await sql.raw(SYSTEM).execute(db)
  await sql.raw(FORMER).execute(db)
}

const TABLES = `
alter table partner_accounts
  -- The reviewer, in the operator's tenant, who looks at it, and since when.
  add claimed_by uuid,
  add claimed_at timestamptz,
  add check ((claimed_by is null) = (claimed_at is null));

-- A stage without a row has not begun.
create table partner_stages (
  tenant_id uuid not null,
  stage text not null check (stage in ('emailOwnership', 'employment', 'business', 'dueDiligence')),
  status text not null check (status in ('pending', 'accepted', 'rejected', 'actionNeeded')),
  since timestamptz not null,
  -- When a reviewer should have looked at it.
  due_at timestamptz,
  reason text check (reason in ('name_mismatch', 'address_mismatch', 'not_registered', 'document_old', 'document_unreadable', 'document_incomplete', 'domain_not_theirs', 'contact_not_employee', 'contact_unreachable', 'other')),
  required_documents text[] not null default '{}',
  -- Who rejected it last; it stays until it is accepted.
  rejected_by uuid,
  -- When a job looks at it: to tell the reviewers, to remind the firm, to suspend it.
  look_at timestamptz,
  primary key (tenant_id, stage),
  foreign key (tenant_id) references partner_accounts (tenant_id)
);
create index partner_stages_to_look_at on partner_stages (look_at, tenant_id) where look_at is not null;
create index partner_stages_open on partner_stages (since, tenant_id) where status <> 'accepted';

create table partner_stage_events (
  tenant_id uuid not null,
  id uuid not null,
  at timestamptz not null,
  stage text not null,
  status text not null,
  by text not null check (by in ('firm', 'reviewer', 'operator', 'system')),
  reason text,
  text_sealed bytea,
  primary key (tenant_id, id),
  foreign key (tenant_id) references partner_accounts (tenant_id)
);
create index partner_stage_events_by_time on partner_stage_events (at, tenant_id);

create table partner_mailbox_links (
  tenant_id uuid not null,
  id uuid not null,
  -- The contact's mailbox that it proves, by its keyed hash.
  mailbox_hash bytea not null,
  token_hash bytea not null unique,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id) references partner_accounts (tenant_id)
);
create index partner_mailbox_links_by_expiry on partner_mailbox_links (expires_at, tenant_id);

create table partner_documents (
  tenant_id uuid not null,
  id uuid not null,
  stage text not null,
  type text not null,
  name_sealed bytea not null,
  size integer not null,
  sha256 text not null,
  media_type text not null check (media_type in ('application/pdf', 'image/png', 'image/jpeg')),
  added_at timestamptz not null,
  -- When the firm handed it in, and when a verdict was given on it.
  handed_in_at timestamptz,
  decided_at timestamptz,
  expires_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id) references partner_accounts (tenant_id)
);
create index partner_documents_by_expiry on partner_documents (expires_at, tenant_id);

-- Parts of a document, each sealed by itself.
create table partner_document_parts (
  tenant_id uuid not null,
  document_id uuid not null,
  place integer not null,
  content_sealed bytea not null,
  primary key (tenant_id, document_id, place),
  foreign key (tenant_id, document_id) references partner_documents (tenant_id, id) on delete cascade
);
`

// Jobs and the reviewers' list find what waits; a link leads to its tenant.
const SYSTEM = `
create policy system on partner_stages for select to latchkey_system using (true);
grant select (tenant_id, stage, status, since, look_at) on partner_stages to latchkey_system;
create policy system on partner_stage_events for select to latchkey_system using (true);
grant select (tenant_id, at) on partner_stage_events to latchkey_system;
create policy system on partner_mailbox_links for select to latchkey_system using (true);
grant select (tenant_id, token_hash, expires_at) on partner_mailbox_links to latchkey_system;
create policy system on partner_documents for select to latchkey_system using (true);
grant select (tenant_id, expires_at) on partner_documents to latchkey_system;
`

// What the operator has admitted is verified, but for a name or address that changed since. The former version, which may
// serve meanwhile, goes on writing `changed_at`. Row-level security binds the owner too, so it rests meanwhile.
const FORMER = `
alter table partner_accounts no force row level security;
alter table partner_enrollments no force row level security;
alter table partner_stages no force row level security;
insert into partner_stages (tenant_id, stage, status, since)
  select account.tenant_id, one.stage, case when one.stage = 'business' and account.changed_at is not null then 'pending' else 'accepted' end,
    coalesce(account.changed_at, account.created_at)
  from partner_accounts account, unnest(array['emailOwnership', 'employment', 'business']) one (stage)
  where exists (select from partner_enrollments mine where mine.tenant_id = account.tenant_id and mine.admitted_at is not null);
insert into partner_stages (tenant_id, stage, status, since)
  select account.tenant_id, 'emailOwnership', 'pending', account.created_at from partner_accounts account
  where not exists (select from partner_stages known where known.tenant_id = account.tenant_id)
    and exists (select from partner_enrollments mine where mine.tenant_id = account.tenant_id and mine.submitted_at is not null and mine.ended_at is null);
alter table partner_accounts force row level security;
alter table partner_enrollments force row level security;
alter table partner_stages force row level security;

create function partner_changed() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  update latchkey.partner_stages set status = 'pending', since = new.changed_at
  where tenant_id = new.tenant_id and stage = 'business';
  return null;
end $$;
create trigger partner_changed after update of changed_at on partner_accounts for each row
  when (new.changed_at is not null) execute function partner_changed();
`
