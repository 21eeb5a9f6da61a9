import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Keeps the applications that a tenant's people sign in to, their secrets, and who may use them for what. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'applications', 'select, insert, update, delete')
  await tenantTable(db, 'application_secrets', 'select, insert, update, delete')
  await tenantTable(db, 'application_users', 'select, insert, delete')
  await tenantTable(db, 'application_groups', 'select, insert, delete')
  await tenantTable(db, 'user_consents', 'select, insert, update, delete')
  await tenantTable(db, 'organization_consents', 'select, insert, update, delete')
  await sql.raw(SYSTEM).execute(db)
}

const TABLES = `
create table applications (
  tenant_id uuid not null references tenants,
  -- Unique in the whole installation, because a request may name nothing else of its tenant.
  app_id uuid not null unique,
  principal_id uuid not null,
  display_name text not null check (length(display_name) between 1 and 256),
  settings jsonb not null,
  created_at timestamptz not null,
  primary key (tenant_id, app_id)
);

create table application_secrets (
  tenant_id uuid not null,
  app_id uuid not null,
  id uuid not null,
  display_name text not null check (length(display_name) between 1 and 256),
  hint text not null,
  hash_sealed bytea not null,
  starts_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, app_id, id),
  foreign key (tenant_id, app_id) references applications on delete cascade
);

create table application_users (
  tenant_id uuid not null,
  app_id uuid not null,
  user_id uuid not null,
  role_id uuid not null,
  assigned_at timestamptz not null,
  primary key (tenant_id, app_id, user_id, role_id),
  foreign key (tenant_id, app_id) references applications on delete cascade,
  foreign key (tenant_id, user_id) references users on delete cascade
);
create index application_users_of on application_users (tenant_id, user_id);

create table application_groups (
  tenant_id uuid not null,
  app_id uuid not null,
  group_id uuid not null,
  role_id uuid not null,
  assigned_at timestamptz not null,
  primary key (tenant_id, app_id, group_id, role_id),
  foreign key (tenant_id, app_id) references applications on delete cascade,
  foreign key (tenant_id, group_id) references groups on delete cascade
);
create index application_groups_of on application_groups (tenant_id, group_id);

create table user_consents (
  tenant_id uuid not null,
  app_id uuid not null,
  user_id uuid not null,
  scopes text[] not null,
  given_at timestamptz not null,
  primary key (tenant_id, app_id, user_id),
  foreign key (tenant_id, app_id) references applications on delete cascade,
  foreign key (tenant_id, user_id) references users on delete cascade
);
create index user_consents_of on user_consents (tenant_id, user_id);

create table organization_consents (
  tenant_id uuid not null,
  app_id uuid not null,
  scopes text[] not null,
  permissions text[] not null,
  given_at timestamptz not null,
  -- Nobody: an operator, or a person who is gone.
  given_by uuid,
  primary key (tenant_id, app_id),
  foreign key (tenant_id, app_id) references applications on delete cascade,
  foreign key (tenant_id, given_by) references users on delete set null (given_by)
);
create index organization_consents_by on organization_consents (tenant_id, given_by);
`

const SYSTEM = `
create policy system on applications for select to latchkey_system using (true);
grant select (tenant_id, app_id) on applications to latchkey_system;
`
