import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** How people of a company find out how to begin: what they answered, the tenants that it led to, and the links back to it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'onboardings', 'select, insert, update, delete')
  await tenantTable(db, 'onboarding_links', 'select, insert, update, delete')
  await tenantTable(db, 'onboarding_tenants', 'select, insert, update, delete')
  await sql.raw(SYSTEM).execute(db)
}

const TABLES = `
create table onboardings (
  -- The empty tenant: who asks belongs to none yet.
  tenant_id uuid not null,
  id uuid not null,
  browser_hashes bytea[] not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  -- The answers; null where none was given.
  has_domain boolean,
  domain text,
  used_here boolean,
  -- Domains that were looked up.
  lookups integer not null default 0,
  primary key (tenant_id, id)
);
create index onboardings_of_browser on onboardings using gin (browser_hashes);
create index onboardings_by_expiry on onboardings (expires_at, tenant_id);

create table onboarding_links (
  tenant_id uuid not null,
  id uuid not null,
  onboarding_id uuid not null,
  token_hash bytea not null unique,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, onboarding_id) references onboardings (tenant_id, id) on delete cascade
);
create index onboarding_links_of_onboarding on onboarding_links (tenant_id, onboarding_id, created_at);
create index onboarding_links_by_expiry on onboarding_links (expires_at, tenant_id);

create table onboarding_tenants (
  -- Of the administrator who decided.
  tenant_id uuid not null references tenants,
  onboarding_id uuid not null unique,
  use text not null check (use in ('this', 'dedicated')),
  will_use integer not null,
  expires_at timestamptz not null,
  primary key (tenant_id, onboarding_id)
);
create index onboarding_tenants_by_expiry on onboarding_tenants (expires_at, tenant_id);

-- The onboarding that a sign-up was begun from.
alter table signups add onboarding_id uuid;
alter table signup_tenants add onboarding_id uuid;
create index signup_tenants_of_onboarding on signup_tenants (onboarding_id) where onboarding_id is not null;
`

// An onboarding leads to the tenants that it was decided in or that were made from it. The jobs find what has ended.
const SYSTEM = `
create policy system on onboardings for select to latchkey_system using (true);
grant select (tenant_id, expires_at) on onboardings to latchkey_system;
create policy system on onboarding_links for select to latchkey_system using (true);
grant select (tenant_id, expires_at) on onboarding_links to latchkey_system;
create policy system on onboarding_tenants for select to latchkey_system using (true);
grant select (tenant_id, onboarding_id, expires_at) on onboarding_tenants to latchkey_system;
grant select (onboarding_id) on signup_tenants to latchkey_system;
`
