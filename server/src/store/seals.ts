import type { RawBuilder } from 'kysely'
import type { Keyring, Means, SealPurpose } from '../crypto/index.ts'
import type { Db } from './open.ts'
import { sql } from './sql.ts'
import type { Tables } from './tables.ts'
import { inTenant, type Trx } from './transactions.ts'

/** A column of sealed values. A column that is not listed would stay under a secret that is to go. */
export interface SealedColumn {
  table: keyof Tables & string
  column: string
  purpose: SealPurpose
  /** The rest of the primary key. The last of it is the row's id in the seal, unless `rowId` says otherwise. */
  key: readonly string[]
  rowId?(row: Row): string
  /** The column of an older version, in the clear. */
  plain?: string
  /** Hashes beside it that are keyed by the same secrets. `row`: its key, and the columns that it `reads`. */
  beside?(means: Means, tenantId: string, value: string, row: Row): Record<string, Buffer>
  reads?: readonly string[]
  /** For SQL: the rows of an older version, which lack a hash beside it. An index finds them. */
  unfilled?: RawBuilder<boolean>
}

type Row = Record<string, string>
type Found = Row & { sealed: Buffer | null; plain: string | null }

/** Told how many rows were sealed since it was told before. */
export type Resealed = (rows: number) => void

/** Rows that are locked at once, for as long as sealing them takes: some milliseconds. */
const BATCH = 100

/**
 * Seals values under the newest secret that are in the clear or under an older one. Locked rows wait for the next time.
 * Values that do not open are thrown at the end, after the others are sealed. `report` hears of each batch.
 */
export async function reseal(
  db: Db,
  means: Means,
  { tenantIds, columns, report }: { tenantIds: readonly string[]; columns: readonly SealedColumn[]; report: Resealed },
) {
  const failures: unknown[] = []
  // With one secret, rows of an older version are all that may be there.
  const mayHold = means.keys.ids.length > 1 ? columns : columns.filter(({ plain, unfilled }) => plain ?? unfilled)
  for (const tenantId of tenantIds)
    for (const column of mayHold) {
      let last: Row | undefined
      do {
        const rows = await inTenant(db, tenantId, trx => resealBatch(trx, means, { column, last, failures }))
        last = rows.at(-1)
        report(rows.length)
      } while (last)
    }
  if (failures.length > 0) throw failures[0]
}

/** Seals the next rows after `last`, and returns them; none at the end. */
async function resealBatch(
  trx: Trx,
  means: Means,
  { column, last, failures }: { column: SealedColumn; last: Row | undefined; failures: unknown[] },
): Promise<Row[]> {
  const { keys } = means
  const { tenantId } = trx
  const { table, column: name, key, plain, purpose, reads = [], unfilled = sql`false` } = column
  const sealed = sql.ref(name)
  const keyColumns = sql.join(key.map(one => sql.ref(one)))
  const olderIds = keys.ids.slice(1)
  const older = olderIds.length > 0 ? sql`substring(${sealed} from 2 for 4) in (${sql.join(olderIds)})` : sql`false`
  const { rows } = await sql<Found>`
    select ${sql.join([...key, ...reads].map(one => sql.ref(one)))}, ${sealed} as sealed, ${plain ? sql.ref(plain) : sql`null`} as plain from ${sql.table(table)}
    where tenant_id = ${tenantId} and (${plain ? sql`${sql.ref(plain)} is not null or` : sql``} ${unfilled} or ${older})
      ${last ? sql`and (${keyColumns}) > (${sql.join(key.map(one => last[one]))})` : sql``}
    order by ${keyColumns} limit ${BATCH} for no key update skip locked`.execute(trx)
  for (const row of rows) {
    const place = { purpose, tenantId, rowId: column.rowId?.(row) ?? row[key.at(-1)!]! }
    const value = row.sealed === null ? row.plain! : openOr(failures, () => keys.open(place, row.sealed!))
    if (value === undefined) continue
    const changes = { [name]: keys.seal(place, value), ...column.beside?.(means, tenantId, value, row) }
    const set = Object.entries(changes).map(([one, changed]) => sql`${sql.ref(one)} = ${changed}`)
    if (plain) set.push(sql`${sql.ref(plain)} = null`)
    const own = key.map(one => sql`${sql.ref(one)} = ${row[one]}`)
    await sql`update ${sql.table(table)} set ${sql.join(set)}
      where tenant_id = ${tenantId} and ${sql.join(own, sql` and `)}`.execute(trx)
  }
  return rows
}

// An altered value stays: nobody could open it before either.
function openOr(failures: unknown[], open: () => string): string | undefined {
  try {
    return open()
  } catch (error) {
    failures.push(error)
    return undefined
  }
}

/** Values sealed by each secret, in the order of LATCHKEY_SECRETS; by one that is missing there; and values in the clear. */
export interface SealCounts {
  secrets: number[]
  unknown: number
  plain: number
}

/** Counts the sealed values, so that an operator knows when a secret seals nothing and can go. */
export async function countSeals(
  db: Db,
  keys: Keyring,
  tenantIds: readonly string[],
  columns: readonly SealedColumn[],
): Promise<SealCounts> {
  const counts: SealCounts = { secrets: keys.ids.map(() => 0), unknown: 0, plain: 0 }
  for (const tenantId of tenantIds)
    for (const { table, column, plain } of columns) {
      const { rows } = await inTenant(db, tenantId, trx =>
        sql<{ secret: Buffer | null; plain: boolean; rows: number }>`
          select substring(${sql.ref(column)} from 2 for 4) as secret,
            ${plain ? sql`${sql.ref(plain)} is not null` : sql`false`} as plain, count(*)::integer as rows
          from ${sql.table(table)} where tenant_id = ${tenantId} group by 1, 2`.execute(trx),
      )
      for (const { secret, plain, rows: found } of rows) {
        const place = keys.ids.findIndex(id => secret?.equals(id))
        if (plain) counts.plain += found
        else if (place >= 0) counts.secrets[place]! += found
        else if (secret !== null) counts.unknown += found
      }
    }
  return counts
}
