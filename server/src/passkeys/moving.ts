import { hasId, type MovedRow, type MovedTable, sql, type Trx } from '../store/index.ts'
import type { Owner } from './userHandle.ts'

/** People's passkeys, as they follow them into another tenant. The handle in the device goes on naming the former one. */
export const passkeyTables: readonly MovedTable[] = [
  {
    table: 'passkeys',
    belongs: hasId('user_id'),
    change(row: MovedRow, from, to) {
      const handle = row.handle_tenant_id ?? from
      return { ...row, handle_tenant_id: handle === to ? null : handle }
    },
  },
]

/** Notes where the owners of passkeys among these people are now, before they leave. */
export async function notePasskeysMoved(trx: Trx, people: readonly string[], to: string): Promise<void> {
  const { tenantId } = trx
  await sql`
    insert into moved_passkeys (tenant_id, user_id, now_in)
    select distinct tenant_id, user_id, ${to}::uuid from passkeys
    where tenant_id = ${tenantId} and user_id = any(${people}::uuid[])
    on conflict (tenant_id, user_id) do update set now_in = excluded.now_in`.execute(trx)
}

/** Forgets where these people went: they are back. */
export async function forgetPasskeysMoved(trx: Trx, people: readonly string[]): Promise<void> {
  const { tenantId } = trx
  await sql`delete from moved_passkeys where tenant_id = ${tenantId} and user_id = any(${people}::uuid[])`.execute(trx)
}

/** The tenant into which the owner of a passkey has moved from the one that its handle names; undefined where they did not. */
export async function findMovedTo(trx: Trx, { tenantId, userId }: Owner): Promise<string | undefined> {
  const row = await trx
    .selectFrom('moved_passkeys')
    .select('now_in as to')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row?.to
}
