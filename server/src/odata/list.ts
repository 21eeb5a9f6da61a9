import { type RawBuilder, sql } from 'kysely'
import type { Trx } from '../store/index.ts'
import { type Entity, type Order, wireOf } from './entity.ts'
import { etagOf } from './etag.ts'
import type { Options, Selection } from './options.ts'
import { directionOf, type Key, partsAfter, sealPageToken } from './paging.ts'

/** A row as it is answered. */
export type WireRow = Record<string, unknown>

export interface Page {
  value: WireRow[]
  /** The `$skiptoken` of the next page, where there is one. */
  next?: string
  /** Of all rows, where the first page was asked for it. */
  count?: number
}

/** A page of the entity's rows that are also within `where`. */
export async function readPage(
  trx: Trx,
  entity: Entity,
  options: Options,
  where: readonly RawBuilder<boolean>[] = [],
): Promise<Page> {
  const { top, order, after, query, asking } = options
  const within = all([sql<boolean>`${entity.tenant} = ${trx.tenantId}`, ...where, ...options.where])
  const count = options.count && !after && sql`, (select count(*)::int from ${entity.from} where ${within}) as count`
  const parts = partsAfter(entity, order, after).map(
    part => sql`
      select to_json(wire) as row, ${part.by} as by, ${part.id} as id from ${entity.from}, ${wireRow(entity, options)}
      where ${all([within, ...part.where])}
      order by ${part.by} ${part.direction}, ${part.id} ${part.direction} limit ${top + 1}`,
  )
  const page = parts.length === 1 ? parts[0]! : inTurn(parts, order, top)
  // One row, because each one costs as much as the reading of its JSON. One more than the page holds tells of the next.
  const { rows } = await sql<Key & { rows: WireRow[] | null; count?: number }>`
    select json_agg(row) as rows, (array_agg(by::text))[${top}] as by, (array_agg(id::text))[${top}] as id${count || sql``}
    from (${page}) as page`.execute(trx)
  const found = rows[0]!
  const value = found.rows ?? []
  const next = value.length > top && sealPageToken({ by: found.by, id: found.id }, query, asking)
  return {
    value: value.slice(0, top).map(row => readRow(row, options)),
    ...(next && { next }),
    ...(found.count !== undefined && { count: found.count }),
  }
}

/** How many rows a list has. */
export async function countRows(
  trx: Trx,
  { from, tenant }: Entity,
  options: Options,
  where: readonly RawBuilder<boolean>[] = [],
): Promise<number> {
  const within = all([sql<boolean>`${tenant} = ${trx.tenantId}`, ...where, ...options.where])
  const { rows } = await sql<{ count: number }>`select count(*)::int from ${from} where ${within}`.execute(trx)
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
    select to_json(wire) as row from ${entity.from}, ${wireRow(entity, selection)}
    where ${entity.tenant} = ${trx.tenantId} and ${where} limit 1`.execute(trx)
  return rows[0] && readRow(rows[0].row, selection)
}

/** The rows of the first part, and then those of the next. */
const inTurn = (parts: RawBuilder<unknown>[], { descending }: Order, top: number) => sql`
  select row, by, id from (${sql.join(
    parts.map((part, turn) => sql`(select ${sql.lit(turn)} as turn, part.* from (${part}) as part)`),
    sql` union all `,
  )}) as parts
  order by turn, by ${directionOf(descending)}, id ${directionOf(descending)} limit ${top + 1}`

const all = (conditions: readonly RawBuilder<boolean>[]): RawBuilder<boolean> =>
  sql`${sql.join(conditions, sql` and `)}`

const EXPANDED_AT_MOST = 20

/** For the `from` of a statement: `wire`, the row as it is answered but for what is opened later. `more`: columns. */
export function wireRow(
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
  return sql`lateral (select ${sql.join(columns)}) as wire`
}

function expandedOf({ expansion: { of, link, single }, inner }: NonNullable<Selection['expand']>) {
  const entity = of()
  const limit = sql.lit(single ? 1 : EXPANDED_AT_MOST)
  const rows = sql`
    select to_json(wire) as row from ${entity.from}, ${wireRow(entity, inner)}
    where ${link} order by ${entity.properties.id.sql} limit ${limit}`
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
