import { type Kysely, sql } from 'kysely'

/** Adds a tenant's country, and columns for sealed hashes. A job fills them, because a migration has no secrets. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = String.raw`
alter table tenants add column country text check (country ~ '^[A-Z]{2}$');

alter table passwords alter column hash drop not null;
alter table passwords add column hash_sealed bytea;
alter table passwords add constraint passwords_one_hash check (num_nonnulls(hash, hash_sealed) = 1);
-- How the hash was made, in the clear: what stands before its salt.
alter table passwords add column scheme text;
alter table passwords no force row level security;
update passwords set scheme = coalesce(substring(hash from '^\$[^$]+(?:\$v=[0-9]+)?\$[^$]+\$'), '');
alter table passwords force row level security;
alter table passwords alter column scheme set not null;
drop index passwords_foreign;
create index passwords_foreign on passwords (tenant_id) where scheme <> '$argon2id$v=19$m=19456,t=2,p=1$';

alter table password_history alter column hash drop not null;
alter table password_history add column hash_sealed bytea;
alter table password_history add constraint password_history_one_hash check (num_nonnulls(hash, hash_sealed) = 1);
grant update (hash, hash_sealed) on password_history to latchkey_tenant;

alter table security_answers alter column answer_hash drop not null;
alter table security_answers add column answer_sealed bytea;
alter table security_answers add constraint security_answers_one_hash check (num_nonnulls(answer_hash, answer_sealed) = 1);

grant update (address_sealed) on former_addresses to latchkey_tenant;
`
