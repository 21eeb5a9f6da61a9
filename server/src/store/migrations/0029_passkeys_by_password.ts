import { type Kysely, sql } from 'kysely'

/** When a password alone registered this passkey: of several each for itself. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
alter table passkeys add column by_password_at timestamptz;
-- Row-level security binds the owner too, so it rests while every tenant's passkeys learn their mark.
alter table passkeys no force row level security;
alter table methods no force row level security;
update passkeys set by_password_at = methods.by_password_at from methods
  where methods.tenant_id = passkeys.tenant_id and methods.user_id = passkeys.user_id and kind = 'passkey';
alter table passkeys force row level security;
alter table methods force row level security;
`)
    .execute(db)
}
