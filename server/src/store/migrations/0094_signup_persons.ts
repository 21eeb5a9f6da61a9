import { type Kysely, sql } from 'kysely'

/** Whom a sign-up is for: a company, or its reader alone; and when a person's account was made. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table signups
    add begun_for text not null default 'company' check (begun_for in ('company', 'myself')),
    add joined_at timestamptz`.execute(db)
}
