import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/**
 * What partners ask of customers and customers give them. `tenant_id` writes a row; `other_tenant_id`, the other side of
 * the pair, reads it by a policy of its own.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'gdap_offers', 'select, insert, update, delete')
  await tenantTable(db, 'gdap_assignments', 'select, insert, update, delete')
  await tenantTable(db, 'gdap_requests', 'select, insert')
  await tenantTable(db, 'gdap_grants', 'select, insert, update, delete')
  await tenantTable(db, 'daps', 'select, insert, update, delete')
  await tenantTable(db, 'partner_uses', 'select, insert, update, delete')
  await sql.raw(PAIRS).execute(db)
  await sql.raw(SYSTEM).execute(db)
}

const TABLES = `
-- The partner's: a relationship as it was asked for.
create table gdap_offers (
  tenant_id uuid not null,
  id uuid not null unique,
  -- The customer; null until somebody approves who was not named.
  other_tenant_id uuid,
  customer_name text,
  display_name text not null,
  display_name_folded text collate "C" not null,
  roles text[] not null,
  duration text not null,
  auto_extend boolean not null,
  created_at timestamptz not null,
  modified_at timestamptz not null,
  locked_at timestamptz,
  -- A keyed hash of the secret of its address.
  token_hash bytea,
  -- When it ended, by whichever side.
  ended_at timestamptz,
  version integer not null default 1,
  primary key (tenant_id, id),
  unique (tenant_id, display_name_folded)
);
create index gdap_offers_of_customer on gdap_offers (other_tenant_id, locked_at) where locked_at is not null;
create index gdap_offers_by_creation on gdap_offers (tenant_id, created_at);
create index gdap_offers_locked on gdap_offers (locked_at, tenant_id) where locked_at is not null;

-- The partner's: the groups of its people that a relationship reaches.
create table gdap_assignments (
  tenant_id uuid not null,
  id uuid not null,
  other_tenant_id uuid not null,
  offer_id uuid not null,
  group_id uuid not null,
  roles text[] not null,
  created_at timestamptz not null,
  modified_at timestamptz not null,
  version integer not null default 1,
  primary key (tenant_id, id),
  unique (tenant_id, offer_id, group_id),
  foreign key (tenant_id, offer_id) references gdap_offers (tenant_id, id) on delete cascade,
  foreign key (tenant_id, group_id) references groups (tenant_id, id) on delete cascade
);
create index gdap_assignments_of_group on gdap_assignments (tenant_id, group_id);
create index gdap_assignments_of_customer on gdap_assignments (other_tenant_id, tenant_id);

-- The partner's: what was asked of a relationship, and the operations that changed it.
create table gdap_requests (
  tenant_id uuid not null,
  id uuid not null,
  offer_id uuid not null,
  action text not null check (action in ('lockForApproval', 'terminate', 'delegatedAdminAccessAssignmentUpdate', 'delegatedAdminRelationshipUpdate')),
  created_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, offer_id) references gdap_offers (tenant_id, id) on delete cascade
);
create index gdap_requests_of_offer on gdap_requests (tenant_id, offer_id, created_at);

-- The customer's: what was approved, or rejected.
create table gdap_grants (
  tenant_id uuid not null,
  id uuid not null,
  other_tenant_id uuid not null,
  display_name text not null,
  roles text[] not null,
  duration text not null,
  auto_extend boolean not null,
  decided_at timestamptz not null,
  -- Null where it was rejected.
  ends_at timestamptz,
  ended_at timestamptz,
  end_reason text check (end_reason in ('rejected', 'terminatedByCustomer', 'terminatedByPartner', 'expired')),
  last_used_at timestamptz,
  modified_at timestamptz not null,
  -- When a job looks at it: to remind, extend or end it.
  due_at timestamptz,
  version integer not null default 1,
  primary key (tenant_id, id),
  check ((ended_at is null) = (end_reason is null)),
  check (ends_at is not null or ended_at is not null)
);
create index gdap_grants_of_partner on gdap_grants (other_tenant_id, tenant_id);
create index gdap_grants_due on gdap_grants (due_at, tenant_id) where due_at is not null;
create index gdap_grants_ended on gdap_grants (ended_at, tenant_id) where ended_at is not null;

-- The customer's: all that a partner's agents may, for a while.
create table daps (
  tenant_id uuid not null,
  other_tenant_id uuid not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  ended_at timestamptz,
  -- When it was used or woken last: it sleeps sixty days after.
  awake_at timestamptz not null,
  last_used_at timestamptz,
  primary key (tenant_id, other_tenant_id)
);
create index daps_of_partner on daps (other_tenant_id, tenant_id);
create index daps_by_end on daps (ends_at, tenant_id);

-- The customer's: which people of a partner have acted here.
create table partner_uses (
  tenant_id uuid not null,
  other_tenant_id uuid not null,
  user_id uuid not null,
  user_name text not null,
  display_name text not null,
  first_used_at timestamptz not null,
  last_used_at timestamptz not null,
  primary key (tenant_id, other_tenant_id, user_id)
);
create index partner_uses_by_use on partner_uses (last_used_at, tenant_id);
`

const OTHER = `other_tenant_id = nullif(current_setting('latchkey.tenant', true), '')::uuid`

// The other side reads. An offer before it is locked is the partner's alone.
const PAIRS = `
create policy pair on gdap_offers for select to latchkey_tenant using (locked_at is not null and ${OTHER});
create policy pair on gdap_assignments for select to latchkey_tenant using (${OTHER});
create policy pair on gdap_grants for select to latchkey_tenant using (${OTHER});
create policy pair on daps for select to latchkey_tenant using (${OTHER});
`

// The hourly jobs find what is due and what has ended.
const SYSTEM = `
create policy system on gdap_offers for select to latchkey_system using (true);
grant select (tenant_id, locked_at) on gdap_offers to latchkey_system;
create policy system on gdap_grants for select to latchkey_system using (true);
grant select (tenant_id, id, due_at, ended_at) on gdap_grants to latchkey_system;
create policy system on daps for select to latchkey_system using (true);
grant select (tenant_id, ends_at) on daps to latchkey_system;
create policy system on partner_uses for select to latchkey_system using (true);
grant select (tenant_id, last_used_at) on partner_uses to latchkey_system;
`
