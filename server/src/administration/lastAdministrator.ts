import { sql } from 'kysely'
import { lockTenant } from '../directory/index.ts'
import { methodsByGroupOf, ownSignInPolicyOf, signInPolicy } from '../policies/index.ts'
import { askEach, askOne, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'

/**
 * Refuses to take the last Global Administrator: by deletion, by disabling, or by taking the role (administration on
 * the wire, §3.2; decision 62). Of two such acts at once the tenant's lock lets one come first, so it is taken before
 * the users' rows. Throws `last_global_administrator`.
 */
export async function demandAnotherGlobalAdministrator(trx: Trx, ...userIds: string[]): Promise<void> {
  await lockTenant(trx, trx.tenantId)
  const able = await findAbleAdministrators(trx)
  if (able.length > 0 && able.every(({ id }) => userIds.includes(id))) throw refuse('last_global_administrator')
}

/**
 * Makes a change of policies, unless nobody could then sign in as Global Administrator and take a second step, though
 * somebody can now. The tenant is to be locked. Throws `last_global_administrator`.
 */
export async function withGlobalAdministrator<T>(trx: Trx, change: () => Promise<T>): Promise<T> {
  const canAct = async () => (await findAbleAdministrators(trx)).some(({ hasStep }) => hasStep)
  const could = await canAct()
  const changed = await change()
  if (could && !(await canAct())) throw refuse('last_global_administrator')
  return changed
}

/**
 * The same of a change of memberships, which can turn methods off where their policy names groups: who keeps a group must
 * not end all administration by it. Throws `last_global_administrator`.
 */
export async function withMemberships<T>(trx: Trx, change: () => Promise<T>): Promise<T> {
  if (!(await askOne(trx, methodsByGroupOf(trx.tenantId)))) return change()
  await lockTenant(trx, trx.tenantId)
  return withGlobalAdministrator(trx, change)
}

/**
 * Those who can sign in as Global Administrator: enabled, assigned directly, with a password, or with a passkey where it
 * is on for them; never the emergency account. `hasStep`: whether they can have a second step.
 */
async function findAbleAdministrators(trx: Trx): Promise<{ id: string; hasStep: boolean }[]> {
  const { tenantId } = trx
  const { rows } = await sql<{ id: string; hasPassword: boolean }>`
    select user_id as id, exists (
      select from passwords p where p.tenant_id = ${tenantId} and p.user_id = role_assignments.user_id) as "hasPassword"
    from role_assignments
    where tenant_id = ${tenantId} and role = 'Global Administrator'
      and (select account_enabled from users where users.tenant_id = ${tenantId} and users.id = user_id)
      and (exists (select from passwords p where p.tenant_id = ${tenantId} and p.user_id = role_assignments.user_id)
        or exists (select from passkeys k where k.tenant_id = ${tenantId} and k.user_id = role_assignments.user_id))
      and user_id is distinct from (select emergency_user_id from tenants where tenant_id = ${tenantId})
    order by user_id`.execute(trx)
  const ids = rows.map(({ id }) => id)
  const people = sql`unnest(${ids}::uuid[]) with ordinality as person(id, place) order by place`
  const policies = await askEach(trx, ownSignInPolicyOf(tenantId, sql`person.id`), people)
  return rows.flatMap(({ id, hasPassword }, place) => {
    const policy = policies[place]!
    const hasStep = signInPolicy.conflict?.(policy) === undefined
    return hasPassword || policy.methodsOn.Fido2 ? [{ id, hasStep }] : []
  })
}
