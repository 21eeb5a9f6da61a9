import type { RawBuilder } from 'kysely'
import { type SystemTrx, sql, Trx } from '../store/index.ts'
import { type Entity, wireOf } from './entity.ts'
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
  trx: Trx | SystemTrx,
  entity: Entity,
  options: Options,
  where: readonly RawBuilder<boolean>[] = [],
): Promise<Page> {
  const { top, query, asking } = options
  const within = all([ownRows(trx, entity), ...where, ...options.where])
  const count =
    options.count && !options.after && sql`, (select count(*)::int from ${entity.from} where ${within}) as count`
  const [, { rows }] = await Promise.all([
    // A plan for any literal expects a third of the list from a filter, and would walk all of it by id.
    options.where.length > 0 && sql`set local plan_cache_mode = force_custom_plan`.execute(trx),
    // One row, because each costs the driver as much as the reading of its JSON. One more than the page tells of a next.
    sql<Key & { rows: WireRow[] | null; count?: number }>`
      select json_agg(row) as rows, (array_agg(by::text))[${sql.lit(top)}] as by,
        (array_agg(id::text))[${sql.lit(top)}] as id${count || sql``}
      from (${pageOf(entity, options, within)}) as page`.execute(trx),
  ])
  const found = rows[0]!
  const value = found.rows ?? []
  const next = value.length > top && sealPageToken({ by: found.by, id: found.id }, query, asking)
  return {
    value: value.slice(0, top).map(row => readRow(row, options)),
    ...(next && { next }),
    ...(found.count !== undefined && { count: found.count }),
  }
}

/** The rows of the tenant that is entered. The system role enters none: its rights bound what it reads. */
const ownRows = (trx: Trx | SystemTrx, { tenant }: Entity) =>
  trx instanceof Trx ? sql<boolean>`${tenant} = ${trx.tenantId}` : sql<boolean>`true`

/** The rows of a page and one more, each with its place. */
function pageOf(entity: Entity, options: Options, within: RawBuilder<boolean>): RawBuilder<unknown> {
  const { order, after, top } = options
  // Written out: for a limit that it does not know, PostgreSQL would plan each time anew.
  const limit = sql.lit(top + 1)
  const parts = partsAfter(entity, order, after).map(
    ({ by, id, direction, where }) => sql`
      select to_json(wire) as row, ${by} as by, ${id} as id from ${entity.from}, ${wireRow(entity, options)}
      where ${all([within, ...where])} order by ${by} ${direction}, ${id} ${direction} limit ${limit}`,
  )
  if (parts.length === 1) return parts[0]!
  const turns = parts.map((part, turn) => sql`(select ${sql.lit(turn)} as turn, part.* from (${part}) as part)`)
  const direction = directionOf(order.descending)
  return sql`
    select row, by, id from (${sql.join(turns, sql` union all `)}) as parts
    order by turn, by ${direction}, id ${direction} limit ${limit}`
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
