import type { RawBuilder } from 'kysely'
import type { Means } from '../crypto/index.ts'
import { contactMethods, type User } from '../directory/index.ts'
import type { MethodKind } from '../policies/index.ts'
import { sql, type Trx } from '../store/index.ts'
import { foldAddress } from '../typing/index.ts'

/** A use of a method: its kind, and when. */
export interface MethodUse {
  kind: MethodKind
  at: Date
}

/**
 * Finds which of a user's methods were used so and are still the same: what was registered anew since is another
 * method. So are other methods with the same number or address.
 * Blocked ones are among them.
 */
export async function findUsedMethods(
  trx: Trx,
  means: Means,
  user: User,
  uses: readonly MethodUse[],
): Promise<{ id: string; kind: MethodKind }[]> {
  if (uses.length === 0) return []
  const { tenantId } = user
  const { rows } = await sql<{ id: string; kind: MethodKind; value_sealed: Buffer | null; created_at: Date }>`
    select id, kind, value_sealed, created_at from (
      select id, kind, value_sealed, created_at from methods where tenant_id = ${tenantId} and user_id = ${user.id}
      union all select id, kind, value_sealed, created_at from (${contactMethods(tenantId, user.id)}) contact
    ) methods order by id`.execute(trx)
  const all = rows.map(row => ({
    ...row,
    value:
      row.value_sealed &&
      foldAddress(means.keys.open({ purpose: 'method', tenantId, rowId: row.id }, row.value_sealed)),
  }))
  const used = all.filter(row => uses.some(({ kind, at }) => kind === row.kind && row.created_at <= at))
  return all
    .filter(row => used.includes(row) || used.some(({ value }) => value !== null && value === row.value))
    .map(({ id, kind }) => ({ id, kind }))
}

/** Blocks methods of a user: they pass no gate and prove nothing until they are registered anew, or an operator lifts it. */
export async function blockMethods(trx: Trx, means: Means, user: User, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await inBoth(
    table => sql`
      update ${table} set blocked_at = ${means.now} where tenant_id = ${user.tenantId} and user_id = ${user.id}
        and id = any(${ids}::uuid[]) and blocked_at is null`,
    trx,
  )
}

/** Lifts every block of a user's methods. Returns how many there were. */
export const unblockMethods = (trx: Trx, user: User): Promise<number> =>
  inBoth(
    table => sql`
      update ${table} set blocked_at = null where tenant_id = ${user.tenantId} and user_id = ${user.id}
        and blocked_at is not null`,
    trx,
  )

/** Changes what the person registered and what others filled in. Returns how many rows. */
async function inBoth(change: (table: RawBuilder<unknown>) => RawBuilder<unknown>, trx: Trx): Promise<number> {
  const results = await Promise.all(['methods', 'contact_info'].map(table => change(sql.table(table)).execute(trx)))
  return results.reduce((sum, { numAffectedRows = 0n }) => sum + Number(numAffectedRows), 0)
}
