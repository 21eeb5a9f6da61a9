import type { SealedColumn } from '../store/index.ts'
import { foldAddress } from '../typing/index.ts'

/** The columns that a job seals anew, with the keyed hash of a number: without its secret no number would be recognized. */
export const methodSeals: SealedColumn[] = [
  {
    table: 'methods',
    column: 'value_sealed',
    key: ['id'],
    purpose: 'method',
    beside: ({ keys }, tenantId, value) => ({ value_hash: keys.mac('destination', tenantId, foldAddress(value)) }),
  },
  { table: 'former_addresses', column: 'address_sealed', key: ['user_id', 'id'], purpose: 'former-address' },
  {
    table: 'security_answers',
    column: 'answer_sealed',
    plain: 'answer_hash',
    key: ['user_id', 'question'],
    rowId: row => `${row.user_id} ${row.question}`,
    purpose: 'answer',
  },
]
