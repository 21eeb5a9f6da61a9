import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Who is told of which events at which address, and what was told. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'subscriptions', 'select, insert, update, delete')
  await tenantTable(db, 'deliveries', 'select, insert, update, delete')
  await sql.raw(FUNCTION).execute(db)
  await sql.raw(SYSTEM).execute(db)
}

const TABLES = `
create table subscriptions (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null,
  -- Whose rights are read anew before each call: through this application, and within these scopes.
  creator_kind text not null check (creator_kind in ('user', 'application')),
  creator_id uuid not null,
  app_id text not null,
  scopes text[] not null,
  resource text not null,
  change_type text not null,
  -- What it hears of, as in 'users.updated', and of which object where it is one.
  feeds text[] not null,
  object_id uuid,
  notification_url_sealed bytea not null,
  lifecycle_url_sealed bytea,
  client_state_sealed bytea,
  secret_sealed bytea not null,
  -- Signs beside the newer one until its end.
  former_secret_sealed bytea,
  former_secret_ends_at timestamptz,
  version integer not null default 1,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  -- Its creator may not read the resource any more. What is left is to say so.
  removed_at timestamptz,
  -- Calls in vain since the last one that was taken, and the time before which none is made.
  failures integer not null default 0,
  rests_until timestamptz,
  -- One call at a time: taken until then.
  calling_until timestamptz,
  primary key (tenant_id, id)
);
create index subscriptions_by_expiry on subscriptions (expires_at, tenant_id);

create table deliveries (
  tenant_id uuid not null references tenants on delete cascade,
  -- No foreign key: it would fail the act of a person where a subscription is deleted at the same moment.
  subscription_id uuid not null,
  -- Of the audit event.
  id uuid not null,
  at timestamptz not null,
  change text not null check (change in ('created', 'updated', 'deleted', 'missed', 'subscriptionRemoved')),
  object_id uuid,
  -- The message that told of it, which keeps its id when it is sent again.
  message_id uuid,
  attempts integer not null default 0,
  attempted_at timestamptz,
  gives_up_at timestamptz not null,
  status text not null default 'waiting' check (status in ('waiting', 'delivered', 'dead')),
  problem text,
  primary key (tenant_id, subscription_id, id)
);
create index deliveries_by_age on deliveries (at, tenant_id);
create index deliveries_waiting on deliveries (tenant_id, subscription_id, id) where status = 'waiting';
create index deliveries_waiting_by_age on deliveries (at, tenant_id) where status = 'waiting';
`

const FUNCTION = `
-- Called where an event is written, and only in a tenant with subscriptions. An event about no object is told of in logs alone.
create function tell_subscribers(event uuid, happened timestamptz, target uuid, correlation uuid, more jsonb, told text[],
    asked timestamptz, until timestamptz) returns void language plpgsql as $$
declare tenant uuid := current_setting('latchkey.tenant')::uuid; subscriber record;
begin
  for subscriber in select id, feeds from latchkey.subscriptions where tenant_id = tenant and expires_at > asked
      and removed_at is null and feeds && told and (object_id is null or object_id = target) loop
    insert into latchkey.deliveries (tenant_id, subscription_id, id, at, change, object_id, gives_up_at)
      select tenant, subscriber.id, event, happened, change, object, until from (
        select min(split_part(feed, '.', 2)) as change, case split_part(min(feed), '.', 1)
          when 'users' then target when 'groups' then target when 'members' then (more->>'memberId')::uuid
          when 'journeys' then correlation else event end as object
        from unnest(told) as feed where feed = any(subscriber.feeds)) as one
      where object is not null
      on conflict do nothing;
    -- Also where the row stood: a name of nobody must take as long as others.
    perform latchkey.enqueue('notify-subscriber', json_build_object('tenantId', tenant, 'subscriptionId', subscriber.id), null, null);
  end loop;
end $$;
`

const SYSTEM = `
-- By these the jobs find which tenants have something to remove, or to send whose job was lost.
create policy system on subscriptions for select to latchkey_system using (true);
grant select (tenant_id, expires_at, removed_at) on subscriptions to latchkey_system;
create policy system on deliveries for select to latchkey_system using (true);
grant select (tenant_id, at, status) on deliveries to latchkey_system;
`
