import { type Kysely, sql } from 'kysely'

/** A firm's words for companies go once these have had nothing with it for a year. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
      -- By these the hourly job finds the firms that have some.
      create policy system on customer_tags for select to latchkey_system using (true);
      grant select (tenant_id, customer_id) on customer_tags to latchkey_system;
      grant select (other_tenant_id) on served_companies to latchkey_system;`)
    .execute(db)
}
