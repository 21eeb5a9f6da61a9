import type { Act } from '../act.ts'
import type { RecordedAct } from '../audit/index.ts'
import { isUuid } from '../crypto/index.ts'
import type { RoleLevels, User } from '../directory/index.ts'
import { membershipOf } from '../policies/index.ts'
import { askTenant, type Db, sql, type Trx } from '../store/index.ts'
import { type Application, lockApplication, type OrganizationConsent, recordOf } from './applications.ts'
import type { UserGrants } from './assignments.ts'
import { checkRequests, findScope, ownPermissions, resourceOf, type Scope, shortName } from './scopes.ts'

/** What people may agree to themselves, as the tenant sets it: nothing, what shows themselves alone, or all that is not an administrator's. */
export type UserConsent = 'none' | 'low' | 'all'

const LOW = ['openid', 'profile', 'email', 'User.Read']

/** The scopes that neither the person nor the organization has agreed to. */
export function findMissing(
  { organizationConsent }: Application,
  { consentedScopes }: UserGrants,
  asked: readonly Scope[],
): Scope[] {
  const given = [...consentedScopes, ...(organizationConsent?.scopes ?? []), 'offline_access']
  return asked.filter(({ name }) => !given.includes(name))
}

/** Whether a person may agree to these scopes; otherwise an administrator must (AADSTS90094). */
export const mayConsent = (setting: UserConsent, scopes: readonly Scope[]): boolean =>
  setting !== 'none' &&
  scopes.every(({ name, needsAdministrator }) => !needsAdministrator && (setting === 'all' || LOW.includes(name)))

/** The roles that may agree for everybody (administration on the wire, §3.1 and §3.2): what escalates is for two roles alone. */
export function rolesToConsent(scopes: readonly Scope[]): RoleLevels {
  const all = ['Global Administrator', 'Privileged Role Administrator'] as const
  const some = ['Application Administrator', 'Cloud Application Administrator'] as const
  return scopes.some(({ escalates }) => escalates) ? [all] : [some, all]
}

/** Whether a person may agree for everybody. */
export const mayConsentForOrganization = ({ roles }: Pick<User, 'roles'>, scopes: readonly Scope[]): boolean =>
  rolesToConsent(scopes)
    .flat()
    .some(role => roles.includes(role))

/** The scopes of these names, in the normal form. Those that do not exist any more are left out. */
export async function findScopes(db: Db, tenantId: string, names: readonly string[]): Promise<Scope[]> {
  const owners = [...new Set(names.map(resourceOf).filter(owner => owner !== undefined && isUuid(owner)))]
  // One statement for all: a request for each would take the whole pool.
  const found = await askTenant(
    db,
    tenantId,
    sql<Pick<Application, 'appId' | 'exposedScopes'>>`
      select app_id as "appId", coalesce(settings->'exposedScopes', '[]') as "exposedScopes"
      from applications where tenant_id = ${tenantId} and app_id = any(${owners}::uuid[])`,
  )
  return names.flatMap(
    name =>
      findScope(
        name,
        found.find(one => one?.appId === resourceOf(name)),
      ) ?? [],
  )
}

/** Records that the person agreed, beside what they had agreed to before. `scopes`: as `findMissing` tells them. */
export async function giveConsent(
  trx: Trx,
  act: Act,
  user: User,
  { application, scopes }: { application: Application; scopes: readonly string[] },
): Promise<void> {
  const { tenantId, appId } = application
  await sql`
    insert into user_consents (tenant_id, app_id, user_id, scopes, given_at)
    values (${tenantId}, ${appId}, ${user.id}, ${scopes}::text[], ${act.now})
    on conflict (tenant_id, app_id, user_id) do update
    set scopes = array(select distinct unnest(user_consents.scopes || excluded.scopes) order by 1)`.execute(trx)
  await recordOf(trx, by(act, user), application, { activity: 'consent.given', details: { scopes: scopes.join(' ') } })
}

/**
 * Takes the person's consent back. Returns whether there was one: the caller then ends what the application was given
 * for the person.
 */
export async function takeBackConsent(trx: Trx, act: Act, user: User, appId: string): Promise<boolean> {
  const { tenantId } = user
  const gone = await trx
    .deleteFrom('user_consents')
    .using('applications')
    .whereRef('applications.app_id', '=', 'user_consents.app_id')
    .where('applications.tenant_id', '=', tenantId)
    .where('user_consents.tenant_id', '=', tenantId)
    .where('user_consents.app_id', '=', appId)
    .where('user_consents.user_id', '=', user.id)
    .returning(['scopes', 'applications.id as id', 'display_name as displayName'])
    .executeTakeFirst()
  if (!gone) return false
  const { scopes, ...application } = gone
  await recordOf(trx, by(act, user), application, {
    activity: 'consent.taken_back',
    details: {
      scopes: scopes.join(' '),
    },
  })
  return true
}

const by = (act: Act, { id, userPrincipalName }: User): RecordedAct => ({
  ...act,
  actor: { kind: 'user', id, name: userPrincipalName },
})

/** What an administrator agrees to for everybody, in the normal form. `permissions`: what the application may do without a person. */
export interface NewOrganizationConsent {
  scopes: readonly string[]
  permissions: readonly string[]
}

/** Records the organization's consent, beside what it had agreed to before. Throws `application_not_found`, `scope_unknown`. */
export async function giveOrganizationConsent(
  trx: Trx,
  act: RecordedAct,
  appId: string,
  { scopes, permissions }: NewOrganizationConsent,
): Promise<void> {
  const { tenantId } = trx
  const application = await lockApplication(trx, tenantId, appId)
  checkRequests({
    requestedScopes: scopes.filter(name => !LOW.includes(name)),
    requestedPermissions: [...permissions],
  })
  const by = act.actor.kind === 'user' ? act.actor.id : null
  await sql`
    insert into organization_consents (tenant_id, app_id, scopes, permissions, given_at, given_by)
    values (${tenantId}, ${appId}, ${scopes}::text[], ${permissions}::text[], ${act.now}, ${by})
    on conflict (tenant_id, app_id) do update
    set scopes = array(select distinct unnest(organization_consents.scopes || excluded.scopes) order by 1),
      permissions = array(select distinct unnest(organization_consents.permissions || excluded.permissions) order by 1),
      given_at = excluded.given_at, given_by = excluded.given_by`.execute(trx)
  const details = { scopes: scopes.join(' '), permissions: permissions.join(' '), for: 'organization' }
  await recordOf(trx, act, application, { activity: 'consent.given', details })
}

/** Takes the organization's consent back. Returns it: the caller then ends what the application was given. Throws `application_not_found`. */
export async function takeBackOrganizationConsent(
  trx: Trx,
  act: RecordedAct,
  appId: string,
): Promise<OrganizationConsent | null> {
  const { tenantId } = trx
  const application = await lockApplication(trx, tenantId, appId)
  const { organizationConsent } = application
  if (!organizationConsent) return null
  await trx.deleteFrom('organization_consents').where('tenant_id', '=', tenantId).where('app_id', '=', appId).execute()
  const { scopes, permissions } = organizationConsent
  const details = { scopes: scopes.join(' '), permissions: permissions.join(' '), for: 'organization' }
  await recordOf(trx, act, application, { activity: 'consent.taken_back', details })
  return organizationConsent
}

/** What the application may do at a resource without a person, for `roles` of its own tokens. `resource`: undefined for `/v1.0`. */
export function permissionsOf(
  { organizationConsent }: Application,
  resource: Pick<Application, 'appId' | 'appRoles'> | undefined,
): string[] {
  const known = resource
    ? resource.appRoles.filter(one => one.allowedMemberTypes.includes('Application')).map(({ value }) => value)
    : ownPermissions
  return (organizationConsent?.permissions ?? [])
    .filter(name => resourceOf(name) === resource?.appId)
    .map(shortName)
    .filter(name => known.includes(name))
}

/** What was agreed to, in the normal form, and since when. */
interface Agreed {
  scopes: string[]
  since: Date
}

/** An application in "my applications", and what the person and the organization agreed to. */
export interface MyApplication {
  id: string
  displayName: string
  homePageUrl: string | null
  consent: Agreed | null
  organizationConsent: Agreed | null
}

/**
 * The applications that a person is assigned to, has agreed to, or can open, by name. With `assignmentRequired` only those
 * who are assigned can, without it everybody: at its own page, or because the organization agreed.
 */
export async function listMyApplications(db: Db, { tenantId, id }: User): Promise<MyApplication[]> {
  const rows = await askTenant(
    db,
    tenantId,
    sql<Omit<MyApplication, 'consent' | 'organizationConsent'> & AgreedRows>`
      with recursive ${membershipOf(tenantId, sql`${id}::uuid`)}
      select a.app_id as id, a.display_name as "displayName", a.settings->>'homePageUrl' as "homePageUrl",
        c.scopes as own, c.given_at as "ownSince", o.scopes as general, o.given_at as "generalSince"
      from applications a
        left join user_consents c on c.tenant_id = ${tenantId} and c.app_id = a.app_id and c.user_id = ${id}
        left join organization_consents o on o.tenant_id = ${tenantId} and o.app_id = a.app_id and o.scopes <> '{}'
      where a.tenant_id = ${tenantId} and (c.user_id is not null
        or not (a.settings->>'assignmentRequired')::boolean and (a.settings->>'homePageUrl' is not null or o.app_id is not null)
        or exists (select from application_users u where u.tenant_id = ${tenantId} and u.app_id = a.app_id and u.user_id = ${id})
        or exists (select from application_groups g where g.tenant_id = ${tenantId} and g.app_id = a.app_id
          and g.group_id in (select group_id from membership)))
      order by a.display_name, a.app_id`,
  )
  return rows.map(({ own, ownSince, general, generalSince, ...rest }) => ({
    ...rest,
    consent: own && { scopes: own, since: ownSince },
    organizationConsent: general && { scopes: general, since: generalSince },
  }))
}

interface AgreedRows {
  own: string[] | null
  ownSince: Date
  general: string[] | null
  generalSince: Date
}

/** Changes what one person, or with `userId` null everybody, has agreed to. What comes and what goes are events of their own. */
export async function changeConsent(
  trx: Trx,
  act: RecordedAct,
  { appId, userId }: { appId: string; userId: string | null },
  {
    add,
    remove,
    permissions = [],
  }: { add: readonly string[]; remove: readonly string[]; permissions?: readonly string[] },
): Promise<void> {
  const { tenantId } = trx
  const application = await lockApplication(trx, tenantId, appId)
  const kept = (table: string) =>
    sql`array(select unnest(${sql.ref(`${table}.scopes`)} || ${add}::text[]) except select unnest(${remove}::text[]) order by 1)`
  if (userId === null) {
    const by = act.actor.kind === 'user' ? act.actor.id : null
    await sql`
      insert into organization_consents (tenant_id, app_id, scopes, permissions, given_at, given_by)
      values (${tenantId}, ${appId}, ${add}::text[], '{}', ${act.now}, ${by})
      on conflict (tenant_id, app_id) do update set scopes = ${kept('organization_consents')},
        permissions = array(select unnest(organization_consents.permissions) except select unnest(${permissions}::text[]) order by 1)`.execute(
      trx,
    )
    await sql`
      delete from organization_consents
      where tenant_id = ${tenantId} and app_id = ${appId} and scopes = '{}' and permissions = '{}'`.execute(trx)
  } else {
    await sql`
      insert into user_consents (tenant_id, app_id, user_id, scopes, given_at)
      values (${tenantId}, ${appId}, ${userId}, ${add}::text[], ${act.now})
      on conflict (tenant_id, app_id, user_id) do update set scopes = ${kept('user_consents')}`.execute(trx)
    await sql`
      delete from user_consents
      where tenant_id = ${tenantId} and app_id = ${appId} and user_id = ${userId} and scopes = '{}'`.execute(trx)
  }
  const details = (scopes: readonly string[], rest: readonly string[]) => ({
    scopes: scopes.join(' '),
    permissions: rest.join(' '),
    for: userId ?? 'organization',
  })
  if (add.length > 0) await recordOf(trx, act, application, { activity: 'consent.given', details: details(add, []) })
  if (remove.length + permissions.length > 0)
    await recordOf(trx, act, application, { activity: 'consent.taken_back', details: details(remove, permissions) })
}
