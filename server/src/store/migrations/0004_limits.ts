import { type Kysely, sql } from 'kysely'

/** What is counted against requests for help. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
alter table counters drop constraint counters_kind_check;
alter table counters add constraint counters_kind_check
  check (kind in ('password', 'proofs', 'phoneNumber', 'lock', 'contact', 'provedContact', 'tenantContacts'));

-- Whether a journey's mail was queued before.
create index notices_of_journey on notices (tenant_id, correlation_id);
`
