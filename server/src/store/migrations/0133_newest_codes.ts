import { type Kysely, sql } from 'kysely'

/** Of codes that wait the newest leaves first: somebody waits for it, and whoever waited for an old one has asked again. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(ENQUEUE).execute(db)
}

// Jobs of a lower priority run first. It is by the second, so that codes of one second leave in their order. A small
// integer begins anew after nine hours; codes that wait at that moment let newer ones wait for them, once.
const ENQUEUE = `
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
  perform latchkey_jobs.add_job(task, payload, null, run_at, null, tenant || ' ' || job_key,
    case when task like 'deliver-%' then -(extract(epoch from now())::bigint % 32768)::integer end);
end $$;
`
