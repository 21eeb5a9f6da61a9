import { type RawBuilder, sql } from 'kysely'
import { isUuid } from '../crypto/index.ts'
import { countRows, type Entity, readOptions, readPage } from '../odata/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { askingOf, type ScimCall } from './calls.ts'
import { refuse } from './errors.ts'
import { type Comparison, readFilter } from './filter.ts'
import { COUNT, COUNT_AT_MOST, INDEX_AT_MOST, listOf } from './schemas.ts'

type Row = Record<string, unknown>

/** A kind of resource, as its list is read. */
export interface Listed {
  path: string
  entity: Entity
  /** Its properties that are read. */
  select: string
  /** A comparison as `$filter` writes it, or as SQL; undefined where nothing can be filtered so. */
  compare(trx: Trx, comparison: Comparison): string | RawBuilder<boolean> | undefined
  /** The resources of rows. */
  write(trx: Trx, rows: readonly Row[]): Promise<object[]>
}

/**
 * A page of a list. An index reaches so far that no request skips more than a fixed number of rows; a cursor (RFC 9865)
 * goes on after a key, however long the list is. Throws `invalidFilter`, `invalidCount`, `tooMany`, `page_token_expired`.
 */
export async function answerList(call: ScimCall, listed: Listed): Promise<object> {
  const { query, tenantId } = call
  const { cursor } = query
  const count = Math.min(readNumber(query.count, COUNT), COUNT_AT_MOST)
  const startIndex = Math.max(1, readNumber(query.startindex, 1))
  const comparisons = query.filter === undefined ? [] : readFilter(query.filter)
  return inTenant(call.db, tenantId, async trx => {
    const compared = comparisons.map(one => {
      const found = listed.compare(trx, one)
      if (found === undefined) throw refuse('invalidFilter', { field: one.attribute })
      return found
    })
    const texts = compared.filter(one => typeof one === 'string')
    const within = compared.filter(one => typeof one !== 'string')
    const options = readOptions(
      listed.entity,
      [
        ['$select', listed.select],
        ['$top', String(Math.max(1, count))],
        ...(texts.length > 0 ? [['$filter', texts.join(' and ')] as [string, string]] : []),
        ...(cursor ? [['$skiptoken', cursor] as [string, string]] : []),
      ],
      askingOf(call, `${listed.path}?${query.filter ?? ''}`),
    )
    const total = await countRows(trx, listed.entity, options, within)
    const isCursor = cursor !== undefined
    if (count === 0 || (!isCursor && startIndex > total)) return listOf([], { total, startIndex })
    if (!isCursor && startIndex > INDEX_AT_MOST) throw refuse('tooMany', { field: 'startIndex' })
    const before =
      !isCursor && startIndex > 1
        ? await idAt(trx, listed.entity, [...within, ...options.where], startIndex - 1)
        : undefined
    const { value, next } = await readPage(
      trx,
      listed.entity,
      before === undefined ? options : { ...options, after: { by: before, id: before } },
      within,
    )
    const resources = await listed.write(trx, value)
    return listOf(resources, isCursor ? { total, nextCursor: next ?? '' } : { total, startIndex })
  })
}

/** The id at a place of the list, counted from 1. */
async function idAt(
  trx: Trx,
  entity: Entity,
  where: readonly RawBuilder<boolean>[],
  place: number,
): Promise<string | undefined> {
  const id = entity.properties.id.sql
  const within = sql.join([sql`${entity.tenant} = ${trx.tenantId}`, ...where], sql` and `)
  const { rows } = await sql<{ id: string }>`
    select ${id} as id from ${entity.from} where ${within} order by ${id} offset ${place - 1} limit 1`.execute(trx)
  return rows[0]?.id
}

/** A negative number counts as 0 (RFC 7644, §3.4.2.4). */
function readNumber(text: string | undefined, fallback: number): number {
  if (text === undefined || text === '') return fallback
  if (!/^[+-]?\d{1,9}$/.test(text)) throw refuse('invalidCount')
  return Math.max(0, Number(text))
}

/** A text as `$filter` writes it. */
export const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`

/** The comparison with an id. Nothing has a text as its id that is none. */
export function idOrNone<T>(text: string, compare: (id: string) => T): T | RawBuilder<boolean> {
  const id = text.toLowerCase()
  return isUuid(id) ? compare(id) : sql<boolean>`false`
}
