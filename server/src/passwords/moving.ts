import { hasId, type MovedTable } from '../store/index.ts'
import { passwordSeals } from './sealed.ts'

/** People's passwords, as they follow them into another tenant. An access pass ends: its hash names the tenant. */
export const passwordTables: readonly MovedTable[] = (['passwords', 'password_history'] as const).map(table => ({
  table,
  belongs: hasId('user_id'),
  seals: passwordSeals.filter(one => one.table === table),
}))
