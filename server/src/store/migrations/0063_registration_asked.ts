import { type Kysely, sql } from 'kysely'

/** When an administrator asked somebody to register or confirm their methods at the next sign-in. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
alter table accounts add column registration_asked_at timestamptz;

-- The view as it was, with the new column.
do $$
begin
  execute 'create or replace view users with (security_invoker = true) as '
    || replace(pg_get_viewdef('users'::regclass), ' FROM accounts', ', registration_asked_at FROM accounts');
end $$;

-- It is no change of what the directory shows. Nor are the generated columns, which have no value yet before an update:
-- by them every update was one.
create or replace function account_changed() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare unseen constant text[] := '{step_methods,security_epoch,sessions_valid_from,registration_asked_at,changed_in,'
  'user_principal_name_reversed,mail_reversed,is_deleted}';
begin
  if to_jsonb(new) - unseen is distinct from to_jsonb(old) - unseen then
    new.version := old.version + 1;
    new.changed_in := pg_current_xact_id();
  end if;
  return new;
end $$;
`
