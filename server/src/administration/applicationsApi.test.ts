// This file is long because applications, their secrets and their owners are asked of one server.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Role, templateIds } from '../access/index.ts'
import { API, deletedApplicationEntity } from '../applications/index.ts'
import { DAY, plus } from '../clock.ts'
import { assignRole, createUser, findTenantId, findUserByName } from '../directory/index.ts'
import { readOne, readSelection } from '../odata/index.ts'
import { Refusal } from '../refusals.ts'
import { inTenant } from '../store/index.ts'
import { type AskApi, testApi } from '../testing/api.ts'
import { certificates } from '../testing/certificates.ts'
import { meansAt } from '../testing/people.ts'
import { testServer } from '../testing/server.ts'
import { purgeApplication, restoreApplication } from './applications.ts'
import { rowOf } from './lists.ts'

const server = await testServer()
const { store, services } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const ADMIN = 'admin@acme.example'
const admin = await api.as(ADMIN)
const means = () => ({ ...meansAt(), now: services.clock(), keys: services.keys })

/** Somebody new with these roles. */
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
const as = (name: string) => api.as(`${name}@acme.example`)
const apps = await as('apps')
const reference = (id: string) => ({ '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${id}` })

interface Made {
  id: string
  appId: string
  principalId: string
}

async function application(body: object = {}, ask: AskApi = admin): Promise<Made> {
  const { status, json, text } = await ask('POST', '/applications', { displayName: 'Expenses', ...body })
  assert.equal(status, 201, text)
  const principal = await admin('GET', `/servicePrincipals(appId='${json.appId}')`)
  assert.equal(principal.status, 200, principal.text)
  return { id: json.id, appId: json.appId, principalId: principal.json.id }
}

/** Gives the principal of an application a role. */
async function giveRole({ principalId }: Made, role: Role) {
  const { status, text } = await admin('POST', `/directoryRoles(roleTemplateId='${templateIds[role]}')/members/$ref`, {
    '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${principalId}`,
  })
  assert.equal(status, 204, text)
}

test('an application and its principal are two objects, found by their ids and by appId', async () => {
  const answer = await admin('POST', '/applications', {
    displayName: 'Rechnungen Süd',
    description: 'Pays bills',
    notes: 'of the south',
    signInAudience: 'AzureADMyOrg',
    web: {
      redirectUris: ['https://bills.example/callback'],
      homePageUrl: 'https://bills.example/',
      logoutUrl: 'https://bills.example/out',
      implicitGrantSettings: { enableIdTokenIssuance: false },
    },
    api: {
      oauth2PermissionScopes: [
        {
          id: '11111111-2222-4333-8444-555555555555',
          value: 'Bills.Read',
          type: 'Admin',
          adminConsentDisplayName: 'Read bills',
          adminConsentDescription: 'All of them',
          isEnabled: true,
        },
      ],
    },
    appRoles: [{ value: 'Payer', displayName: 'Pays', description: 'Pays bills', allowedMemberTypes: ['User'] }],
    requiredResourceAccess: [
      {
        resourceAppId: API,
        resourceAccess: [
          { id: 'e1fe6dd8-ba31-4d61-89e7-88639da4683d', type: 'Scope' },
          { id: '37f7f235-527c-4136-accd-4a02d197296e', type: 'Scope' },
          { id: 'df021288-bdef-4463-88db-98f22de89214', type: 'Role' },
        ],
      },
    ],
    optionalClaims: { idToken: [{ name: 'email', essential: false, source: null, additionalProperties: [] }] },
    groupMembershipClaims: 'securitygroup',
  })
  assert.equal(answer.status, 201, answer.text)
  const { json } = answer
  assert.equal(answer.headers.get('location'), `${services.origin}/v1.0/applications/${json.id}`)
  assert.equal(json.signInAudience, 'AzureADMyOrg')
  assert.deepEqual(json.web.redirectUris, ['https://bills.example/callback'])
  assert.equal(json.web.logoutUrl, 'https://bills.example/out')
  assert.equal(json.api.oauth2PermissionScopes[0].id, '11111111-2222-4333-8444-555555555555')
  assert.equal(json.appRoles[0].description, 'Pays bills')
  assert.deepEqual(json.requiredResourceAccess, [
    {
      resourceAppId: API,
      resourceAccess: [
        { id: 'e1fe6dd8-ba31-4d61-89e7-88639da4683d', type: 'Scope' },
        { id: 'df021288-bdef-4463-88db-98f22de89214', type: 'Role' },
      ],
    },
  ])
  assert.equal(json.optionalClaims.idToken[0].name, 'email')
  assert.equal(json.groupMembershipClaims, 'SecurityGroup')
  const { appId, id } = json
  for (const path of [`/applications/${id}`, `/applications(appId='${appId}')`]) {
    const read = await admin('GET', path)
    assert.equal(read.status, 200, read.text)
    assert.equal(read.json.notes, 'of the south')
  }
  const principal = await admin('POST', '/servicePrincipals', { appId })
  assert.equal(principal.status, 201, principal.text)
  assert.notEqual(principal.json.id, id)
  assert.equal(principal.json.appId, appId)
  assert.equal(principal.json.oauth2PermissionScopes[0].value, 'Bills.Read')
  assert.equal((await admin('GET', `/servicePrincipals/${principal.json.id}`)).json.appRoles[0].value, 'Payer')
  assert.equal((await admin('GET', `/servicePrincipals/${id}`)).status, 404)
  assert.equal((await admin('GET', `/applications/${principal.json.id}`)).status, 404)
  const uri = await admin('PATCH', `/applications/${id}`, { identifierUris: [`api://${appId}`] })
  assert.equal(uri.status, 204, uri.text)
  const filters = [
    `appId eq '${appId}'`,
    "displayName eq 'RECHNUNGEN süd'",
    "startsWith(displayName,'rech')",
    `identifierUris/any(u:u eq 'api://${appId}')`,
  ]
  for (const filter of filters) {
    const found = await admin('GET', `/applications?$filter=${encodeURIComponent(filter)}&$select=id`)
    assert.deepEqual(
      found.json.value.map((one: Made) => one.id),
      [id],
      filter,
    )
  }
  const search = `$search=${encodeURIComponent('"displayName:süd"')}&$orderby=displayName&$count=true`
  for (const path of ['/applications', '/servicePrincipals']) {
    const found = await admin('GET', `${path}?${search}`)
    assert.equal(found.json['@odata.count'], 1, found.text)
  }
  const globex = await testApi(server, 'globex.example').as('two-gates@globex.example')
  for (const path of [`/applications/${id}`, `/servicePrincipals(appId='${appId}')`]) {
    const foreign = await globex('GET', path)
    assert.equal(foreign.status, 404)
  }
})

test('the interface itself has the appId and the permission ids of Microsoft Graph', async () => {
  const { json, text } = await admin('GET', `/servicePrincipals(appId='${API}')`)
  assert.equal(json.appId, API, text)
  const role = json.appRoles.find(({ value }: { value: string }) => value === 'User.Read.All')
  assert.equal(role.id, 'df021288-bdef-4463-88db-98f22de89214')
  const scope = json.oauth2PermissionScopes.find(({ value }: { value: string }) => value === 'User.Read')
  assert.deepEqual([scope.id, scope.type], ['e1fe6dd8-ba31-4d61-89e7-88639da4683d', 'User'])
  const ids = [...json.appRoles, ...json.oauth2PermissionScopes].map(({ id }: { id: string }) => id)
  assert.ok(ids.every(id => /^[0-9a-f-]{36}$/.test(id)))
  assert.equal(new Set(ids).size, ids.length)
  const listed = await admin('GET', `/servicePrincipals?$filter=appId eq '${API}'`)
  assert.equal(listed.json.value.length, 1)
  for (const [method, body] of [
    ['PATCH', { notes: 'x' }],
    ['DELETE', undefined],
  ] as const)
    assert.equal((await admin(method, `/servicePrincipals/${API}`, body)).status, 404)
})

test('an application is changed by its ETag, and refused what it cannot be', async () => {
  const { id, appId } = await application({ web: { redirectUris: ['https://a.example/'] } })
  const path = `/applications/${id}`
  const read = await admin('GET', path)
  const etag = read.headers.get('etag')!
  assert.equal(read.json['@odata.etag'], etag)
  assert.equal((await admin('PATCH', path, { displayName: 'Costs' }, { 'if-match': etag })).status, 204)
  assert.equal((await admin('PATCH', path, { displayName: 'No' }, { 'if-match': etag })).status, 412)
  assert.equal((await admin('DELETE', path, undefined, { 'if-match': etag })).status, 412)
  const wrong: [object, string][] = [
    [{ appId }, 'property_read_only'],
    [{ passwordCredentials: [] }, 'property_read_only'],
    [{ tags: [] }, 'property_unsupported'],
    [{ foo: 1 }, 'property_unknown'],
    [{ displayName: '' }, 'property_invalid'],
    [{ signInAudience: 'AzureADMultipleOrgs' }, 'property_invalid'],
    [{ identifierUris: ['api://expenses'] }, 'property_invalid'],
    [{ web: { redirectUris: ['https://*.a.example/'] } }, 'property_invalid'],
    [{ web: { redirectUris: ['https://a.example/#x'] } }, 'property_invalid'],
    [{ web: { redirectUris: ['https://me:pw@a.example/'] } }, 'property_invalid'],
    [{ web: { redirectUris: ['http://a.example/'] } }, 'property_invalid'],
    [{ web: { redirectUris: ['com.example.app:/x'] } }, 'property_invalid'],
    [{ web: { implicitGrantSettings: { enableIdTokenIssuance: true } } }, 'property_invalid'],
    [{ spa: { redirectUris: ['https://a.example/'] } }, 'property_invalid'],
    [
      { requiredResourceAccess: [{ resourceAppId: API, resourceAccess: [{ id: appId, type: 'Role' }] }] },
      'property_invalid',
    ],
    [{ keyCredentials: [{ type: 'AsymmetricX509Cert', usage: 'Verify', key: 'AAAA' }] }, 'property_invalid'],
  ]
  for (const [body, code] of wrong) {
    const answer = await admin('PATCH', path, body)
    assert.deepEqual([answer.status, answer.code], [400, code], JSON.stringify(body) + answer.text)
  }
  const after = await admin('GET', path)
  assert.equal(after.json.displayName, 'Costs')
  assert.deepEqual(after.json.web.redirectUris, ['https://a.example/'])
  // Another platform's empty list takes nothing from this one.
  assert.equal((await admin('PATCH', path, { spa: { redirectUris: [] } })).status, 204)
  assert.deepEqual((await admin('GET', path)).json.web.redirectUris, ['https://a.example/'])
  const { rows } = await store.pool.query(
    "select details from latchkey.audit_events where activity = 'application.changed' and target_id = $1 order by at, id",
    [id],
  )
  assert.deepEqual(JSON.parse(rows[0].details.changes), { displayName: ['Expenses', 'Costs'] })
})

test('case 32: a secret of a principal with rights is for two roles alone, and is told once', async () => {
  const strong = await application()
  await giveRole(strong, 'Helpdesk Administrator')
  const path = `/applications/${strong.id}/addPassword`
  const body = { passwordCredential: { displayName: 'one' } }
  const refused = await apps('POST', path, body)
  assert.deepEqual([refused.status, refused.code], [403, 'protected_target'])
  const { status, json, text } = await admin('POST', path, body)
  assert.equal(status, 200, text)
  assert.match(json.secretText, /^[\w-]{43}$/)
  assert.equal(json.hint, json.secretText.slice(0, 3))
  const days = (Date.parse(json.endDateTime) - services.clock().getTime()) / DAY
  assert.ok(Math.round(days) === 730, `${days}`)
  for (const where of [`/applications/${strong.id}`, `/servicePrincipals/${strong.principalId}`]) {
    const read = await admin('GET', where)
    const [one] = read.json.passwordCredentials
    assert.deepEqual([one.keyId, one.hint, one.displayName, one.secretText], [json.keyId, json.hint, 'one', null])
    assert.equal(one.lastUsedDateTime, null)
    assert.ok(!read.text.includes(json.secretText))
  }
  const { rows } = await store.pool.query('select details::text as text from latchkey.audit_events')
  assert.ok(rows.every(row => !row.text.includes(json.secretText)))
  const remove = { keyId: json.keyId }
  assert.equal((await apps('POST', `/applications/${strong.id}/removePassword`, remove)).status, 403)
  assert.equal((await admin('POST', `/applications/${strong.id}/removePassword`, remove)).status, 204)
  assert.equal((await admin('POST', `/applications/${strong.id}/removePassword`, remove)).status, 404)

  const weak = await application({}, apps)
  assert.equal((await apps('POST', `/servicePrincipals/${weak.principalId}/addPassword`, {})).status, 200)
})

test('a secret lasts two years at most, and an application in everybody’s hands has none', async () => {
  const { id } = await application()
  const ask = (endDateTime: Date, startDateTime?: Date) =>
    admin('POST', `/applications/${id}/addPassword`, {
      passwordCredential: { endDateTime, ...(startDateTime && { startDateTime }) },
    })
  const now = services.clock()
  const years = (count: number) => {
    const then = new Date(now)
    then.setUTCFullYear(then.getUTCFullYear() + count)
    return then
  }
  assert.equal((await ask(years(2))).status, 200)
  for (const [end, start] of [[plus(years(2), DAY)], [plus(now, -DAY)], [plus(now, DAY), plus(now, 2 * DAY)]] as [
    Date,
    Date?,
  ][]) {
    const answer = await ask(end, start)
    assert.deepEqual([answer.status, answer.code], [400, 'property_invalid'], end.toISOString())
  }
  const spa = await application({ spa: { redirectUris: ['https://a.example/'] } })
  const answer = await admin('POST', `/applications/${spa.id}/addPassword`, {})
  assert.deepEqual([answer.status, answer.code], [400, 'public_client'])
})

test('addresses, keys and owners of a principal with rights are for two roles alone; its name is not', async () => {
  const strong = await application({ web: { redirectUris: ['https://a.example/'] } })
  await giveRole(strong, 'Helpdesk Administrator')
  const path = `/applications/${strong.id}`
  const someone = await person('someone')
  const protectedChanges: [string, string, unknown][] = [
    ['PATCH', path, { web: { redirectUris: ['https://evil.example/'] } }],
    ['PATCH', path, { displayName: 'No', web: { logoutUrl: 'https://evil.example/' } }],
    ['PATCH', path, { keyCredentials: [] }],
    ['POST', `${path}/owners/$ref`, reference(someone)],
  ]
  for (const [method, where, body] of protectedChanges) {
    const refused = await apps(method, where, body)
    assert.deepEqual([refused.status, refused.code], [403, 'protected_target'], JSON.stringify(body))
  }
  assert.equal((await apps('PATCH', path, { displayName: 'Renamed' })).status, 204)
  for (const [method, where, body] of protectedChanges) assert.equal((await admin(method, where, body)).status, 204)
  const takes = `${path}/owners/${someone}`
  assert.equal((await apps('DELETE', `${takes}/$ref`)).status, 403)
  assert.equal((await admin('DELETE', `${takes}/$ref`)).status, 204)
})

test('owners change what they own and nothing else, and are kept by references', async () => {
  const own = await application()
  const other = await application()
  const id = await person('owner')
  const owner = await as('owner')
  const owners = `/applications/${own.id}/owners`
  assert.equal((await owner('PATCH', `/applications/${own.id}`, { notes: 'mine' })).status, 403)
  assert.equal((await owner('POST', '/applications', { displayName: 'Mine' })).status, 403)
  assert.equal((await admin('POST', `${owners}/$ref`, reference(id))).status, 204)
  const again = await admin('POST', `${owners}/$ref`, reference(id))
  assert.deepEqual([again.status, again.code], [400, 'ObjectConflict'])
  assert.equal((await owner('PATCH', `/applications/${own.id}`, { notes: 'mine' })).status, 204)
  assert.equal((await owner('POST', `/applications/${own.id}/addPassword`, {})).status, 200)
  assert.equal((await owner('PATCH', `/applications/${other.id}`, { notes: 'mine' })).status, 403)
  for (const path of [owners, `/servicePrincipals/${own.principalId}/owners`, `${owners}/microsoft.graph.user`]) {
    const listed = await owner('GET', path)
    assert.deepEqual(
      listed.json.value.map((one: { id: string }) => one.id),
      [id],
      path,
    )
  }
  const expanded = await admin('GET', `/applications/${own.id}?$expand=owners($select=id)`)
  assert.deepEqual(
    expanded.json.owners.map((one: { id: string }) => one.id),
    [id],
  )
  assert.equal((await admin('GET', `${owners}/${id}`)).json.displayName, 'owner')
  const group = await admin('POST', '/groups', { displayName: 'Owners' })
  assert.equal((await admin('POST', `${owners}/$ref`, reference(group.json.id))).code, 'member_invalid')
  // What the principal may do is not its owner's to raise: nobody raises their own rights.
  await inTenant(store, acme, trx => assignRole(trx, means(), id, 'Privileged Role Administrator'))
  const raised = await (await as('owner'))(
    'POST',
    `/directoryRoles(roleTemplateId='${templateIds['Helpdesk Administrator']}')/members/$ref`,
    reference(own.principalId),
  )
  assert.deepEqual([raised.status, raised.code], [403, 'own_rights'])
  assert.equal((await admin('DELETE', `${owners}/${id}`)).status, 405)
  assert.equal((await admin('DELETE', `${owners}/${id}/$ref`)).status, 204)
  assert.equal((await admin('DELETE', `${owners}/${id}/$ref`)).status, 404)
})

test('an application with the permission of owners makes its own and changes no other', async () => {
  const program = await api.asApplication(['Application.ReadWrite.OwnedBy', 'Application.Read.All'])
  const own = await application({}, program)
  const other = await application()
  assert.equal((await program('PATCH', `/applications/${own.id}`, { notes: 'made by a program' })).status, 204)
  assert.equal((await program('PATCH', `/applications/${other.id}`, { notes: 'not mine' })).status, 403)
  const every = await api.asApplication(['Application.ReadWrite.All'])
  assert.equal((await every('PATCH', `/applications/${other.id}`, { notes: 'any' })).status, 204)
  await giveRole(other, 'Helpdesk Administrator')
  const refused = await every('POST', `/applications/${other.id}/addPassword`, {})
  assert.deepEqual([refused.status, refused.code], [403, 'protected_target'])
})

test('the owners of a program gain nothing by it', async () => {
  const program = await api.asApplication(['RoleManagement.ReadWrite.Directory'])
  const id = await person('maker')
  const path = `/directoryRoles(roleTemplateId='${templateIds['Directory Readers']}')/members/$ref`
  const found = await admin('GET', `/servicePrincipals/${program.principalId}`)
  assert.equal(
    (await admin('POST', `/servicePrincipals(appId='${found.json.appId}')/owners/$ref`, reference(id))).status,
    204,
  )
  const refused = await program('POST', path, reference(id))
  assert.deepEqual([refused.status, refused.code], [403, 'own_rights'])
})

test('the owners of a program gain nothing by a job of many rows', async () => {
  const program = await api.asApplication(['RoleManagement.ReadWrite.Directory', 'Group.ReadWrite.All'])
  await giveRole({ id: '', appId: program.appId, principalId: program.principalId }, 'Privileged Role Administrator')
  const [owner, other] = [await person('job-owner'), await person('job-other')]
  const owners = `/servicePrincipals/${program.principalId}/owners/$ref`
  assert.equal((await admin('POST', owners, reference(owner))).status, 204)
  const group = await admin('POST', '/groups', { displayName: 'Readers', isAssignableToRole: true })
  assert.equal(group.status, 201, group.text)
  const file = ['groupId,memberId', `${group.json.id},${owner}`, `${group.json.id},${other}`].join('\r\n')
  const made = await program('POST', '/bulk/jobs?kind=groupMembersAdd', file, { 'content-type': 'text/csv' })
  assert.equal(made.status, 202, made.text)
  const job = `/bulk/jobs/${made.json.id}`
  for (const end = performance.now() + 60_000; !(await program('GET', job)).json.endedDateTime; await sleep(50))
    assert.ok(performance.now() < end)
  const { json } = await program('GET', `${job}/results`)
  assert.deepEqual(
    json.value.map(({ status, code }: { status: number; code: string | null }) => [status, code]),
    [
      [403, 'own_rights'],
      [204, null],
    ],
  )
})

test('a second step of long ago, a role too few and a permission too few change nothing', async () => {
  const { id } = await application()
  const path = `/applications/${id}`
  const stale = await (await api.as(ADMIN, { ago: 16 }))('DELETE', path)
  assert.deepEqual([stale.status, stale.code], [401, 'step_up'])
  assert.match(stale.headers.get('www-authenticate')!, /max_age="900"/)
  await person('desk', 'Helpdesk Administrator')
  assert.equal((await (await as('desk'))('DELETE', path)).status, 403)
  assert.equal((await (await api.as(ADMIN, { scopes: ['Application.Read.All'] }))('DELETE', path)).status, 403)
  assert.equal((await (await api.as(ADMIN, { scopes: ['User.Read'] }))('GET', path)).status, 403)
  assert.equal((await admin('GET', path)).status, 200)
})

test('keys are certificates, whole in a change, and only their names come back', async () => {
  const { id } = await application()
  const certificate = certificates.good
  const path = `/applications/${id}`
  const key = Buffer.from(certificate.replace(/-----[^-]+-----|\s/g, ''), 'base64').toString('base64')
  const one = { type: 'AsymmetricX509Cert', usage: 'Verify', key, displayName: 'The server' }
  const added = await admin('PATCH', path, { keyCredentials: [one] })
  assert.equal(added.status, 204, added.text)
  const read = await admin('GET', path)
  const [kept] = read.json.keyCredentials
  assert.deepEqual(
    [kept.type, kept.usage, kept.displayName, kept.key],
    ['AsymmetricX509Cert', 'Verify', 'The server', null],
  )
  assert.ok(Date.parse(kept.endDateTime) > services.clock().getTime())
  assert.equal((await admin('PATCH', path, { keyCredentials: [kept] })).status, 204)
  assert.deepEqual((await admin('GET', path)).json.keyCredentials, [kept])
  const unknown = await admin('PATCH', path, { keyCredentials: [{ ...kept, keyId: id }] })
  assert.deepEqual([unknown.status, unknown.code], [400, 'property_required'])
  assert.equal((await admin('PATCH', path, { keyCredentials: [] })).status, 204)
  assert.deepEqual((await admin('GET', path)).json.keyCredentials, [])
})

test('deleted applications are listed, read, restored and erased among the deleted items', async () => {
  const made = await application()
  const [list, path] = ['/directory/deletedItems/microsoft.graph.application', `/directory/deletedItems/${made.id}`]
  assert.equal((await admin('GET', path)).status, 404)
  assert.equal((await admin('DELETE', `/applications/${made.id}`)).status, 204)
  const listed = await admin('GET', `${list}?$filter=appId eq '${made.appId}'`)
  assert.deepEqual([listed.status, listed.json.value.length], [200, 1], listed.text)
  assert.equal(listed.json.value[0].id, made.id)
  const { json } = await admin('GET', path)
  assert.equal(json['@odata.type'], '#microsoft.graph.application')
  assert.match(json.deletedDateTime, /Z$/)
  const helpdesk = await as('desk')
  assert.equal((await helpdesk('POST', `${path}/restore`, {})).status, 403)
  assert.equal((await helpdesk('DELETE', path)).status, 403)
  const restored = await admin('POST', `${path}/restore`, {})
  assert.deepEqual([restored.status, restored.json.appId, restored.json.deletedDateTime], [200, made.appId, null])
  assert.equal((await admin('GET', `/applications/${made.id}`)).status, 200)
  assert.equal((await admin('DELETE', `/applications/${made.id}`)).status, 204)
  assert.equal((await admin('DELETE', path)).status, 204)
  assert.equal((await admin('GET', path)).status, 404)
})

test('a deleted application takes its principal along for thirty days, and comes back with both', async () => {
  const made = await application()
  const path = `/applications/${made.id}`
  const secret = await admin('POST', `${path}/addPassword`, {})
  const signIn = async () => {
    const form = {
      grant_type: 'client_credentials',
      client_id: made.appId,
      client_secret: secret.json.secretText,
      scope: `${services.origin}/v1.0/.default`,
    }
    const url = `${server.url}/${acme}/v2.0/token`
    return (await fetch(url, { method: 'POST', body: new URLSearchParams(form) })).status
  }
  const lastUse = async () => (await admin('GET', path)).json.passwordCredentials[0].lastUsedDateTime
  assert.equal(await lastUse(), null)
  assert.equal(await signIn(), 200)
  const used = await lastUse()
  assert.ok(Math.abs(Date.parse(used) - services.clock().getTime()) < 60_000)
  server.clock.advance(30_000)
  assert.equal(await signIn(), 200)
  assert.equal(await lastUse(), used, 'it is kept once an hour')
  assert.equal((await admin('DELETE', path)).status, 204)
  for (const gone of [path, `/servicePrincipals/${made.principalId}`, `/servicePrincipals(appId='${made.appId}')`])
    assert.equal((await admin('GET', gone)).status, 404)
  assert.equal((await admin('DELETE', path)).status, 404)
  const listed = await admin('GET', `/applications?$filter=appId eq '${made.appId}'`)
  assert.deepEqual(listed.json.value, [])
  assert.equal(await signIn(), 400)
  const asking = {
    tenantId: acme,
    callerId: made.id,
    path: '',
    keys: services.keys,
    now: services.clock(),
    may: () => true,
  }
  const entity = deletedApplicationEntity(acme)
  const row = await inTenant(store, acme, trx =>
    readOne(trx, entity, readSelection(entity, [], asking), rowOf(entity, made.id)),
  )
  assert.match(String(row?.deletedDateTime), /Z$/)

  const act = { ...means(), actor: { kind: 'operator' } as const }
  await inTenant(store, acme, trx => restoreApplication(trx, act, made.id))
  assert.equal((await admin('GET', path)).json.passwordCredentials.length, 1)
  assert.equal(await signIn(), 200)
  assert.equal((await admin('GET', `/servicePrincipals/${made.principalId}`)).status, 200)
  await assert.rejects(
    inTenant(store, acme, trx => restoreApplication(trx, act, made.id)),
    error => error instanceof Refusal && error.code === 'not_found',
  )

  assert.equal((await admin('DELETE', `/servicePrincipals/${made.principalId}`)).status, 204)
  await inTenant(store, acme, trx => purgeApplication(trx, act, made.id))
})

test('an application that comes back with rights counts like a new grant', async () => {
  const made = await application()
  const act = async (name: string, ...roles: Role[]) => {
    const id = await person(name, ...roles)
    const user = (await inTenant(store, acme, trx => findUserByName(trx, acme, `${name}@acme.example`)))!
    const proof = { acr: 'mfa', authTime: services.clock() } as const
    const scopes = ['Directory.AccessAsUser.All']
    return { ...means(), actor: { kind: 'user', id, tenantId: acme, name, roles: user.roles, scopes, proof } as const }
  }
  const granter = await act('granter', 'Privileged Role Administrator')
  const keeper = await act('keeper', 'Application Administrator')
  await admin('POST', `/applications/${made.id}/owners/$ref`, reference(granter.actor.id))
  await giveRole(made, 'Helpdesk Administrator')
  await admin('DELETE', `/applications/${made.id}`)
  const restore = (by: typeof granter) => inTenant(store, acme, trx => restoreApplication(trx, by, made.id))
  const code = (expected: string) => (error: unknown) => error instanceof Refusal && error.code === expected
  await assert.rejects(restore(granter), code('own_rights'))
  await assert.rejects(restore(keeper), code('protected_target'))
})
