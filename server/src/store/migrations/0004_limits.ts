import { type Kysely, sql } from 'kysely'

/** What is counted against requests for help and over weeks, and what time removes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
alter table counters drop constraint counters_kind_check;
alter table counters add constraint counters_kind_check
  check (kind in ('password', 'proofs', 'phoneNumber', 'lock', 'contact', 'provedContact', 'tenantContacts', 'tenantProofs'));

-- Failures of thirty days, where a rule counts those too.
alter table counters add column month_failures integer not null default 0;
alter table counters add column month_ends_at timestamptz;

-- Whether a journey's mail was queued before.
create index notices_of_journey on notices (tenant_id, correlation_id);

-- How often it happened: what names of nobody do is counted in one row an hour.
alter table audit_events add column count integer not null default 1 check (count > 0);
grant update (count) on audit_events to latchkey_tenant;

-- Events are removed once they are old, and never before.
grant delete on audit_events to latchkey_tenant;
create policy retention on audit_events as restrictive for delete to latchkey_tenant using (at < now() - interval '30 days');

-- Drops the oldest month's partition that nobody keeps any more; false where there is none.
create function drop_audit_month(clock timestamptz, days integer) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare oldest text;
begin
  if days < 30 then raise exception 'events are kept for 30 days at least'; end if;
  select c.relname into oldest from pg_inherits i join pg_class c on c.oid = i.inhrelid
  where i.inhparent = 'latchkey.audit_events'::regclass and c.relname ~ '^audit_events_\\d{4}_\\d{2}$'
    -- A day more, because each month begins in the time zone of the session that made it.
    and to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month 1 day' <= least(clock, now()) - make_interval(days => days)
  order by c.relname limit 1;
  if oldest is null then return false; end if;
  -- Readers and writers of the log wait behind us: better another time than long.
  perform set_config('lock_timeout', '2s', true);
  execute format('drop table latchkey.%I', oldest);
  return true;
end $$;
revoke execute on function drop_audit_month from public;
grant execute on function drop_audit_month to latchkey_system;

-- By these the jobs find which tenants have something to remove.
create policy system on audit_events for select to latchkey_system using (true);
grant select (tenant_id, at) on audit_events to latchkey_system;
create policy system on challenges for select to latchkey_system using (true);
grant select (tenant_id, expires_at) on challenges to latchkey_system;
create policy system on counters for select to latchkey_system using (true);
grant select (tenant_id, kind, window_ends_at, blocked_until, month_failures, month_ends_at) on counters to latchkey_system;
create policy system on devices for select to latchkey_system using (true);
grant select (tenant_id, expires_at) on devices to latchkey_system;
create policy system on former_addresses for select to latchkey_system using (true);
grant select (tenant_id, removed_at) on former_addresses to latchkey_system;
create policy system on journeys for select to latchkey_system using (true);
grant select (tenant_id, expires_at) on journeys to latchkey_system;
create policy system on notices for select to latchkey_system using (true);
grant select (tenant_id, created_at) on notices to latchkey_system;
create policy system on sends for select to latchkey_system using (true);
grant select (tenant_id, window_ends_at) on sends to latchkey_system;
create policy system on sessions for select to latchkey_system using (true);
grant select (tenant_id, expires_at) on sessions to latchkey_system;
grant select (protection, usual_resets_per_hour) on tenants to latchkey_system;
`
