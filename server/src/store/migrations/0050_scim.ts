import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Provisioning by SCIM: tokens of programs, and the ids by which each program knows users and groups. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  for (const table of ['scim_tokens', 'external_ids']) await tenantTable(db, table, 'select, insert, update, delete')
  await sql.raw(SYSTEM).execute(db)
}

const TABLES = `
create table scim_tokens (
  tenant_id uuid not null,
  app_id uuid not null,
  id uuid not null,
  display_name text,
  token_hash bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  last_used_at timestamptz,
  primary key (tenant_id, app_id, id),
  unique (tenant_id, token_hash),
  foreign key (tenant_id, app_id) references registered_applications on delete cascade
);
create index scim_tokens_by_expiry on scim_tokens (expires_at, tenant_id);

create table external_ids (
  tenant_id uuid not null,
  app_id uuid not null,
  object_id uuid not null,
  object_kind text not null check (object_kind in ('user', 'group')),
  external_id text not null check (length(external_id) between 1 and 256),
  user_id uuid generated always as (case object_kind when 'user' then object_id end) stored,
  group_id uuid generated always as (case object_kind when 'group' then object_id end) stored,
  primary key (tenant_id, app_id, object_id),
  foreign key (tenant_id, app_id) references registered_applications on delete cascade,
  foreign key (tenant_id, user_id) references accounts on delete cascade,
  foreign key (tenant_id, group_id) references groups on delete cascade
);
create index external_ids_by_value on external_ids (tenant_id, app_id, external_id);
create index external_ids_user on external_ids (tenant_id, user_id) where user_id is not null;
create index external_ids_group on external_ids (tenant_id, group_id) where group_id is not null;
`

const SYSTEM = `
create policy system on scim_tokens for select to latchkey_system using (true);
grant select (tenant_id, expires_at) on scim_tokens to latchkey_system;
`
