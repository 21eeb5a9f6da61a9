import { type Kysely, sql } from 'kysely'

/** A company that a firm made and nobody joined ends, and its label can be given again. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
      grant select (made_at) on served_companies to latchkey_system;
      grant delete on taken_labels to latchkey_tenant;`)
    .execute(db)
}
