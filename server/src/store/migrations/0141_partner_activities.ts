import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** What firms do as partners, for their activity logs: a row in whose tenant it happened, which the firm reads. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLE).execute(db)
  await tenantTable(db, 'partner_activities', 'select, insert, delete')
  await sql.raw(RIGHTS).execute(db)
}

const TABLE = `
create table partner_activities (
  tenant_id uuid not null,
  -- As in the audit log of that tenant.
  id uuid not null,
  -- The firm, in its own tenant too.
  other_tenant_id uuid not null,
  at timestamptz not null,
  operation text collate "C" not null,
  resource text collate "C" not null,
  result text not null,
  customer_id uuid,
  customer_name text,
  relationship_id uuid,
  details jsonb not null,
  user_name text,
  display_name text,
  application_id text,
  correlation_id uuid not null,
  primary key (tenant_id, id)
);
create index partner_activities_of_firm on partner_activities (other_tenant_id, at desc, id desc);
create index partner_activities_by_age on partner_activities (at, tenant_id);
`

const RIGHTS = `
create policy pair on partner_activities for select to latchkey_tenant
  using (other_tenant_id = nullif(current_setting('latchkey.tenant', true), '')::uuid);
create policy system on partner_activities for select to latchkey_system using (true);
grant select (tenant_id, at) on partner_activities to latchkey_system;
`
