import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** The codes by which a device without a browser signs somebody in, and sign-ins to the application that no tenant has. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'device_codes', 'select, insert, update, delete')
  await sql.raw(SYSTEM).execute(db)
}

const TABLES = `
create table device_codes (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null,
  -- Keyed hashes: a reader of the table can use neither code. A user code alone leads to its tenant.
  device_code_hash bytea not null,
  user_code_hash bytea not null unique,
  app_id uuid not null,
  request jsonb not null,
  address text,
  asked_at timestamptz not null,
  expires_at timestamptz not null,
  poll_seconds integer not null,
  next_poll_at timestamptz not null,
  -- The person's answer: who agreed, as proved then, or why nobody did.
  answered_at timestamptz,
  user_id uuid,
  security_epoch integer,
  proof jsonb,
  refusal text check (refusal in ('declined', 'not_assigned', 'needs_administrator')),
  -- The grant that the device claimed.
  grant_id text,
  claimed_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, device_code_hash),
  foreign key (tenant_id, app_id) references applications on delete cascade,
  foreign key (tenant_id, user_id) references users on delete cascade
);
create index device_codes_by_expiry on device_codes (expires_at, tenant_id);
create index device_codes_by_application on device_codes (tenant_id, app_id);
create index device_codes_by_user on device_codes (tenant_id, user_id) where user_id is not null;

-- The device that a sign-in is for.
alter table sign_ins add column device_code_id uuid;
alter table sign_ins add foreign key (tenant_id, device_code_id) references device_codes on delete cascade;
create index sign_ins_by_device_code on sign_ins (tenant_id, device_code_id) where device_code_id is not null;

-- The application that is part of Latchkey is no tenant's, and has no row. Its request names it.
alter table sign_ins drop constraint sign_ins_of_application;
alter table sign_ins add constraint sign_ins_of_request
  check (num_nulls(request_id, request) in (0, 2) and (app_id is null or request_id is not null));
`

const SYSTEM = `
-- A typed code leads to its tenant, and by the end the jobs find which tenants have something to remove.
create policy system on device_codes for select to latchkey_system using (true);
grant select (tenant_id, user_code_hash, expires_at) on device_codes to latchkey_system;
`
