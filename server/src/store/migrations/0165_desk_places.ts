import { type Kysely, sql } from 'kysely'

/** Where a firm stands in the reviewers' list is kept with its account, so that an index answers a page of it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(PLACES).execute(db)
}

// A trigger writes it, as the former version, which may serve meanwhile, knows nothing of it. Whoever changes a stage holds
// the lock of the account. Row-level security binds the owner too, so it rests meanwhile.
const PLACES = `
-- Milliseconds since the firm waits for a reviewer; those that wait for the firm come after all others. Null: nothing is open.
alter table partner_accounts add desk_place bigint;

create function desk_place_of(firm uuid) returns bigint language sql stable set search_path = pg_catalog, pg_temp as $$
  select (case when min(since) filter (where waits) is null then 1e14 else 0 end
    + floor(extract(epoch from coalesce(min(since) filter (where waits), min(since))) * 1000))::bigint
  from (
    select since, status = 'pending' and stage <> 'emailOwnership' as waits from latchkey.partner_stages
    where tenant_id = firm and status <> 'accepted'
  ) open
  having count(*) > 0
$$;
create function stage_placed() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  firm uuid := coalesce(new.tenant_id, old.tenant_id);
begin
  update latchkey.partner_accounts set desk_place = latchkey.desk_place_of(firm) where tenant_id = firm;
  return null;
end $$;
create trigger stage_placed after insert or delete or update of status, since on partner_stages for each row
  execute function stage_placed();

alter table partner_accounts no force row level security;
alter table partner_stages no force row level security;
update partner_accounts set desk_place = desk_place_of(tenant_id);
alter table partner_accounts force row level security;
alter table partner_stages force row level security;
create index partner_accounts_at_desk on partner_accounts (desk_place, tenant_id) where desk_place is not null;
drop index partner_stages_open;

grant select (desk_place) on partner_accounts to latchkey_system;
`
