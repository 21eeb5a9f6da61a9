import { type Kysely, sql } from 'kysely'

/**
 * What the logs are read by (administration on the wire, §1.1): each list is walked from its newest entry, and each
 * filter has an index. Sign-ins and other activities are two lists, so that neither is searched among the other.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const SIGN_INS = "('signin.succeeded', 'signin.failed', 'signin.blocked')"

const CHANGES = `
alter table audit_events
  -- The code that the person was shown, where they were.
  add support_code text,
  -- The application that a sign-in is for.
  add app_id text;
create index audit_events_of_activity on audit_events (tenant_id, activity, at desc, id desc);
create index audit_events_of_directory on audit_events (tenant_id, at desc, id desc) where activity not in ${SIGN_INS};
create index audit_events_of_sign_ins on audit_events (tenant_id, at desc, id desc) where activity in ${SIGN_INS};
create index audit_events_by_actor on audit_events (tenant_id, actor_id, at desc, id desc)
  where actor_id is not null and activity not in ${SIGN_INS};
create index audit_events_by_asker on audit_events (tenant_id, actor_name, at desc, id desc)
  where actor_id is null and activity not in ${SIGN_INS};
create index audit_events_by_address on audit_events (tenant_id, address, at desc, id desc) where activity in ${SIGN_INS};
create index audit_events_by_application on audit_events (tenant_id, app_id, at desc, id desc) where app_id is not null;
create index audit_events_by_support_code on audit_events (tenant_id, support_code) where support_code is not null;
`
