import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** What programs do: their own entries in the audit log, and the requests that they may repeat without a second effect. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
alter table audit_events drop constraint audit_events_actor_kind_check;
alter table audit_events add constraint audit_events_actor_kind_check
  check (actor_kind in ('user', 'application', 'partner', 'system', 'operator'));

create table repeatable_requests (
  tenant_id uuid not null references tenants on delete cascade,
  key_hash bytea not null,
  body_hash bytea not null,
  request_id uuid not null,
  begun_at timestamptz not null,
  status integer,
  location text,
  primary key (tenant_id, key_hash)
);
create index repeatable_requests_by_age on repeatable_requests (begun_at, tenant_id);
`)
    .execute(db)
  await tenantTable(db, 'repeatable_requests', 'select, insert, update, delete')
  await sql
    .raw(`
create policy system on repeatable_requests for select to latchkey_system using (true);
grant select (tenant_id, begun_at) on repeatable_requests to latchkey_system;
`)
    .execute(db)
}
