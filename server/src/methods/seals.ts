import type { SealedColumn } from '../store/index.ts'
import { foldAddress } from '../typing/index.ts'

/** What a job seals anew. The keyed hash of a number goes with it: once its secret is gone, no number would be known again. */
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
