import type { RawBuilder } from 'kysely'
import type { RecordedAct } from '../audit/index.ts'
import { isUuid } from '../crypto/index.ts'
import { membershipOf } from '../policies/index.ts'
import { askTenant, type Db, type Read, sql, type Trx } from '../store/index.ts'
import { type Application, lockApplication, recordOf } from './applications.ts'
import { applicationError } from './errors.ts'
import { DEFAULT_ROLE } from './roles.ts'

/** A person or group that has a role in an application. */
export interface Assignee {
  kind: 'user' | 'group'
  id: string
}

/** The groups of a person that are told at most: tokens with more point to where they can be read. */
const GROUPS_AT_MOST = 200

/** What a person has of an application: own consent, roles also through groups, and the groups, one more than are told at most. */
export interface UserGrants {
  consentedScopes: string[]
  roleIds: string[]
  groupIds: string[]
}

/** What a person has of an application, in one statement of its own. */
export async function findUserGrants(
  db: Db,
  { tenantId, appId }: Pick<Application, 'tenantId' | 'appId'>,
  userId: string,
): Promise<UserGrants> {
  const [found] = await askTenant(db, tenantId, userGrants(tenantId, rowIdOf(appId), sql`${userId}::uuid`))
  return found!
}

/** The built-in application has no rows. What is asked of it is of the person alone. */
const rowIdOf = (appId: string | RawBuilder<unknown>) => (typeof appId === 'string' && !isUuid(appId) ? null : appId)

/** The same beside other facts. Expressions may be null. */
export const userGrantsOf = (
  tenantId: string,
  appId: string | RawBuilder<unknown>,
  person: RawBuilder<unknown>,
): Read<UserGrants> => ({
  sql: sql`(select to_json(found) from (${userGrants(tenantId, rowIdOf(appId), person)}) as found)`,
  read: json => json as UserGrants,
})

/** For SQL: what `findUserGrants` finds. `person` is an expression. */
export const userGrants = (
  tenantId: string,
  appId: string | RawBuilder<unknown> | null,
  person: RawBuilder<unknown>,
) => sql<UserGrants>`
  with recursive ${membershipOf(tenantId, person)}
  select
    (select coalesce(array_agg(scope), '{}') from user_consents c, unnest(c.scopes) scope
      where c.tenant_id = ${tenantId} and c.app_id = ${appId}::uuid and c.user_id = ${person}) as "consentedScopes",
    array(
      select role_id from application_users u
      where u.tenant_id = ${tenantId} and u.app_id = ${appId}::uuid and u.user_id = ${person}
      union
      select role_id from application_groups g join membership using (group_id)
      where g.tenant_id = ${tenantId} and g.app_id = ${appId}::uuid
      order by role_id)::text[] as "roleIds",
    array(select group_id from membership order by group_id limit ${GROUPS_AT_MOST + 1})::text[] as "groupIds"`

/** Whether the person may sign in to the application; otherwise AADSTS50105. */
export const isAssigned = ({ assignmentRequired }: Application, { roleIds }: UserGrants) =>
  !assignmentRequired || roleIds.length > 0

/** The values of the person's roles, for tokens. The default role has none. */
export const rolesOf = ({ appRoles }: Application, { roleIds }: UserGrants): string[] =>
  appRoles
    .filter(({ id, allowedMemberTypes }) => roleIds.includes(id) && allowedMemberTypes.includes('User'))
    .map(({ value }) => value)

/** The groups that tokens name; `overage` where there are too many (single sign-on, §1). */
export const groupsOf = (
  { groupMembershipClaims }: Application,
  { groupIds }: UserGrants,
): { groups: string[]; overage: boolean } => {
  if (groupMembershipClaims === 'None') return { groups: [], overage: false }
  const overage = groupIds.length > GROUPS_AT_MOST
  return { groups: overage ? [] : groupIds, overage }
}

/** Gives a person or group a role, or the default role. Throws `application_not_found`, `role_unknown`. */
export async function assign(
  trx: Trx,
  act: RecordedAct,
  appId: string,
  { role, ...to }: Assignee & { role?: string | undefined },
): Promise<void> {
  const { tenantId } = trx
  const application = await lockApplication(trx, tenantId, appId)
  const roleId = role === undefined ? DEFAULT_ROLE : getRole(application, role).id
  const row = { tenant_id: tenantId, app_id: appId, role_id: roleId, assigned_at: act.now }
  const { numInsertedOrUpdatedRows } =
    to.kind === 'user'
      ? await trx
          .insertInto('application_users')
          .values({ ...row, user_id: to.id })
          .onConflict(conflict => conflict.doNothing())
          .executeTakeFirstOrThrow()
      : await trx
          .insertInto('application_groups')
          .values({ ...row, group_id: to.id })
          .onConflict(conflict => conflict.doNothing())
          .executeTakeFirstOrThrow()
  if (numInsertedOrUpdatedRows)
    await recordOf(trx, act, application, {
      activity: 'application.assigned',
      details: { [to.kind]: to.id, role: role ?? 'default' },
    })
}

function getRole({ appRoles }: Application, value: string) {
  const found = appRoles.find(one => one.value === value && one.allowedMemberTypes.includes('User'))
  if (found) return found
  const known = appRoles.filter(one => one.allowedMemberTypes.includes('User')).map(one => one.value)
  const these = known.length > 0 ? `These are: ${known.join(', ')}.` : 'It has none.'
  throw applicationError('role_unknown', `"${value}" is no role of the application for people. ${these}`)
}

/**
 * Takes every role from a person or group. Returns whether there was one: the caller then ends what the application
 * was given for them. Throws `application_not_found`.
 */
export async function unassign(trx: Trx, act: RecordedAct, appId: string, from: Assignee): Promise<boolean> {
  const { tenantId } = trx
  const application = await lockApplication(trx, tenantId, appId)
  const table = from.kind === 'user' ? 'application_users' : 'application_groups'
  const { rows } = await sql`
    delete from ${sql.table(table)} where tenant_id = ${tenantId} and app_id = ${appId}
      and ${sql.ref(`${from.kind}_id`)} = ${from.id} returning role_id`.execute(trx)
  if (rows.length > 0)
    await recordOf(trx, act, application, { activity: 'application.unassigned', details: { [from.kind]: from.id } })
  return rows.length > 0
}
