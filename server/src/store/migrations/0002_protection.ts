import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** What makes a tenant hard to abuse: its protection settings, limits on what is sent, what a password must not be, and what has been used up. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(CHANGES).execute(db)
  for (const [table, rights] of Object.entries(TENANT_TABLES)) await tenantTable(db, table, rights)
}

const TENANT_TABLES: Record<string, string> = {
  banned_words: 'select, insert, delete',
  password_history: 'select, insert, delete',
  sends: 'select, insert, update, delete',
  former_addresses: 'select, insert, delete',
}

const CHANGES = `
-- What differs from the defaults, by setting.
alter table tenants add column protection jsonb not null default '{}';
-- Resets that a usual hour begins: a moving average, written by a job.
alter table tenants add column usual_resets_per_hour double precision not null default 0;
alter table tenants add column usual_learnt_at timestamptz;

-- Row-level security binds the owner too, so it rests while every tenant's policies learn the new setting.
alter table reset_policies no force row level security;
update reset_policies set settings = settings || '{"coolingOffHours": 0}';
alter table reset_policies force row level security;

-- A lock without end is a row of its own: below it failures are counted on, so that nobody sees it.
alter table counters drop constraint counters_kind_check;
alter table counters add constraint counters_kind_check check (kind in ('password', 'proofs', 'phoneNumber', 'lock'));

-- The last three wrong passwords, as keyed hashes cut to 16 bits.
alter table counters add column recent integer[] not null default '{}';

-- Whoever the method belongs to said that somebody else used it: it proves nothing until it is proved anew.
alter table methods add column blocked_at timestamptz;

-- A challenge for a name that nobody has looks like any other, and takes as long: a reference is looked up for a known
-- user alone. Both tables' rows last for a day at most.
alter table challenges alter column user_id drop not null;
alter table challenges drop constraint challenges_tenant_id_user_id_fkey;
alter table journeys drop constraint journeys_tenant_id_user_id_fkey;

create table banned_words (
  tenant_id uuid not null references tenants,
  word text not null check (length(word) between 4 and 16),
  added_at timestamptz not null,
  primary key (tenant_id, word)
);

-- Passwords whose hashes another system made, till their owners have signed in.
create index passwords_foreign on passwords (tenant_id) where hash not like '$argon2id$v=19$m=19456,t=2,p=1$%';

create table password_history (
  tenant_id uuid not null,
  user_id uuid not null,
  id uuid not null,
  hash text not null,
  set_at timestamptz not null,
  primary key (tenant_id, user_id, id),
  foreign key (tenant_id, user_id) references users on delete cascade
);

create table sends (
  tenant_id uuid not null references tenants,
  scope text not null check (scope in ('destination', 'account', 'tenant', 'country')),
  subject bytea not null,
  sent integer not null,
  window_ends_at timestamptz not null,
  primary key (tenant_id, scope, subject)
);
create index sends_by_end on sends (tenant_id, window_ends_at);

-- Addresses that were on record until lately: told of a reset too, so that nobody changes the address first.
create table former_addresses (
  tenant_id uuid not null,
  user_id uuid not null,
  id uuid not null,
  address_sealed bytea not null,
  removed_at timestamptz not null,
  primary key (tenant_id, user_id, id),
  foreign key (tenant_id, user_id) references users on delete cascade
);

-- Solved captchas that were used, until they have expired anyhow.
create table spent_captchas (
  id bytea primary key,
  expires_at timestamptz not null
);
create index spent_captchas_by_expiry on spent_captchas (expires_at);
grant select, insert, delete on spent_captchas to latchkey_system;

-- Requests per address, in the form that rate-limiter-flexible reads and writes. Keys are keyed hashes.
create table flood_points (
  key varchar(255) primary key,
  points integer not null default 0,
  expire bigint
);
grant select, insert, update, delete on flood_points to latchkey_system;
`
