import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Files of many rows, each of which is a change like a single request's. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'bulk_jobs', 'select, insert, update, delete')
  await tenantTable(db, 'bulk_rows', 'select, insert, update, delete')
  await sql.raw(SYSTEM).execute(db)
}

const TABLES = `
create table bulk_jobs (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null,
  kind text not null,
  is_dry_run boolean not null,
  file_name text,
  -- Whose rights are read anew before each row: through this application, and within these scopes.
  creator_kind text not null check (creator_kind in ('user', 'application')),
  creator_id uuid not null,
  app_id text not null,
  scopes text[] not null,
  -- The sign-in of a person, whose step was judged when the job was made.
  acr text,
  auth_time timestamptz,
  security_epoch integer,
  -- Of an export: what it lists. It has no rows.
  query_sealed bytea,
  status text not null default 'notStarted'
    check (status in ('notStarted', 'running', 'succeeded', 'failed', 'canceled', 'stopped')),
  created_at timestamptz not null,
  started_at timestamptz,
  progressed_at timestamptz not null,
  ended_at timestamptz,
  -- Null while rows come in, and of an export.
  total integer,
  -- Counted at the end.
  succeeded integer not null default 0,
  failed integer not null default 0,
  passwords_taken_at timestamptz,
  primary key (tenant_id, id)
);
create index bulk_jobs_by_age on bulk_jobs (created_at, tenant_id);
create index bulk_jobs_by_creator on bulk_jobs (tenant_id, creator_id, id);
create index bulk_jobs_going on bulk_jobs (tenant_id, id) where ended_at is null;
create index bulk_jobs_going_by_age on bulk_jobs (progressed_at, tenant_id) where ended_at is null;

create table bulk_rows (
  tenant_id uuid not null,
  job_id uuid not null,
  number integer not null,
  -- The cells by property, until the row has run.
  input_sealed bytea,
  -- Runs that ended in a fault of ours.
  faults integer not null default 0,
  -- Of the answer that a single request would have had; null until the row has run.
  status integer,
  object_id uuid,
  code text,
  target text,
  -- Until they are taken.
  password_sealed bytea,
  primary key (tenant_id, job_id, number),
  foreign key (tenant_id, job_id) references bulk_jobs on delete cascade
);
create index bulk_rows_waiting on bulk_rows (tenant_id, job_id, number) where status is null;
create index bulk_rows_with_input on bulk_rows (tenant_id, job_id) where input_sealed is not null;
`

const SYSTEM = `
-- By these the jobs find which tenants have something to remove, or rows whose job was lost.
create policy system on bulk_jobs for select to latchkey_system using (true);
grant select (tenant_id, created_at, progressed_at, ended_at) on bulk_jobs to latchkey_system;
create policy system on bulk_rows for select to latchkey_system using (true);
grant select (tenant_id) on bulk_rows to latchkey_system;
`
