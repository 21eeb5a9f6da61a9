import type { RawBuilder } from 'kysely'
import type { Role, Target } from '../access/index.ts'
import { groupStands } from '../policies/index.ts'
import { sql, type Trx } from '../store/index.ts'

/** A holder of roles. */
export interface Holder {
  kind: 'user' | 'group' | 'servicePrincipal'
  id: string
}

/**
 * For SQL: the roles that somebody holds, directly or as a member of a group. Such groups hold no groups, so one step
 * finds all. `column`: of role_assignments and group_members, where the holder's id stands; `id`: an expression.
 */
export const rolesHeldBy = (
  tenantId: string,
  column: 'user_id' | 'service_principal_id',
  id: RawBuilder<unknown>,
) => sql<Role[]>`array(
  select role from role_assignments own where own.tenant_id = ${tenantId} and own.${sql.ref(column)} = ${id}
  union
  select role from group_members theirs
    join role_assignments given on given.tenant_id = theirs.tenant_id and given.group_id = theirs.group_id
  where theirs.tenant_id = ${tenantId} and theirs.member_id = ${id} and theirs.holds_roles
    and ${groupStands(tenantId, 'theirs.group_id')})`

/** For SQL: whether somebody is a member or owner of a group that can hold roles, be it deleted: restored, it would rank them. */
export const ranksByGroup = (tenantId: string, id: RawBuilder<unknown>) => sql<boolean>`(
  exists(select from group_members theirs where theirs.tenant_id = ${tenantId} and theirs.member_id = ${id} and theirs.holds_roles)
  or exists(select from group_owners theirs where theirs.tenant_id = ${tenantId} and theirs.owner_id = ${id} and theirs.holds_roles))`

/**
 * For SQL: until when nobody acts on who was there before a takeover, or came by one, in milliseconds; null for everybody
 * else. `row`: of the account.
 */
export const settlesUntil = (tenantId: string, row: 'users' | 'accounts') => sql<number | null>`(
  select (extract(epoch from greatest(${sql.ref(`${row}.settling_until`)},
    case when ${sql.ref(`${row}.created_at`)} < tenants.settling_since then tenants.settling_until end)) * 1000)::double precision
  from tenants where tenants.tenant_id = ${tenantId})`

/** For SQL: the users who hold one of these roles, directly or through a group, as rows of user_id and role. */
export const usersWith = (tenantId: string, roles: readonly Role[]) => sql<{ user_id: string; role: Role }>`(
  select own.user_id, own.role from role_assignments own
  where own.tenant_id = ${tenantId} and own.role = any(${roles}::text[]) and own.user_id is not null
  union
  select theirs.user_id, given.role from role_assignments given
    join group_members theirs on theirs.tenant_id = given.tenant_id and theirs.group_id = given.group_id
  where given.tenant_id = ${tenantId} and given.role = any(${roles}::text[]) and theirs.user_id is not null
    and ${groupStands(tenantId, 'given.group_id')})`

type UserTarget = Extract<Target, { kind: 'user' }>

/** Everybody who holds rights, also while disabled or deleted, as `authorize` judges them. */
export const rankedUsers = (trx: Trx): Promise<UserTarget[]> =>
  targetsAmong(
    trx,
    sql`select own.user_id as id from role_assignments own where own.tenant_id = ${trx.tenantId} and own.user_id is not null
      union select theirs.user_id from group_members theirs
        where theirs.tenant_id = ${trx.tenantId} and theirs.holds_roles and theirs.user_id is not null
      union select theirs.owner_id from group_owners theirs where theirs.tenant_id = ${trx.tenantId} and theirs.holds_roles`,
  )

/** Somebody as `authorize` judges them, also while deleted. Who is no more holds no rights. */
export async function rankOf(trx: Trx, id: string): Promise<UserTarget> {
  const [found] = await targetsAmong(trx, sql`select ${id}::uuid as id`)
  return found!
}

async function targetsAmong(trx: Trx, people: RawBuilder<unknown>): Promise<UserTarget[]> {
  const { tenantId } = trx
  const { rows } = await sql<Pick<UserTarget, 'id' | 'roles' | 'roleAssignable' | 'settlingUntil'>>`
    select person.id, ${rolesHeldBy(tenantId, 'user_id', sql`person.id`)} as roles,
      ${ranksByGroup(tenantId, sql`person.id`)} as "roleAssignable",
      (select ${settlesUntil(tenantId, 'accounts')} from accounts
        where accounts.tenant_id = ${tenantId} and accounts.id = person.id) as "settlingUntil"
    from (${people}) as person`.execute(trx)
  return rows.map(row => ({ kind: 'user', tenantId, ...row }))
}
