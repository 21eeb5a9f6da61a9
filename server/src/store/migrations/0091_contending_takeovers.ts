import { type Kysely, sql } from 'kysely'

/**
 * A claim keeps others out once its DNS is proved. Until then several go on side by side: a mailbox in the domain alone
 * must not keep out who can write into the DNS.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
drop index takeovers_open;
create unique index takeovers_open on takeovers (tenant_id, domain) where waiting_since is not null and ended_at is null;
`
