import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Groups that were erased before their thirty days were over, for the deltas. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLE).execute(db)
  await tenantTable(db, 'erased_groups', 'select, insert, delete')
  await sql.raw(REST).execute(db)
}

const TABLE = `
create table erased_groups (
  tenant_id uuid not null references tenants,
  id uuid not null,
  changed_in xid8 not null default pg_current_xact_id(),
  erased_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
create index erased_groups_by_change on erased_groups (tenant_id, changed_in, id);
create index erased_groups_by_age on erased_groups (erased_at, tenant_id);

drop index groups_by_change;
create index groups_by_change on groups (tenant_id, changed_in, id);
`

const REST = `
create policy system on erased_groups for select to latchkey_system using (true);
grant select (tenant_id, erased_at) on erased_groups to latchkey_system;

create function group_erased() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  insert into latchkey.erased_groups (tenant_id, id) values (old.tenant_id, old.id);
  return null;
end $$;
create trigger group_erased after delete on groups for each row execute function group_erased();
`
