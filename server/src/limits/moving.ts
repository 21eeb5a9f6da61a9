import type { Means } from '../crypto/index.ts'
import { type MovedRow, type MovedTable, placeMoved, readMoved, sql, type Trx } from '../store/index.ts'
import { counterKeysOf } from './counters.ts'

/** The failures and locks of people, who move into another tenant by the same names. */
export interface MovedCounters {
  names: readonly string[]
  rows: readonly MovedRow[]
}

/** The counters of these names, of which the last takes their keyed hashes as ids. */
const countersOf = (subjects: readonly Buffer[]): MovedTable => ({
  table: 'counters',
  belongs: () => sql<boolean>`subject = any(${subjects}::bytea[])`,
})

const keysOf = ({ keys }: Pick<Means, 'keys'>, tenantId: string, names: readonly string[]) =>
  names.map(name => counterKeysOf({ keys }, tenantId, name))

/** Takes the counters of these folded names out of this tenant: a move gives nobody new tries, and lifts no lock. */
export async function takeCounters(trx: Trx, means: Means, names: readonly string[]): Promise<MovedCounters> {
  const { tenantId } = trx
  const subjects = keysOf(means, tenantId, names).flat()
  const rows = await readMoved(trx, countersOf(subjects), [])
  await sql`delete from counters where tenant_id = ${tenantId} and subject = any(${subjects}::bytea[])`.execute(trx)
  return { names, rows }
}

/** Counts on in this tenant, under the names' keys here, in place of what an earlier holder of a name has left. */
export async function placeCounters(trx: Trx, means: Means, from: string, { names, rows }: MovedCounters) {
  const { tenantId } = trx
  const theirs = keysOf(means, from, names)
  const ours = keysOf(means, tenantId, names)
  const newKeys = new Map(
    theirs.flatMap((macs, place) => macs.map((mac, secret) => [`\\x${mac.toString('hex')}`, ours[place]![secret]!])),
  )
  const subjects = [...newKeys.values()]
  await sql`delete from counters where tenant_id = ${tenantId} and subject = any(${subjects}::bytea[])`.execute(trx)
  const change = (row: MovedRow) => ({
    ...row,
    subject: `\\x${newKeys.get(String(row.subject))!.toString('hex')}`,
    // The marks of secrets name the tenant; without them a repeated one counts again.
    recent: [],
  })
  await placeMoved(trx, means, { ...countersOf(subjects), change }, { from, rows })
}
