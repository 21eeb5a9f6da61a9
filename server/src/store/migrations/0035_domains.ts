import { type Kysely, sql } from 'kysely'

/**
 * Domains that companies add themselves, and prove by a record in the DNS. A name is one tenant's once it is proven;
 * until then any number of tenants may have added it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

// Row-level security binds the owner too, so it rests while the domains that operators vouched for are marked.
const CHANGES = `
alter table domains
  drop constraint domains_name_key,
  alter verified_at drop not null,
  add added_at timestamptz,
  add is_initial boolean not null default false,
  -- Proven by itself. Otherwise the domain above it is.
  add is_root boolean not null default false,
  -- What its owner writes into the DNS; null where the operator vouches for the name.
  add proof text,
  -- How often it was looked up in the minute that began then.
  add checks integer not null default 0,
  add checked_at timestamptz,
  add removal text check (removal in ('Scheduled', 'InProgress', 'Failed')),
  add removal_at timestamptz,
  add removal_disables boolean not null default false;

alter table domains no force row level security;
update domains set added_at = verified_at, is_initial = is_default, is_root = true;
alter table domains force row level security;

alter table domains
  alter added_at set not null,
  add check (verified_at is not null or not (is_default or is_initial or is_root)),
  add check ((removal is null) = (removal_at is null));
create unique index domains_proven on domains (name) where verified_at is not null;
create unique index domains_one_default on domains (tenant_id) where is_default;
create unique index domains_one_initial on domains (tenant_id) where is_initial;
create index domains_unproven on domains (added_at, tenant_id) where verified_at is null;

-- A typed name leads by a proven domain alone; the hourly job finds what nobody proved.
grant select (verified_at, added_at) on domains to latchkey_system;
`
