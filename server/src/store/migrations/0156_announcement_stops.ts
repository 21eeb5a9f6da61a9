import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** People stop the mails of a roll-out, and get no more of them until they want to. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
      create table announcement_stops (
        tenant_id uuid not null,
        user_id uuid not null,
        stopped_at timestamptz not null,
        primary key (tenant_id, user_id),
        foreign key (tenant_id, user_id) references accounts (tenant_id, id) on delete cascade
      );`)
    .execute(db)
  await tenantTable(db, 'announcement_stops', 'select, insert, delete')
}
