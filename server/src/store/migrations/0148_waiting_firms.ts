import { type Kysely, sql } from 'kysely'

/** Reviewers list the firms that wait in one statement; what the former version hands in waits too. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(LIST).execute(db)
  await sql.raw(FORMER).execute(db)
}

// Neither mailboxes nor people: the contacts of a firm are sealed in another column.
const LIST = `
create policy system on partner_accounts for select to latchkey_system using (true);
grant select (tenant_id, partner_id, legal_profile, claimed_by, claimed_at) on partner_accounts to latchkey_system;
grant select (due_at, reason, required_documents) on partner_stages to latchkey_system;
`

// The former version, which may serve meanwhile, submits an enrollment and begins no stage. Row-level security binds the
// owner too, so it rests meanwhile.
const FORMER = `
create function partner_submitted() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  insert into latchkey.partner_stages (tenant_id, stage, status, since)
    select new.tenant_id, 'emailOwnership', 'pending', new.submitted_at
    where not exists (select from latchkey.partner_stages known where known.tenant_id = new.tenant_id)
  on conflict do nothing;
  return null;
end $$;
create trigger partner_submitted after update of submitted_at on partner_enrollments for each row
  when (old.submitted_at is null and new.submitted_at is not null) execute function partner_submitted();

alter table partner_enrollments no force row level security;
alter table partner_stages no force row level security;
insert into partner_stages (tenant_id, stage, status, since)
  select mine.tenant_id, 'emailOwnership', 'pending', min(mine.submitted_at) from partner_enrollments mine
  where mine.submitted_at is not null and mine.ended_at is null
    and not exists (select from partner_stages known where known.tenant_id = mine.tenant_id)
  group by mine.tenant_id;
alter table partner_enrollments force row level security;
alter table partner_stages force row level security;
`
