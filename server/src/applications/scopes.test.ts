import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../crypto/index.ts'
import { ApplicationError } from './errors.ts'
import {
  checkExposedScopes,
  checkRequests,
  ownPermissions,
  readScopes,
  resolveScopes,
  type Scope,
  writeScopes,
} from './scopes.ts'

const ORIGIN = 'https://login.example'
const OTHER = systemRandom.uuid(new Date())
const THIRD = systemRandom.uuid(new Date())
const reports = {
  appId: OTHER,
  exposedScopes: [
    {
      id: systemRandom.uuid(new Date()),
      value: 'Reports.Read',
      title: 'Read your reports',
      detail: 'All of them.',
      needsAdministrator: false,
    },
    {
      id: systemRandom.uuid(new Date()),
      value: 'Reports.Write',
      title: 'Write reports',
      detail: '',
      needsAdministrator: true,
    },
  ],
}
const client = {
  requestedScopes: ['User.Read', 'Directory.Read.All', `api://${OTHER}/Reports.Read`],
}
const code = (expected: string) => (error: unknown) => error instanceof ApplicationError && error.code === expected

/** What a request comes to: the names, or the code of what is wrong. */
function ask(scope: string, resource?: string) {
  const asked = readScopes(ORIGIN, scope, resource)
  if ('refused' in asked) return asked.refused
  const application = typeof asked.resource === 'object' ? reports : undefined
  const found = resolveScopes(asked, client, application)
  return 'refused' in found ? found.refused : found.map(({ name }) => name)
}

test('a scope is OpenID’s, a name of /v1.0 in two forms, or one of an application', () => {
  assert.deepEqual(ask('openid profile  email offline_access'), ['openid', 'profile', 'email', 'offline_access'])
  assert.deepEqual(ask('openid User.Read'), ['openid', 'User.Read'])
  assert.deepEqual(ask(`${ORIGIN}/v1.0/User.Read User.Read`), ['User.Read'])
  assert.deepEqual(ask('user.read'), ['User.Read'])
  assert.deepEqual(ask(`openid api://${OTHER}/Reports.Read`), ['openid', `api://${OTHER}/Reports.Read`])
  assert.deepEqual(ask(''), [])
})

test('`.default` is what the registration asks for of that resource, and stands alone', () => {
  assert.deepEqual(ask('.default'), ['User.Read', 'Directory.Read.All'])
  assert.deepEqual(ask(`openid ${ORIGIN}/v1.0/.default`), ['openid', 'User.Read', 'Directory.Read.All'])
  assert.deepEqual(ask(`api://${OTHER}/.default`), [`api://${OTHER}/Reports.Read`])
  assert.equal(ask('.default User.Read'), 70011)
})

test('what nobody knows, two resources and a foreign resource are refused, each with its code', () => {
  for (const scope of [
    'User.Fly',
    'OPENID',
    `${ORIGIN}/v1.0/openid`,
    `${ORIGIN}/v1.0/`,
    'api:',
    'a"b',
    `api://${OTHER}/reports.read`,
    `api://${OTHER}/Nothing`,
    'constructor',
  ])
    assert.equal(ask(scope), 70011, scope)
  assert.equal(ask(`User.Read api://${OTHER}/Reports.Read`), 700022)
  assert.equal(ask(`api://${THIRD}/x api://${OTHER}/Reports.Read`), 700022)
  for (const scope of [
    'https://graph.example/User.Read',
    'api://reports/Reports.Read',
    `${ORIGIN}/User.Read`,
    `${ORIGIN}.evil.example/v1.0/User.Read`,
    `api://${OTHER.toUpperCase()}/x`,
  ])
    assert.equal(ask(scope), 500011, scope)
})

test('`resource` agrees with the scopes', () => {
  assert.deepEqual(ask('openid User.Read', `${ORIGIN}/v1.0`), ['openid', 'User.Read'])
  assert.deepEqual(ask(`api://${OTHER}/Reports.Read`, `api://${OTHER}`), [`api://${OTHER}/Reports.Read`])
  assert.equal(ask('User.Read', `api://${OTHER}`), 700022)
  assert.equal(ask('User.Read', 'https://graph.example'), 500011)
  const alone = readScopes(ORIGIN, 'openid', `${ORIGIN}/v1.0`)
  assert.ok(!('refused' in alone))
  assert.equal(alone.resource, 'latchkey')
})

test('an answer names what was granted in the form that was asked, and what `.default` came to', () => {
  const answer = (scope: string, narrow = (_: Scope) => true) => {
    const asked = readScopes(ORIGIN, scope)
    assert.ok(!('refused' in asked))
    const found = resolveScopes(asked, client, typeof asked.resource === 'object' ? reports : undefined)
    assert.ok(Array.isArray(found))
    return writeScopes(asked, found.filter(narrow))
  }
  assert.equal(answer('openid user.read'), 'openid user.read')
  assert.equal(answer(`${ORIGIN}/v1.0/User.Read`), `${ORIGIN}/v1.0/User.Read`)
  assert.equal(answer(`api://${OTHER}/.default`), `api://${OTHER}/.default api://${OTHER}/Reports.Read`)
  assert.equal(
    answer(`${ORIGIN}/v1.0/.default`, ({ needsAdministrator }) => !needsAdministrator),
    `${ORIGIN}/v1.0/.default ${ORIGIN}/v1.0/User.Read`,
  )
  assert.equal(
    answer('User.Read Directory.Read.All', ({ name }) => name === 'User.Read'),
    'User.Read',
  )
})

test('what an administrator alone may agree to, and what escalates, is as §3.1 says', () => {
  const marks = (scope: string) => {
    const asked = readScopes(ORIGIN, scope)
    assert.ok(!('refused' in asked))
    const found = resolveScopes(asked, client, typeof asked.resource === 'object' ? reports : undefined)
    assert.ok(Array.isArray(found))
    return found.map(({ needsAdministrator, escalates }) => [needsAdministrator, escalates])
  }
  for (const one of ['User.Read', 'User.ReadWrite', 'User.ReadBasic.All', 'openid'])
    assert.deepEqual(marks(one), [[false, false]], one)
  for (const one of [
    'User.Read.All',
    'Group.ReadWrite.All',
    'Directory.Read.All',
    'Policy.Read.All',
    'AuditLog.Read.All',
  ])
    assert.deepEqual(marks(one), [[true, false]], one)
  for (const one of [
    'Application.ReadWrite.All',
    'Application.ReadWrite.OwnedBy',
    'AppRoleAssignment.ReadWrite.All',
    'DelegatedPermissionGrant.ReadWrite.All',
    'Directory.ReadWrite.All',
    'Directory.AccessAsUser.All',
    'Domain.ReadWrite.All',
    'Policy.ReadWrite.PasswordReset',
    'RoleManagement.ReadWrite.Directory',
    'UserAuthenticationMethod.ReadWrite.All',
    'User-PasswordProfile.ReadWrite.All',
    'Scim.ReadWrite.All',
  ])
    assert.deepEqual(marks(one), [[true, true]], one)
  assert.deepEqual(marks(`api://${OTHER}/Reports.Write`), [[true, false]])
  assert.ok(ownPermissions.includes('User.Read.All'))
  for (const one of ['User.Read', 'Directory.AccessAsUser.All', 'UserAuthenticationMethod.Read', 'OnPremises.Read.All'])
    assert.ok(!ownPermissions.includes(one), one)
})

test('a registration exposes scopes that requests can name, and asks for ones that exist', () => {
  const id = systemRandom.uuid(new Date())
  const scope = (value: string) => ({
    id: systemRandom.uuid(new Date()),
    value,
    title: 'Read',
    detail: '',
    needsAdministrator: false,
  })
  checkExposedScopes([scope('Reports.Read'), scope('reports.read'), scope('x'.repeat(120))])
  for (const value of ['', '.default', 'a b', 'a/b', 'a"b', 'a\\b', 'ü', 'x'.repeat(121)])
    assert.throws(() => checkExposedScopes([scope(value)]), code('scope_invalid'), value)
  assert.throws(() => checkExposedScopes([scope('a'), scope('a')]), code('scope_duplicate'))
  assert.throws(
    () =>
      checkExposedScopes([
        { ...scope('a'), id },
        { ...scope('b'), id },
      ]),
    code('scope_duplicate'),
  )
  assert.throws(() => checkExposedScopes([{ ...scope('a'), id: 'x' }]), code('scope_invalid'))
  assert.throws(() => checkExposedScopes([{ ...scope('a'), title: 'a\nb' }]), code('text_invalid'))
  const requests = (requestedScopes: string[], requestedPermissions: string[] = []) =>
    checkRequests({ requestedScopes, requestedPermissions })
  requests(['User.Read', `api://${OTHER}/Anything`], ['User.Read.All', `api://${OTHER}/Role`])
  for (const one of [
    'User.Fly',
    'user.read',
    `api://${OTHER}/`,
    `api://${OTHER}/a/b`,
    'api://x/y',
    `${ORIGIN}/v1.0/User.Read`,
  ])
    assert.throws(() => requests([one]), code('scope_unknown'), one)
  for (const one of ['User.Read', 'OnPremises.Read.All', 'User.Fly'])
    assert.throws(() => requests([], [one]), code('scope_unknown'), one)
})
