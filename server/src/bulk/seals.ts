import type { Keyring } from '../crypto/index.ts'
import type { SealedColumn } from '../store/index.ts'

/** A row of a job. */
export interface RowRef {
  tenantId: string
  jobId: string
  number: number
}

const rowIdOf = ({ jobId, number }: Pick<RowRef, 'jobId' | 'number'>) => `${jobId} ${number}`

const ofRow = {
  table: 'bulk_rows',
  key: ['job_id', 'number'],
  rowId: (row: Record<string, string>) => rowIdOf({ jobId: row.job_id!, number: Number(row.number) }),
} as const

// Rows hold passwords, numbers and addresses of people, and a filter may name a number.
export const bulkSeals: readonly SealedColumn[] = [
  { ...ofRow, column: 'input_sealed', purpose: 'bulk-row' },
  { ...ofRow, column: 'password_sealed', purpose: 'bulk-password' },
  { table: 'bulk_jobs', column: 'query_sealed', purpose: 'bulk-query', key: ['id'] },
]

export const inputPlace = ({ tenantId, ...row }: RowRef) =>
  ({ purpose: 'bulk-row', tenantId, rowId: rowIdOf(row) }) as const

export const passwordPlace = ({ tenantId, ...row }: RowRef) =>
  ({ purpose: 'bulk-password', tenantId, rowId: rowIdOf(row) }) as const

const queryPlace = (tenantId: string, rowId: string) => ({ purpose: 'bulk-query', tenantId, rowId }) as const

type Query = [name: string, value: string][]

/** What an export lists, by the options of its address. */
export const sealQuery = (keys: Keyring, tenantId: string, jobId: string, query: Query) =>
  keys.seal(queryPlace(tenantId, jobId), JSON.stringify(query))

export const openQuery = (keys: Keyring, tenantId: string, jobId: string, sealed: Buffer): Query =>
  JSON.parse(keys.open(queryPlace(tenantId, jobId), sealed))
