import { type Kysely, sql } from 'kysely'

/** What may be sent to a destination and for an account in a day, from browsers that the owner never used. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
alter table sends drop constraint sends_scope_check;
alter table sends add constraint sends_scope_check
  check (scope in ('destination', 'account', 'destinationDay', 'accountDay', 'tenant', 'country'));
`
