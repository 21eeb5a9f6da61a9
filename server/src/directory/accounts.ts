import type { RawBuilder } from 'kysely'
import { isAdministrator } from '../access/index.ts'
import {
  choosePolicy,
  type EffectivePolicy,
  type ProtectionSettings,
  policiesFor,
  protectionOf,
} from '../policies/index.ts'
import { ask, combine, type Read, sql, type Trx } from '../store/index.ts'
import { LOCKED, NOBODY, selectUsers, type User, type UserRef } from './users.ts'

/** A person and the policy that fits them. */
export interface Account {
  /** The account that the name or id leads to, switched off or not. */
  found: User | undefined
  /** The same, where it is switched on and a journey may serve it. */
  user: User | undefined
  policy: EffectivePolicy
  protection: ProtectionSettings
}

/** An account that a statement looks up, and what other reads of the statement can be about. */
export interface AccountRead extends Read<Account> {
  /** The row to ask from. */
  from: RawBuilder<unknown>
  /** The account in any state. */
  found: UserRef & Read<User | undefined>
  /** The same, where it is switched on. */
  user: UserRef
}

/** A name (from `readName`) or an id; or an expression of a row that may be missing. */
export type AccountKey = { name: string } | { id: string | null } | { id: RawBuilder<unknown>; in: RawBuilder<unknown> }

/**
 * Looks an account up. Nobody stands in for a missing one, so that unknown names read as much. `lock`: the user's row
 * until the transaction ends, so that of two conflicting acts one comes first.
 */
export function accountBy(trx: Trx, by: AccountKey, lock = false): AccountRead {
  const { tenantId } = trx
  const match =
    'name' in by ? sql<boolean>`users.user_principal_name_folded = ${by.name}` : sql<boolean>`users.id = ${by.id}`
  const users = sql`${selectUsers(tenantId, match)} ${lock ? LOCKED : sql``}`
  // No `coalesce`: under row-level security it reaches no index, and each step of a reset would read the whole tenant.
  const idWhere = (held: RawBuilder<unknown>) => sql`case when ${held} then found.id else ${sql.lit(NOBODY)}::uuid end`
  const refTo = (held: RawBuilder<unknown>): UserRef => ({
    tenantId,
    id: idWhere(held),
    securityEpoch: sql`found."securityEpoch"`,
  })
  const found = {
    ...refTo(sql`found.id is not null`),
    sql: sql`to_json(found)`,
    read: (json: unknown) => (json as User | null) ?? undefined,
  }
  const user = refTo(sql`found."accountEnabled"`)
  const parts = { found, tried: policiesFor(tenantId, found.id), protection: protectionOf(tenantId) }
  return {
    ...combine(parts, ({ found, tried, protection }) => {
      const user = found?.accountEnabled ? found : undefined
      const policy = choosePolicy(tenantId, tried, user && { administrator: isAdministrator(user) })
      return { found, user, policy, protection }
    }),
    from: sql`(select 1) as always ${'in' in by ? sql`left join ${by.in} on true` : sql``} left join lateral (${users}) as found on true`,
    found,
    user,
  }
}

/** An account by itself. */
export async function findAccount(...[trx, by, lock]: Parameters<typeof accountBy>): Promise<Account> {
  const account = accountBy(trx, by, lock)
  return (await ask(trx, { account }, account.from)).account
}
