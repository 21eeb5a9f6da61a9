import { type Kysely, sql } from 'kysely'

/** Administrators are asked to approve an application: once a day, and the page says whether it was just now. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
alter table counters drop constraint counters_kind_check;
alter table counters add constraint counters_kind_check
  check (kind in ('password', 'proofs', 'phoneNumber', 'lock', 'contact', 'provedContact', 'tenantContacts', 'tenantProofs', 'approval'));

alter table sign_ins add column approval_asked_at timestamptz;
`
