import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Invitations of partners, what a company is to the firms that serve it, and the looks at delegations. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'partner_invitations', 'select, insert, update, delete')
  await tenantTable(db, 'served_companies', 'select, insert, update, delete')
  await sql.raw(RIGHTS).execute(db)
  await sql.raw(NAMES).execute(db)
}

// Row-level security binds the owner too, so it rests while the names of those who are served already are gathered.
const TABLES = `
-- The partner's.
create table partner_invitations (
  tenant_id uuid not null,
  id uuid not null,
  kind text not null check (kind in ('reseller', 'partnership', 'both')),
  -- Whether it asks for delegated administration too.
  dap boolean not null,
  -- The partner's reseller by whom the customer buys.
  reseller_tenant_id uuid,
  -- A keyed hash of the secret of its address.
  token_hash bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  outcome text check (outcome in ('accepted', 'declined', 'revoked')),
  -- The company that has answered.
  other_tenant_id uuid,
  primary key (tenant_id, id),
  check ((ended_at is null) = (outcome is null))
);
create index partner_invitations_by_creation on partner_invitations (tenant_id, created_at);
create index partner_invitations_by_end on partner_invitations (expires_at, tenant_id);

-- The company's: what it is to a firm that serves it. The firm reads it by a policy of its own, with the company's name.
create table served_companies (
  tenant_id uuid not null,
  other_tenant_id uuid not null,
  display_name text not null,
  display_name_folded text collate "C" not null,
  domain text not null,
  -- The firm sells to it.
  sold_since timestamptz,
  sold_until timestamptz,
  reseller_tenant_id uuid,
  -- The firm is its provider, and it is a reseller.
  provided_since timestamptz,
  provided_until timestamptz,
  touched_at timestamptz not null,
  primary key (tenant_id, other_tenant_id)
);
create index served_companies_of_firm on served_companies (other_tenant_id, display_name_folded, tenant_id);
create index served_companies_by_touch on served_companies (touched_at, tenant_id);

-- When a job looks at it: to remind of its end, to say that it sleeps, or to end it.
alter table daps add due_at timestamptz;
create index daps_due on daps (due_at, tenant_id) where due_at is not null;

alter table gdap_grants no force row level security;
alter table daps no force row level security;
alter table tenants no force row level security;
alter table domains no force row level security;
insert into served_companies (tenant_id, other_tenant_id, display_name, display_name_folded, domain, touched_at)
  select pair.tenant_id, pair.other_tenant_id, tenants.display_name, lower(normalize(tenants.display_name, NFKC)), domains.name, now()
  from (select tenant_id, other_tenant_id from gdap_grants union select tenant_id, other_tenant_id from daps) pair
  join tenants on tenants.tenant_id = pair.tenant_id
  join domains on domains.tenant_id = pair.tenant_id and domains.is_default;
update daps set due_at = now() where ended_at is null;
alter table gdap_grants force row level security;
alter table daps force row level security;
alter table tenants force row level security;
alter table domains force row level security;
`

const RIGHTS = `
create policy pair on served_companies for select to latchkey_tenant
  using (other_tenant_id = nullif(current_setting('latchkey.tenant', true), '')::uuid);
-- A firm reads which of its own people have acted.
create policy pair on partner_uses for select to latchkey_tenant
  using (other_tenant_id = nullif(current_setting('latchkey.tenant', true), '')::uuid);
create index partner_uses_of_firm on partner_uses (other_tenant_id, tenant_id);
create policy system on partner_invitations for select to latchkey_system using (true);
grant select (tenant_id, expires_at) on partner_invitations to latchkey_system;
create policy system on served_companies for select to latchkey_system using (true);
grant select (tenant_id, touched_at) on served_companies to latchkey_system;
grant select (other_tenant_id, due_at) on daps to latchkey_system;
`

// A firm with thousands of customers sorts and searches them by their names, so that these stand in its reach.
const NAMES = `
create function served_name() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  update latchkey.served_companies set display_name = new.display_name, display_name_folded = lower(normalize(new.display_name, NFKC))
    where tenant_id = new.tenant_id;
  return null;
end $$;
create trigger served_name after update of display_name on tenants
  for each row when (new.display_name is distinct from old.display_name) execute function served_name();

create function served_domain() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  update latchkey.served_companies set domain = new.name where tenant_id = new.tenant_id;
  return null;
end $$;
create trigger served_domain after insert or update of is_default, name on domains
  for each row when (new.is_default) execute function served_domain();
`
