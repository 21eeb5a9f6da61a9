import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** What a company has agreed on beforehand, for the day on which nobody in it can sign in. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLE).execute(db)
  await tenantTable(db, 'rescue_agreements', 'select, insert, update, delete')
}

const TABLE = `
create table rescue_agreements (
  tenant_id uuid not null unique,
  id uuid not null,
  -- Which firms, how long people can object, who is told, and the hash of a phrase; null where nothing was agreed on before.
  terms_sealed bytea,
  -- What counts from then on.
  next_sealed bytea not null,
  next_at timestamptz not null,
  changed_at timestamptz not null,
  primary key (tenant_id, id)
);
`
