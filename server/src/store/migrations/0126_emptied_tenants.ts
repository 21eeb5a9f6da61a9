import { type Kysely, sql } from 'kysely'

/**
 * A company that nobody administers goes once nobody is left in it and its log is gone. With it goes what was written of
 * the company as a whole; where somebody is left the row cannot go.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
-- What goes by time goes with it; what administrators made keeps it.
do $$
declare reference record;
begin
  for reference in
    select conrelid::regclass as name, conname from pg_constraint
    where confrelid = 'tenants'::regclass and confdeltype = 'a' and conrelid = any(array[
      'counters', 'domains', 'erased_accounts', 'erased_groups', 'journeys', 'notices', 'onboarding_tenants', 'sends'
    ]::regclass[])
  loop
    execute format('alter table %s drop constraint %I', reference.name, reference.conname);
    execute format('alter table %s add constraint %I foreign key (tenant_id) references tenants on delete cascade',
      reference.name, reference.conname);
  end loop;
end $$;
-- A label that was taken once stays taken, whoever had it.
alter table taken_labels drop constraint taken_labels_tenant_id_fkey;
create policy unmanaged on tenants as restrictive for delete to latchkey_tenant using (unmanaged_since is not null);
grant delete on tenants to latchkey_tenant;
grant select (unmanaged_since) on tenants to latchkey_system;
grant select (tenant_id) on moved_passkeys to latchkey_system;
grant select (tenant_id) on reset_policies to latchkey_system;
create policy system on reset_policies for select to latchkey_system using (true);
create policy system on moved_passkeys for select to latchkey_system using (true);
`
