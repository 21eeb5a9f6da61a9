import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** How many people were registered on each day. Only the present can be counted, so each day is kept. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
create table registration_summaries (
  tenant_id uuid not null references tenants on delete cascade,
  -- 2026-11-26, in UTC.
  date text not null,
  summary jsonb not null,
  primary key (tenant_id, date)
);
create index registration_summaries_by_age on registration_summaries (date, tenant_id);`)
    .execute(db)
  await tenantTable(db, 'registration_summaries', 'select, insert, update, delete')
  await sql
    .raw(`
create policy system on registration_summaries for select to latchkey_system using (true);
grant select (tenant_id, date) on registration_summaries to latchkey_system;`)
    .execute(db)
}
