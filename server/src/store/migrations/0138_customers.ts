import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** What a firm may do for a company, in the row that the firm lists and filters; and the firm's own words for it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'customer_tags', 'select, insert, update, delete')
  await sql.raw(TRIGGERS).execute(db)
}

const TABLES = `
alter table served_companies
  -- The latest end of its relationships, and that with the extension which is due then.
  add gdap_ends_at timestamptz, add gdap_goes_on_until timestamptz,
  -- The end of its delegation, and until when that is awake.
  add dap_ends_at timestamptz, add dap_awake_until timestamptz;

-- The firm's.
create table customer_tags (
  tenant_id uuid not null,
  customer_id uuid not null,
  tags text[] not null,
  primary key (tenant_id, customer_id)
);
`

// A firm with thousands of customers cannot look each of their relationships up, so that what changes one says so here.
const TRIGGERS = `
create function served_access() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare pair record;
begin
  if tg_op = 'DELETE' then pair := old; else pair := new; end if;
  if pair.ends_at is null then return null; end if;
  if tg_op <> 'DELETE' then
    insert into latchkey.served_companies (tenant_id, other_tenant_id, display_name, display_name_folded, domain, touched_at)
      select pair.tenant_id, pair.other_tenant_id, t.display_name, lower(normalize(t.display_name, NFKC)), d.name, now()
      from latchkey.tenants t, latchkey.domains d where t.tenant_id = pair.tenant_id and d.tenant_id = pair.tenant_id and d.is_default
      on conflict (tenant_id, other_tenant_id) do update set touched_at = greatest(latchkey.served_companies.touched_at, excluded.touched_at);
  end if;
  update latchkey.served_companies set (gdap_ends_at, gdap_goes_on_until) = (
      select max(ends_at), max(ends_at + case when auto_extend and coalesce(last_used_at > ends_at - interval '90 days', false)
        then interval '180 days' else interval '0' end)
      from latchkey.gdap_grants where tenant_id = pair.tenant_id and other_tenant_id = pair.other_tenant_id and ended_at is null),
    (dap_ends_at, dap_awake_until) = (
      select max(ends_at), max(least(ends_at, greatest(awake_at, last_used_at) + interval '60 days'))
      from latchkey.daps where tenant_id = pair.tenant_id and other_tenant_id = pair.other_tenant_id and ended_at is null)
    where tenant_id = pair.tenant_id and other_tenant_id = pair.other_tenant_id;
  return null;
end $$;
create trigger served_access after insert or update or delete on gdap_grants for each row execute function served_access();
create trigger served_access after insert or update or delete on daps for each row execute function served_access();

alter table gdap_grants no force row level security;
alter table daps no force row level security;
alter table tenants no force row level security;
alter table domains no force row level security;
alter table served_companies no force row level security;
update gdap_grants set version = version where ends_at is not null;
update daps set ends_at = ends_at;
alter table gdap_grants force row level security;
alter table daps force row level security;
alter table tenants force row level security;
alter table domains force row level security;
alter table served_companies force row level security;
`
