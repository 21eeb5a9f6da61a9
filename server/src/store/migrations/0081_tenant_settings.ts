import { type Kysely, sql } from 'kysely'

/** What a company lets strangers do and learn, and who else may be asked to help its people. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table tenants
    add email_verified_users_may_join boolean not null default false,
    add public_check text not null default 'shown' check (public_check in ('shown', 'hidden')),
    add provider_contact text`.execute(db)
}
