import { type Kysely, sql } from 'kysely'

/** What the last check of a domain found, when the next one is due, and how often a company has checks made. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
alter table domains
  -- The person who added it; null: a program or the operator.
  add added_by uuid,
  add last_check jsonb,
  add next_check_at timestamptz,
  -- The zone that it is in, and who seems to keep it, by its name servers.
  add zone text,
  add registrar text,
  -- What a check of a proven domain missed, since when, and when its people were last told.
  add gone text check (gone in ('record', 'domain')),
  add gone_since timestamptz,
  add warned_at timestamptz,
  add check ((gone is null) = (gone_since is null));

-- Row-level security binds the owner too, so it rests while the domains that were proven by a record get their first look.
alter table domains no force row level security;
update domains set next_check_at = now() where proof is not null and is_root;
alter table domains force row level security;

create index domains_due on domains (next_check_at, tenant_id) where next_check_at is not null;
grant select (next_check_at) on domains to latchkey_system;

-- How many checks its people had made in the hour that began then.
alter table tenants
  add domain_checks integer not null default 0,
  add domain_checks_at timestamptz;
`
