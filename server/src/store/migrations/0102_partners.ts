import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** A firm's account as a partner, its enrollments, and the roles of its people in it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'partner_accounts', 'select, insert, update')
  await tenantTable(db, 'partner_enrollments', 'select, insert, update, delete')
  await tenantTable(db, 'partner_role_assignments', 'select, insert, delete')
  await tenantTable(db, 'partner_agent_groups', 'select, insert')
  await sql.raw(SYSTEM).execute(db)
}

const TABLES = `
create table partner_accounts (
  tenant_id uuid not null unique,
  partner_id text not null unique,
  legal_profile jsonb not null,
  -- The people whom others reach: primary, support and security contact.
  contacts_sealed bytea not null,
  -- Since when a changed name or address waits for the operator's word.
  changed_at timestamptz,
  -- The agreement that was signed: its version, when and by whom.
  agreement jsonb,
  -- Since when nothing new begins, and why. For abuse the authority in customers' tenants sleeps too.
  suspended_at timestamptz,
  suspension text check (suspension in ('abuse', 'verification', 'operator')),
  created_at timestamptz not null,
  version integer not null default 1,
  primary key (tenant_id, partner_id),
  check ((suspended_at is null) = (suspension is null))
);

create table partner_enrollments (
  tenant_id uuid not null,
  id uuid not null,
  program text not null check (program in ('membership', 'indirectReseller', 'indirectProvider', 'directBill')),
  created_at timestamptz not null,
  submitted_at timestamptz,
  admitted_at timestamptz,
  signed_at timestamptz,
  ended_at timestamptz,
  outcome text check (outcome in ('refused', 'withdrawn')),
  primary key (tenant_id, id),
  foreign key (tenant_id) references partner_accounts (tenant_id),
  check ((ended_at is null) = (outcome is null))
);
create unique index partner_enrollments_open on partner_enrollments (tenant_id, program) where ended_at is null;
create index partner_enrollments_ended on partner_enrollments (ended_at, tenant_id) where ended_at is not null;

create table partner_role_assignments (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  role text not null check (role in ('Account admin', 'Membership admin')),
  assigned_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, user_id, role),
  foreign key (tenant_id, user_id) references accounts (tenant_id, id) on delete cascade
);

-- The groups whose members are agents.
create table partner_agent_groups (
  tenant_id uuid not null,
  role text not null check (role in ('Admin agent', 'Helpdesk agent', 'Sales agent')),
  group_id uuid not null,
  primary key (tenant_id, role),
  foreign key (tenant_id, group_id) references groups (tenant_id, id) on delete cascade
);
create index partner_agent_groups_by_group on partner_agent_groups (tenant_id, group_id);
`

// The hourly job finds what has ended, and the operator what waits.
const SYSTEM = `
create policy system on partner_enrollments for select to latchkey_system using (true);
grant select (tenant_id, submitted_at, admitted_at, ended_at) on partner_enrollments to latchkey_system;
`
