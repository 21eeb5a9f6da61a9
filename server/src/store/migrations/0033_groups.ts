import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Groups that can be described, owned, deleted for a while and given roles; and roles of groups and service principals. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(COLUMNS).execute(db)
  await fold(db)
  await sql.raw(GROUPS).execute(db)
  await sql.raw(MEMBERS).execute(db)
  await sql.raw(ROLES).execute(db)
  await tenantTable(db, 'group_owners', 'select, insert, delete')
  await tenantTable(db, 'former_members', 'select, insert, update, delete')
  await sql.raw(SYSTEM).execute(db)
}

const COLUMNS = `
alter table groups
  add column description text check (length(description) between 1 and 1024),
  add column mail_nickname text check (length(mail_nickname) between 1 and 64),
  -- Chosen when the group is made, and never changed: its members and owners rank by it.
  add column is_role_assignable boolean not null default false,
  add column display_name_folded text collate "C",
  add column description_folded text collate "C",
  add column mail_nickname_folded text collate "C",
  add column deleted_at timestamptz,
  -- Of the properties: what an ETag says.
  add column version integer not null default 1,
  -- Of the properties, members and owners: what a delta asks for.
  add column changed_in xid8 not null default pg_current_xact_id(),
  add unique (tenant_id, id, is_role_assignable);
`

/** Folds what is there as the directory does. Row-level security binds the owner too, so it rests meanwhile. */
async function fold(db: Kysely<unknown>): Promise<void> {
  await sql`alter table groups no force row level security`.execute(db)
  for (let last = '00000000-0000-0000-0000-000000000000'; ; ) {
    const { rows } = await sql<{ id: string; name: string }>`
      select id, display_name as name from groups where id > ${last}::uuid order by id limit 10000`.execute(db)
    if (rows.length === 0) break
    last = rows.at(-1)!.id
    await sql`
      update groups set display_name_folded = folded,
        mail_nickname = replace(groups.id::text, '-', ''), mail_nickname_folded = replace(groups.id::text, '-', '')
      from unnest(${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ name }) => name.normalize('NFKC').toLowerCase())}::text[]) as new(id, folded)
      where groups.id = new.id`.execute(db)
  }
  await sql`alter table groups force row level security`.execute(db)
}

const GROUPS = `
alter table groups alter column display_name_folded set not null;
create index groups_by_name on groups (tenant_id, display_name_folded, id) where deleted_at is null;
create index groups_by_nickname on groups (tenant_id, mail_nickname_folded, id) where deleted_at is null;
create index groups_by_creation on groups (tenant_id, created_at, id) where deleted_at is null;
create index groups_by_change on groups (tenant_id, changed_in);
create index groups_by_deletion on groups (deleted_at, tenant_id) where deleted_at is not null;
-- Few: each step from a group to the groups that it is in looks here.
create index groups_deleted on groups (tenant_id, id) where deleted_at is not null;
-- Not is_role_assignable: by it the members of a plain group could be given roles.
revoke update on groups from latchkey_tenant;
grant update (display_name, display_name_folded, description, description_folded, mail_nickname, mail_nickname_folded,
  deleted_at, version, changed_in) on groups to latchkey_tenant;
alter table applications add unique (tenant_id, principal_id);
`

/** A column that holds the id of one kind of holder, so that a foreign key can hold it. */
const only = (column: string, kind: string, of: string) =>
  `${column} uuid generated always as (case when ${of}_kind = '${kind}' then ${of}_id end) stored`

const MEMBERS = `
alter table group_members no force row level security;
alter table group_members
  drop constraint group_members_member_kind_check,
  drop constraint group_members_tenant_id_group_id_fkey,
  -- The group's is_role_assignable, which never changes: the roles of a person are found by it in one look.
  add column holds_roles boolean not null default false,
  add column changed_in xid8 not null default pg_current_xact_id(),
  add column ${only('user_id', 'user', 'member')},
  add column ${only('inner_group_id', 'group', 'member')},
  add column ${only('service_principal_id', 'servicePrincipal', 'member')},
  add check (member_kind in ('user', 'group', 'servicePrincipal')),
  add check (member_kind <> 'group' or not holds_roles),
  add foreign key (tenant_id, group_id, holds_roles) references groups (tenant_id, id, is_role_assignable) on delete cascade;
delete from group_members m where
  (member_kind = 'user' and not exists (select from accounts u where (u.tenant_id, u.id) = (m.tenant_id, m.member_id)))
  or (member_kind = 'group' and not exists (select from groups g where (g.tenant_id, g.id) = (m.tenant_id, m.member_id)));
alter table group_members
  add foreign key (tenant_id, user_id) references accounts on delete cascade,
  add foreign key (tenant_id, inner_group_id) references groups on delete cascade,
  add foreign key (tenant_id, service_principal_id) references applications (tenant_id, principal_id) on delete cascade;
alter table group_members force row level security;
create index group_members_with_roles on group_members (tenant_id, member_id) where holds_roles;
create index group_members_user on group_members (tenant_id, user_id) where user_id is not null;
create index group_members_inner on group_members (tenant_id, inner_group_id) where inner_group_id is not null;
create index group_members_principal on group_members (tenant_id, service_principal_id) where service_principal_id is not null;

-- Who left a group, for the deltas of its members.
create table former_members (
  tenant_id uuid not null,
  group_id uuid not null,
  member_kind text not null check (member_kind in ('user', 'group', 'servicePrincipal')),
  member_id uuid not null,
  removed_in xid8 not null default pg_current_xact_id(),
  removed_at timestamptz not null,
  primary key (tenant_id, group_id, member_id),
  foreign key (tenant_id, group_id) references groups on delete cascade
);
create index former_members_by_age on former_members (removed_at, tenant_id);

create table group_owners (
  tenant_id uuid not null,
  group_id uuid not null,
  owner_kind text not null check (owner_kind in ('user', 'servicePrincipal')),
  owner_id uuid not null,
  holds_roles boolean not null,
  ${only('user_id', 'user', 'owner')},
  ${only('service_principal_id', 'servicePrincipal', 'owner')},
  primary key (tenant_id, group_id, owner_id),
  foreign key (tenant_id, group_id, holds_roles) references groups (tenant_id, id, is_role_assignable) on delete cascade,
  foreign key (tenant_id, user_id) references accounts on delete cascade,
  foreign key (tenant_id, service_principal_id) references applications (tenant_id, principal_id) on delete cascade
);
create index group_owners_of on group_owners (tenant_id, owner_id);
create index group_owners_user on group_owners (tenant_id, user_id) where user_id is not null;
create index group_owners_principal on group_owners (tenant_id, service_principal_id) where service_principal_id is not null;
`

const ROLES = `
alter table role_assignments no force row level security;
alter table role_assignments drop constraint role_assignments_pkey, drop constraint role_assignments_tenant_id_user_id_fkey;
alter table role_assignments rename column user_id to principal_id;
alter table role_assignments
  add column id uuid not null default gen_random_uuid(),
  add column principal_kind text not null default 'user' check (principal_kind in ('user', 'group', 'servicePrincipal'));
alter table role_assignments
  alter column id drop default,
  alter column principal_kind drop default,
  add primary key (tenant_id, id),
  add unique (tenant_id, principal_id, role),
  add column ${only('user_id', 'user', 'principal')},
  add column ${only('group_id', 'group', 'principal')},
  add column ${only('service_principal_id', 'servicePrincipal', 'principal')},
  -- A foreign key lets roles be given to no other groups.
  add column holds_roles boolean generated always as (case when principal_kind = 'group' then true end) stored,
  add foreign key (tenant_id, user_id) references accounts on delete cascade,
  add foreign key (tenant_id, group_id, holds_roles) references groups (tenant_id, id, is_role_assignable) on delete cascade,
  add foreign key (tenant_id, service_principal_id) references applications (tenant_id, principal_id) on delete cascade;
alter table role_assignments force row level security;
create index role_assignments_user on role_assignments (tenant_id, user_id) where user_id is not null;
create index role_assignments_group on role_assignments (tenant_id, group_id) where group_id is not null;
create index role_assignments_principal on role_assignments (tenant_id, service_principal_id) where service_principal_id is not null;
`

const SYSTEM = `
create policy system on former_members for select to latchkey_system using (true);
grant select (tenant_id, removed_at) on former_members to latchkey_system;
create policy system on groups for select to latchkey_system using (true);
grant select (tenant_id, deleted_at) on groups to latchkey_system;
`
