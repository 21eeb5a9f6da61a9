import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** What a change of a policy or of a group would do to people, kept for an hour. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'policy_previews', 'select, insert, update, delete')
  await tenantTable(db, 'previewed_users', 'select, insert')
  await sql.raw(SYSTEM).execute(db)
}

const TABLES = `
create table policy_previews (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null,
  -- The user or application, which alone reads it.
  maker_id uuid not null,
  status text not null default 'running' check (status in ('running', 'succeeded', 'failed')),
  write jsonb not null,
  -- Of what the write would change, as it was.
  version text,
  counts jsonb,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, id)
);
create index policy_previews_by_end on policy_previews (expires_at, tenant_id);
create index policy_previews_by_maker on policy_previews (tenant_id, maker_id, created_at);

create table previewed_users (
  tenant_id uuid not null,
  preview_id uuid not null,
  user_id uuid not null,
  -- The gravest first.
  effects text[] not null,
  before jsonb not null,
  after jsonb not null,
  primary key (tenant_id, preview_id, user_id),
  foreign key (tenant_id, preview_id) references policy_previews on delete cascade,
  foreign key (tenant_id, user_id) references accounts on delete cascade
);
create index previewed_users_by_user on previewed_users (tenant_id, user_id);
`

const SYSTEM = `
create policy system on policy_previews for select to latchkey_system using (true);
grant select (tenant_id, expires_at) on policy_previews to latchkey_system;
`
