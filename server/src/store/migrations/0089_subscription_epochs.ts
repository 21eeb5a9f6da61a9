import { type Kysely, sql } from 'kysely'

/** A person's subscriptions end with what ends their sessions. Those that are there go on until then. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

// Row-level security binds the owner too, so it rests meanwhile.
const CHANGES = `
alter table subscriptions add column security_epoch integer;
alter table subscriptions no force row level security;
alter table accounts no force row level security;
update subscriptions set security_epoch = accounts.security_epoch from accounts
where subscriptions.creator_kind = 'user' and accounts.tenant_id = subscriptions.tenant_id and accounts.id = subscriptions.creator_id;
alter table accounts force row level security;
alter table subscriptions force row level security;
`
