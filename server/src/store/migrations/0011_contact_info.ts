import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Keeps contact info apart from what people registered. Its rows keep their ids, because their values are sealed for them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
  await tenantTable(db, 'contact_info', 'select, insert, update, delete')
}

const CHANGES = `
create table contact_info (
  tenant_id uuid not null,
  user_id uuid not null,
  kind text not null check (kind in ('mobilePhone', 'officePhone', 'email')),
  id uuid not null,
  value_sealed bytea not null,
  value_hash bytea not null,
  set_at timestamptz not null,
  set_by text not null check (set_by in ('administrator', 'import', 'directory')),
  confirmed_at timestamptz,
  blocked_at timestamptz,
  primary key (tenant_id, user_id, kind),
  unique (tenant_id, id),
  foreign key (tenant_id, user_id) references users on delete cascade
);

-- Row-level security binds the owner too, so it rests meanwhile.
alter table methods no force row level security;
insert into contact_info
  select tenant_id, user_id, kind, id, value_sealed, value_hash, created_at, source, confirmed_at, blocked_at
  from methods where source <> 'person' and kind in ('mobilePhone', 'officePhone', 'email');
delete from methods where source <> 'person' and kind in ('mobilePhone', 'officePhone', 'email');
alter table methods force row level security;
alter table methods add constraint methods_no_contact_info
  check (source = 'person' or kind not in ('mobilePhone', 'officePhone', 'email'));
`
