import { type Kysely, sql } from 'kysely'

/** When a password alone registered a method, beside an older way of the second step. What was registered before stands. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table methods add column by_password_at timestamptz`.execute(db)
}
