import { type Kysely, sql } from 'kysely'

/**
 * Functions that lend the owner's rights look names up where no caller can put anything: whoever may make a temporary
 * table would otherwise have its code run by the owner. A job is what its tenant may ask for, and is the tenant's own.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
create or replace function audit_partition(month date) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare first date := date_trunc('month', month); name text := 'audit_events_' || to_char(first, 'YYYY_MM');
begin
  perform pg_advisory_xact_lock(7425002);
  if to_regclass('latchkey.' || name) is null
     and not exists (select from latchkey.audit_events_other where at >= first and at < first + interval '1 month') then
    execute format('create table latchkey.%I partition of latchkey.audit_events for values from (%L) to (%L)', name, first, first + interval '1 month');
  end if;
end $$;

-- The jobs that tenants may ask for; each start adds those of its version.
create table asked_jobs (name text primary key);

-- Not a body in plain SQL: that would keep the queue's own functions from being replaced by a newer version of it.
create or replace function enqueue(task text, payload json, job_key text, run_at timestamptz) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
declare tenant text := nullif(current_setting('latchkey.tenant', true), '');
begin
  if not exists (select from latchkey.asked_jobs where name = task) then
    raise exception 'No tenant may ask for the job %.', task using errcode = 'insufficient_privilege';
  end if;
  if tenant is null or payload->>'tenantId' is distinct from tenant then
    raise exception 'A job belongs to the tenant that asks for it.' using errcode = 'insufficient_privilege';
  end if;
  perform latchkey_jobs.add_job(task, payload, null, run_at, null, tenant || ' ' || job_key);
end $$;
revoke execute on function enqueue from latchkey_system;
`
