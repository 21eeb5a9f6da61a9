import { type Kysely, sql } from 'kysely'

/**
 * A help desk finds a caller by the last digits of a number of contact info. Its hash is keyed, so the job that seals
 * values anew fills it for the numbers that stand.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
alter table contact_info add column ending_hash bytea;
create index contact_info_by_ending on contact_info (ending_hash, tenant_id) where ending_hash is not null;
create index contact_info_without_ending on contact_info (tenant_id, id) where ending_hash is null and kind <> 'email';
`
