import { type Kysely, sql } from 'kysely'

/**
 * Which entry of the company's directory a person is. Synchronisation alone writes it: passwords go where it points, so
 * no administrator may point it at somebody else's entry, as `on_premises_immutable_id` can be.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
alter table accounts
  -- The entry's entryUUID, objectGUID or the like, which stays when it is renamed or moved.
  add column directory_anchor text check (length(directory_anchor) between 1 and 256),
  -- Since when the entry is locked, as it was last brought.
  add column directory_locked_at timestamptz,
  -- Whether the directory guards the entry (AdminSDHolder): no agent writes to it.
  add column directory_protected boolean not null default false;

-- One entry is one person, the deleted included: who comes back is found.
create unique index accounts_by_directory_anchor on accounts (tenant_id, directory_anchor) where directory_anchor is not null;

-- The view as it was, with the new columns.
do $$
begin
  execute 'create or replace view users with (security_invoker = true) as '
    || replace(pg_get_viewdef('users'::regclass), ' FROM accounts',
      ', directory_anchor, directory_locked_at, directory_protected FROM accounts');
end $$;

-- None of them is shown by what the directory tells of a person.
create or replace function account_changed() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare unseen constant text[] := '{step_methods,security_epoch,sessions_valid_from,registration_asked_at,changed_in,'
  'user_principal_name_reversed,mail_reversed,is_deleted,directory_anchor,directory_locked_at,directory_protected}';
begin
  if to_jsonb(new) - unseen is distinct from to_jsonb(old) - unseen then
    new.version := old.version + 1;
    new.changed_in := pg_current_xact_id();
  end if;
  return new;
end $$;
`
