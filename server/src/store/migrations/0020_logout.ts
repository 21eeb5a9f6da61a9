import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** The name of a session that applications know, and the applications that each session opened: they are told of its end. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'opened_applications', 'select, insert, update (opened_at), delete')
  await sql.raw(CLEANING).execute(db)
}

const TABLES = `
-- Servers of the version before this one go on to add sessions without it.
alter table sessions add column sid uuid not null default gen_random_uuid();

-- Outlives the session: applications keep sessions of their own, and are told when the user's epoch rises.
create table opened_applications (
  tenant_id uuid not null references tenants on delete cascade,
  sid uuid not null,
  app_id uuid not null,
  -- The application knows this provider by it. A server with another origin may send the message.
  issuer text not null,
  user_id uuid not null,
  opened_at timestamptz not null,
  primary key (tenant_id, sid, app_id, issuer),
  foreign key (tenant_id, app_id) references applications on delete cascade,
  foreign key (tenant_id, user_id) references users on delete cascade
);
create index opened_applications_by_user on opened_applications (tenant_id, user_id);
create index opened_applications_by_application on opened_applications (tenant_id, app_id);
create index opened_applications_by_age on opened_applications (opened_at, tenant_id);
`

const CLEANING = `
create policy system on opened_applications for select to latchkey_system using (true);
grant select (tenant_id, opened_at) on opened_applications to latchkey_system;
`
