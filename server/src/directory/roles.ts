import { type Role, roles } from '../access/index.ts'
import type { Means } from '../crypto/index.ts'
import { type Read, sql, type Trx } from '../store/index.ts'
import { directoryError } from './errors.ts'
import { endSessionsOfMembers } from './groups.ts'
import { type Holder, usersWith } from './holders.ts'
import { findUser, raiseSecurityEpoch, type User } from './users.ts'

/** The built-in role of this name. Throws `role_unknown`. */
export function getRole(name: string): Role {
  const found = roles.find(role => role.toLowerCase() === name.toLowerCase())
  if (!found) throw directoryError('role_unknown', `"${name}" is no built-in role. These are: ${roles.join(', ')}.`)
  return found
}

/** Assigns the role to the user, once. */
export const assignRole = async (trx: Trx, means: Means, userId: string, role: Role): Promise<void> => {
  await giveRole(trx, means, { kind: 'user', id: userId }, role)
}

/**
 * Gives somebody a role, or all members of a group that can hold roles. Returns the id of the assignment, or undefined
 * where they have the role. Earlier sessions end, so that none becomes an administrator's, and the next sign-in counts
 * the proved methods anew.
 */
export async function giveRole(trx: Trx, means: Means, to: Holder, role: Role): Promise<string | undefined> {
  const { tenantId } = trx
  const given = await trx
    .insertInto('role_assignments')
    .values({
      tenant_id: tenantId,
      id: means.random.uuid(means.now),
      principal_kind: to.kind,
      principal_id: to.id,
      role,
      assigned_at: means.now,
    })
    .onConflict(conflict => conflict.columns(['tenant_id', 'principal_id', 'role']).doNothing())
    .returning('id')
    .executeTakeFirst()
  if (given && to.kind === 'user') await raiseSecurityEpoch(trx, tenantId, to.id)
  if (given && to.kind === 'group') await endSessionsOfMembers(trx, to.id)
  return given?.id
}

/** Roles by level: of the first level with an enabled holder, everybody is told. */
export type RoleLevels = readonly (readonly Role[])[]

/** The roles asked for help with a lost password, by level: the first level with an enabled holder is told (§7.4). */
const HELPERS: RoleLevels = [
  ['Helpdesk Administrator', 'Password Administrator'],
  ['User Administrator'],
  ['Global Administrator'],
]

/** Whether a holder of these roles is among those who are asked for help. */
export const isHelper = (held: readonly string[]): boolean => HELPERS.flat().some(role => held.includes(role))

/** At most this many people are mailed for one request (§7.4). */
const HELPERS_AT_MOST = 100

export interface Helper {
  id: string
  mail: string
  preferredLanguage: string | null
}

/** The people who are mailed for a request for help: each with the primary address, or the name where there is none. */
export async function findHelpers(trx: Trx, tenantId: string, levels = HELPERS): Promise<Helper[]> {
  const rows = await trx
    .selectFrom(usersWith(tenantId, levels.flat()).as('holders'))
    .innerJoin('users', join => join.onRef('users.id', '=', 'holders.user_id').on('users.tenant_id', '=', tenantId))
    .select([
      'users.id',
      'users.mail',
      'users.user_principal_name as name',
      'users.preferred_language as preferredLanguage',
      'holders.role',
    ])
    .where('users.account_enabled', '=', true)
    .orderBy('users.id')
    .execute()
  for (const level of levels) {
    const found = rows.filter(row => (level as readonly string[]).includes(row.role))
    const each = [...new Map(found.map(row => [row.id, row])).values()].slice(0, HELPERS_AT_MOST)
    if (each.length > 0)
      return each.map(({ id, mail, name, preferredLanguage }) => ({ id, mail: mail ?? name, preferredLanguage }))
  }
  return []
}

/** Somebody who is named to the people of the tenant. */
export interface NamedHolder {
  displayName: string
  userPrincipalName: string
  mail: string | null
}

/**
 * The enabled holders of each of these roles, by name, a hundred at most. The emergency account is nobody to ask: who
 * opens it has lost every other way.
 */
export async function listHolders(trx: Trx, wanted: readonly Role[]): Promise<{ role: Role; people: NamedHolder[] }[]> {
  const { tenantId } = trx
  const { rows } = await sql<{ role: Role; people: NamedHolder[] }>`
    select role, json_agg(json_build_object('displayName', display_name, 'userPrincipalName', user_principal_name, 'mail', mail)
        order by display_name, user_principal_name) as people
    from (
      select holders.role, users.display_name, users.user_principal_name, users.mail,
        row_number() over (partition by holders.role order by users.display_name, users.id) as place
      from ${usersWith(tenantId, wanted)} as holders
        join users on users.tenant_id = ${tenantId} and users.id = holders.user_id
      where users.account_enabled
        and users.id is distinct from (select emergency_user_id from tenants where tenant_id = ${tenantId})) as named
    where place <= ${HELPERS_AT_MOST} group by role`.execute(trx)
  return rows.sort((one, other) => wanted.indexOf(one.role) - wanted.indexOf(other.role))
}

/** Whether the tenant has somebody to ask for help. Accounts are looked up one by one: a join may walk through all of them. */
export const hasHelpers = (tenantId: string, levels = HELPERS): Read<boolean> => ({
  sql: sql`exists(
    select from ${usersWith(tenantId, levels.flat())} as holders
    where (select account_enabled from users where users.tenant_id = ${tenantId} and users.id = holders.user_id))`,
  read: json => json === true,
})

/** The person of this id, where they are an enabled Global Administrator now: what a session says may be older. */
export async function findGlobalAdministrator(trx: Trx, userId: string): Promise<User | undefined> {
  const user = await findUser(trx, trx.tenantId, userId)
  return user?.accountEnabled && user.roles.includes('Global Administrator') ? user : undefined
}

/** Every enabled Global Administrator but the excepted one. They hear of a colleague's reset where the policy says so (§7.1), and of alarms of the tenant. */
export async function findOtherAdministrators(trx: Trx, tenantId: string, exceptUserId?: string): Promise<Helper[]> {
  const rows = await trx
    .selectFrom(usersWith(tenantId, ['Global Administrator']).as('holders'))
    .innerJoin('users', join => join.onRef('users.id', '=', 'holders.user_id').on('users.tenant_id', '=', tenantId))
    .select([
      'users.id',
      'users.mail',
      'users.user_principal_name as name',
      'users.preferred_language as preferredLanguage',
    ])
    .where('users.account_enabled', '=', true)
    .$if(exceptUserId !== undefined, query => query.where('users.id', '!=', exceptUserId!))
    .orderBy('users.id')
    .limit(HELPERS_AT_MOST)
    .execute()
  return rows.map(({ id, mail, name, preferredLanguage }) => ({ id, mail: mail ?? name, preferredLanguage }))
}
