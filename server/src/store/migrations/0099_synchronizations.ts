import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** How the synchronization of each tenant stands: one row, so that one at a time writes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLE).execute(db)
  await tenantTable(db, 'synchronizations', 'select, insert, update')
}

const TABLE = `
create table synchronizations (
  tenant_id uuid primary key references tenants,
  -- The one at work, or the last one. It is over where it has ended, or has not been heard of for a minute.
  run_id uuid not null,
  agent_id uuid not null,
  heard_at timestamptz not null,
  ended_at timestamptz,
  -- Since when one was done whole: before that none goes on by itself.
  done_at timestamptz,
  -- What the brake has stopped, and when that was told, so that its repetition is not told again.
  stopped text,
  stopped_at timestamptz
);
`
