import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Sign-ins that no application asked for, sessions that stay, and access passes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
  await tenantTable(db, 'access_passes', 'select, insert, update, delete')
  await sql.raw(CLEANING).execute(db)
}

const CHANGES = `
alter table sign_ins alter column app_id drop not null;
alter table sign_ins alter column request_id drop not null;
alter table sign_ins alter column request drop not null;
alter table sign_ins add constraint sign_ins_of_application check (num_nulls(app_id, request_id, request) in (0, 3));
-- Where a sign-in without an application leads.
alter table sign_ins add column next text;
-- When the person chose an account of this browser, or typed a name.
alter table sign_ins add column chosen_at timestamptz;

-- The sign-in that began the session, and how the person proved who they are there.
alter table sessions add column sign_in_id uuid;
alter table sessions add column signed_in_by text not null default 'password' check (signed_in_by in ('password', 'pass'));
alter table sessions add column stay_accepted_at timestamptz;
alter table sessions add column stay_declined_at timestamptz;
alter table sessions add column last_used_at timestamptz;

create table access_passes (
  tenant_id uuid not null references tenants on delete cascade,
  user_id uuid not null,
  -- A keyed hash: a reader of the table can use no pass.
  pass_hash bytea not null,
  security_epoch integer not null,
  once boolean not null,
  used_at timestamptz,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  primary key (tenant_id, user_id),
  foreign key (tenant_id, user_id) references users on delete cascade
);
create index access_passes_by_end on access_passes (ends_at, tenant_id);
`

const CLEANING = `
-- By this the hourly job finds which tenants have something to remove.
create policy system on access_passes for select to latchkey_system using (true);
grant select (tenant_id, ends_at) on access_passes to latchkey_system;
`
