import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** What a company says of itself, and its looks: by language, with pictures. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  for (const table of ['branding', 'branding_images']) await tenantTable(db, table, 'select, insert, update, delete')
  await sql.raw(MOVED).execute(db)
}

const TABLES = `
alter table tenants
  add technical_notification_mails text[] not null default '{}',
  add security_compliance_notification_mails text[] not null default '{}',
  add privacy_contact text,
  add privacy_statement text;

create table branding (
  tenant_id uuid not null references tenants,
  -- '0': for readers of every other language, and for what theirs lacks.
  locale text not null,
  settings jsonb not null,
  changed_at timestamptz not null,
  primary key (tenant_id, locale)
);

create table branding_images (
  tenant_id uuid not null,
  locale text not null,
  kind text not null check (kind in ('bannerLogo', 'squareLogo', 'squareLogoDark', 'headerLogo', 'favicon', 'backgroundImage')),
  type text not null check (type in ('image/png', 'image/jpeg', 'image/webp')),
  image bytea not null check (length(image) <= 307200),
  primary key (tenant_id, locale, kind),
  foreign key (tenant_id, locale) references branding on delete cascade
);
`

// Row-level security binds the owner too, so it rests while colours and logos move.
const MOVED = `
alter table tenants no force row level security;
alter table branding no force row level security;
alter table branding_images no force row level security;
insert into branding (tenant_id, locale, settings, changed_at)
  select tenant_id, '0', case when color is null then '{}' else jsonb_build_object('backgroundColor', color) end, now()
  from tenants where color is not null or logo is not null;
insert into branding_images (tenant_id, locale, kind, type, image)
  select tenant_id, '0', 'bannerLogo', logo_type, logo from tenants where logo is not null;
alter table tenants force row level security;
alter table branding force row level security;
alter table branding_images force row level security;
alter table tenants drop column color, drop column logo, drop column logo_type;
`
