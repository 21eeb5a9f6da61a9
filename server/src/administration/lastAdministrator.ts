import { sql } from 'kysely'
import { lockTenant } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'
import { refuse } from './errors.ts'

/**
 * Refuses to take the last Global Administrator: by deletion, by disabling, or by taking the role (administration on
 * the wire, §3.2; decision 62). Of two such acts at once the tenant's lock lets one come first, so it is taken before
 * the users' rows. Throws `last_global_administrator`.
 */
export async function demandAnotherGlobalAdministrator(trx: Trx, ...userIds: string[]): Promise<void> {
  await lockTenant(trx, trx.tenantId)
  const able = await findAbleAdministrators(trx, userIds.length + 1)
  if (able.length > 0 && able.every(id => userIds.includes(id))) throw refuse('last_global_administrator')
}

/** Those, so many at most, who can sign in as Global Administrator: enabled, assigned directly, with a password or passkey. */
async function findAbleAdministrators(trx: Trx, atMost: number): Promise<string[]> {
  const { tenantId } = trx
  const { rows } = await sql<{ id: string }>`
    select user_id as id from role_assignments
    where tenant_id = ${tenantId} and role = 'Global Administrator'
      and (select account_enabled from users where users.tenant_id = ${tenantId} and users.id = user_id)
      and (exists (select from passwords p where p.tenant_id = ${tenantId} and p.user_id = role_assignments.user_id)
        or exists (select from passkeys k where k.tenant_id = ${tenantId} and k.user_id = role_assignments.user_id))
    order by user_id limit ${atMost}`.execute(trx)
  return rows.map(({ id }) => id)
}
