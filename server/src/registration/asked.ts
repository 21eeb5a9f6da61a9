import type { UserRef } from '../directory/index.ts'
import { type Read, sql, type Trx } from '../store/index.ts'

/** When an administrator asked the person to register or confirm their methods, until they have; null for never. */
export const registrationAskedOf = ({ tenantId, id }: UserRef): Read<Date | null> => ({
  sql: sql`(select to_json(registration_asked_at) from users where tenant_id = ${tenantId} and id = ${id})`,
  read: json => (json === null ? null : new Date(json as string)),
})

/** Notes that the person is asked at the next sign-in, or, with null, that they have done it. */
export async function noteAsked(trx: Trx, id: string, at: Date | null): Promise<void> {
  await trx
    .updateTable('users')
    .set({ registration_asked_at: at })
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .execute()
}
