import { hasId, type MovedTable, sql } from '../store/index.ts'
import { methodSeals } from './seals.ts'

const sealsOf = (table: MovedTable['table']) => methodSeals.filter(one => one.table === table)

/** How people prove who they are, as it follows them into another tenant. */
export const methodTables: readonly MovedTable[] = [
  { table: 'methods', belongs: hasId('user_id'), seals: sealsOf('methods') },
  {
    table: 'recovery_codes',
    // The sheet's own key hashes them, and moves with it.
    belongs: (tenantId, people) =>
      sql<boolean>`method_id in (select id from methods where tenant_id = ${tenantId} and user_id = any(${people}::uuid[]))`,
    change: row => ({ ...row, challenge_id: null }),
  },
  { table: 'security_answers', belongs: hasId('user_id'), seals: sealsOf('security_answers') },
  { table: 'former_addresses', belongs: hasId('user_id'), seals: sealsOf('former_addresses') },
]
