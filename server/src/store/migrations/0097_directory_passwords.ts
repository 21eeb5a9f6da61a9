import { type Kysely, sql } from 'kysely'

/** What is known of a password that a company's directory keeps, and whose password a request to an agent sets. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
alter table accounts
  -- Whether the directory asks for another password at the next sign-in, as it said last.
  add column directory_must_change boolean not null default false,
  -- When a password was last written there from here.
  add column directory_password_at timestamptz,
  -- When a password was sent there whose end nobody knows. The next word of the directory clears it.
  add column directory_unsure_at timestamptz,
  -- After how many wrong passwords, and within how many seconds, the directory locks, as it said last.
  add column directory_lockout jsonb;

-- The view as it was, with the new columns.
do $$
begin
  execute 'create or replace view users with (security_invoker = true) as '
    || replace(pg_get_viewdef('users'::regclass), ' FROM accounts',
      ', directory_must_change, directory_password_at, directory_unsure_at, directory_lockout FROM accounts');
end $$;

-- None of them is shown by what the directory tells of a person.
create or replace function account_changed() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare unseen constant text[] := '{step_methods,security_epoch,sessions_valid_from,registration_asked_at,changed_in,'
  'user_principal_name_reversed,mail_reversed,is_deleted,directory_anchor,directory_locked_at,directory_protected,'
  'directory_must_change,directory_password_at,directory_unsure_at,directory_lockout}';
begin
  if to_jsonb(new) - unseen is distinct from to_jsonb(old) - unseen then
    new.version := old.version + 1;
    new.changed_in := pg_current_xact_id();
  end if;
  return new;
end $$;

-- Passwords of strangers that reach a directory are counted apart, by its own rule.
alter table counters drop constraint counters_kind_check;
alter table counters add constraint counters_kind_check
  check (kind in ('password', 'directory', 'proofs', 'phoneNumber', 'lock', 'contact', 'provedContact', 'tenantContacts',
    'tenantProofs', 'approval'));

-- The rules of the directory for the person's next password, as it said when the journey began.
alter table journeys add column directory_rules jsonb;

-- Whose password the request sets: an answer that comes too late for the person ends their grants too.
alter table agent_requests add column password_of uuid;
`
