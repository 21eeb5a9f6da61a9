import type { RawBuilder } from 'kysely'
import type { Means } from '../crypto/index.ts'
import type { SealedColumn } from './seals.ts'
import { sql } from './sql.ts'
import type { Tables } from './tables.ts'
import type { Trx } from './transactions.ts'

/** A table whose rows follow people, or what is theirs, into another tenant. */
export interface MovedTable {
  table: keyof Tables & string
  /** For SQL: whether a row belongs to one of these ids. */
  belongs(tenantId: string, ids: readonly string[]): RawBuilder<boolean>
  /** Its sealed columns, which are sealed anew for the other tenant. */
  seals?: readonly SealedColumn[]
  /** Columns that the other tenant writes itself. */
  anew?: readonly string[]
  /** What changes of a row between two tenants. */
  change?(row: MovedRow, from: string, to: string): MovedRow
  /** Where the row stands on another, which may be gone: that one's table and key, and the column here. */
  standsOn?: { table: keyof Tables & string; key: string; column: string }
}

/** A row as PostgreSQL's JSON has it: bytes as `\x…`, times as text. */
export type MovedRow = Record<string, unknown>

/** For SQL: whether this column has one of the ids. */
export const hasId = (column: string) => (_: string, ids: readonly string[]) =>
  sql<boolean>`${sql.ref(column)} = any(${ids}::uuid[])`

/** Reads the rows of these ids, whole. They are left where they are. */
export async function readMoved(trx: Trx, { table, belongs }: MovedTable, ids: readonly string[]): Promise<MovedRow[]> {
  const { tenantId } = trx
  const { rows } = await sql<{ row: MovedRow }>`
    select to_jsonb(${sql.table(table)}) as row from ${sql.table(table)}
    where tenant_id = ${tenantId} and ${belongs(tenantId, ids)}`.execute(trx)
  return rows.map(({ row }) => row)
}

/**
 * Writes rows of another tenant into this one: values that were sealed there are sealed for here, with the hashes beside
 * them. A value that does not open is thrown, and so nothing moves.
 */
export async function placeMoved(
  trx: Trx,
  means: Means,
  { table, seals = [], anew = [], change, standsOn }: MovedTable,
  { from, rows }: { from: string; rows: readonly MovedRow[] },
): Promise<void> {
  if (rows.length === 0) return
  const { tenantId } = trx
  const placed = rows.map(row => ({
    ...(change ? change(row, from, tenantId) : row),
    ...Object.assign({}, ...seals.map(column => sealedFor(means, column, row, { from, to: tenantId }))),
    tenant_id: tenantId,
  }))
  const columns = (await columnsOf(trx, table)).filter(name => !anew.includes(name))
  const list = sql.join(columns.map(name => sql.ref(name)))
  const parent = standsOn
    ? sql`where exists(select from ${sql.table(standsOn.table)} parent
        where parent.tenant_id = ${tenantId} and ${sql.ref(`parent.${standsOn.key}`)} = ${sql.ref(`moved.${standsOn.column}`)})`
    : sql``
  await sql`
    insert into ${sql.table(table)} (${list})
    select ${list} from jsonb_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(placed)}::jsonb) as moved ${parent}`.execute(
    trx,
  )
}

/** The columns that a statement writes: the others are computed from them. */
async function columnsOf(trx: Trx, table: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select attname as name from pg_attribute
    where attrelid = ${table}::regclass and attnum > 0 and not attisdropped and attgenerated = ''`.execute(trx)
  return rows.map(({ name }) => name)
}

/** A sealed value and the hashes beside it, for the same row of another tenant. */
function sealedFor(
  means: Means,
  { column, key, purpose, rowId, beside }: SealedColumn,
  row: MovedRow,
  { from, to }: { from: string; to: string },
): MovedRow {
  const sealed = row[column]
  if (typeof sealed !== 'string') return {}
  // Keys of rows are ids and words, so that each is text in JSON too.
  const texts = row as Record<string, string>
  const place = { purpose, rowId: rowId?.(texts) ?? texts[key.at(-1)!]! }
  const value = means.keys.open({ ...place, tenantId: from }, Buffer.from(sealed.slice(2), 'hex'))
  const columns = { [column]: means.keys.seal({ ...place, tenantId: to }, value), ...beside?.(means, to, value, texts) }
  return Object.fromEntries(Object.entries(columns).map(([name, bytes]) => [name, `\\x${bytes.toString('hex')}`]))
}
