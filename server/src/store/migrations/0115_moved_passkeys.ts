import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Passkeys of people who have moved into another tenant: the handle in their device goes on naming the former one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
  await tenantTable(db, 'moved_passkeys', 'select, insert, update, delete')
}

const CHANGES = `
-- The tenant of the user handle; null where it is the owner's own.
alter table passkeys add handle_tenant_id uuid;

-- Where the owner of a handle of this tenant is now.
create table moved_passkeys (
  tenant_id uuid not null references tenants on delete cascade,
  user_id uuid not null,
  now_in uuid not null,
  primary key (tenant_id, user_id)
);
`
