import type { Trx } from '../store/index.ts'
import { profileColumns } from './users.ts'

/** What of a user's own row can be changed, and what a change is judged by. */
export interface StoredProfile {
  version: number
  onPremisesSyncEnabled: boolean
  /** By the names that changes have. */
  values: Record<string, string | boolean | null>
}

/** Reads the row of a user; undefined where there is none. */
export async function findProfile(trx: Trx, id: string): Promise<StoredProfile | undefined> {
  const found = await trx
    .selectFrom('users')
    .select(['version', 'on_premises_sync_enabled', 'user_principal_name', 'account_enabled', 'password_policies'])
    .select(Object.values(profileColumns))
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!found) return undefined
  const { version, on_premises_sync_enabled, user_principal_name, account_enabled, password_policies, ...row } = found
  const profile = Object.entries(profileColumns).map(([name, column]) => [name, row[column]])
  return {
    version,
    onPremisesSyncEnabled: on_premises_sync_enabled,
    values: {
      ...Object.fromEntries(profile),
      userPrincipalName: user_principal_name,
      accountEnabled: account_enabled,
      passwordPolicies: password_policies,
    },
  }
}
