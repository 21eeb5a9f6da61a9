import { type Kysely, sql } from 'kysely'

/** Keeps when a method was proved apart from when its owner last confirmed it, and indexes each person's activities by kind. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
      alter table methods add column proved_at timestamptz;

      -- Row-level security binds the owner too, so it rests meanwhile.
      alter table methods no force row level security;
      alter table audit_events no force row level security;
      -- A code that came back put the method on record and confirmed it at one moment, at which its event was written too.
      -- What was only taken over is older than its confirmation, and no event tells of it.
      update methods set proved_at = created_at
      where source = 'person' and kind <> 'securityQuestions' and (confirmed_at = created_at or exists (
        select from audit_events event where event.tenant_id = methods.tenant_id and event.target_id = methods.user_id
          and event.at = methods.created_at and event.activity = 'securityInfo.saved' and event.reason = methods.kind));
      alter table methods force row level security;
      alter table audit_events force row level security;

      create index audit_events_by_activity on audit_events (tenant_id, target_id, activity, at desc, id desc);
      drop index audit_events_by_target;`)
    .execute(db)
}
