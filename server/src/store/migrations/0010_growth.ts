import { type Kysely, sql } from 'kysely'

/**
 * Finds what has ended by its time. The time comes first: an index that begins with the tenant is taken for one that leads
 * to a row by its key as long as the table has no statistics, and each look-up then reads all of the tenant's rows.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

// The tenant is in them as well, so that finding the tenants that have something due reads no table.
const CHANGES = `
drop index sessions_by_expiry, journeys_by_expiry, challenges_by_expiry, sends_by_end;
create index sessions_by_expiry on sessions (expires_at, tenant_id);
create index devices_by_expiry on devices (expires_at, tenant_id);
create index journeys_by_expiry on journeys (expires_at, tenant_id);
create index challenges_by_expiry on challenges (expires_at, tenant_id);
create index former_addresses_by_age on former_addresses (removed_at, tenant_id);
create index counters_by_end on counters (window_ends_at, tenant_id);
create index sends_by_end on sends (window_ends_at, tenant_id);
create index notices_by_age on notices (created_at, tenant_id);
`
