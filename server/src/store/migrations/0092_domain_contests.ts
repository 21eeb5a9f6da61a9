import { type Kysely, sql } from 'kysely'

/** Proven domains that another company contests, with a record of its own in the DNS. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
alter table domains
  -- Of who holds it: until when it is to be proven anew, and for which tenant it goes otherwise.
  add contested_until timestamptz,
  add contested_by uuid,
  -- Its text of before, which counts again where the contest comes to nothing.
  add former_proof text,
  -- It was proven anew: until then nobody contests it.
  add uncontested_until timestamptz,
  -- Of who contests it: until when that takes.
  add contesting_until timestamptz;
create index domains_contested on domains (contested_until, tenant_id) where contested_until is not null;
grant select (contested_until, contesting_until) on domains to latchkey_system;
`
