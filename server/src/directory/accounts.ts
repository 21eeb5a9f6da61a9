import { type RawBuilder, sql } from 'kysely'
import { isAdministrator } from '../access/index.ts'
import {
  choosePolicy,
  type EffectivePolicy,
  type ProtectionSettings,
  readProtection,
  type TriedPolicy,
  triedPolicies,
} from '../policies/index.ts'
import type { Trx } from '../store/index.ts'
import { NOBODY, selectUser, type User } from './users.ts'

/** A person and the policy that fits them. */
export interface Account {
  /** The account that the name or id leads to, switched off or not. */
  found: User | undefined
  /** The same, where it is switched on and a journey may serve it. */
  user: User | undefined
  policy: EffectivePolicy
  protection: ProtectionSettings
}

/** An account as it is stored. */
export interface StoredAccount {
  found: User | null
  tried: TriedPolicy[]
  protection: Record<string, unknown>
}

/** For SQL: the user that `match` finds, as `with` takes it. `lock`: as in `findAccount`. */
export const subjectOf = (trx: Trx, tenantId: string, match: RawBuilder<unknown>, lock = false) =>
  sql`subject as (${selectUser(trx, tenantId)
    .where(sql<boolean>`${match}`)
    .$if(lock, query => query.forNoKeyUpdate('users'))})`

/** For SQL: the columns of a `StoredAccount`, from `tenants left join subject on true`. */
export const accountColumns = (tenantId: string) =>
  sql`to_json(subject) as found, ${triedPolicies(tenantId, sql`subject.id`)} as tried, tenants.protection`

/**
 * For SQL: the id of the subject where the account is switched on, otherwise the id of nobody, so that unknown names
 * read as much.
 * No `coalesce`: under row-level security it reaches no index, and each step of a reset would read the whole tenant.
 */
export const subjectId = sql`case when subject."accountEnabled" then subject.id else ${sql.lit(NOBODY)}::uuid end`

/** The account from its stored form, with the policy that fits. */
export function readAccount(tenantId: string, stored: StoredAccount | undefined): Account {
  const found = stored?.found ?? undefined
  const user = found?.accountEnabled ? found : undefined
  const policy = choosePolicy(tenantId, stored?.tried ?? [], user && { administrator: isAdministrator(user) })
  return { found, user, policy, protection: readProtection(stored?.protection) }
}

/**
 * A user by name (from `readName`) or id, the policy that fits, and the tenant's protection settings, in one statement.
 * `lock`: the user's row until the transaction ends, so that of two conflicting acts one comes first.
 */
export async function findAccount(
  trx: Trx,
  tenantId: string,
  by: { name: string } | { id: string | null },
  lock = false,
): Promise<Account> {
  const match = 'name' in by ? sql`users.user_principal_name_folded = ${by.name}` : sql`users.id = ${by.id}::uuid`
  const { rows } = await sql<StoredAccount>`
    with ${subjectOf(trx, tenantId, match, lock)}
    select ${accountColumns(tenantId)} from tenants left join subject on true where tenants.tenant_id = ${tenantId}`.execute(
    trx,
  )
  return readAccount(tenantId, rows[0])
}
