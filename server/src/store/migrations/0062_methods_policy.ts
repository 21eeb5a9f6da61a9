import { type Kysely, sql } from 'kysely'

/** Which methods a tenant has on, and for whom. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
alter table tenants add column methods_policy jsonb not null default '{}';
alter table tenants add column methods_policy_changed_at timestamptz;

-- Of what is registered, what the methods policy has on.
alter table registrations add column usable_methods text[] not null default '{}';

-- Passes that open sign-in until their end can go on being made where they could. Row-level security binds the owner
-- too, so it rests meanwhile.
alter table tenants no force row level security;
update tenants set methods_policy = '{"TemporaryAccessPass": {"isUsableOnce": false}}';
alter table tenants force row level security;

-- The new column is filled when everybody is judged again.
alter table registration_rounds no force row level security;
insert into registration_rounds (tenant_id) select tenant_id from tenants
on conflict (tenant_id) do update set marked_to = null;
alter table registration_rounds force row level security;

create trigger registration_round after update of methods_policy on tenants for each row execute function registration_round();
`
