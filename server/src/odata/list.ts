import { type RawBuilder, sql } from 'kysely'
import type { Trx } from '../store/index.ts'
import { type Entity, wireOf } from './entity.ts'
import { etagOf } from './etag.ts'
import type { Options, Selection } from './options.ts'
import { type Key, type Part, partsAfter, sealPageToken } from './paging.ts'

/** A row as it is answered. */
export type WireRow = Record<string, unknown>

export interface Page {
  value: WireRow[]
  /** The `$skiptoken` of the next page, where there is one. */
  next?: string
  /** Of all rows, where the first page was asked for it. */
  count?: number
}

/** A row and its place. */
export interface Found extends Key {
  row: WireRow
}

/** A page of the entity's rows that are also within `where`. */
export async function readPage(
  trx: Trx,
  entity: Entity,
  options: Options,
  where: readonly RawBuilder<boolean>[] = [],
): Promise<Page> {
  const within = [sql<boolean>`${entity.tenant} = ${trx.tenantId}`, ...where, ...options.where]
  const [found, count] = await Promise.all([
    findRows(trx, entity, options, within),
    options.count && !options.after ? countWithin(trx, entity, within) : undefined,
  ])
  const shown = found.slice(0, options.top)
  return {
    value: shown.map(({ row }) => readRow(row, options)),
    ...(found.length > shown.length && { next: sealPageToken(shown.at(-1)!, options.query, options.asking) }),
    ...(count !== undefined && { count }),
  }
}

/** How many rows a list has. */
export const countRows = (
  trx: Trx,
  entity: Entity,
  options: Options,
  where: readonly RawBuilder<boolean>[] = [],
): Promise<number> =>
  countWithin(trx, entity, [sql<boolean>`${entity.tenant} = ${trx.tenantId}`, ...where, ...options.where])

async function countWithin(trx: Trx, { from }: Entity, within: RawBuilder<boolean>[]): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int from ${from} where ${all(within)}`.execute(trx)
  return rows[0]!.count
}

/** The one row within `where`; undefined where there is none. */
export async function readOne(
  trx: Trx,
  entity: Entity,
  selection: Selection,
  where: RawBuilder<boolean>,
): Promise<WireRow | undefined> {
  const { rows } = await sql<{ row: WireRow }>`
    select ${rowOf(entity, selection)} as row from ${entity.from}
    where ${entity.tenant} = ${trx.tenantId} and ${where} limit 1`.execute(trx)
  return rows[0] && readRow(rows[0].row, selection)
}

/** One more than the page holds, so that it is known whether another follows. */
async function findRows(trx: Trx, entity: Entity, options: Options, within: RawBuilder<boolean>[]): Promise<Found[]> {
  const row = rowOf(entity, options)
  const rowsOf = ({ where, by, id, direction }: Part) => sql`
    select ${row} as row, ${by} as by, ${id} as id from ${entity.from} where ${all([...within, ...where])}
    order by ${by} ${direction}, ${id} ${direction} limit ${options.top + 1}`
  const parts = partsAfter(entity, options.order, options.after)
  const whole = parts.length === 1 ? rowsOf(parts[0]!) : inTurn(parts.map(rowsOf), parts[0]!, options.top + 1)
  return (await sql<Found>`select row, by::text, id::text from (${whole}) as page`.execute(trx)).rows
}

/** The rows of the first part, and then those of the next. */
const inTurn = (parts: RawBuilder<unknown>[], { direction }: Part, limit: number) => sql`
  select row, by, id from (${sql.join(
    parts.map((part, turn) => sql`(select ${sql.lit(turn)} as turn, part.* from (${part}) as part)`),
    sql` union all `,
  )}) as parts
  order by turn, by ${direction}, id ${direction} limit ${limit}`

const all = (conditions: readonly RawBuilder<boolean>[]) => sql.join(conditions, sql` and `)

const EXPANDED_AT_MOST = 20

/** The JSON of a row, without what is opened after it was read. `more`: further columns. */
export function rowOf(
  entity: Entity,
  { properties, lacking, expand }: Selection,
  more: readonly RawBuilder<unknown>[] = [],
): RawBuilder<unknown> {
  const columns = [
    ...(entity.version ? [sql`${etagOf(entity.version)} as "@odata.etag"`] : []),
    ...properties.map(([name, property]) => sql`${wireOf(property)} as ${sql.id(name)}`),
    ...Object.entries(lacking).map(([name, value]) => sql`${sql.lit(JSON.stringify(value))}::json as ${sql.id(name)}`),
    ...(expand ? [sql`${expandedOf(expand)} as ${sql.id(expand.name)}`] : []),
    ...more,
  ]
  return sql`(select to_json(row) from (select ${sql.join(columns)}) as row)`
}

function expandedOf({ expansion: { of, link, single }, inner }: NonNullable<Selection['expand']>) {
  const entity = of()
  const { id } = entity.properties
  const limit = single ? 1 : EXPANDED_AT_MOST
  const rows = sql`select ${rowOf(entity, inner)} as row from ${entity.from} where ${link} order by ${id.sql} limit ${sql.lit(limit)}`
  return single ? sql`(${rows})` : sql`(select coalesce(json_agg(row), '[]') from (${rows}) as expanded)`
}

/** Opens what its SQL could not. */
export function readRow(row: WireRow, { properties, expand, asking }: Selection): WireRow {
  for (const [name, { read }] of properties) if (read) row[name] = read(row[name], asking)
  if (!expand) return row
  const inner = row[expand.name] as WireRow | WireRow[] | null
  for (const one of Array.isArray(inner) ? inner : inner ? [inner] : []) readRow(one, expand.inner)
  return row
}
