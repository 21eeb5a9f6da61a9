import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Pictures that somebody looks at before they are saved. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLE).execute(db)
  await tenantTable(db, 'branding_previews', 'select, insert, delete')
  await sql.raw(SYSTEM).execute(db)
}

const TABLE = `
create table branding_previews (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null,
  kind text not null check (kind in ('bannerLogo', 'squareLogo', 'squareLogoDark', 'headerLogo', 'favicon', 'backgroundImage')),
  type text not null check (type in ('image/png', 'image/jpeg', 'image/webp')),
  image bytea not null,
  expires_at timestamptz not null,
  primary key (tenant_id, id)
);
create index branding_previews_by_end on branding_previews (expires_at, tenant_id);
`

const SYSTEM = `
create policy system on branding_previews for select to latchkey_system using (true);
grant select (tenant_id, expires_at) on branding_previews to latchkey_system;
`
