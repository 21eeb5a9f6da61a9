import type { RawBuilder } from 'kysely'
import { DAY, SECOND, secondsOf } from '../clock.ts'
import { isUuid } from '../crypto/index.ts'
import { sql, type Trx } from '../store/index.ts'
import type { Asking, Changing, Delta, Entity, IsChanged } from './entity.ts'
import { refuse } from './errors.ts'
import { readRow, type WireRow, wireRow } from './list.ts'
import { type Query, readQuery, readSelect, type Selection, unaskedOf } from './options.ts'
import type { Key } from './paging.ts'
import { parseFilter } from './parse.ts'
import { openToken, sealToken } from './tokens.ts'

export type Followed = Entity & { delta: Delta }

/**
 * A moment of a database server: its `pg_snapshot`, which knows the transactions that were open. A server that was
 * filled from a dump counts its transactions anew, so that its moments compare with no other's.
 */
interface Mark {
  server: string
  snapshot: string
}

/** What the links carry: the query, and the moment since which changes are told. */
interface State {
  path: string
  select?: string | undefined
  ids?: string[] | undefined
  since?: Mark | undefined
  /** When the link was made, in seconds. */
  at: number
  /** Between the pages of a round: its own moment, and the last row told. */
  round?: { began: Mark; after: Key } | undefined
}

export interface DeltaOptions {
  state: State
  selection: Selection
  /** The names of `Delta.changes` that are asked for. */
  changes: string[]
  /** Nothing is answered but the link to what changes from now on. */
  latest: boolean
}

/** Objects that changed, and the token of the next page, or with the last page that of the next round. */
export interface Changed {
  value: WireRow[]
  next?: string
  delta?: string
}

const STATE_LASTS = (30 * DAY) / SECOND
const PAGE_LASTS = DAY / SECOND
const IDS_AT_MOST = 50
const ROWS = 100

/** The options of `/delta`. Throws `sync_state_not_found` for a state that is too old, and for none. */
export function readDeltaOptions(entity: Followed, query: Query, asking: Asking): DeltaOptions {
  const { deltatoken, skiptoken, ...asked } = readQuery(query, ['select', 'filter', 'deltatoken', 'skiptoken'])
  const latest = deltatoken === 'latest'
  const link = latest ? undefined : (skiptoken ?? deltatoken)
  // A link carries its whole query.
  if (skiptoken !== undefined && deltatoken !== undefined) throw refuse('option_unsupported', '$deltatoken')
  for (const name of Object.keys(asked)) if (link !== undefined) throw refuse('option_unsupported', `$${name}`)
  const state = link === undefined ? begin(asked, asking) : openState(link, skiptoken !== undefined, asking)
  return { state, latest, ...chosenOf(entity, state.select, asking) }
}

const begin = ({ select, filter }: { select?: string; filter?: string }, { path }: Asking): State => ({
  path,
  select,
  ids: filter === undefined ? undefined : readIds(filter),
  at: 0,
})

/** `id eq '…' or id eq '…'`. */
function readIds(text: string): string[] {
  const read = parseFilter(text, IDS_AT_MOST)
  return (read.kind === 'or' ? read.parts : [read]).map(part => {
    if (part.kind !== 'comparison' || part.operator !== 'eq') throw refuse('filter_operator')
    if (part.path !== 'id') throw refuse('filter_property', part.path)
    const id = String(part.values[0]).toLowerCase()
    if (!isUuid(id)) throw refuse('filter_invalid', 'id')
    return id
  })
}

function openState(link: string, inRound: boolean, asking: Asking): State {
  const state = openToken('delta', link, asking) as State | undefined
  const lasts = inRound ? PAGE_LASTS : STATE_LASTS
  const holds = state?.path === asking.path && (state.round !== undefined) === inRound
  if (!holds || secondsOf(asking.now) - state.at >= lasts)
    throw refuse(inRound ? 'page_token_expired' : 'sync_state_not_found')
  return state
}

/** The properties to tell. The id is always one, and `members` and its like are none. */
function chosenOf(entity: Followed, select: string | undefined, asking: Asking) {
  const names = select?.split(',').map(name => name.trim())
  const changes = (names ?? []).filter(name => Object.hasOwn(entity.delta.changes ?? {}, name))
  const chosen = names
    ? readSelect(entity, ['id', ...names.filter(name => !changes.includes(name))].join(), asking)
    : unaskedOf(entity, asking)
  return { selection: { asking, ...chosen }, changes: [...new Set(changes)] }
}

/**
 * The objects that changed since the state, or all of them. One may be told again, but none is missed: what a
 * transaction changed that was still open is told later.
 */
export async function readDelta(trx: Trx, entity: Followed, options: DeltaOptions): Promise<Changed> {
  const { state, selection, latest } = options
  const { asking } = selection
  // The mark is taken first: what is committed between the two statements is told twice rather than never.
  const [now, found] = await Promise.all([readMark(trx), latest ? [] : findChanged(trx, entity, options)])
  const { since, round, ...query } = { ...state, at: secondsOf(asking.now) }
  if (since && (since.server !== now.server || oldestOpen(since) > oldestOpen(now)))
    throw refuse('sync_state_not_found')
  const began = round?.began ?? now
  const shown = found.slice(0, ROWS)
  const value = shown.map(({ row }) => ('@removed' in row ? row : readRow(row, selection)))
  if (found.length === shown.length) return { value, delta: sealToken('delta', { ...query, since: began }, asking) }
  const { by, id } = shown.at(-1)!
  return { value, next: sealToken('delta', { ...query, since, round: { began, after: { by, id } } }, asking) }
}

async function readMark(trx: Trx): Promise<Mark> {
  const { rows } = await sql<Mark>`
    select system_identifier::text as server, pg_current_snapshot()::text as snapshot
    from pg_control_system()`.execute(trx)
  return rows[0]!
}

/** The first number of a snapshot: every transaction below had ended. */
const oldestOpen = ({ snapshot }: Mark) => BigInt(snapshot.split(':')[0]!)

const changedSince =
  ({ snapshot }: Mark): IsChanged =>
  changedIn =>
    sql`not pg_visible_in_snapshot(${changedIn}, ${snapshot}::pg_snapshot)`

/** An object, and its place. */
type Found = Key & { row: WireRow }

/** One more than a page. The first round walks by id, a later one by the transaction that changed a row last. */
async function findChanged(trx: Trx, entity: Followed, { state, selection, changes }: DeltaOptions): Promise<Found[]> {
  const { since } = state
  const { changedIn, removed, purged } = entity.delta
  const id = entity.properties.id.sql
  const wire = wireRow(entity, selection, changesOf(entity.delta, changes, since))
  const kept: Changing = { from: sql`${entity.delta.from}, ${wire}`, tenant: entity.tenant, id, changedIn }
  if (!since) return (await firstRound(trx.tenantId, kept, removed, state).execute(trx)).rows
  const told = sql`case when ${removed} is null then to_json(wire) else ${asRemoved(id, removed)} end`
  const parts = [laterRound(trx.tenantId, kept, told, { ...state, since })]
  if (purged) parts.push(laterRound(trx.tenantId, purged, asRemoved(purged.id, sql`'deleted'`), { ...state, since }))
  const { rows } = await sql<Found>`
    select row, by::text, id::text from (${sql.join(parts, sql` union all `)}) as changed
    order by changed.by, changed.id limit ${sql.lit(ROWS + 1)}`.execute(trx)
  return rows
}

const firstRound = (
  tenantId: string,
  { from, tenant, id }: Changing,
  removed: RawBuilder<unknown>,
  { ids, round }: State,
) => sql<Found>`
  select to_json(wire) as row, null as by, ${id}::text as id from ${from}
  where ${tenant} = ${tenantId} and ${removed} is null and ${among(id, ids)}
    and ${round ? sql`${id} > ${round.after.id}::uuid` : sql`true`}
  order by ${id} limit ${sql.lit(ROWS + 1)}`

const laterRound = (
  tenantId: string,
  { from, tenant, id, changedIn }: Changing,
  row: RawBuilder<unknown>,
  { ids, round, since }: State & { since: Mark },
) => sql`(
  select ${row} as row, ${changedIn} as by, ${id} as id from ${from}
  where ${tenant} = ${tenantId} and ${among(id, ids)}
    and ${round ? sql`(${changedIn}, ${id}) > (${round.after.by}::xid8, ${round.after.id}::uuid)` : sql`${changedIn} >= ${String(oldestOpen(since))}::xid8`}
    and ${changedSince(since)(changedIn)}
    -- Rows that came with a dump bear numbers that this server has not reached.
    and ${changedIn} < pg_snapshot_xmax(pg_current_snapshot())
  order by ${changedIn}, ${id} limit ${sql.lit(ROWS + 1)})`

const among = (id: RawBuilder<unknown>, ids: readonly string[] | undefined) =>
  ids ? sql`${id} = any(${ids}::uuid[])` : sql`true`

const asRemoved = (id: RawBuilder<unknown>, reason: RawBuilder<unknown>) =>
  sql`json_build_object('id', ${id}, '@removed', json_build_object('reason', ${reason}))`

const changesOf = ({ changes = {} }: Delta, names: readonly string[], since: Mark | undefined) =>
  names.map(name => sql`${changes[name]!(since && changedSince(since))} as ${sql.id(`${name}@delta`)}`)
