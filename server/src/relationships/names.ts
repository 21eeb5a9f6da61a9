import { getTenant } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'

/** What the two sides of a relationship read of each other: the name and the primary domain. */
export async function namesOf(trx: Trx): Promise<{ displayName: string; domain: string }> {
  const { name: domain } = await trx
    .selectFrom('domains')
    .select('name')
    .where('tenant_id', '=', trx.tenantId)
    .where('is_default', '=', true)
    .executeTakeFirstOrThrow()
  return { displayName: (await getTenant(trx, trx.tenantId)).displayName, domain }
}
