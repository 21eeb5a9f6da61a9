import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** A company's own words for notices, and the notices that it has turned off. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
      alter table tenants add notices_off text[] not null default '{}';

      create table notice_wordings (
        tenant_id uuid not null references tenants on delete cascade,
        -- The template of the notice.
        kind text not null,
        language text not null,
        -- Null: as in every other company.
        subject text,
        opening text,
        closing text,
        primary key (tenant_id, kind, language)
      );`)
    .execute(db)
  await tenantTable(db, 'notice_wordings', 'select, insert, update, delete')
}
