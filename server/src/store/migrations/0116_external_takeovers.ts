import { type Kysely, sql } from 'kysely'

/** Takeovers by a company: whose they are, and until when its people, and the domain, can go back. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
alter table takeovers
  -- The company that claims; once the people have moved there, the tenant that they came from.
  add other_tenant_id uuid,
  -- That company as people are told of it: its name and its primary domain.
  add company text;
alter table takeovers drop constraint takeovers_refusal_check;
alter table takeovers add constraint takeovers_refusal_check check (refusal in
  ('not_unmanaged', 'takeover_open', 'objection', 'operator', 'administrator_present', 'too_many_people'));

-- Until when nobody acts on somebody whom a company has taken in.
alter table accounts add settling_until timestamptz;
create index accounts_settling on accounts (tenant_id, settling_until) where settling_until is not null;

-- The view as it was, with the new column.
do $$
begin
  execute 'create or replace view users with (security_invoker = true) as '
    || replace(pg_get_viewdef('users'::regclass), ' FROM accounts', ', settling_until FROM accounts');
end $$;

-- It is not shown by what the directory tells of a person.
do $$
begin
  execute replace(pg_get_functiondef('account_changed'::regproc), '{step_methods', '{settling_until,step_methods');
end $$;

-- The takeover that brought the domain, while it can be undone: nobody gets a name in it.
alter table domains add taken_by uuid;
`
