import { type Expression, type RawBuilder, sql } from 'kysely'
import type { Role, Target } from '../access/index.ts'
import type { Means } from '../crypto/index.ts'
import type { Read, Trx } from '../store/index.ts'
import { directoryError } from './errors.ts'
import { ranksByGroup, rolesHeldBy } from './holders.ts'
import { checkDisplayName, checkUserPrincipalName, readName } from './names.ts'
import { queueLogouts } from './opened.ts'

/** A person's account in one tenant. */
export interface User {
  tenantId: string
  id: string
  userPrincipalName: string
  displayName: string
  givenName: string | null
  surname: string | null
  mail: string | null
  proxyAddresses: string[]
  preferredLanguage: string | null
  accountEnabled: boolean
  passwordMasteredIn: 'cloud' | 'directory'
  securityEpoch: number
  /** Held directly or through groups. */
  roles: Role[]
  /** A member or owner of a group that can hold roles: nobody below the highest acts on them. */
  roleAssignable: boolean
}

/** A user whom a statement knows: by values, or by expressions where it looks the user up itself. */
export interface UserRef {
  tenantId: string
  id: string | RawBuilder<unknown>
  securityEpoch: number | RawBuilder<unknown>
}

export const NOBODY = '00000000-0000-0000-0000-000000000000'

/** The stand-in for an unknown name: the same reads run for it, find nothing and take as long. `name`: as typed, for counters by name. */
export const nobody = (tenantId: string, name = ''): User => ({
  tenantId,
  id: NOBODY,
  userPrincipalName: name,
  displayName: '',
  givenName: null,
  surname: null,
  mail: null,
  proxyAddresses: [],
  preferredLanguage: null,
  accountEnabled: false,
  passwordMasteredIn: 'cloud',
  securityEpoch: 0,
  roles: [],
  roleAssignable: false,
})

export const isNobody = (user: User) => user.id === NOBODY

/** The same user for `authorize`. */
export const targetOf = ({ tenantId, id, roles, roleAssignable }: User): Extract<Target, { kind: 'user' }> => ({
  kind: 'user',
  tenantId,
  id,
  roles,
  roleAssignable,
})

/** The tenant's users, with the columns of a `User`, for a query of this module to narrow. */
export const selectUser = (trx: Trx, tenantId: string) =>
  trx
    .selectFrom('users')
    .where('users.tenant_id', '=', tenantId)
    .select([
      'users.tenant_id as tenantId',
      'users.id',
      'users.user_principal_name as userPrincipalName',
      'users.display_name as displayName',
      'users.given_name as givenName',
      'users.surname',
      'users.mail',
      'users.proxy_addresses as proxyAddresses',
      'users.preferred_language as preferredLanguage',
      'users.account_enabled as accountEnabled',
      'users.password_mastered_in as passwordMasteredIn',
      'users.security_epoch as securityEpoch',
      rolesHeldBy(tenantId, 'user_id', sql.ref('users.id')).as('roles'),
      ranksByGroup(tenantId, sql.ref('users.id')).as('roleAssignable'),
    ])

/** The user of a name from `readName`, in any state. */
export const findUserByName = (trx: Trx, tenantId: string, folded: string): Promise<User | undefined> =>
  selectUser(trx, tenantId).where('users.user_principal_name_folded', '=', folded).executeTakeFirst()

/** The user with this id. Throws `user_not_found`. */
export async function getUser(trx: Trx, tenantId: string, id: string): Promise<User> {
  const found = await findUser(trx, tenantId, id)
  if (!found) throw directoryError('user_not_found', `no user ${id}`)
  return found
}

/**
 * The user with this id, which a statement may look up, or undefined where there is none. `lock`: the row until the
 * transaction ends, so that of two conflicting acts one comes first.
 */
export const findUser = (
  trx: Trx,
  tenantId: string,
  id: string | Expression<string>,
  lock = false,
): Promise<User | undefined> =>
  selectUser(trx, tenantId)
    .where('users.id', '=', id)
    .$if(lock, query => query.forNoKeyUpdate('users'))
    .executeTakeFirst()

/** The user of an id, beside other facts. `id`: an expression that may be null. */
export const userOf = (trx: Trx, id: RawBuilder<string>): Read<User | undefined> => ({
  sql: sql`(select to_json(found) from (${selectUser(trx, trx.tenantId).where('users.id', '=', id)}) as found)`,
  read: json => (json as User | null) ?? undefined,
})

/** Every user of the tenant, by name. */
export const listUsers = (trx: Trx, tenantId: string): Promise<User[]> =>
  selectUser(trx, tenantId).orderBy('users.user_principal_name_folded').execute()

export interface NewUser {
  userPrincipalName: string
  displayName: string
  givenName?: string | undefined
  surname?: string | undefined
  mail?: string | undefined
  preferredLanguage?: string | undefined
  accountEnabled?: boolean
  passwordMasteredIn?: 'cloud' | 'directory'
}

/**
 * Adds a user to the tenant that has the domain of the name; sets no password.
 * Throws `user_principal_name_invalid`, `domain_invalid` where the domain is not the tenant's, `user_exists`.
 */
export async function createUser(trx: Trx, means: Means, tenantId: string, user: NewUser): Promise<User> {
  checkUserPrincipalName(user.userPrincipalName)
  for (const name of [user.displayName, user.givenName, user.surname]) if (name != null) checkDisplayName(name)
  const { folded, domain } = readName(user.userPrincipalName)
  const own = await trx
    .selectFrom('domains')
    .select('name')
    .where('tenant_id', '=', tenantId)
    .where('name', '=', domain)
    .executeTakeFirst()
  if (!own) throw directoryError('domain_invalid', `"${domain}" is not a domain of this tenant`)
  const id = means.random.uuid(means.now)
  const added = await trx
    .insertInto('users')
    .values({
      tenant_id: tenantId,
      id,
      user_principal_name: user.userPrincipalName,
      user_principal_name_folded: folded,
      display_name: user.displayName,
      given_name: user.givenName ?? null,
      surname: user.surname ?? null,
      mail: user.mail ?? null,
      preferred_language: user.preferredLanguage ?? null,
      account_enabled: user.accountEnabled ?? true,
      password_mastered_in: user.passwordMasteredIn ?? 'cloud',
      created_at: means.now,
    })
    .onConflict(conflict => conflict.columns(['tenant_id', 'user_principal_name_folded']).doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!added) throw directoryError('user_exists', `"${user.userPrincipalName}" exists already`)
  return getUser(trx, tenantId, id)
}

/**
 * Ends every grant of the user: sessions, familiar browsers, journeys and challenges carry the epoch of their
 * beginning, and an older one opens nothing. The applications that the user opened are told. Returns the new epoch.
 */
export async function raiseSecurityEpoch(trx: Trx, tenantId: string, userId: string): Promise<number> {
  const raised = trx
    .updateTable('users')
    .set(row => ({ security_epoch: row('security_epoch', '+', 1) }))
    .where('tenant_id', '=', tenantId)
    .where('id', '=', userId)
    .returning('security_epoch as epoch')
    .executeTakeFirstOrThrow()
  const [{ epoch }] = await Promise.all([raised, queueLogouts(trx, { userIds: [userId] })])
  return epoch
}

/** The same for several users, whom an expression of the `users` table names. */
export async function raiseSecurityEpochs(trx: Trx, which: RawBuilder<boolean>): Promise<void> {
  const raised = await trx
    .updateTable('users')
    .set(row => ({ security_epoch: row('security_epoch', '+', 1) }))
    .where('tenant_id', '=', trx.tenantId)
    .where(which)
    .returning('id')
    .execute()
  if (raised.length > 0) await queueLogouts(trx, { userIds: raised.map(({ id }) => id) })
}
