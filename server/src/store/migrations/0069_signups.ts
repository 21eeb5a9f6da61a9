import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Companies that sign up: the journey, the tenant that it made, and the labels that were ever given. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'signups', 'select, insert, update, delete')
  await tenantTable(db, 'signup_tenants', 'select, insert, update')
  await tenantTable(db, 'taken_labels', 'select, insert')
  await sql.raw(SYSTEM).execute(db)
}

const TABLES = `
create table signups (
  -- The empty tenant: there is no other yet.
  tenant_id uuid not null,
  id uuid not null,
  browser_hash bytea not null,
  -- Null a day after, where nobody proved it.
  address_sealed bytea,
  language text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  proved_at timestamptz,
  -- When a tenant of its own was wanted though the domain has one.
  anyway_at timestamptz,
  display_name text,
  country text,
  label text,
  contact_sealed bytea,
  primary key (tenant_id, id)
);
create index signups_by_expiry on signups (expires_at, tenant_id);

create table signup_tenants (
  -- The tenant that a sign-up made.
  tenant_id uuid primary key,
  signup_id uuid not null unique,
  user_id uuid,
  emergency_id uuid,
  -- Until the first administrator has kept them.
  codes_sealed bytea,
  made_at timestamptz not null,
  kept_at timestamptz
);
create index signup_tenants_unkept on signup_tenants (made_at, tenant_id) where kept_at is null;

create table taken_labels (
  tenant_id uuid not null references tenants,
  label text not null,
  -- Labels that look alike have the same.
  skeleton text not null unique,
  primary key (tenant_id, label)
);
insert into taken_labels (tenant_id, label, skeleton)
  select distinct on (skeleton) tenant_id, label, skeleton from (
    select tenant_id, split_part(name, '.', 1) as label, added_at,
      replace(replace(translate(split_part(name, '.', 1), '01i5-', 'olls'), 'rn', 'm'), 'vv', 'w') as skeleton
    from domains where is_initial) initial
  order by skeleton, added_at;

alter table tenants add emergency_user_id uuid;
alter table recovery_codes add sheet text not null default 'A' check (sheet in ('A', 'B'));
`

// A sign-up finds the tenant that it made, and whether a label is taken. The hourly job finds codes that nobody kept.
const SYSTEM = `
create policy system on signups for select to latchkey_system using (true);
grant select (tenant_id, created_at, expires_at, proved_at) on signups to latchkey_system;
create policy system on signup_tenants for select to latchkey_system using (true);
grant select (tenant_id, signup_id, made_at, kept_at) on signup_tenants to latchkey_system;
create policy system on taken_labels for select to latchkey_system using (true);
grant select (tenant_id, skeleton) on taken_labels to latchkey_system;
`
