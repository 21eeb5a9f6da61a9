import { type Kysely, sql } from 'kysely'

/**
 * A number or address that an administrator registers as a way to prove somebody stands beside what the person
 * registered. Contact info of the directory stays apart: colleagues read it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table methods drop constraint methods_no_contact_info`.execute(db)
}
