import { type Kysely, sql } from 'kysely'

/** Lets a tenant's transaction have the tables of people counted, so that its plans know what it has stored itself. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(COUNT).execute(db)
}

// Only the owner may analyze a table, before PostgreSQL 17. Its lock stays until the transaction ends: who waits for it
// waits for a whole file, so the caller goes on with the old counts instead. Two seconds let autovacuum give way first.
const COUNT = `
create function count_people() returns void language plpgsql security definer
  set search_path = pg_catalog, pg_temp set lock_timeout = '2s' as $$
begin
  analyze latchkey.accounts, latchkey.account_words, latchkey.registrations, latchkey.passwords,
    latchkey.contact_info, latchkey.group_members;
exception when lock_not_available or deadlock_detected then null;
end $$;
revoke execute on function count_people from public;
grant execute on function count_people to latchkey_tenant;
`
