import { type Kysely, sql } from 'kysely'

/**
 * People as administrators keep them: more of what a directory knows, deletion, and what changed when. `accounts` holds
 * everybody. `users` is the view of those who are not deleted, so that no statement can forget to leave the others out.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(COLUMNS).execute(db)
  for (const name of FOLDED) await sql.raw(folded(name)).execute(db)
  await fold(db)
  await sql.raw(REST).execute(db)
}

/** The columns that are compared folded. Each gets a twin, which the directory writes, and an index by it. */
const FOLDED = [
  'display_name',
  'given_name',
  'surname',
  'mail',
  'department',
  'company_name',
  'mail_nickname',
  'job_title',
  'office_location',
  'city',
  'state',
  'country',
  'postal_code',
  'street_address',
  'employee_id',
  'usage_location',
  'preferred_language',
  'on_premises_immutable_id',
]

const COLUMNS = `
alter table users rename to accounts;
alter table accounts drop constraint users_tenant_id_user_principal_name_folded_key;
alter table accounts
  add column department text,
  add column company_name text,
  add column mail_nickname text,
  add column job_title text,
  add column office_location text,
  add column city text,
  add column state text,
  add column country text,
  add column postal_code text,
  add column street_address text,
  add column employee_id text,
  add column usage_location text,
  add column on_premises_immutable_id text,
  add column on_premises_sync_enabled boolean not null default false,
  add column on_premises_last_sync_at timestamptz,
  add column password_policies text check (password_policies in ('DisablePasswordExpiration')),
  add column sessions_valid_from timestamptz,
  add column deleted_at timestamptz,
  -- Without statistics PostgreSQL expects almost no row whose deleted_at is null, and reads a whole tenant for one.
  add column is_deleted boolean not null generated always as (deleted_at is not null) stored,
  -- Of what the directory shows: for ETags, and for what has changed since.
  add column version integer not null default 1,
  add column changed_in xid8 not null default pg_current_xact_id();
`

const folded = (name: string) => `
alter table accounts add column ${name}_folded text collate "C";
create index accounts_by_${name} on accounts (tenant_id, ${name}_folded, id) where ${
  // Of a column that is never null PostgreSQL drops the condition from queries, and would not find the index.
  name === 'display_name' ? '' : `${name}_folded is not null and `
}not is_deleted;
`

const FIRST = '00000000-0000-0000-0000-000000000000'

/** Folds what is there as the directory does. Row-level security binds the owner too, so it rests meanwhile. */
async function fold(db: Kysely<unknown>): Promise<void> {
  const names = ['display_name', 'given_name', 'surname', 'mail', 'preferred_language']
  await sql`alter table accounts no force row level security`.execute(db)
  for (let last = [FIRST, FIRST]; ; ) {
    const { rows } = await sql<Record<string, string | null> & { tenant_id: string; id: string }>`
      select tenant_id, id, ${sql.join(names.map(name => sql.ref(name)))} from accounts
      where (tenant_id, id) > (${last[0]}::uuid, ${last[1]}::uuid) order by tenant_id, id limit 10000`.execute(db)
    const final = rows.at(-1)
    if (!final) break
    last = [final.tenant_id, final.id]
    const sets = names.map(name => sql`${sql.ref(`${name}_folded`)} = ${sql.ref(`new.${name}`)}`)
    const values = names.map(name => sql`${rows.map(row => foldAs(name, row[name] ?? null))}::text[]`)
    await sql`
      update accounts set ${sql.join(sets)}
      from unnest(${rows.map(row => row.tenant_id)}::uuid[], ${rows.map(row => row.id)}::uuid[], ${sql.join(values)})
        as new(tenant_id, id, ${sql.join(names.map(name => sql.ref(name)))})
      where accounts.tenant_id = new.tenant_id and accounts.id = new.id`.execute(db)
  }
  await sql`alter table accounts force row level security`.execute(db)
}

/** Addresses fold in ASCII alone: a Kelvin sign is not the letter of somebody's address. */
function foldAs(name: string, text: string | null): string | null {
  if (name === 'mail') return text?.replace(/[A-Z]+/g, letters => letters.toLowerCase()) ?? null
  return text?.normalize('NFKC').toLowerCase() ?? null
}

const REST = `
alter table accounts alter column display_name_folded set not null;
-- Texts that end with something, as addresses of one domain do, are found from behind.
alter table accounts
  add column user_principal_name_reversed text collate "C" generated always as (reverse(user_principal_name_folded)) stored,
  add column mail_reversed text collate "C" generated always as (reverse(mail_folded)) stored;

-- The name of somebody deleted is free at once.
create unique index accounts_by_name on accounts (tenant_id, user_principal_name_folded) where not is_deleted;
create index accounts_by_name_reversed on accounts (tenant_id, user_principal_name_reversed, id) where not is_deleted;
create index accounts_by_mail_reversed on accounts (tenant_id, mail_reversed, id) where mail_reversed is not null and not is_deleted;
create index accounts_by_creation on accounts (tenant_id, created_at, id) where not is_deleted;
create index accounts_by_change on accounts (tenant_id, changed_in, id);
-- The time comes first: it finds whom to erase.
create index accounts_by_deletion on accounts (deleted_at, tenant_id) where deleted_at is not null;
create index accounts_deleted on accounts (tenant_id, deleted_at, id) where is_deleted;

-- Whatever changes of a row, but for what signing in writes, is a change of what the directory shows.
create function account_changed() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare unseen constant text[] := '{step_methods,security_epoch,sessions_valid_from,changed_in}';
begin
  if to_jsonb(new) - unseen is distinct from to_jsonb(old) - unseen then
    new.version := old.version + 1;
    new.changed_in := pg_current_xact_id();
  end if;
  return new;
end $$;
create trigger account_changed before update on accounts for each row execute function account_changed();

create view users with (security_invoker = true) as
  select tenant_id, id, user_principal_name, user_principal_name_folded, user_principal_name_reversed,
    display_name, given_name, surname, mail, proxy_addresses, preferred_language, account_enabled,
    password_mastered_in, security_epoch, created_at, step_methods, department, company_name, mail_nickname, job_title,
    office_location, city, state, country, postal_code, street_address, employee_id, usage_location,
    on_premises_immutable_id, on_premises_sync_enabled, on_premises_last_sync_at, password_policies, sessions_valid_from,
    version, changed_in, mail_reversed,
    ${FOLDED.map(name => `${name}_folded`).join(', ')}
  from accounts where not is_deleted;
grant select, insert, update, delete on users to latchkey_tenant;

create policy system on accounts for select to latchkey_system using (true);
grant select (tenant_id, deleted_at) on accounts to latchkey_system;
`
