import type { Means } from '../crypto/index.ts'
import type { User } from '../directory/index.ts'
import type { MethodKind } from '../policies/index.ts'
import type { Trx } from '../store/index.ts'
import { foldAddress } from '../typing/index.ts'

/** A use of a method: its kind, and when. */
export interface MethodUse {
  kind: MethodKind
  at: Date
}

/**
 * Finds which of a user's methods were used so and are still the same: what was registered anew since is another method. With them, whatever leads to the same number or address under another name.
 * Those blocked already are among them.
 */
export async function findUsedMethods(
  trx: Trx,
  means: Means,
  user: User,
  uses: readonly MethodUse[],
): Promise<{ id: string; kind: MethodKind }[]> {
  if (uses.length === 0) return []
  const { tenantId } = user
  const rows = await trx
    .selectFrom('methods')
    .select(['id', 'kind', 'value_sealed', 'created_at'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', user.id)
    .orderBy('id')
    .execute()
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
  await trx
    .updateTable('methods')
    .set({ blocked_at: means.now })
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .where('id', 'in', ids)
    .where('blocked_at', 'is', null)
    .execute()
}

/** Lifts every block of a user's methods. Returns how many there were. */
export async function unblockMethods(trx: Trx, user: User): Promise<number> {
  const lifted = await trx
    .updateTable('methods')
    .set({ blocked_at: null })
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .where('blocked_at', 'is not', null)
    .executeTakeFirst()
  return Number(lifted.numUpdatedRows)
}
