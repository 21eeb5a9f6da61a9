import { type Kysely, sql } from 'kysely'

/** Of codes that wait the newest leaves first within a second too: a flood in one second would hold up its last code. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(ENQUEUE).execute(db)
}

// Jobs of a lower priority run first, and of one priority those that were due first. The priority is by the second, as in
// 0133. Within it a code is due the earlier the later it was asked for: by less than two seconds, all of them over.
const ENQUEUE = `
create or replace function enqueue(task text, payload json, job_key text, run_at timestamptz) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
  tenant text := nullif(current_setting('latchkey.tenant', true), '');
  is_code boolean := task like 'deliver-%';
begin
  if not exists (select from latchkey.asked_jobs where name = task) then
    raise exception 'No tenant may ask for the job %.', task using errcode = 'insufficient_privilege';
  end if;
  if tenant is null or payload->>'tenantId' is distinct from tenant then
    raise exception 'A job belongs to the tenant that asks for it.' using errcode = 'insufficient_privilege';
  end if;
  if is_code and run_at is null then
    run_at := date_trunc('second', now()) - (now() - date_trunc('second', now()));
  end if;
  perform latchkey_jobs.add_job(task, payload, null, run_at, null, tenant || ' ' || job_key,
    case when is_code then -(extract(epoch from now())::bigint % 32768)::integer end);
end $$;
`
