import { type Kysely, sql } from 'kysely'

/** Lists of users are filtered by whether people can reset their password, and by whether they are blocked. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
}

const CHANGES = `
-- The key under which failures of the person's name are counted.
alter table registrations add column subject bytea;
create index registrations_by_subject on registrations (tenant_id, subject);
create index registrations_by_capability on registrations (tenant_id, is_capable, user_id);
create index registrations_by_refusal on registrations (tenant_id, refusal, user_id);

-- The new column is filled when everybody is judged again. Row-level security binds the owner too, so it rests meanwhile.
alter table registration_rounds no force row level security;
insert into registration_rounds (tenant_id) select tenant_id from tenants
on conflict (tenant_id) do update set marked_to = null;
alter table registration_rounds force row level security;
`
