import { type Kysely, sql } from 'kysely'

/** What became of messages that were taken: told once for each, and kept with the method that a code went to. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(COLUMNS).execute(db)
}

// A report names the row alone, which leads to its tenant. Checks are `not valid`, because no row has a receipt yet and
// to look through them would hold the tables locked.
const COLUMNS = `
alter table challenges add column receipt text,
  add constraint challenges_receipt_check check (receipt in ('delivered', 'undelivered')) not valid;
alter table mailbox_challenges add column receipt text,
  add constraint mailbox_challenges_receipt_check check (receipt in ('delivered', 'undelivered')) not valid;
alter table notices add column receipt text,
  add constraint notices_receipt_check check (receipt in ('delivered', 'undelivered')) not valid;
create index challenges_by_id on challenges (id);
create index mailbox_challenges_by_id on mailbox_challenges (id);
create index notices_by_id on notices (id);
grant select (id) on challenges, mailbox_challenges, notices to latchkey_system;
-- Since when messages to it come back, and why; null where the last one arrived or was answered.
alter table methods add column failing_since timestamptz, add column failing_reason text;
alter table contact_info add column failing_since timestamptz, add column failing_reason text;
`
