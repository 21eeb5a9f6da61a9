import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** The signing keys of each tenant, and what an OpenID provider remembers: codes, tokens, grants and sign-ins. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'signing_keys', 'select, insert, update (private_sealed), delete')
  await tenantTable(db, 'provider_records', 'select, insert, update (payload, consumed_at, expires_at), delete')
  await tenantTable(db, 'sign_ins', 'select, insert, update, delete')
  await sql.raw(CLEANING).execute(db)
}

const TABLES = `
create table signing_keys (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null,
  public_key jsonb not null,
  private_sealed bytea not null,
  signs_from timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, signs_from)
);

create table provider_records (
  tenant_id uuid not null references tenants on delete cascade,
  kind text not null check (kind in ('AccessToken', 'AuthorizationCode', 'ClientCredentials', 'DeviceCode', 'Grant',
    'PushedAuthorizationRequest', 'RefreshToken', 'ReplayDetection')),
  -- A keyed hash: a reader of the table can use no code and no token.
  id bytea not null,
  grant_id bytea,
  app_id uuid,
  user_id uuid,
  -- The user's epoch at the grant.
  security_epoch integer,
  payload jsonb not null,
  consumed_at timestamptz,
  expires_at timestamptz not null,
  primary key (tenant_id, kind, id),
  foreign key (tenant_id, app_id) references applications on delete cascade,
  foreign key (tenant_id, user_id) references users on delete cascade
);
create index provider_records_by_grant on provider_records (tenant_id, grant_id) where grant_id is not null;
create index provider_records_by_user on provider_records (tenant_id, user_id) where user_id is not null;
create index provider_records_by_application on provider_records (tenant_id, app_id) where app_id is not null;
create index provider_records_by_expiry on provider_records (expires_at, tenant_id);

create table sign_ins (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null,
  browser_hash bytea not null,
  app_id uuid not null,
  -- The library's name of the application's request, and the request.
  request_id text not null,
  request jsonb not null,
  typed_name_sealed bytea,
  -- The application asked for a password that is typed from now on.
  password_from timestamptz,
  confirmed_at timestamptz,
  declined_at timestamptz,
  finished_at timestamptz,
  language text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, request_id),
  foreign key (tenant_id, app_id) references applications on delete cascade
);
create index sign_ins_by_expiry on sign_ins (expires_at, tenant_id);
create index sign_ins_by_application on sign_ins (tenant_id, app_id);

-- Where a finished requirement of this session leads.
alter table sessions add column next text;
`

const CLEANING = `
-- By these the jobs find which tenants have something to remove, or a key to roll.
create policy system on provider_records for select to latchkey_system using (true);
grant select (tenant_id, expires_at) on provider_records to latchkey_system;
create policy system on sign_ins for select to latchkey_system using (true);
grant select (tenant_id, expires_at) on sign_ins to latchkey_system;
create policy system on signing_keys for select to latchkey_system using (true);
grant select (tenant_id, signs_from) on signing_keys to latchkey_system;
`
