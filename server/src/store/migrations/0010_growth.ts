import { type Kysely, sql } from 'kysely'

/**
 * Finds what has ended by its time, and lets the owner alone make and drop months of the audit log. The time comes first:
 * an index that begins with the tenant is taken for one that leads to a row by its key where statistics are missing or
 * old, and each look-up then reads the tenant's rows.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

// The tenant is in them as well, so that finding the tenants that have something due reads no table.
const CHANGES = `
drop index sessions_by_expiry, journeys_by_expiry, challenges_by_expiry, sends_by_end;
create index sessions_by_expiry on sessions (expires_at, tenant_id);
create index devices_by_expiry on devices (expires_at, tenant_id);
create index journeys_by_expiry on journeys (expires_at, tenant_id);
create index challenges_by_expiry on challenges (expires_at, tenant_id);
create index former_addresses_by_age on former_addresses (removed_at, tenant_id);
create index counters_by_end on counters (window_ends_at, tenant_id);
create index sends_by_end on sends (window_ends_at, tenant_id);
create index notices_by_age on notices (created_at, tenant_id);

-- By these a job finds which tenants have notices that wait without a job.
grant select (sent_at, failed_at) on notices to latchkey_system;

-- The owner makes and drops months itself: nothing is lent to the system role for it.
create or replace function audit_partition(month date) returns void language plpgsql security invoker set search_path = pg_catalog, pg_temp as $$
declare first date := date_trunc('month', month); name text := 'audit_events_' || to_char(first, 'YYYY_MM');
begin
  perform pg_advisory_xact_lock(7425002);
  if to_regclass('latchkey.' || name) is null
     and not exists (select 1 from latchkey.audit_events_other where at >= first and at < first + interval '1 month') then
    execute format('create table latchkey.%I partition of latchkey.audit_events for values from (%L) to (%L)', name, first, first + interval '1 month');
  end if;
end $$;
alter function drop_audit_month security invoker;
revoke execute on function audit_partition, drop_audit_month from latchkey_system;
`
