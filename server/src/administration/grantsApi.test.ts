import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Role } from '../access/index.ts'
import { API, permissionIds } from '../applications/index.ts'
import { assignRole, createUser, findTenantId } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { meansAt } from '../testing/people.ts'
import { testServer } from '../testing/server.ts'

const server = await testServer()
const { store, services } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const admin = await api.as('admin@acme.example')
const means = () => ({ ...meansAt(), now: services.clock(), keys: services.keys })

async function person(name: string, ...roles: Role[]): Promise<string> {
  return inTenant(store, acme, async trx => {
    const { id } = await createUser(trx, means(), acme, {
      userPrincipalName: `${name}@acme.example`,
      displayName: name,
    })
    for (const role of roles) await assignRole(trx, means(), id, role)
    return id
  })
}
await person('apps', 'Application Administrator')
const apps = await api.as('apps@acme.example')
const reference = (id: string) => ({ '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${id}` })

async function application(body: object = {}) {
  const { status, json, text } = await admin('POST', '/applications', { displayName: 'Expenses', ...body })
  assert.equal(status, 201, text)
  const principal = await admin('GET', `/servicePrincipals(appId='${json.appId}')`)
  return { id: json.id, appId: json.appId, principalId: principal.json.id, roleId: json.appRoles[0]?.id }
}
const roles = [{ value: 'Payer', displayName: 'Pays', allowedMemberTypes: ['User', 'Application'] }]
const permission = (name: string) => permissionIds[name]!

test('people, groups and programs are given roles of an application, seen from both sides', async () => {
  const resource = await application({ appRoles: roles })
  const client = await application()
  const user = await person('payer')
  const group = (await admin('POST', '/groups', { displayName: 'Payers' })).json.id
  const principals: [string, string, string][] = [
    [`/users/${user}`, user, 'User'],
    [`/groups/${group}`, group, 'Group'],
    [`/servicePrincipals/${client.principalId}`, client.principalId, 'ServicePrincipal'],
  ]
  for (const [path, principalId, kind] of principals) {
    const body = { principalId, resourceId: resource.principalId, appRoleId: resource.roleId }
    const made = await apps('POST', `${path}/appRoleAssignments`, body)
    assert.equal(made.status, 201, made.text)
    assert.deepEqual([made.json.principalType, made.json.resourceDisplayName], [kind, 'Expenses'])
    const again = await apps('POST', `/servicePrincipals/${resource.principalId}/appRoleAssignedTo`, body)
    assert.deepEqual([again.status, again.code], [400, 'ObjectConflict'])
    const one = await apps('GET', made.headers.get('location')!)
    assert.equal(one.json.id, made.json.id)
    const listed = await apps('GET', `${path}/appRoleAssignments?$filter=resourceId eq '${resource.principalId}'`)
    assert.equal(listed.json.value.length, 1, listed.text)
  }
  const assigned = `/servicePrincipals/${resource.principalId}/appRoleAssignedTo`
  const all = await apps('GET', assigned)
  assert.equal(all.json.value.length, 3)
  for (const { id } of all.json.value) assert.equal((await apps('DELETE', `${assigned}/${id}`)).status, 204)
  assert.deepEqual((await apps('GET', assigned)).json.value, [])
  assert.equal((await apps('DELETE', `${assigned}/${all.json.value[0].id}`)).status, 404)
  const unknown = { principalId: user, resourceId: resource.principalId, appRoleId: client.id }
  assert.equal((await apps('POST', `/users/${user}/appRoleAssignments`, unknown)).code, 'property_invalid')
})

test('an escalating permission is for two roles alone to give, and is at once a right of the program', async () => {
  const client = await application()
  const path = `/servicePrincipals/${client.principalId}/appRoleAssignments`
  const give = (name: string) => ({ principalId: client.principalId, resourceId: API, appRoleId: permission(name) })
  assert.equal((await apps('POST', path, give('User.Read.All'))).status, 201)
  const refused = await apps('POST', path, give('RoleManagement.ReadWrite.Directory'))
  assert.deepEqual([refused.status, refused.code], [403, 'protected_target'])
  assert.equal((await apps('POST', `/applications/${client.id}/addPassword`, {})).status, 200)
  assert.equal((await admin('POST', path, give('RoleManagement.ReadWrite.Directory'))).status, 201)
  assert.equal((await apps('POST', `/applications/${client.id}/addPassword`, {})).status, 403)
  const mine = await apps('GET', path)
  assert.equal(mine.json.value.length, 2)
})

test('scopes are agreed to for everybody or one person, changed and taken back', async () => {
  const client = await application()
  const user = await person('agreed')
  const forAll = {
    clientId: client.principalId,
    consentType: 'AllPrincipals',
    resourceId: API,
    scope: 'User.Read openid',
  }
  const made = await apps('POST', '/oauth2PermissionGrants', forAll)
  assert.equal(made.status, 201, made.text)
  assert.deepEqual([made.json.scope, made.json.principalId], ['User.Read openid', null])
  const again = await apps('POST', '/oauth2PermissionGrants', forAll)
  assert.deepEqual([again.status, again.code], [400, 'ObjectConflict'])
  const one = { ...forAll, consentType: 'Principal', principalId: user, scope: 'User.ReadWrite' }
  assert.equal((await apps('POST', '/oauth2PermissionGrants', one)).status, 201)
  const filter = `/oauth2PermissionGrants?$filter=clientId eq '${client.principalId}'`
  assert.equal((await apps('GET', filter)).json.value.length, 2)
  const forOne = await apps('GET', `${filter} and consentType eq 'Principal'`)
  assert.deepEqual(
    forOne.json.value.map((each: { scope: string }) => each.scope),
    ['User.ReadWrite'],
  )
  const path = `/oauth2PermissionGrants/${made.json.id}`
  const raised = await apps('PATCH', path, { scope: 'User.Read Directory.AccessAsUser.All' })
  assert.deepEqual([raised.status, raised.code], [403, 'protected_target'])
  assert.equal((await apps('PATCH', path, { scope: 'User.Read User.Read.All' })).status, 204)
  assert.equal((await apps('GET', path)).json.scope, 'User.Read User.Read.All')
  for (const [body, code] of [
    [{ scope: 'User.Fly' }, 'property_invalid'],
    [{ scope: 'User.Read', clientId: client.principalId }, 'property_read_only'],
  ] as const)
    assert.equal((await apps('PATCH', path, body)).code, code)
  assert.equal((await apps('DELETE', path)).status, 204)
  assert.equal((await apps('GET', path)).status, 404)
  const { rows } = await store.pool.query(
    "select details->>'scopes' as scopes from latchkey.audit_events where activity = 'consent.taken_back' and target_id = $1 order by at, id",
    [client.id],
  )
  assert.deepEqual(
    rows.map(row => row.scopes),
    ['openid', 'User.Read User.Read.All'],
  )
})

test('nobody gives permissions to a principal that they own, or scopes or roles to themselves', async () => {
  const client = await application({ appRoles: roles })
  const id = await person('granter', 'Privileged Role Administrator')
  const granter = await api.as('granter@acme.example')
  const scopes = { clientId: client.principalId, consentType: 'AllPrincipals', resourceId: API, scope: 'User.Read' }
  const own = { ...scopes, consentType: 'Principal', principalId: id }
  const path = `/servicePrincipals/${client.principalId}/appRoleAssignments`
  const give = { principalId: client.principalId, resourceId: API, appRoleId: permission('User.Read.All') }
  const role = { principalId: id, resourceId: client.principalId, appRoleId: client.roleId }
  const refused = async (...asked: Parameters<typeof granter>) => {
    const answer = await granter(...asked)
    assert.deepEqual([answer.status, answer.code], [403, 'own_rights'], asked[1] + answer.text)
  }
  await refused('POST', '/oauth2PermissionGrants', own)
  await refused('POST', `/users/${id}/appRoleAssignments`, role)
  assert.equal((await admin('POST', `/applications/${client.id}/owners/$ref`, reference(id))).status, 204)
  await refused('POST', '/oauth2PermissionGrants', scopes)
  await refused('POST', path, give)
  assert.equal((await admin('DELETE', `/applications/${client.id}/owners/${id}/$ref`)).status, 204)
  assert.equal((await granter('POST', path, give)).status, 201)
  const program = await api.asApplication(['AppRoleAssignment.ReadWrite.All'])
  const itself = { ...give, principalId: program.principalId }
  const raised = await program('POST', `/servicePrincipals/${program.principalId}/appRoleAssignments`, itself)
  assert.deepEqual([raised.status, raised.code], [403, 'own_rights'])
})
