import { type Kysely, sql } from 'kysely'

/** The support code of a reset, by which the help desk learns that a typed name does not exist. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

// The audit log keeps none for names of nobody: strangers could fill it. Journeys are limited, and go after thirty days.
const CHANGES = `
alter table journeys add support_code text;
-- Of all of them: a part of the index would do other work for known names than for unknown ones.
create index journeys_by_code on journeys (tenant_id, support_code);
`
