import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/**
 * Applications as administrators keep them: described, owned, deleted for a while. `registered_applications` holds them
 * all. `applications` is the view of those that are not deleted, so that no statement can forget to leave the others out.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(COLUMNS).execute(db)
  await fold(db)
  await sql.raw(REST).execute(db)
  await tenantTable(db, 'application_owners', 'select, insert, delete')
  await sql.raw(SYSTEM).execute(db)
}

const COLUMNS = `
alter table applications rename to registered_applications;
alter table registered_applications
  -- Of the registration; principal_id is what it acts as.
  add column id uuid not null default gen_random_uuid(),
  add column display_name_folded text collate "C",
  add column description text check (length(description) between 1 and 1024),
  add column notes text check (length(notes) between 1 and 1024),
  add column deleted_at timestamptz,
  -- Of the registration and its secrets: what an ETag says.
  add column version integer not null default 1;
alter table registered_applications alter column id drop default;
alter table application_secrets add column last_used_at timestamptz;
`

/** Folds what is there as the directory does, and names each scope by an id. Row-level security binds the owner too, so it rests meanwhile. */
async function fold(db: Kysely<unknown>): Promise<void> {
  await sql`alter table registered_applications no force row level security`.execute(db)
  const { rows } = await sql<{ id: string; name: string }>`
    select id, display_name as name from registered_applications`.execute(db)
  await sql`
    update registered_applications a set display_name_folded = folded
    from unnest(${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ name }) => name.normalize('NFKC').toLowerCase())}::text[]) as new(id, folded)
    where a.id = new.id`.execute(db)
  await sql`
    update registered_applications set settings = jsonb_set(settings, '{exposedScopes}', (
      select jsonb_agg(jsonb_build_object('id', gen_random_uuid()) || scope) from jsonb_array_elements(settings->'exposedScopes') scope))
    where jsonb_array_length(settings->'exposedScopes') > 0`.execute(db)
  await sql`alter table registered_applications force row level security`.execute(db)
}

const REST = `
alter table registered_applications
  alter column display_name_folded set not null,
  add unique (tenant_id, id);
create index applications_by_name on registered_applications (tenant_id, display_name_folded, id) where deleted_at is null;
create index applications_by_deletion on registered_applications (deleted_at, tenant_id) where deleted_at is not null;

create view applications with (security_invoker = true) as
  select tenant_id, app_id, principal_id, display_name, settings, created_at, id, display_name_folded, description, notes,
    version
  from registered_applications where deleted_at is null;
grant select, insert, update, delete on applications to latchkey_tenant;

create table application_owners (
  tenant_id uuid not null,
  app_id uuid not null,
  owner_kind text not null check (owner_kind in ('user', 'servicePrincipal')),
  owner_id uuid not null,
  user_id uuid generated always as (case when owner_kind = 'user' then owner_id end) stored,
  service_principal_id uuid generated always as (case when owner_kind = 'servicePrincipal' then owner_id end) stored,
  primary key (tenant_id, app_id, owner_id),
  foreign key (tenant_id, app_id) references registered_applications on delete cascade,
  foreign key (tenant_id, user_id) references accounts on delete cascade,
  foreign key (tenant_id, service_principal_id) references registered_applications (tenant_id, principal_id) on delete cascade
);
create index application_owners_user on application_owners (tenant_id, user_id) where user_id is not null;
create index application_owners_principal on application_owners (tenant_id, service_principal_id) where service_principal_id is not null;
`

const SYSTEM = `
-- By this the hourly job finds which tenants have something to remove; a request's application leads to its tenant while it stands.
grant select (tenant_id, deleted_at) on registered_applications to latchkey_system;
`
