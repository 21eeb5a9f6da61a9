import { randomBytes, randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { Type } from 'typebox'
import type { Action } from '../access/index.ts'
import { keyring } from '../crypto/index.ts'
import { type Asking, type Entity, type Operator, readOptions, readPage, T, TIMES } from '../odata/index.ts'
import { Refusal } from '../refusals.ts'
import { inTenant, type Store } from '../store/index.ts'

const TABLES = `
create table people (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  name_folded text collate "C" not null,
  mail text,
  mail_folded text collate "C",
  mail_reversed text collate "C" generated always as (reverse(mail_folded)) stored,
  enabled boolean not null default true,
  floor integer,
  aliases text[] not null default '{}',
  number_sealed bytea,
  number_hash bytea,
  created_at timestamptz not null,
  seen_at timestamptz,
  deleted_at timestamptz,
  version integer not null default 1,
  changed_in xid8 not null default pg_current_xact_id(),
  primary key (tenant_id, id)
);
create index people_by_name on people (tenant_id, name_folded, id);
create index people_by_mail on people (tenant_id, mail_folded, id);
create index people_by_mail_reversed on people (tenant_id, mail_reversed, id);
create index people_by_creation on people (tenant_id, created_at, id);
create index people_by_seen on people (tenant_id, seen_at, id);
create index people_by_number on people (tenant_id, number_hash);
create index people_by_change on people (tenant_id, changed_in, id);
create table teams (tenant_id uuid not null, id uuid not null, name text not null, primary key (tenant_id, id));
create table team_people (
  tenant_id uuid not null,
  person_id uuid not null,
  team_id uuid not null,
  changed_in xid8 not null default pg_current_xact_id(),
  primary key (tenant_id, person_id, team_id)
);
create table purged (
  tenant_id uuid not null,
  id uuid not null,
  changed_in xid8 not null default pg_current_xact_id(),
  primary key (tenant_id, id)
);
`

/** Makes tables of tenants for the entity below, bound as ours are. */
export async function makeLists(store: Store): Promise<void> {
  await store.pool.query(TABLES)
  for (const table of ['people', 'teams', 'team_people', 'purged'])
    await store.pool.query(`
      alter table ${table} enable row level security;
      alter table ${table} force row level security;
      create policy tenant on ${table} to latchkey_tenant using (tenant_id = nullif(current_setting('latchkey.tenant', true), '')::uuid);
      grant select, insert, update, delete on ${table} to latchkey_tenant;`)
}

export const foldText = (text: string) => text.normalize('NFKC').toLowerCase()
const lowerAscii = (text: string) => text.replace(/[A-Z]/g, letter => letter.toLowerCase())

const ENDS: readonly Operator[] = [...T, 'endsWith']
const column = (name: string) => sql.ref(`people.${name}`)

export const teams: Entity = {
  name: 'teams',
  type: '#latchkey.team',
  from: sql`teams`,
  tenant: sql.ref('teams.tenant_id'),
  properties: {
    id: { kind: 'uuid', sql: sql.ref('teams.id'), unasked: true },
    name: { kind: 'text', sql: sql.ref('teams.name'), unasked: true },
    secret: { kind: 'text', sql: sql`'secret'`, unasked: true, takes: 'reports.read' },
  },
}

/** An entity with a property of each kind. */
export const people: Entity = {
  name: 'people',
  type: '#latchkey.person',
  from: sql`people`,
  tenant: column('tenant_id'),
  version: column('version'),
  properties: {
    id: { kind: 'uuid', sql: column('id'), unasked: true, filter: ['eq', 'ne', 'in'] },
    name: {
      kind: 'text',
      sql: column('name'),
      schema: Type.String({ minLength: 1, maxLength: 256 }),
      unasked: true,
      filter: T,
      order: true,
      search: 'word',
      folded: { sql: column('name_folded'), fold: foldText },
    },
    mail: {
      kind: 'text',
      sql: column('mail'),
      nullable: true,
      unasked: true,
      filter: ENDS,
      order: true,
      search: 'whole',
      folded: { sql: column('mail_folded'), fold: lowerAscii, reversed: column('mail_reversed') },
    },
    office: { kind: 'text', sql: sql`null::text`, nullable: true, takes: 'reports.read', search: 'whole' },
    enabled: { kind: 'boolean', sql: column('enabled'), filter: ['eq', 'ne'] },
    floor: { kind: 'number', sql: column('floor'), nullable: true, filter: ['eq', 'ne', 'in'] },
    createdDateTime: { kind: 'time', sql: column('created_at'), filter: TIMES, order: true },
    seenDateTime: {
      kind: 'time',
      sql: column('seen_at'),
      nullable: true,
      takes: 'reports.read',
      unasked: true,
      filter: TIMES,
      order: true,
    },
    aliases: {
      kind: 'texts',
      sql: column('aliases'),
      any: {
        from: sql`unnest(people.aliases) as alias(value)`,
        fields: { '': { kind: 'text', sql: sql`alias.value`, filter: ENDS } },
      },
    },
    number: {
      kind: 'text',
      sql: column('number_sealed'),
      nullable: true,
      filter: ['eq', 'in'],
      matches: (values, { keys, tenantId }) =>
        sql`people.number_hash = any(${values.flatMap(value => keys.macs('destination', tenantId, value))})`,
      read: (json, { keys, tenantId }) =>
        json === null
          ? null
          : keys.open({ purpose: 'method', tenantId, rowId: 'number' }, Buffer.from(String(json).slice(2), 'hex')),
    },
  },
  paths: {
    'team/id': {
      kind: 'uuid',
      sql: sql`(select team_id from team_people t where t.tenant_id = people.tenant_id and t.person_id = people.id limit 1)`,
      filter: ['eq'],
    },
  },
  lacking: { assignedLicenses: [], manager: null },
  expand: {
    teams: {
      of: () => teams,
      link: sql`teams.tenant_id = people.tenant_id and teams.id in (
        select team_id from team_people t where t.tenant_id = people.tenant_id and t.person_id = people.id)`,
    },
  },
}

const teamsOf = sql`(select coalesce(json_agg(json_build_object('id', t.team_id) order by t.team_id), '[]')
  from team_people t where t.tenant_id = people.tenant_id and t.person_id = people.id`

/** The same with what has changed of it. */
export const followed = {
  ...people,
  delta: {
    from: sql`people`,
    changedIn: column('changed_in'),
    removed: sql`case when people.deleted_at is not null then 'changed' end`,
    purged: {
      from: sql`purged`,
      tenant: sql.ref('purged.tenant_id'),
      id: sql.ref('purged.id'),
      changedIn: sql.ref('purged.changed_in'),
    },
    changes: { teams: changed => sql`${teamsOf} and ${changed ? changed(sql`t.changed_in`) : sql`true`})` },
  },
} satisfies Entity

export interface Listed {
  name: string
  mail?: string
  enabled?: boolean
  floor?: number
  aliases?: string[]
  number?: string
  createdAt?: Date
  seenAt?: Date
}

const keys = keyring([randomBytes(32).toString('hex')])

/** Somebody who asks for a list. `mayNot`: read what these actions read. */
export const asking = (tenantId: string, now: Date, mayNot: readonly Action[] = []): Asking => ({
  tenantId,
  callerId: randomUUID(),
  path: '/people',
  may: action => !mayNot.includes(action),
  keys,
  now,
})

/** Adds people, in the order of their ids. */
export async function addPeople(store: Store, tenantId: string, listed: readonly Listed[]): Promise<string[]> {
  const ids = listed.map(() => randomUUID()).sort()
  for (const [place, one] of listed.entries())
    await store.pool.query(
      `insert into people (tenant_id, id, name, name_folded, mail, mail_folded, enabled, floor, aliases, number_sealed, number_hash, created_at, seen_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        tenantId,
        ids[place],
        one.name,
        foldText(one.name),
        one.mail ?? null,
        one.mail === undefined ? null : lowerAscii(one.mail),
        one.enabled ?? true,
        one.floor ?? null,
        one.aliases ?? [],
        one.number === undefined ? null : keys.seal({ purpose: 'method', tenantId, rowId: 'number' }, one.number),
        one.number === undefined ? null : keys.mac('destination', tenantId, one.number),
        one.createdAt ?? new Date('2026-11-26T12:00:00Z'),
        one.seenAt ?? null,
      ],
    )
  return ids
}

/** A page of the list. */
export async function list(store: Store, caller: Asking, options: Record<string, string> = {}) {
  const read = readOptions(people, Object.entries(options), caller)
  return inTenant(store, caller.tenantId, trx => readPage(trx, people, read))
}

/** With what a query is refused: status, Graph's code and ours. */
export function refusal(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const graph =
      error.toPrograms?.graph ?? (error.status === 403 ? 'Authorization_RequestDenied' : 'Request_BadRequest')
    return `${error.status} ${graph} ${error.code}`
  }
  return 'none'
}
