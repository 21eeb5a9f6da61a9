import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

// This file is long because it is one list: the tables that Latchkey starts with, in the order in which they refer to one another.

/** Each tenant table begins its primary key with tenant_id, so that the data can be sharded by it, and no foreign key crosses tenants. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  for (const [table, rights] of Object.entries(TENANT_TABLES)) await tenantTable(db, table, rights)
  await sql.raw(SYSTEM).execute(db)
}

/** What the runtime role may do with each tenant table: no more than the code does. */
const TENANT_TABLES: Record<string, string> = {
  tenants: 'select, insert, update',
  domains: 'select, insert, update, delete',
  users: 'select, insert, update, delete',
  passwords: 'select, insert, update, delete',
  groups: 'select, insert, update, delete',
  group_members: 'select, insert, delete',
  role_assignments: 'select, insert, delete',
  reset_policies: 'select, insert, update, delete',
  methods: 'select, insert, update, delete',
  security_answers: 'select, insert, update, delete',
  sessions: 'select, insert, update, delete',
  devices: 'select, insert, update, delete',
  journeys: 'select, insert, update, delete',
  challenges: 'select, insert, update, delete',
  counters: 'select, insert, update, delete',
  notices: 'select, insert, update, delete',
  audit_events: 'select, insert',
}

const TABLES = `
create table tenants (
  tenant_id uuid primary key,
  display_name text not null check (length(display_name) between 1 and 256),
  color text check (color ~ '^#[0-9a-f]{6}$'),
  logo bytea check (length(logo) <= 51200),
  logo_type text check (logo_type in ('image/png', 'image/jpeg', 'image/webp')),
  preferred_language text not null default 'en',
  created_at timestamptz not null,
  check ((logo is null) = (logo_type is null))
);

create table domains (
  tenant_id uuid not null references tenants,
  name text not null unique check (name = lower(name)),
  is_default boolean not null default false,
  verified_at timestamptz not null,
  primary key (tenant_id, name)
);

create table users (
  tenant_id uuid not null references tenants,
  id uuid not null,
  user_principal_name text not null,
  user_principal_name_folded text collate "C" not null,
  display_name text not null check (length(display_name) between 1 and 256),
  given_name text,
  surname text,
  mail text,
  proxy_addresses text[] not null default '{}',
  preferred_language text,
  account_enabled boolean not null default true,
  password_mastered_in text not null default 'cloud' check (password_mastered_in in ('cloud', 'directory')),
  security_epoch integer not null default 0,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, user_principal_name_folded)
);

create table passwords (
  tenant_id uuid not null,
  user_id uuid not null,
  hash text not null,
  set_at timestamptz not null,
  must_change boolean not null default false,
  primary key (tenant_id, user_id),
  foreign key (tenant_id, user_id) references users on delete cascade
);

create table groups (
  tenant_id uuid not null references tenants,
  id uuid not null,
  display_name text not null check (length(display_name) between 1 and 256),
  created_at timestamptz not null,
  primary key (tenant_id, id)
);

create table group_members (
  tenant_id uuid not null,
  group_id uuid not null,
  member_kind text not null check (member_kind in ('user', 'group')),
  member_id uuid not null,
  primary key (tenant_id, group_id, member_id),
  foreign key (tenant_id, group_id) references groups on delete cascade
);
create index group_members_of on group_members (tenant_id, member_id);

create table role_assignments (
  tenant_id uuid not null,
  user_id uuid not null,
  role text not null,
  assigned_at timestamptz not null,
  primary key (tenant_id, user_id, role),
  foreign key (tenant_id, user_id) references users on delete cascade
);
create index role_assignments_by_role on role_assignments (tenant_id, role);

create table reset_policies (
  tenant_id uuid not null references tenants,
  id uuid not null,
  display_name text not null,
  priority integer not null check (priority > 0),
  included_groups uuid[] not null default '{}',
  excluded_groups uuid[] not null default '{}',
  is_default boolean not null default false,
  settings jsonb not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, priority)
);
create unique index reset_policies_one_default on reset_policies (tenant_id) where is_default;

create table methods (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  kind text not null check (kind in ('mobilePhone', 'officePhone', 'email', 'securityQuestions', 'authenticatorCode')),
  source text not null check (source in ('person', 'administrator', 'import', 'directory')),
  value_sealed bytea,
  value_hash bytea,
  created_at timestamptz not null,
  confirmed_at timestamptz,
  last_used_step bigint,
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references users on delete cascade
);
create unique index methods_one_each on methods (tenant_id, user_id, kind, (source = 'person'));

create table security_answers (
  tenant_id uuid not null,
  user_id uuid not null,
  question text not null,
  question_text text,
  answer_hash text not null,
  registered_at timestamptz not null,
  primary key (tenant_id, user_id, question),
  foreign key (tenant_id, user_id) references users on delete cascade
);

create table sessions (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  token_hash bytea not null,
  correlation_id uuid not null,
  security_epoch integer not null,
  requires text check (requires in ('change-password', 'register', 'confirm')),
  password_at timestamptz not null,
  proved_at timestamptz,
  language text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  address text not null,
  user_agent text not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references users on delete cascade
);
create index sessions_of_user on sessions (tenant_id, user_id);
create index sessions_by_expiry on sessions (tenant_id, expires_at);

create table devices (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  token_hash bytea not null,
  security_epoch integer not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references users on delete cascade
);
create index devices_of_user on devices (tenant_id, user_id);

create table journeys (
  tenant_id uuid not null references tenants,
  id uuid not null,
  kind text not null check (kind in ('reset')),
  user_id uuid,
  typed_name_sealed bytea not null,
  browser_hash bytea not null,
  security_epoch integer,
  may_unlock boolean not null,
  problem text check (problem in ('forgot', 'unlock')),
  refusal text,
  language text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  passwords_refused integer not null default 0,
  contacted_at timestamptz,
  finished_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references users on delete cascade
);
create index journeys_by_expiry on journeys (tenant_id, expires_at);

create table challenges (
  tenant_id uuid not null,
  id uuid not null,
  purpose text not null check (purpose in ('reset', 'register', 'session')),
  journey_id uuid,
  session_id uuid,
  user_id uuid not null,
  security_epoch integer not null,
  kind text not null check (kind in ('mobilePhone', 'officePhone', 'email', 'securityQuestions', 'authenticatorCode')),
  channel text check (channel in ('sms', 'voice', 'email')),
  method_id uuid,
  destination_sealed bytea,
  code_sealed bytea,
  code_hash bytea,
  questions text[],
  language text not null,
  attempts integer not null default 0,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  voided_at timestamptz,
  consumed_at timestamptz,
  delivery text check (delivery in ('pending', 'sent', 'failed')),
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references users on delete cascade,
  foreign key (tenant_id, journey_id) references journeys on delete cascade,
  check (num_nonnulls(journey_id, session_id) = 1)
);
create index challenges_of_journey on challenges (tenant_id, journey_id) where journey_id is not null;
create index challenges_of_session on challenges (tenant_id, session_id) where session_id is not null;
create index challenges_by_expiry on challenges (tenant_id, expires_at);

create table counters (
  tenant_id uuid not null references tenants,
  kind text not null check (kind in ('password', 'proofs', 'phoneNumber')),
  subject bytea not null,
  browser text not null check (browser in ('familiar', 'other')),
  failures integer not null,
  window_ends_at timestamptz not null,
  blocked_until timestamptz,
  primary key (tenant_id, kind, subject, browser)
);

create table notices (
  tenant_id uuid not null references tenants,
  id uuid not null,
  correlation_id uuid not null,
  template text not null,
  to_sealed bytea not null,
  variables jsonb not null,
  language text not null,
  created_at timestamptz not null,
  sent_at timestamptz,
  failed_at timestamptz,
  primary key (tenant_id, id)
);

create table audit_events (
  tenant_id uuid not null,
  at timestamptz not null,
  id uuid not null,
  activity text not null,
  result text not null check (result in ('success', 'failure')),
  reason text,
  actor_kind text not null check (actor_kind in ('user', 'system', 'operator')),
  actor_id uuid,
  actor_name text,
  target_id uuid,
  target_name text,
  correlation_id uuid not null,
  address text,
  user_agent text,
  details jsonb not null default '{}',
  primary key (tenant_id, at, id)
) partition by range (at);
create table audit_events_other partition of audit_events default;
create index audit_events_by_target on audit_events (tenant_id, target_id, at desc);
create index audit_events_by_correlation on audit_events (tenant_id, correlation_id);

-- A month's partition, made ahead of need by a job; a row of a month without one falls into the default partition.
create function audit_partition(month date) returns void language plpgsql security definer set search_path = latchkey, pg_catalog as $$
declare first date := date_trunc('month', month); name text := 'audit_events_' || to_char(first, 'YYYY_MM');
begin
  perform pg_advisory_xact_lock(7425002);
  if to_regclass('latchkey.' || name) is null
     and not exists (select from audit_events_other where at >= first and at < first + interval '1 month') then
    execute format('create table latchkey.%I partition of latchkey.audit_events for values from (%L) to (%L)', name, first, first + interval '1 month');
  end if;
end $$;
select audit_partition((current_date + make_interval(months => n))::date) from generate_series(0, 2) n;

-- Names of no known domain lead to this tenant: default policy, nobody to contact, nothing to learn.
-- It is written before row-level security binds the owner too.
insert into tenants (tenant_id, display_name, created_at) values ('00000000-0000-7000-8000-000000000000', 'Latchkey', now());
`

/** What the system role may reach; each with its reason in store/README. */
const SYSTEM = `
grant usage on schema latchkey to latchkey_tenant, latchkey_system;

create policy system on domains for select to latchkey_system using (true);
grant select (tenant_id, name) on domains to latchkey_system;

create policy system on tenants for select to latchkey_system using (true);
grant select (tenant_id, display_name, created_at) on tenants to latchkey_system;

create table demo_outbox (
  id uuid primary key,
  sealed bytea not null,
  sent_at timestamptz not null
);
grant select, insert, delete on demo_outbox to latchkey_system;

create table facts (name text primary key, value text not null);
grant select, insert, update on facts to latchkey_system;

create function enqueue(task text, payload json, job_key text, run_at timestamptz) returns void
  language sql security definer set search_path = pg_catalog set plan_cache_mode = force_generic_plan
  begin atomic select latchkey_jobs.add_job(task, payload, null, run_at, null, job_key); end;
revoke execute on function enqueue, audit_partition from public;
grant execute on function enqueue to latchkey_tenant, latchkey_system;
grant execute on function audit_partition to latchkey_system;
`
