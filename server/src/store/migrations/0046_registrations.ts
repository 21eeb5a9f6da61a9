import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/**
 * What reports tell of each person's registration, judged by the rules of the reset. To judge 100,000 people takes a
 * minute, and a report filters and counts them. What changes a judgement marks its row as due, in the same transaction.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'registrations', 'select, insert, update')
  await tenantTable(db, 'registration_rounds', 'select, insert, update, delete')
  await sql.raw(TRIGGERS).execute(db)
}

// Row-level security binds the owner too, so the rows of those who are there are made before it does.
const TABLES = `
create table registrations (
  tenant_id uuid not null,
  user_id uuid not null,
  -- From when it has to be judged again.
  due_at timestamptz not null default '-infinity',
  judged_at timestamptz,
  policy_id uuid,
  is_administrator boolean not null default false,
  is_enabled boolean not null default false,
  is_registered boolean not null default false,
  is_capable boolean not null default false,
  refusal text,
  methods text[] not null default '{}',
  primary key (tenant_id, user_id),
  foreign key (tenant_id, user_id) references accounts on delete cascade
);
create index registrations_due on registrations (due_at, tenant_id);

-- The tenants whose people all have to be judged again. They are marked as due in the order of their ids, up to this one.
create table registration_rounds (
  tenant_id uuid primary key references tenants on delete cascade,
  marked_to uuid
);

alter table accounts no force row level security;
insert into registrations (tenant_id, user_id) select tenant_id, id from accounts;
alter table accounts force row level security;
`

const each = (table: string, events: string) => `
create trigger registration_due after ${events} on ${table} for each row execute function registration_due();`

const TRIGGERS = `
create policy system on registrations for select to latchkey_system using (true);
grant select (tenant_id, due_at) on registrations to latchkey_system;
create policy system on registration_rounds for select to latchkey_system using (true);
grant select (tenant_id) on registration_rounds to latchkey_system;

create function registration_begun() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  insert into latchkey.registrations (tenant_id, user_id) values (new.tenant_id, new.id);
  return null;
end $$;
create trigger registration_begun after insert on accounts for each row execute function registration_begun();

create function registration_due() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare changed jsonb := to_jsonb(case when tg_op = 'DELETE' then old else new end);
begin
  update latchkey.registrations set due_at = '-infinity'
  where tenant_id = (changed->>'tenant_id')::uuid and user_id = coalesce(changed->>'user_id', changed->>'id')::uuid and due_at > '-infinity';
  return null;
end $$;
${each('accounts', 'update of user_principal_name, mail, proxy_addresses, account_enabled, password_mastered_in, deleted_at')}
${['methods', 'passkeys', 'contact_info', 'security_answers'].map(table => each(table, 'insert or update or delete')).join('')}
${['group_members', 'group_owners', 'role_assignments'].map(table => each(table, 'insert or delete')).join('')}

-- Whom these concern is not known by one row, so that a round begins, or begins anew.
create function registration_round() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare changed jsonb := to_jsonb(case when tg_op = 'DELETE' then old else new end);
begin
  if coalesce(changed->>'member_kind', changed->>'principal_kind', 'group') <> 'group' then return null; end if;
  insert into latchkey.registration_rounds as round (tenant_id) values ((changed->>'tenant_id')::uuid)
  on conflict (tenant_id) do update set marked_to = null;
  return null;
end $$;
create trigger registration_round after insert or update or delete on reset_policies for each row execute function registration_round();
create trigger registration_round after update of deleted_at on groups for each row execute function registration_round();
create trigger registration_round after insert or delete on group_members for each row execute function registration_round();
create trigger registration_round after insert or delete on role_assignments for each row execute function registration_round();
`
