import { type Kysely, sql } from 'kysely'

/** Tenants that nobody administers: people with a mailbox in a domain, and no company that has proven it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table tenants add unmanaged_since timestamptz`.execute(db)
}
