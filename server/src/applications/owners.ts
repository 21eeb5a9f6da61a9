import type { RawBuilder } from 'kysely'
import type { Holder } from '../directory/index.ts'
import { type Read, sql, type Trx } from '../store/index.ts'

/** The ids of an application's owners, of an expression that may be null. */
export const applicationOwnersOf = (tenantId: string, appId: RawBuilder<unknown>): Read<string[]> => ({
  sql: sql`array(select owner_id from application_owners where tenant_id = ${tenantId} and app_id = ${appId})::text[]`,
  read: json => json as string[],
})

/** Makes a user or service principal an owner of an application, once. Returns whether the owner is new. */
export async function addApplicationOwner(trx: Trx, appId: string, { kind, id }: Holder): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('application_owners')
    .values({
      tenant_id: trx.tenantId,
      app_id: appId,
      owner_kind: kind as 'user' | 'servicePrincipal',
      owner_id: id,
    })
    .onConflict(conflict => conflict.doNothing())
    .executeTakeFirstOrThrow()
  return Boolean(numInsertedOrUpdatedRows)
}

/** Takes an owner from an application. Returns whether there was one. */
export async function removeApplicationOwner(trx: Trx, appId: string, ownerId: string): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom('application_owners')
    .where('tenant_id', '=', trx.tenantId)
    .where('app_id', '=', appId)
    .where('owner_id', '=', ownerId)
    .executeTakeFirstOrThrow()
  return numDeletedRows > 0n
}

/** How many owners an application has, up to one more than it may have. */
export async function countApplicationOwners(trx: Trx, appId: string, atMost: number): Promise<number> {
  const found = await trx
    .selectFrom('application_owners')
    .select('owner_id')
    .where('tenant_id', '=', trx.tenantId)
    .where('app_id', '=', appId)
    .limit(atMost + 1)
    .execute()
  return found.length
}
