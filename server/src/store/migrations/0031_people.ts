import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Of people: further addresses, when they last signed in, and who was erased. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'other_mails', 'select, insert, update, delete')
  await tenantTable(db, 'last_sign_ins', 'select, insert, update, delete')
  await tenantTable(db, 'erased_accounts', 'select, insert, update, delete')
  await sql.raw(REST).execute(db)
}

const TABLES = `
-- The addresses of contact info beyond the first, which alone opens resets.
create table other_mails (
  tenant_id uuid not null,
  user_id uuid not null,
  place integer not null check (place between 1 and 19),
  id uuid not null,
  value_sealed bytea not null,
  value_hash bytea not null,
  primary key (tenant_id, user_id, place),
  unique (tenant_id, id),
  foreign key (tenant_id, user_id) references accounts on delete cascade
);
create index other_mails_by_value on other_mails (value_hash, tenant_id);
create index contact_info_by_value on contact_info (value_hash, tenant_id);

-- Apart from accounts, whose many indexes each sign-in would write.
create table last_sign_ins (
  tenant_id uuid not null,
  user_id uuid not null,
  at timestamptz not null,
  primary key (tenant_id, user_id),
  foreign key (tenant_id, user_id) references accounts on delete cascade
);
create index last_sign_ins_by_time on last_sign_ins (tenant_id, at, user_id);

-- For thirty days the deltas tell of them.
create table erased_accounts (
  tenant_id uuid not null references tenants,
  id uuid not null,
  changed_in xid8 not null default pg_current_xact_id(),
  erased_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
create index erased_accounts_by_change on erased_accounts (tenant_id, changed_in);
create index erased_accounts_by_age on erased_accounts (erased_at, tenant_id);
`

const REST = `
create policy system on erased_accounts for select to latchkey_system using (true);
grant select (tenant_id, erased_at) on erased_accounts to latchkey_system;

create function account_erased() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  insert into latchkey.erased_accounts (tenant_id, id) values (old.tenant_id, old.id);
  return null;
end $$;
create trigger account_erased after delete on accounts for each row execute function account_erased();
`
