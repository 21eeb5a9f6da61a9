import type { Expression, Insertable, RawBuilder } from 'kysely'
import type { Role, Target } from '../access/index.ts'
import type { Means } from '../crypto/index.ts'
import { type Read, sql, type Tables, type Trx } from '../store/index.ts'
import { foldText, lowerAscii } from '../typing/index.ts'
import { directoryError } from './errors.ts'
import { ranksByGroup, rolesHeldBy, settlesUntil } from './holders.ts'
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
  /** The entry that keeps the password. Null where none does, or no synchronization has brought it. */
  directory: DirectoryAccount | null
  securityEpoch: number
  /** Held directly or through groups. */
  roles: Role[]
  /** A member or owner of a group that can hold roles: nobody below the highest acts on them. */
  roleAssignable: boolean
  /** Until when nobody acts on them, who were there before a takeover, or came by one; in milliseconds. */
  settlingUntil: number | null
}

/** A person's entry in the company's own directory, by what it last said. */
export interface DirectoryAccount {
  anchor: string
  isLocked: boolean
  /** The directory guards it: no agent writes to it. */
  isProtected: boolean
  mustChange: boolean
  /** A password was sent there, and nobody knows what became of it. */
  isUnsure: boolean
  /** After how many wrong passwords within how many seconds it locks, 0 never; null: not known. */
  lockout: { threshold: number; seconds: number | null } | null
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
  directory: null,
  securityEpoch: 0,
  roles: [],
  roleAssignable: false,
  settlingUntil: null,
})

export const isNobody = (user: User) => user.id === NOBODY

/** The same user for `authorize`. */
export const targetOf = ({
  tenantId,
  id,
  roles,
  roleAssignable,
  settlingUntil,
}: User): Extract<Target, { kind: 'user' }> => ({
  kind: 'user',
  tenantId,
  id,
  roles,
  roleAssignable,
  settlingUntil,
})

const columnsFor = (tenantId: string) => sql`
  users.tenant_id as "tenantId", users.id, users.user_principal_name as "userPrincipalName",
  users.display_name as "displayName", users.given_name as "givenName", users.surname, users.mail,
  users.proxy_addresses as "proxyAddresses", users.preferred_language as "preferredLanguage",
  users.account_enabled as "accountEnabled", users.password_mastered_in as "passwordMasteredIn",
  users.security_epoch as "securityEpoch",
  case when users.password_mastered_in = 'directory' and users.directory_anchor is not null then
    json_build_object('anchor', users.directory_anchor, 'isLocked', users.directory_locked_at is not null,
      'isProtected', users.directory_protected, 'mustChange', users.directory_must_change,
      'isUnsure', users.directory_unsure_at is not null, 'lockout', users.directory_lockout) end as directory,
  ${rolesHeldBy(tenantId, 'user_id', sql.ref('users.id'))} as roles,
  ${ranksByGroup(tenantId, sql.ref('users.id'))} as "roleAssignable",
  ${settlesUntil(tenantId, 'users')} as "settlingUntil"`

/**
 * The tenant's users of a condition, with the columns of a `User` and `more`, for a statement of this module to go on.
 * `users` is a view: who is deleted is nobody there.
 */
export const selectUsers = <T = User>(
  tenantId: string,
  where: RawBuilder<boolean>,
  more = sql``,
): RawBuilder<T> => sql<T>`
  select ${columnsFor(tenantId)}${more} from users where users.tenant_id = ${tenantId} and ${where}`

/** The same of those who are deleted. */
export const selectDeletedUsers = (tenantId: string, where: RawBuilder<boolean>) => sql<
  User & { deletedAt: Date; version: number }
>`
  select ${columnsFor(tenantId)}, users.deleted_at as "deletedAt", users.version from accounts as users
  where users.tenant_id = ${tenantId} and users.is_deleted and ${where}`

/** For SQL behind these: locks the rows until the transaction ends, so that of two conflicting acts one comes first. */
export const LOCKED = sql`for no key update of users`

const rowsOf = async (trx: Trx, users: RawBuilder<User>): Promise<User[]> => (await users.execute(trx)).rows

/** The user of a name from `readName`, enabled or not. */
export const findUserByName = async (trx: Trx, tenantId: string, folded: string): Promise<User | undefined> =>
  (await rowsOf(trx, selectUsers(tenantId, sql`users.user_principal_name_folded = ${folded}`)))[0]

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
export async function findUser(
  trx: Trx,
  tenantId: string,
  id: string | Expression<string>,
  lock = false,
): Promise<User | undefined> {
  const found = selectUsers(tenantId, sql`users.id = ${id}`)
  return (await rowsOf(trx, lock ? sql`${found} ${LOCKED}` : found))[0]
}

/** The user of an id, beside other facts. `id`: an expression that may be null. */
export const userOf = (tenantId: string, id: RawBuilder<string>): Read<User | undefined> => ({
  sql: sql`(select to_json(found) from (${selectUsers(tenantId, sql`users.id = ${id}`)}) as found)`,
  read: json => (json as User | null) ?? undefined,
})

/** The users with these ids, in no order. */
export const findUsers = (trx: Trx, ids: readonly string[]): Promise<User[]> =>
  rowsOf(trx, selectUsers(trx.tenantId, sql`users.id = any(${ids}::uuid[])`))

/** Every user of the tenant, by name. */
export const listUsers = (trx: Trx, tenantId: string): Promise<User[]> =>
  rowsOf(trx, sql`${selectUsers(tenantId, sql`true`)} order by users.user_principal_name_folded`)

/** What a directory tells of a person, by its name and column. Null: nothing. */
export const profileColumns = {
  displayName: 'display_name',
  givenName: 'given_name',
  surname: 'surname',
  mail: 'mail',
  department: 'department',
  companyName: 'company_name',
  mailNickname: 'mail_nickname',
  jobTitle: 'job_title',
  officeLocation: 'office_location',
  city: 'city',
  state: 'state',
  country: 'country',
  postalCode: 'postal_code',
  streetAddress: 'street_address',
  employeeId: 'employee_id',
  usageLocation: 'usage_location',
  preferredLanguage: 'preferred_language',
  onPremisesImmutableId: 'on_premises_immutable_id',
} as const

type ProfileName = keyof typeof profileColumns

/** What changes of a user's own row; undefined: stays. */
export interface UserChanges extends Partial<Record<Exclude<ProfileName, 'displayName'>, string | null | undefined>> {
  displayName?: string | undefined
  userPrincipalName?: string | undefined
  accountEnabled?: boolean | undefined
  passwordPolicies?: 'DisablePasswordExpiration' | null | undefined
}

/** The columns of what is set, each text with the folded one beside it, by which it is found. */
export function columnsOf({ userPrincipalName, accountEnabled, passwordPolicies, ...profile }: UserChanges) {
  const texts = Object.entries(profile).flatMap(([name, text]) => {
    const column = profileColumns[name as ProfileName]
    const folded = text == null ? null : column === 'mail' ? lowerAscii(text) : foldText(text)
    return text === undefined
      ? []
      : [
          [column, text],
          [`${column}_folded`, folded],
        ]
  })
  return {
    ...Object.fromEntries(texts),
    ...(userPrincipalName !== undefined && {
      user_principal_name: userPrincipalName,
      user_principal_name_folded: readName(userPrincipalName).folded,
    }),
    ...(accountEnabled !== undefined && { account_enabled: accountEnabled }),
    ...(passwordPolicies !== undefined && { password_policies: passwordPolicies }),
  }
}

export interface NewUser extends UserChanges {
  userPrincipalName: string
  displayName: string
  passwordMasteredIn?: 'cloud' | 'directory'
}

/** Throws `user_principal_name_invalid`, or `domain_invalid` where the domain is not the tenant's. */
export async function checkNewName(trx: Trx, name: string): Promise<void> {
  checkUserPrincipalName(name)
  const { domain } = readName(name)
  const own = await trx
    .selectFrom('domains')
    .select('name')
    .where('tenant_id', '=', trx.tenantId)
    .where('name', '=', domain)
    .where('verified_at', 'is not', null)
    .where('removal', 'is', null)
    // An undo of its takeover finds nobody but those who came with it.
    .where('taken_by', 'is', null)
    // Its removal waits for this name, or this name finds it gone.
    .forKeyShare()
    .executeTakeFirst()
  if (!own) throw directoryError('domain_invalid', `"${domain}" is not a domain of this tenant`)
}

export function checkNames({ displayName, givenName, surname }: UserChanges) {
  for (const name of [displayName, givenName, surname]) if (name != null) checkDisplayName(name)
}

export const userExists = (name: string) => directoryError('user_exists', `"${name}" exists already`)

/**
 * Adds a user to the tenant that has the domain of the name; sets no password.
 * Throws `user_principal_name_invalid`, `domain_invalid` where the domain is not the tenant's, `user_exists`.
 */
export async function createUser(trx: Trx, means: Means, tenantId: string, user: NewUser): Promise<User> {
  const { passwordMasteredIn = 'cloud', ...set } = user
  checkNames(set)
  await checkNewName(trx, set.userPrincipalName)
  const id = means.random.uuid(means.now)
  const adding = trx
    .insertInto('users')
    .values({
      tenant_id: tenantId,
      id,
      ...(columnsOf(set) as Pick<
        Insertable<Tables['users']>,
        'user_principal_name' | 'user_principal_name_folded' | 'display_name' | 'display_name_folded'
      >),
      password_mastered_in: passwordMasteredIn,
      created_at: means.now,
    })
    .onConflict(conflict => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  const [added, made] = await Promise.all([adding, findUser(trx, tenantId, id)])
  if (!added || !made) throw userExists(set.userPrincipalName)
  return made
}

/** A new user whose names are judged, and the columns that only some users have. */
export interface JudgedUser {
  set: Omit<NewUser, 'passwordMasteredIn'>
  besides?: Partial<Insertable<Tables['users']>>
}

/** Adds users in one statement. Returns their ids in the order of the users; undefined where the name is taken. */
export async function insertUsers(
  trx: Trx,
  { random, now }: Pick<Means, 'random' | 'now'>,
  users: readonly JudgedUser[],
): Promise<(string | undefined)[]> {
  if (users.length === 0) return []
  const rows = users.map(({ set, besides }) => ({
    ...{ tenant_id: trx.tenantId, id: random.uuid(now), created_at: now },
    ...(columnsOf(set) as Pick<
      Insertable<Tables['users']>,
      'user_principal_name' | 'user_principal_name_folded' | 'display_name' | 'display_name_folded'
    >),
    ...besides,
  }))
  const added = await trx
    .insertInto('users')
    .values(rows)
    .onConflict(conflict => conflict.doNothing())
    .returning('id')
    .execute()
  const ids = new Set(added.map(({ id }) => id))
  return rows.map(({ id }) => (ids.has(id) ? id : undefined))
}

/** Notes that a person has signed in. */
export const noteSignIn = (trx: Trx, { now }: Pick<Means, 'now'>, { tenantId, id }: User) =>
  sql`
    insert into last_sign_ins (tenant_id, user_id, at) values (${tenantId}, ${id}, ${now})
    on conflict (tenant_id, user_id) do update set at = excluded.at`.execute(trx)

/** Changes a user's own row. Throws as `createUser` does. Nothing ends by it. */
export const changeUser = async (trx: Trx, user: User, changes: UserChanges): Promise<void> =>
  (await judgeChange(trx, user, changes))()

/** Judges such a change. Returns what writes it, in one statement or none; of a new name, that throws `user_exists`. */
export async function judgeChange(trx: Trx, user: User, changes: UserChanges): Promise<() => Promise<void>> {
  checkNames(changes)
  if (changes.userPrincipalName !== undefined) await checkNewName(trx, changes.userPrincipalName)
  const columns = columnsOf(changes)
  return async () => {
    if (Object.keys(columns).length === 0) return
    await asNamed(changes.userPrincipalName, () =>
      trx.updateTable('users').set(columns).where('tenant_id', '=', trx.tenantId).where('id', '=', user.id).execute(),
    )
  }
}

/** Gives somebody a name. Throws `user_exists` where another has it; the transaction ends with that. */
export async function asNamed<T>(name: string | undefined, change: () => Promise<T>): Promise<T> {
  try {
    return await change()
  } catch (error) {
    const { code, constraint } = error as { code?: string; constraint?: string }
    throw code === '23505' && constraint === 'accounts_by_name' && name !== undefined ? userExists(name) : error
  }
}

/**
 * Ends every grant of the user: sessions, familiar browsers, journeys and challenges carry the epoch of their
 * beginning, and an older one opens nothing. The applications that the user opened are told. Returns the new epoch.
 */
export async function raiseSecurityEpoch(trx: Trx, tenantId: string, userId: string): Promise<number> {
  const raised = trx
    .updateTable('users')
    .set(row => ({ security_epoch: row('security_epoch', '+', 1), sessions_valid_from: sql`now()` }))
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
