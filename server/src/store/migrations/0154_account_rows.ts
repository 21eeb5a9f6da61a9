import { type Kysely, sql } from 'kysely'

/** Whether a change of an account is one that the directory shows, found by comparing rows: as JSON that took longer than the change. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

/** What of a row is no part of what the directory shows. A column that is not named here is. */
const UNSEEN = [
  'settling_until',
  'step_methods',
  'security_epoch',
  'sessions_valid_from',
  'registration_asked_at',
  'changed_in',
  // Generated, and not there yet when the trigger looks.
  'user_principal_name_reversed',
  'mail_reversed',
  'is_deleted',
  'directory_anchor',
  'directory_locked_at',
  'directory_protected',
  'directory_must_change',
  'directory_password_at',
  'directory_unsure_at',
  'directory_lockout',
]

const CHANGES = `
create or replace function account_changed() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare seen latchkey.accounts := new;
begin
  ${UNSEEN.map(name => `seen.${name} := old.${name};`).join('\n  ')}
  if seen is distinct from old then
    new.version := old.version + 1;
    new.changed_in := pg_current_xact_id();
  end if;
  return new;
end $$;
`
