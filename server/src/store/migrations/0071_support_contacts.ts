import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Whom people call or write to for help. Those of the empty tenant are the deployment's. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLE).execute(db)
  await tenantTable(db, 'support_contacts', 'select, insert, delete')
}

const TABLE = `
create table support_contacts (
  tenant_id uuid not null references tenants,
  -- In the order of the file.
  place integer not null,
  countries text[] not null,
  languages text[] not null,
  contact jsonb not null,
  primary key (tenant_id, place)
);
`
