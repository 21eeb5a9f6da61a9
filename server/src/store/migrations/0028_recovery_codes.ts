import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Recovery codes: a sheet of codes to print, each good once. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'recovery_codes', 'select, insert, update')
}

const KINDS = `'passkey', 'mobilePhone', 'officePhone', 'email', 'securityQuestions', 'authenticatorCode', 'recoveryCode'`

const TABLES = `
create table recovery_codes (
  tenant_id uuid not null,
  -- The sheet. Its sealed value is the key of the hashes.
  method_id uuid not null,
  code_hash bytea not null,
  used_at timestamptz,
  -- The challenge that it passed.
  challenge_id uuid,
  primary key (tenant_id, method_id, code_hash),
  foreign key (tenant_id, method_id) references methods on delete cascade
);

alter table methods drop constraint methods_kind_check;
alter table methods add constraint methods_kind_check check (kind in (${KINDS}));
alter table challenges drop constraint challenges_kind_check;
alter table challenges add constraint challenges_kind_check check (kind in (${KINDS}));
`
