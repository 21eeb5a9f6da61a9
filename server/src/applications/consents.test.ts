import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../crypto/index.ts'
import { addMember, createGroup, type User } from '../directory/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { meansAt, readEvents, stage } from '../testing/people.ts'
import {
  type Application,
  changeApplication,
  createApplication,
  findApplication,
  type NewApplication,
} from './applications.ts'
import { assign, findUserGrants, groupsOf, isAssigned, rolesOf, unassign } from './assignments.ts'
import {
  findMissing,
  giveConsent,
  giveOrganizationConsent,
  listMyApplications,
  mayConsent,
  mayConsentForOrganization,
  permissionsOf,
  takeBackConsent,
  takeBackOrganizationConsent,
} from './consents.ts'
import { deleteApplication, eraseApplication } from './deleted.ts'
import { ApplicationError } from './errors.ts'
import { readScopes, resolveScopes, type Scope } from './scopes.ts'

const { store, cast } = await stage()
const acme = await cast.tenant('acme.example')
const globex = await cast.tenant('globex.example')
const act = { ...meansAt(), actor: { kind: 'operator' } as const }
const inAcme = <T>(work: (trx: Trx) => Promise<T>) => inTenant(store, acme, work)
const code = (expected: string) => (error: unknown) => error instanceof ApplicationError && error.code === expected

const appRoles: NonNullable<NewApplication['appRoles']> = [
  { value: 'Payroll.Reader', displayName: 'Reads', allowedMemberTypes: ['User'] },
  { value: 'Payroll.Both', displayName: 'Both', allowedMemberTypes: ['User', 'Application'] },
  { value: 'Payroll.Job', displayName: 'Job', allowedMemberTypes: ['Application'] },
]
const register = (given: Partial<NewApplication> = {}) =>
  inAcme(trx => createApplication(trx, act, acme, { displayName: 'Payroll', addresses: {}, appRoles, ...given }))
const again = async ({ appId }: Application) => (await findApplication(store, acme, appId))!
const group = (displayName: string) => inAcme(trx => createGroup(trx, act, acme, { displayName }))
const join = (groupId: string, kind: 'user' | 'group', id: string) =>
  inAcme(trx => addMember(trx, acme, groupId, { kind, id }))
let people = 0
const person = () => cast.person(acme, `person${++people}@acme.example`, { password: false })

function scopes(...names: string[]): Scope[] {
  const asked = readScopes('https://login.example', names.join(' '))
  assert.ok(!('refused' in asked))
  const found = resolveScopes(asked, { requestedScopes: [] }, undefined)
  assert.ok(Array.isArray(found))
  return found
}
const names = (found: readonly Scope[]) => found.map(({ name }) => name)

test('a person has a role directly or through groups, and the default role has no value', async () => {
  const application = await register({ assignmentRequired: true })
  const { appId } = application
  const [alone, member, none] = [await person(), await person(), await person()]
  const [inner, outer] = [await group('Inner'), await group('Outer')]
  await join(outer, 'group', inner)
  await join(inner, 'group', outer) // a circle ends
  await join(inner, 'user', member.id)
  const give = (to: { kind: 'user' | 'group'; id: string }, role?: string) =>
    inAcme(trx => assign(trx, act, appId, { ...to, role }))
  await give({ kind: 'user', id: alone.id })
  await give({ kind: 'group', id: outer }, 'Payroll.Reader')
  await give({ kind: 'group', id: outer }, 'Payroll.Reader') // once
  await give({ kind: 'user', id: member.id }, 'Payroll.Both')

  const tell = async (user: User) => {
    const grants = await findUserGrants(store, application, user.id)
    return [isAssigned(application, grants), rolesOf(application, grants)]
  }
  assert.deepEqual(await tell(alone), [true, []])
  assert.deepEqual(await tell(member), [true, ['Payroll.Reader', 'Payroll.Both']])
  assert.deepEqual(await tell(none), [false, []])
  assert.equal(isAssigned(await register(), await findUserGrants(store, application, none.id)), true)

  for (const role of ['Payroll.Job', 'payroll.reader', 'Nothing'])
    await assert.rejects(give({ kind: 'user', id: alone.id }, role), code('role_unknown'))
  const take = (from: { kind: 'user' | 'group'; id: string }) => inAcme(trx => unassign(trx, act, appId, from))
  assert.equal(await take({ kind: 'group', id: outer }), true)
  assert.equal(await take({ kind: 'group', id: outer }), false)
  assert.deepEqual(await tell(member), [true, ['Payroll.Both']])
  assert.equal(await take({ kind: 'user', id: member.id }), true)
  assert.deepEqual(await tell(member), [false, []])
})

test('who had a role that is gone is assigned no longer', async () => {
  const application = await register({ assignmentRequired: true })
  const { appId } = application
  const [user, other] = [await person(), await person()]
  const all = await group('All')
  await join(all, 'user', other.id)
  await inAcme(trx => assign(trx, act, appId, { kind: 'user', id: user.id, role: 'Payroll.Reader' }))
  await inAcme(trx => assign(trx, act, appId, { kind: 'group', id: all, role: 'Payroll.Reader' }))
  await inAcme(trx => changeApplication(trx, act, appId, { appRoles: appRoles.slice(1) }))
  const now = await again(application)
  for (const { id } of [user, other]) assert.equal(isAssigned(now, await findUserGrants(store, application, id)), false)
})

test('tokens name the groups of a person where the application asks, and none of too many', async () => {
  const silent = await register()
  const asking = await register({ groupMembershipClaims: 'SecurityGroup' })
  const user = await person()
  const one = await group('One')
  await join(one, 'user', user.id)
  const few = await findUserGrants(store, asking, user.id)
  assert.deepEqual(groupsOf(silent, few), { groups: [], overage: false })
  assert.deepEqual(groupsOf(asking, few), { groups: [one], overage: false })
  const fill = async (many: number) => {
    for (let count = 0; count < many; count++) await join(await group(`Group ${count}`), 'user', user.id)
    return groupsOf(asking, await findUserGrants(store, asking, user.id))
  }
  assert.equal((await fill(199)).groups.length, 200)
  assert.deepEqual(await fill(1), { groups: [], overage: true })
})

test('the tenant’s setting says what people agree to themselves; an administrator’s scope never', () => {
  const low = scopes('openid', 'profile', 'email', 'User.Read')
  assert.deepEqual(
    (['none', 'low', 'all'] as const).map(setting => mayConsent(setting, low)),
    [false, true, true],
  )
  const more = scopes('openid', 'User.ReadWrite')
  assert.deepEqual(
    (['none', 'low', 'all'] as const).map(setting => mayConsent(setting, more)),
    [false, false, true],
  )
  for (const setting of ['none', 'low', 'all'] as const)
    assert.equal(mayConsent(setting, scopes('User.Read', 'Directory.Read.All')), false)
})

test('for everybody administrators agree, and to what escalates two roles alone', () => {
  const plain = scopes('User.Read', 'Directory.Read.All')
  const strong = scopes('User.Read', 'Directory.AccessAsUser.All')
  const may = (...roles: User['roles']) => [plain, strong].map(asked => mayConsentForOrganization({ roles }, asked))
  assert.deepEqual(may(), [false, false])
  assert.deepEqual(may('User Administrator'), [false, false])
  assert.deepEqual(may('Application Administrator'), [true, false])
  assert.deepEqual(may('Cloud Application Administrator'), [true, false])
  assert.deepEqual(may('Privileged Role Administrator'), [true, true])
  assert.deepEqual(may('Global Administrator'), [true, true])
})

test('a person is asked once for each scope, and for none that the organization agreed to', async () => {
  const application = await register()
  const user = await person()
  const asked = scopes('openid', 'offline_access', 'User.Read', 'Directory.Read.All')
  const missing = async (of = user) =>
    names(findMissing(await again(application), await findUserGrants(store, application, of.id), asked))
  assert.deepEqual(await missing(), ['openid', 'User.Read', 'Directory.Read.All'])
  await inAcme(trx => giveConsent(trx, act, user, { application, scopes: ['openid'] }))
  await inAcme(trx => giveConsent(trx, act, user, { application, scopes: ['User.Read', 'openid'] }))
  assert.deepEqual(await missing(), ['Directory.Read.All'])
  assert.deepEqual((await findUserGrants(store, application, user.id)).consentedScopes, ['User.Read', 'openid'])
  assert.deepEqual(await missing(await person()), ['openid', 'User.Read', 'Directory.Read.All'])

  const wide = { scopes: ['openid', 'Directory.Read.All'], permissions: [] }
  await inAcme(trx => giveOrganizationConsent(trx, act, application.appId, wide))
  assert.deepEqual(await missing(), [])
  assert.deepEqual(await missing(await person()), ['User.Read'])

  assert.equal(await inAcme(trx => takeBackConsent(trx, act, user, application.appId)), true)
  assert.equal(await inAcme(trx => takeBackConsent(trx, act, user, application.appId)), false)
  assert.deepEqual(await missing(), ['User.Read'])
  const taken = await inAcme(trx => takeBackOrganizationConsent(trx, act, application.appId))
  assert.deepEqual(taken?.scopes, ['openid', 'Directory.Read.All'])
  assert.equal(await inAcme(trx => takeBackOrganizationConsent(trx, act, application.appId)), null)
  assert.deepEqual(await missing(), ['openid', 'User.Read', 'Directory.Read.All'])
  const events = (await readEvents(store, acme)).filter(one => one.startsWith('consent.'))
  assert.deepEqual(events, [...Array(3).fill('consent.given success'), ...Array(2).fill('consent.taken_back success')])
})

test('an application acts by itself as an administrator agreed, at each resource', async () => {
  const target = await register()
  const caller = await register({ displayName: 'Night job' })
  const at = (name: string) => `api://${target.appId}/${name}`
  const permissions = ['User.Read.All', at('Payroll.Job'), at('Payroll.Both'), at('Payroll.Reader'), at('Gone')]
  await inAcme(trx => giveOrganizationConsent(trx, act, caller.appId, { scopes: [], permissions }))
  const now = await again(caller)
  assert.equal(now.organizationConsent?.by, null)
  assert.deepEqual(permissionsOf(now, undefined), ['User.Read.All'])
  assert.deepEqual(permissionsOf(now, target), ['Payroll.Job', 'Payroll.Both'])
  assert.deepEqual(permissionsOf(caller, undefined), [])
  for (const wrong of [
    { scopes: [], permissions: ['Directory.AccessAsUser.All'] },
    { scopes: ['User.Fly'], permissions: [] },
  ])
    await assert.rejects(
      inAcme(trx => giveOrganizationConsent(trx, act, caller.appId, wrong)),
      code('scope_unknown'),
    )
})

test('an administrator who agreed for everybody is on record', async () => {
  const application = await register()
  const { id, userPrincipalName: name } = await person()
  const asked = { scopes: ['User.Read'], permissions: [] }
  const byPerson = { ...act, actor: { kind: 'user', id, name } as const }
  await inAcme(trx => giveOrganizationConsent(trx, byPerson, application.appId, asked))
  assert.deepEqual((await again(application)).organizationConsent, { ...asked, since: act.now, by: id })
})

test('"my applications" are those with a page that one may open, and those that one agreed to', async () => {
  const [user, other, stranger] = [await person(), await person(), await person()]
  const homePageUrl = 'https://open.example/'
  const made = [
    await register({ displayName: 'm1 open', homePageUrl }),
    await register({ displayName: 'm2 closed', homePageUrl, assignmentRequired: true }),
    await register({ displayName: 'm3 no page' }),
    await register({ displayName: 'm4 agreed' }),
  ] as const
  const all = await group('Mine')
  await join(all, 'user', other.id)
  const assigned = [
    { kind: 'user', id: user.id },
    { kind: 'group', id: all },
  ] as const
  for (const to of assigned) await inAcme(trx => assign(trx, act, made[1].appId, to))
  await inAcme(trx => giveConsent(trx, act, user, { application: made[3], scopes: ['openid', 'User.Read'] }))
  const mine = async (of: User) => (await listMyApplications(store, of)).filter(one => /^m\d /.test(one.displayName))
  const consent = { scopes: ['openid', 'User.Read'], since: act.now }
  const none = { consent: null, organizationConsent: null }
  assert.deepEqual(await mine(user), [
    { id: made[0].appId, displayName: 'm1 open', homePageUrl, ...none },
    { id: made[1].appId, displayName: 'm2 closed', homePageUrl, ...none },
    { id: made[3].appId, displayName: 'm4 agreed', homePageUrl: null, ...none, consent },
  ])
  const shown = async (of: User) => (await mine(of)).map(({ displayName }) => displayName)
  assert.deepEqual(await shown(other), ['m1 open', 'm2 closed'])
  assert.deepEqual(await shown(stranger), ['m1 open'])
  // Without a page of its own, one is shown that the person is assigned to, or the organization agreed to.
  await inAcme(trx => assign(trx, act, made[2].appId, { kind: 'user', id: other.id }))
  assert.deepEqual(await shown(other), ['m1 open', 'm2 closed', 'm3 no page'])
  await inAcme(trx => giveOrganizationConsent(trx, act, made[3].appId, { scopes: ['openid'], permissions: [] }))
  assert.deepEqual((await mine(stranger)).slice(1), [
    {
      id: made[3].appId,
      displayName: 'm4 agreed',
      homePageUrl: null,
      ...none,
      organizationConsent: { ...consent, scopes: ['openid'] },
    },
  ])
  const foreign = await cast.person(globex, 'somebody@globex.example', { password: false })
  assert.deepEqual(await mine(foreign), [])
  assert.equal(await inTenant(store, globex, trx => takeBackConsent(trx, act, foreign, made[3].appId)), false)
})

test('an application that is erased takes assignments and consents along', async () => {
  const application = await register()
  const { appId } = application
  const user = await person()
  const all = await group('Gone')
  await inAcme(trx => assign(trx, act, appId, { kind: 'user', id: user.id }))
  await inAcme(trx => assign(trx, act, appId, { kind: 'group', id: all }))
  await inAcme(trx => giveConsent(trx, act, user, { application, scopes: ['openid'] }))
  await inAcme(trx => giveOrganizationConsent(trx, act, appId, { scopes: ['openid'], permissions: [] }))
  await inAcme(trx => deleteApplication(trx, act, appId))
  assert.ok((await listMyApplications(store, user)).every(one => one.id !== appId))
  await inAcme(trx => eraseApplication(trx, act, appId))
  for (const table of ['application_users', 'application_groups', 'user_consents', 'organization_consents']) {
    const { rows } = await store.pool.query(`select 1 from latchkey.${table} where app_id = $1`, [appId])
    assert.equal(rows.length, 0, table)
  }
  const grants = await findUserGrants(store, { tenantId: acme, appId: systemRandom.uuid(new Date()) }, user.id)
  assert.deepEqual(grants, { consentedScopes: [], roleIds: [], groupIds: [] })
})
