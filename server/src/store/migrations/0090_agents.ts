import { type Kysely, sql } from 'kysely'
import { tenantTable } from './table.ts'

/** Agents in companies' networks, and the sealed requests that pass to them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(TABLES).execute(db)
  await tenantTable(db, 'agent_tokens', 'select, insert, delete')
  await tenantTable(db, 'agents', 'select, insert, update, delete')
  await tenantTable(db, 'agent_requests', 'select, insert, update, delete')
  await sql.raw(EXPIRIES).execute(db)
}

const TABLES = `
alter table tenants add writeback jsonb;

create table agent_tokens (
  tenant_id uuid not null references tenants,
  token_hash bytea not null,
  expires_at timestamptz not null,
  primary key (tenant_id, token_hash)
);
create index agent_tokens_by_expiry on agent_tokens (expires_at, tenant_id);

create table agents (
  tenant_id uuid not null references tenants,
  id uuid not null,
  name text not null,
  version text not null,
  -- Public keys: the agent alone has the others.
  signing_key jsonb not null,
  sealing_key jsonb not null,
  enrolled_at timestamptz not null,
  -- The link over which requests reach it, at one of the servers; null while there is none.
  link_id uuid,
  last_beat_at timestamptz,
  latency_ms integer,
  primary key (tenant_id, id)
);

-- A request on its way, sealed so that no server and no database can open it.
create table agent_requests (
  tenant_id uuid not null,
  id uuid not null,
  agent_id uuid not null,
  sealed text not null,
  expires_at timestamptz not null,
  sent_at timestamptz,
  answer text,
  primary key (tenant_id, id),
  foreign key (tenant_id, agent_id) references agents (tenant_id, id) on delete cascade
);
create index agent_requests_by_expiry on agent_requests (expires_at, tenant_id);
create index agent_requests_of_agent on agent_requests (tenant_id, agent_id);
`

const EXPIRIES = ['agent_tokens', 'agent_requests']
  .map(
    table => `
create policy system on ${table} for select to latchkey_system using (true);
grant select (tenant_id, expires_at) on ${table} to latchkey_system;`,
  )
  .join('\n')
