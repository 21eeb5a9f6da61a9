import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Passkeys: as proofs, and to sign in. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'passkeys', 'select, insert, update, delete')
}

const KINDS = `'passkey', 'mobilePhone', 'officePhone', 'email', 'securityQuestions', 'authenticatorCode'`

const TABLES = `
create table passkeys (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  credential_id bytea not null,
  public_key bytea not null,
  -- Of the authenticator; 0 where it counts nothing.
  sign_count bigint not null,
  aaguid uuid not null,
  -- Given by its owner; null: it is called by its authenticator.
  name text,
  transports text[] not null,
  -- Whether it can be, and is, on several devices of its owner.
  may_sync boolean not null,
  synced boolean not null,
  -- The relying party that it was made for: under another it works no more.
  rp_id text not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  -- When the challenge of its last sign-in was issued: an older one, or the same, signs in no more.
  last_challenge_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, credential_id),
  foreign key (tenant_id, user_id) references users on delete cascade
);
create index passkeys_of_user on passkeys (tenant_id, user_id);

alter table methods drop constraint methods_kind_check;
alter table methods add constraint methods_kind_check check (kind in (${KINDS}));
alter table challenges drop constraint challenges_kind_check;
alter table challenges add constraint challenges_kind_check check (kind in (${KINDS}));
alter table sessions drop constraint sessions_signed_in_by_check;
alter table sessions add constraint sessions_signed_in_by_check check (signed_in_by in ('password', 'pass', 'passkey'));

-- Row-level security binds the owner too, so it rests while every tenant's policies learn the new setting.
alter table reset_policies no force row level security;
update reset_policies set settings = settings || '{"passkeyIsEnough": false}';
alter table reset_policies force row level security;
`
