import type { RawBuilder } from 'kysely'
import type { Act } from '../act.ts'
import type { Entity } from '../odata/index.ts'
import type { SystemTrx, Trx } from '../store/index.ts'
import type { Modules } from './command.ts'

const NOBODY = '00000000-0000-0000-0000-000000000000'

/** What of a list is read: options of `/v1.0` without their signs, and which of its rows there are at all. */
interface Asked {
  entity: Entity
  select?: readonly string[]
  filter?: string | undefined
  search?: string | undefined
  orderby?: string
  within?: readonly RawBuilder<boolean>[]
  /** How many rows there are at most. */
  most?: number
}

/** Every row of a list of `/v1.0`, as it is answered there but without etags. Throws what its query options do. */
export async function readRows(
  { odata }: Modules<'odata'>,
  trx: Trx | SystemTrx,
  { keys, now }: Act,
  { entity, select, within = [], most = Number.POSITIVE_INFINITY, ...options }: Asked,
): Promise<Record<string, unknown>[]> {
  const tenantId = 'tenantId' in trx ? String(trx.tenantId) : NOBODY
  // Whoever has the secrets and the database may read everything.
  const asking = { tenantId, callerId: NOBODY, path: entity.name, keys, now, may: () => true }
  const asked = { ...options, select: select?.join(), top: String(Math.min(entity.pageLimit ?? 999, most)) }
  const query = Object.entries(asked).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[`$${name}`, value]],
  )
  const rows: Record<string, unknown>[] = []
  for (let place: [string, string][] = []; ; ) {
    const { value, next } = await odata.readPage(
      trx,
      entity,
      odata.readOptions(entity, [...query, ...place], asking),
      within,
    )
    for (const { '@odata.etag': _, ...row } of value) rows.push(row)
    if (next === undefined || rows.length >= most) return rows.slice(0, most)
    place = [['$skiptoken', next]]
  }
}

/** A value of a row, as people read it in a column. */
export const cellOf = (value: unknown): string =>
  value === null || value === undefined
    ? ''
    : Array.isArray(value)
      ? value.map(cellOf).join(', ')
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value)
