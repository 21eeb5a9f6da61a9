import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Several tenants of one company, and the requests by which their administrators link them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'tenant_link_requests', 'select, insert, update, delete')
  await sql.raw(SYSTEM).execute(db)
}

// A link spans tenants, and is written together with what either of them records of it: a tenant reaches it by four
// functions alone, each of which goes by the tenant of the transaction. They wait for one another, because links change
// seldom and each change is about all of a company's.
const TABLES = `
create table tenant_links (
  member uuid primary key references tenants (tenant_id) on delete cascade,
  company uuid not null,
  primary_since timestamptz,
  linked_at timestamptz not null
);
create unique index tenant_links_primary on tenant_links (company) where primary_since is not null;
create index tenant_links_by_company on tenant_links (company);

create table tenant_link_requests (
  tenant_id uuid not null,
  id uuid not null,
  asked_by uuid not null,
  browser_hash bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  linked_id uuid,
  linked_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, asked_by) references accounts (tenant_id, id) on delete cascade
);
create index tenant_link_requests_by_expiry on tenant_link_requests (expires_at, tenant_id);

create function current_tenant() returns uuid language sql stable set search_path = pg_catalog, pg_temp
  as $$ select nullif(current_setting('latchkey.tenant', true), '')::uuid $$;

-- The tenants of the company of this one. None where it is alone.
create function linked_tenants() returns table (member uuid, is_primary boolean, linked_at timestamptz)
  language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select other.member, other.primary_since is not null, other.linked_at
  from latchkey.tenant_links own join latchkey.tenant_links other on other.company = own.company
  where own.member = latchkey.current_tenant()
$$;

-- Links this tenant to the company of another, whose first link makes that one primary. False where this one has links.
create function link_tenant(asking uuid, at timestamptz) returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare own uuid := latchkey.current_tenant(); joined uuid;
begin
  perform pg_advisory_xact_lock(7425003);
  if own is null or own = asking or exists (select from latchkey.tenant_links where member = own) then
    return false;
  end if;
  select company into joined from latchkey.tenant_links where member = asking;
  if joined is null then
    joined := gen_random_uuid();
    insert into latchkey.tenant_links (member, company, primary_since, linked_at) values (asking, joined, at, at);
  end if;
  insert into latchkey.tenant_links (member, company, linked_at) values (own, joined, at);
  return true;
end $$;

-- Makes another tenant of this one's company its primary one. False where it is none of them.
create function make_tenant_primary(chosen uuid, at timestamptz) returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare joined uuid;
begin
  perform pg_advisory_xact_lock(7425003);
  select own.company into joined from latchkey.tenant_links own join latchkey.tenant_links other on other.company = own.company
    where own.member = latchkey.current_tenant() and other.member = chosen;
  if joined is null then
    return false;
  end if;
  update latchkey.tenant_links set primary_since = null where company = joined and member <> chosen;
  update latchkey.tenant_links set primary_since = coalesce(primary_since, at) where member = chosen;
  return true;
end $$;

-- Takes another tenant out of this one's company: not the primary one. The last one that is left has no link.
create function unlink_tenant(gone uuid) returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare own uuid := latchkey.current_tenant(); joined uuid;
begin
  perform pg_advisory_xact_lock(7425003);
  select company into joined from latchkey.tenant_links where member = own;
  if joined is null or gone = own then
    return false;
  end if;
  delete from latchkey.tenant_links where member = gone and company = joined and primary_since is null;
  if not found then
    return false;
  end if;
  delete from latchkey.tenant_links where member = own and not exists (
    select from latchkey.tenant_links other where other.company = joined and other.member <> own);
  return true;
end $$;
revoke execute on function current_tenant, linked_tenants, link_tenant, make_tenant_primary, unlink_tenant from public;
grant execute on function current_tenant, linked_tenants, link_tenant, make_tenant_primary, unlink_tenant to latchkey_tenant;
`

// The hourly job finds what has ended.
const SYSTEM = `
create policy system on tenant_link_requests for select to latchkey_system using (true);
grant select (tenant_id, expires_at) on tenant_link_requests to latchkey_system;
`
