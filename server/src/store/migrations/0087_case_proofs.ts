import { type Kysely, sql } from 'kysely'

/** The record that proves the domain of a case, and the provider who is asked where nobody of a company answers. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
alter table cases
  -- The text that the DNS has to hold; null in cases of before.
  add proof text,
  add dns_proved_at timestamptz,
  -- What the last look found.
  add last_check jsonb,
  -- A keyed hash of the provider's mailbox that was asked, and the browsers that its link was opened in.
  add provider bytea,
  add provider_hashes bytea[] not null default '{}',
  drop constraint cases_asked_check,
  add constraint cases_asked_check check (asked in ('administrators', 'provider', 'operator'));

alter table case_messages
  drop constraint case_messages_written_by_check,
  add constraint case_messages_written_by_check check (written_by in ('asker', 'administrator', 'provider', 'operator'));

-- Whose link it is.
alter table case_links add opens_as text not null default 'asker' check (opens_as in ('asker', 'provider'));
`
