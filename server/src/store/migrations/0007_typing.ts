import { type Kysely, sql } from 'kysely'

/** Where a tenant's numbers are at home. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table tenants add column country text check (country ~ '^[A-Z]{2}$')`.execute(db)
}
