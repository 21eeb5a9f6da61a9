// This file is long because users, groups and the requests of two providers are asked of one server.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Role } from '../access/index.ts'
import { assignRole, createUser, findTenantId, findUserByName } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { type AskApi, testApi } from '../testing/api.ts'
import { meansAt } from '../testing/people.ts'
import { testServer } from '../testing/server.ts'

const server = await testServer()
const { store, services } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const means = () => ({ ...meansAt(), now: services.clock(), keys: services.keys })

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group'
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error'

/** Asks `/scim/v2` in place of `/v1.0`, as SCIM's own media type. */
const scimOf =
  (ask: AskApi): AskApi =>
  async (method, path, body, headers) =>
    ask(method, `${services.origin}/scim/v2${path}`, body, {
      ...(body !== undefined && { 'content-type': 'application/scim+json' }),
      ...headers,
    })

const application = await api.asApplication(['Scim.ReadWrite.All'])
const scim = scimOf(application)
const other = scimOf(await api.asApplication(['Scim.ReadWrite.All']))

let made = 0
/** Makes a user by SCIM. */
async function user(more: object = {}, ask = scim) {
  made++
  const answer = await ask('POST', '/Users', { schemas: [USER], userName: `scim${made}@acme.example`, ...more })
  assert.equal(answer.status, 201, answer.text)
  return answer.json
}
async function group(more: object = {}) {
  const answer = await scim('POST', '/Groups', { schemas: [GROUP], displayName: 'A group', ...more })
  assert.equal(answer.status, 201, answer.text)
  return answer.json
}
const patch = (path: string, ...Operations: object[]) => scim('PATCH', path, { schemas: [PATCH], Operations })
const get = async (path: string) => (await scim('GET', path)).json
const membersOf = async (id: string) =>
  ((await get(`/Groups/${id}`)).members ?? []).map(({ value }: { value: string }) => value).sort()
const idOf = async (name: string) => (await inTenant(store, acme, trx => findUserByName(trx, acme, name)))!.id

/** Somebody with these roles, whom SCIM has not made. */
const administrator = (name: string, ...roles: Role[]) =>
  inTenant(store, acme, async trx => {
    const { id } = await createUser(trx, means(), acme, {
      userPrincipalName: `${name}@acme.example`,
      displayName: name,
    })
    for (const role of roles) await assignRole(trx, means(), id, role)
    return id
  })

test('a user is made with all that SCIM tells, read, and found', async () => {
  const body = {
    schemas: [USER, ENTERPRISE],
    userName: 'Berta.Neu@acme.example',
    externalId: 'hr-1001',
    name: { givenName: 'Berta', familyName: 'Neu', formatted: 'Berta Neu' },
    displayName: 'Berta Neu',
    nickName: 'Bee',
    title: 'Engineer',
    preferredLanguage: 'fr',
    active: 'True',
    password: 'a long enough Passw0rd of hers',
    emails: [
      { value: 'berta@elsewhere.example', type: 'other' },
      { value: 'berta.neu@acme.example', type: 'work', primary: true },
      { value: 'berta@home.example', type: 'home' },
    ],
    phoneNumbers: [
      { value: 'tel:+1-206-555-0110', type: 'mobile' },
      { value: '+1 206 555 0111', type: 'work' },
      { value: '+1 206 555 0112', type: 'fax' },
    ],
    addresses: [{ type: 'work', streetAddress: '1 Main Street' }],
    [ENTERPRISE]: { department: 'R&D', employeeNumber: '1001', costCenter: '7' },
  }
  const answer = await scim('POST', '/Users', body)
  assert.equal(answer.status, 201, answer.text)
  const { id, meta, ...rest } = answer.json
  assert.deepEqual(rest, {
    schemas: [USER, ENTERPRISE],
    externalId: 'hr-1001',
    userName: 'Berta.Neu@acme.example',
    displayName: 'Berta Neu',
    title: 'Engineer',
    preferredLanguage: 'fr',
    name: { familyName: 'Neu', givenName: 'Berta' },
    active: true,
    emails: [
      { value: 'berta.neu@acme.example', type: 'work', primary: true },
      { value: 'berta@elsewhere.example', type: 'other', primary: false },
    ],
    phoneNumbers: [
      { value: '+12065550110', type: 'mobile' },
      { value: '+12065550111', type: 'work' },
    ],
    [ENTERPRISE]: { employeeNumber: '1001', department: 'R&D' },
  })
  assert.equal(answer.headers.get('location'), `${services.origin}/scim/v2/Users/${id}`)
  assert.equal(meta.location, answer.headers.get('location'))
  assert.equal(meta.version, answer.headers.get('etag'))
  assert.match(answer.headers.get('content-type')!, /^application\/scim\+json/)
  assert.deepEqual(await get(`/Users/${id}`), answer.json)
  // Nobody finds them by what is no value of theirs.
  const found = async (filter: string) => (await get(`/Users?filter=${encodeURIComponent(filter)}`)).totalResults
  for (const filter of [
    'userName eq "berta.neu@ACME.example"',
    `${USER}:userName eq "berta.neu@acme.example"`,
    'externalId eq "hr-1001"',
    `id eq "${id}"`,
    'emails.value eq "berta@elsewhere.example"',
    'EMAILS.value EQ "berta.neu@acme.example" AND active eq true and displayName eq "berta neu"',
  ])
    assert.equal(await found(filter), 1, filter)
  for (const filter of [
    'externalId eq "hr-100"',
    `id eq "x"`,
    'emails.value eq "berta@home.example"',
    `userName eq "berta.neu@acme.example" and active eq "False"`,
    `userName eq "' or true or displayName eq '"`,
  ])
    assert.equal(await found(filter), 0, filter)
  const graph = (await application('GET', `/users/${id}`)).status
  assert.equal(graph, 403, 'the permission opens SCIM alone')
})

test('the first password must be changed', async () => {
  const { userName } = await user({ password: 'a long enough Passw0rd of mine' })
  const browser = server.browser()
  const started = await browser.post('/signin', { username: userName })
  const answer = await browser.post(`/signin/${started.json?.id}/password`, {
    password: 'a long enough Passw0rd of mine',
  })
  assert.ok([200, 201, 404].includes(answer.status), answer.text)
  const { rows } = await store.pool.query('select must_change from latchkey.passwords where user_id = $1', [
    await idOf(userName),
  ])
  assert.deepEqual(rows, [{ must_change: true }])
  const weak = await scim('POST', '/Users', { schemas: [USER], userName: 'weak@acme.example', password: 'x' })
  assert.deepEqual([weak.status, weak.json.scimType], [400, 'invalidValue'])
  assert.equal((await scim('GET', '/Users?filter=userName%20eq%20%22weak@acme.example%22')).json.totalResults, 0)
})

test('values of others are refused as not unique', async () => {
  const one = await user({ externalId: 'unique-1' })
  const twice = await scim('POST', '/Users', { schemas: [USER], userName: one.userName.toUpperCase() })
  assert.deepEqual(
    [twice.status, twice.json],
    [
      409,
      {
        schemas: [ERROR],
        status: '409',
        scimType: 'uniqueness',
        detail: 'Another object has this value, or it is there already. (userPrincipalName)',
      },
    ],
  )
  const named = await scim('POST', '/Users', { schemas: [USER], userName: 'x1@acme.example', externalId: 'unique-1' })
  assert.deepEqual([named.status, named.json.scimType], [409, 'uniqueness'])
  assert.equal((await get('/Users?filter=userName eq "x1@acme.example"')).totalResults, 0, 'nothing of it stays')
  const two = await user({ externalId: 'unique-2' })
  const renamed = await patch(`/Users/${two.id}`, { op: 'replace', path: 'userName', value: one.userName })
  assert.equal(renamed.status, 409)
  const taken = await patch(`/Users/${two.id}`, { op: 'replace', path: 'externalId', value: 'unique-1' })
  assert.equal(taken.status, 409)
  // Each program has ids of its own, and nobody reads another's.
  assert.equal((await other('GET', `/Users/${one.id}`)).json.externalId, undefined)
  const same = await other('PATCH', `/Users/${two.id}`, {
    schemas: [PATCH],
    Operations: [{ op: 'add', path: 'externalId', value: 'unique-1' }],
  })
  assert.equal(same.json.externalId, 'unique-1')
  assert.equal((await get(`/Users/${two.id}`)).externalId, 'unique-2')
})

test('a deleted user is gone here, can be restored, and leaves name and id to others', async () => {
  const { id, userName } = await user({ externalId: 'gone-1' })
  assert.equal((await scim('DELETE', `/Users/${id}`)).status, 204)
  for (const [method, body] of [
    ['GET', undefined],
    ['DELETE', undefined],
    ['PUT', { schemas: [USER], userName }],
    ['PATCH', { schemas: [PATCH], Operations: [{ op: 'replace', path: 'active', value: true }] }],
  ] as const) {
    const answer = await scim(method, `/Users/${id}`, body)
    assert.deepEqual([answer.status, answer.json.schemas], [404, [ERROR]], method)
  }
  const again = await user({ userName, externalId: 'gone-1' })
  assert.notEqual(again.id, id)
  const admin = await api.as('admin@acme.example')
  assert.equal((await admin('GET', `/directory/deletedItems/${id}`)).status, 200)
})

test('a PUT replaces all but the password and whether somebody may sign in', async () => {
  const body = {
    userName: `put${randomUUID().slice(0, 8)}@acme.example`,
    title: 'Cook',
    active: false,
    externalId: 'put-1',
  }
  const { id } = await user({ ...body, phoneNumbers: [{ type: 'mobile', value: '+12065550110' }] })
  const { status, json } = await scim('PUT', `/Users/${id}`, {
    schemas: [USER],
    id: randomUUID(),
    userName: body.userName,
    name: { givenName: 'Paul', familyName: 'Put' },
  })
  assert.equal(status, 200)
  const { meta, ...rest } = json
  assert.deepEqual(rest, {
    schemas: [USER],
    id,
    userName: body.userName,
    displayName: 'Paul Put',
    name: { givenName: 'Paul', familyName: 'Put' },
    active: false,
  })
  for (const [wrong, scimType] of [
    [{ title: 'x' }, 'invalidValue'],
    [{ userName: body.userName, password: 'a long enough Passw0rd of mine' }, 'mutability'],
    [{ userName: body.userName, emails: [{ type: 'work', value: 'no address' }] }, 'invalidValue'],
    [{ userName: body.userName, title: 7 }, 'invalidValue'],
    [{ userName: body.userName, title: 'x'.repeat(129) }, 'invalidValue'],
    [{ userName: body.userName, title: 'a\u0007b' }, 'invalidValue'],
    [{ userName: body.userName, active: 'maybe' }, 'invalidValue'],
    [{ userName: 'paul@elsewhere.example' }, 'invalidValue'],
  ] as const) {
    const answer = await scim('PUT', `/Users/${id}`, { schemas: [USER], ...wrong })
    assert.deepEqual([answer.status, answer.json.scimType], [400, scimType], answer.text)
  }
})

test('Entra ID’s requests do what it documents', async () => {
  // https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups
  const userName = `Test_User_${randomUUID().slice(0, 8)}@acme.example`
  const none = await get(`/Users?filter=userName eq "${userName}"`)
  assert.deepEqual(
    [none.schemas, none.totalResults, none.Resources, none.startIndex],
    [['urn:ietf:params:scim:api:messages:2.0:ListResponse'], 0, [], 1],
  )
  const created = await scim('POST', '/Users', {
    schemas: [USER, ENTERPRISE],
    externalId: '0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef',
    userName,
    active: true,
    emails: [{ primary: true, type: 'work', value: 'Test_User@testuser.example' }],
    meta: { resourceType: 'User' },
    name: { formatted: 'givenName familyName', familyName: 'familyName', givenName: 'givenName' },
    roles: [],
  })
  assert.equal(created.status, 201, created.text)
  const path = `/Users/${created.json.id}`
  const updated = await patch(
    path,
    { op: 'Replace', path: 'emails[type eq "work"].value', value: 'updatedEmail@microsoft.example' },
    { op: 'Replace', path: 'name.familyName', value: 'updatedFamilyName' },
  )
  assert.deepEqual(
    [updated.status, updated.json.name.familyName, updated.json.emails],
    [200, 'updatedFamilyName', [{ type: 'work', value: 'updatedEmail@microsoft.example', primary: true }]],
  )
  const off = await patch(path, { op: 'Replace', path: 'active', value: 'False' })
  assert.equal(off.json.active, false)
  const flat = await patch(path, {
    op: 'Add',
    value: {
      active: 'True',
      'name.givenName': 'Flat',
      [`${ENTERPRISE}:department`]: 'Sales',
      'phoneNumbers[type eq "mobile"].value': '+12065550119',
      'addresses[type eq "work"].country': 'DE',
    },
  })
  assert.equal(flat.status, 200, flat.text)
  assert.deepEqual(
    [flat.json.active, flat.json.name.givenName, flat.json[ENTERPRISE], flat.json.phoneNumbers],
    [true, 'Flat', { department: 'Sales' }, [{ type: 'mobile', value: '+12065550119' }]],
  )
  const mapped = await patch(
    path,
    { op: 'Add', path: 'addresses[type eq "work"].formatted', value: 'x' },
    { op: 'Add', path: `${ENTERPRISE}:manager`, value: randomUUID() },
    { op: 'Remove', path: 'phoneNumbers[type eq "mobile"].value' },
    { op: 'Add', path: 'title', value: 'Lead' },
  )
  assert.deepEqual([mapped.status, mapped.json.title, mapped.json.phoneNumbers], [200, 'Lead', undefined])

  const team = await scim('POST', '/Groups', {
    schemas: [GROUP, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
    externalId: '8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159',
    displayName: 'displayName',
    meta: { resourceType: 'Group' },
  })
  assert.equal(team.status, 201, team.text)
  const teamPath = `/Groups/${team.json.id}`
  const added = await patch(teamPath, {
    op: 'Add',
    path: 'members',
    value: [{ $ref: null, value: created.json.id }],
  })
  assert.deepEqual([added.status, added.text], [204, ''])
  assert.deepEqual(await membersOf(team.json.id), [created.json.id])
  const without = await get(`${teamPath}?excludedAttributes=members`)
  assert.equal('members' in without, false)
  const find = (filter: string) => get(`/Groups?excludedAttributes=members&filter=${encodeURIComponent(filter)}`)
  assert.equal((await find('displayName eq "displayName"')).totalResults, 1)
  assert.equal((await find(`id eq "${team.json.id}" and members eq "${created.json.id}"`)).totalResults, 1)
  assert.equal((await find(`members.value eq "${randomUUID()}"`)).totalResults, 0)
  // Entra ID names whom it removes beside the path; others stay.
  const second = await user()
  await patch(teamPath, { op: 'Add', path: 'members', value: [{ value: second.id }, { value: created.json.id }] })
  const gone = await patch(teamPath, { op: 'Remove', path: 'members', value: [{ $ref: null, value: created.json.id }] })
  assert.equal(gone.status, 204)
  assert.deepEqual(await membersOf(team.json.id), [second.id])
  assert.equal((await patch(teamPath, { op: 'Replace', path: 'displayName', value: 'renamed' })).status, 204)
  assert.equal((await scim('DELETE', teamPath)).status, 204)
  assert.equal((await scim('DELETE', path)).status, 204)
})

test('Okta’s requests do what it documents', async () => {
  // https://developer.okta.com/docs/reference/scim/scim-20/
  const userName = `okta.${randomUUID().slice(0, 8)}@acme.example`
  const none = await get(`/Users?filter=userName%20eq%20%22${userName}%22&startIndex=1&count=100`)
  assert.equal(none.totalResults, 0)
  const created = await scim('POST', '/Users', {
    schemas: [USER],
    userName,
    name: { givenName: 'Test', familyName: 'User' },
    emails: [{ primary: true, value: userName, type: 'work' }],
    displayName: 'Test User',
    locale: 'en-US',
    externalId: '00ujl29u0le5T6Aj10h7',
    groups: [],
    password: '1mz050nq A long one',
    active: true,
  })
  assert.equal(created.status, 201, created.text)
  const path = `/Users/${created.json.id}`
  const put = await scim('PUT', path, {
    ...created.json,
    name: { givenName: 'Another', middleName: 'Excited', familyName: 'User' },
    groups: [],
    active: true,
    meta: { resourceType: 'User' },
  })
  assert.deepEqual([put.status, put.json.name.givenName, put.json.externalId], [200, 'Another', '00ujl29u0le5T6Aj10h7'])
  const off = await patch(path, { op: 'replace', value: { active: false } })
  assert.deepEqual([off.status, off.json.active], [200, false])
  const team = await group({ displayName: 'Test SCIMv2', members: [] })
  const teamPath = `/Groups/${team.id}`
  const renamed = await patch(teamPath, { op: 'replace', value: { id: team.id, displayName: 'Test SCIMv2 again' } })
  assert.equal(renamed.status, 204)
  const replaced = await patch(teamPath, {
    op: 'replace',
    path: 'members',
    value: [{ value: created.json.id, display: userName }],
  })
  assert.equal(replaced.status, 204)
  const removed = await patch(
    teamPath,
    { op: 'remove', path: `members[value eq "${created.json.id}"]` },
    { op: 'add', path: 'members', value: [{ value: await idOf('admin@acme.example'), display: 'x' }] },
  )
  assert.equal(removed.status, 204)
  assert.deepEqual(await membersOf(team.id), [await idOf('admin@acme.example')])
  const filtered = await get(`/Groups?filter=displayName%20eq%20%22Test%20SCIMv2%20again%22&startIndex=1&count=100`)
  assert.deepEqual(
    filtered.Resources.map(({ id }: { id: string }) => id),
    [team.id],
  )
})

test('operations happen all or not at all', async () => {
  const { id } = await user({ title: 'before' })
  const path = `/Users/${id}`
  for (const [wrong, scimType] of [
    [{ op: 'replace', path: 'nonsense', value: 'x' }, 'invalidPath'],
    [{ op: 'replace', path: 'emails[type eq "work"', value: 'x' }, 'invalidPath'],
    [{ op: 'replace', path: 'emails[type co "work"].value', value: 'x' }, 'invalidFilter'],
    [{ op: 'replace', path: 'id', value: randomUUID() }, 'mutability'],
    [{ op: 'replace', path: 'meta.created', value: 'x' }, 'invalidPath'],
    [{ op: 'replace', path: 'password', value: 'a long enough Passw0rd of mine' }, 'mutability'],
    [{ op: 'replace', path: 'userName', value: 'x@elsewhere.example' }, 'invalidValue'],
    [{ op: 'remove', path: 'userName' }, 'invalidValue'],
    [{ op: 'remove', path: 'displayName' }, 'mutability'],
    [{ op: 'remove', path: 'active' }, 'mutability'],
    [{ op: 'remove' }, 'noTarget'],
    [{ op: 'move', path: 'title', value: 'x' }, 'invalidSyntax'],
    [{ op: 'add', value: 'x' }, 'invalidValue'],
    [{ op: 'add', path: 'phoneNumbers', value: [{ type: 'mobile', value: '12' }] }, 'invalidValue'],
  ] as const) {
    const answer = await patch(path, { op: 'replace', path: 'title', value: 'after' }, wrong)
    assert.deepEqual([answer.status, answer.json?.scimType], [400, scimType], JSON.stringify(wrong))
  }
  assert.equal((await get(path)).title, 'before')
  const team = await group({ members: [{ value: id }] })
  const teamPath = `/Groups/${team.id}`
  for (const wrong of [
    { op: 'add', path: 'members', value: [{ value: randomUUID() }] },
    { op: 'add', path: 'members', value: [{ value: 'nobody' }] },
    { op: 'replace', path: 'members', value: [{ value: team.id }] },
    { op: 'replace', path: 'displayName', value: '' },
    { op: 'add', path: 'owners', value: [{ value: id }] },
    { op: 'remove', path: 'members[display eq "x"]' },
  ]) {
    const operations = [
      { op: 'remove', path: 'members' },
      { op: 'replace', path: 'displayName', value: 'after' },
      wrong,
    ]
    const answer = await patch(teamPath, ...operations)
    assert.equal(answer.status, 400, JSON.stringify(wrong))
  }
  assert.deepEqual([(await get(teamPath)).displayName, await membersOf(team.id)], ['A group', [id]])
  for (const body of [
    {},
    { schemas: [PATCH] },
    { schemas: [PATCH], Operations: [] },
    { Operations: [{ op: 'remove', path: 'title' }] },
  ])
    assert.equal((await scim('PATCH', path, body)).json.scimType, 'invalidSyntax')
})

test('members are added once, taken away once, and replaced as a whole', async () => {
  const [one, two, three] = [await user(), await user(), await user()]
  const inner = await group({ displayName: 'Inner' })
  const team = await group({ members: [{ value: one.id }, { value: one.id.toUpperCase() }, { value: inner.id }] })
  const told = (members: { value: string }[]) => members.sort((a, b) => (a.value < b.value ? -1 : 1))
  const base = `${services.origin}/scim/v2`
  assert.deepEqual(
    told(team.members),
    told([
      { value: inner.id, $ref: `${base}/Groups/${inner.id}`, type: 'Group' } as { value: string },
      { value: one.id, $ref: `${base}/Users/${one.id}`, type: 'User' } as { value: string },
    ]),
  )
  const path = `/Groups/${team.id}`
  const of = async () => (await membersOf(team.id)).join()
  const sorted = (...ids: string[]) => ids.sort().join()
  await patch(path, { op: 'add', path: 'members', value: [{ value: one.id }, { value: two.id }] })
  assert.equal(await of(), sorted(one.id, two.id, inner.id))
  await patch(path, { op: 'add', value: { members: [{ value: three.id }] } })
  assert.equal(await of(), sorted(one.id, two.id, three.id, inner.id))
  const calm = await patch(path, { op: 'remove', path: `members[value eq "${randomUUID()}"]` })
  assert.equal(calm.status, 204)
  await patch(
    path,
    { op: 'remove', path: `members[value eq "${three.id}"]` },
    { op: 'add', path: 'members', value: three.id },
  )
  assert.equal(await of(), sorted(one.id, two.id, three.id, inner.id))
  const put = await scim('PUT', path, { schemas: [GROUP], displayName: 'Put', members: [{ value: two.id }] })
  assert.deepEqual([put.status, put.json.displayName, await of()], [200, 'Put', two.id])
  await patch(path, { op: 'remove', path: 'members' })
  assert.equal(await of(), '')
  const many = Array.from({ length: 1_001 }, () => ({ value: randomUUID() }))
  assert.equal((await patch(path, { op: 'add', path: 'members', value: many })).json.scimType, 'tooMany')
})

test('a list of more entries than anybody has is refused', async () => {
  const emails = Array.from({ length: 51 }, (_, n) => ({ value: `m${n}@mail.example`, type: 'other' }))
  const answer = await scim('POST', '/Users', { schemas: [USER], userName: 'entries@acme.example', emails })
  assert.deepEqual([answer.status, answer.json.scimType], [400, 'tooMany'])
})

test('only what changed changes the ETag, and an older one is refused', async () => {
  const { id, meta } = await user({ title: 'one' })
  const path = `/Users/${id}`
  const read = await scim('GET', path, undefined, { 'if-none-match': meta.version })
  assert.deepEqual([read.status, read.text], [304, ''])
  const change = (value: string, ifMatch: string) =>
    scim(
      'PATCH',
      path,
      { schemas: [PATCH], Operations: [{ op: 'replace', path: 'title', value }] },
      { 'if-match': ifMatch },
    )
  assert.equal((await change('one', meta.version)).headers.get('etag'), meta.version)
  const two = await change('two', meta.version)
  assert.equal(two.status, 200)
  assert.notEqual(two.headers.get('etag'), meta.version)
  for (const [method, body] of [
    ['PATCH', { schemas: [PATCH], Operations: [{ op: 'replace', path: 'title', value: 'three' }] }],
    ['PUT', { schemas: [USER], userName: two.json.userName }],
    ['DELETE', undefined],
  ] as const)
    assert.equal((await scim(method, path, body, { 'if-match': meta.version })).status, 412, method)
  assert.equal((await get(path)).title, 'two')
  await patch(path, { op: 'add', path: 'externalId', value: `etag-${id}` })
  assert.notEqual((await scim('GET', path)).headers.get('etag'), two.headers.get('etag'))
  const team = await group()
  await patch(`/Groups/${team.id}`, { op: 'add', path: 'members', value: [{ value: id }] })
  assert.equal((await scim('DELETE', `/Groups/${team.id}`, undefined, { 'if-match': team.meta.version })).status, 412)
  assert.equal((await scim('DELETE', `/Groups/${team.id}`, undefined, { 'if-match': '*' })).status, 204)
})

test('a group that changes while its deletion waits is not deleted', async t => {
  const team = await group()
  const other = await store.pool.connect()
  t.after(() => other.release())
  await other.query('begin')
  const locked = await other.query('select from latchkey.tenants where tenant_id = $1 for no key update', [acme])
  const changed = await other.query('update latchkey.groups set changed_in = pg_current_xact_id() where id = $1', [
    team.id,
  ])
  assert.deepEqual([locked.rowCount, changed.rowCount], [1, 1])
  const deletion = scim('DELETE', `/Groups/${team.id}`, undefined, { 'if-match': team.meta.version })
  const waits = "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
  for (const end = performance.now() + 60_000; (await store.pool.query(waits)).rowCount === 0; await sleep(10))
    assert.ok(performance.now() < end)
  await other.query('commit')
  assert.equal((await deletion).status, 412)
  assert.equal((await get(`/Groups/${team.id}`)).id, team.id)
})

test('lists are paged by index and by cursor, and no page skips more than its bound', async () => {
  for (let n = 0; n < 5; n++) await group({ displayName: 'Paged' })
  const list = (query: string) => scim('GET', `/Groups?filter=${encodeURIComponent('displayName eq "Paged"')}&${query}`)
  const all = (await list('')).json.Resources.map(({ id }: { id: string }) => id)
  assert.equal(all.length, 5)
  const seen: string[] = []
  for (const startIndex of [1, 3, 5]) {
    const { json } = await list(`startIndex=${startIndex}&count=2`)
    assert.deepEqual([json.totalResults, json.startIndex, json.itemsPerPage], [5, startIndex, json.Resources.length])
    seen.push(...json.Resources.map(({ id }: { id: string }) => id))
  }
  assert.deepEqual(seen, all)
  const walked: string[] = []
  let cursor = ''
  do {
    const { json } = await list(`cursor=${encodeURIComponent(cursor)}&count=2`)
    walked.push(...json.Resources.map(({ id }: { id: string }) => id))
    cursor = json.nextCursor
  } while (cursor)
  assert.deepEqual(walked, all)
  const { nextCursor } = (await list('cursor=&count=2')).json
  for (const wrong of ['cursor=nonsense&count=2', `cursor=${encodeURIComponent(nextCursor)}&count=3`])
    assert.deepEqual((await list(wrong)).json.scimType, 'invalidCursor')
  const stolen = await other(
    'GET',
    `/Groups?filter=displayName eq "Paged"&cursor=${encodeURIComponent(nextCursor)}&count=2`,
  )
  assert.equal(stolen.json.scimType, 'invalidCursor', 'a cursor is its caller’s alone')
  assert.deepEqual((await list('count=0')).json.Resources, [])
  assert.equal((await list('count=0')).json.totalResults, 5)
  assert.deepEqual((await list('startIndex=6')).json.Resources, [])
  assert.deepEqual((await list('startIndex=1000000')).json.Resources, [])
  assert.equal((await list('startIndex=-3&count=1')).json.Resources[0].id, all[0])
  assert.equal((await list('count=many')).json.scimType, 'invalidCount')
  await inTenant(store, acme, trx =>
    trx
      .insertInto('groups')
      .values(
        Array.from({ length: 250 }, () => ({
          tenant_id: acme,
          id: randomUUID(),
          display_name: 'Many',
          display_name_folded: 'many',
          is_role_assignable: false,
          created_at: services.clock(),
        })),
      )
      .execute(),
  )
  const many = (await scim('GET', '/Groups?filter=displayName eq "Many"&count=999')).json
  assert.deepEqual([many.totalResults, many.itemsPerPage], [250, 200])
})

test('other filters are refused', async () => {
  for (const filter of [
    'userName co "a"',
    'userName eq "a" or userName eq "b"',
    'not (userName eq "a")',
    'nickName eq "x"',
    'title eq "x"',
    'userName eq a',
    'userName eq "a" and',
    'userName eq "a"and active eq true',
    'active eq "maybe"',
    'userName eq true',
    'members.value eq "x"',
    `userName eq "${'x'.repeat(5_000)}"`,
    Array.from({ length: 26 }, () => 'active eq true').join(' and '),
    '"',
    '',
  ]) {
    const answer = await scim('GET', `/Users?filter=${encodeURIComponent(filter)}`)
    assert.deepEqual([answer.status, answer.json.scimType], [400, 'invalidFilter'], filter)
  }
})

test('a query chooses attributes', async () => {
  const { id } = await user({
    name: { givenName: 'A', familyName: 'B' },
    emails: [{ value: 'a@elsewhere.example', type: 'work' }],
  })
  const read = async (query: string) => Object.keys(await get(`/Users/${id}?${query}`)).sort()
  assert.deepEqual(await read('attributes=userName'), ['id', 'meta', 'schemas', 'userName'])
  assert.deepEqual(await read(`attributes=${USER}:username,name.familyName`), [
    'id',
    'meta',
    'name',
    'schemas',
    'userName',
  ])
  assert.deepEqual((await get(`/Users/${id}?attributes=name.familyName`)).name, { familyName: 'B' })
  assert.deepEqual((await get(`/Users/${id}?excludedAttributes=emails.primary`)).emails, [
    { value: 'a@elsewhere.example', type: 'work' },
  ])
  assert.equal((await read('excludedAttributes=id,emails')).includes('id'), true)
  const listed = (await get(`/Users?filter=id eq "${id}"&attributes=active`)).Resources
  assert.deepEqual(Object.keys(listed[0]).sort(), ['active', 'id', 'meta', 'schemas'])
})

test('the service describes itself, and says what it lacks', async () => {
  const config = await get('/ServiceProviderConfig')
  assert.deepEqual(
    [config.patch.supported, config.filter, config.etag.supported, config.bulk.supported, config.sort.supported],
    [true, { supported: true, maxResults: 200 }, true, false, false],
  )
  const types = await get('/ResourceTypes')
  assert.deepEqual(
    types.Resources.map(({ endpoint }: { endpoint: string }) => endpoint),
    ['/Users', '/Groups'],
  )
  assert.equal((await get('/ResourceTypes/user')).schema, USER)
  const { Resources } = await get('/Schemas')
  assert.deepEqual(
    Resources.map(({ id }: { id: string }) => id),
    [USER, ENTERPRISE, GROUP],
  )
  assert.equal((await get(`/Schemas/${GROUP}`)).meta.location, `${services.origin}/scim/v2/Schemas/${GROUP}`)
  assert.equal((await scim('GET', '/Schemas?filter=id eq "x"')).status, 403)
  for (const [method, path, status] of [
    ['POST', '/Bulk', 501],
    ['GET', '/Me', 501],
    ['POST', '/Users/.search', 501],
    ['POST', '/Schemas', 405],
    ['DELETE', '/Users', 405],
    ['POST', `/Users/${randomUUID()}`, 405],
    ['GET', '/Schemas/nonsense', 404],
    ['GET', '/Things', 404],
    ['GET', '/Users/x/y', 404],
    ['GET', '/__proto__', 404],
    ['GET', '', 404],
    ['GET', `/Users/${randomUUID()}`, 404],
  ] as const) {
    const answer = await scim(method, path, method === 'POST' ? {} : undefined)
    assert.deepEqual(
      [answer.status, answer.json?.schemas, answer.json?.status],
      [status, [ERROR], String(status)],
      path,
    )
  }
  assert.equal((await scim('DELETE', '/Users')).headers.get('allow'), 'GET, POST')
})

test('a request needs a token, the permission, and a body of its kind', async () => {
  const post = (headers: Record<string, string>, body: string) => scim('POST', '/Users', body, headers)
  assert.equal((await post({ 'content-type': 'text/plain' }, 'x')).status, 415)
  assert.equal((await post({}, '{')).json.scimType, 'invalidSyntax')
  assert.equal((await post({ 'content-type': 'application/json' }, '[]')).status, 400)
  assert.equal((await post({}, `"${'x'.repeat(1024 * 1024)}"`)).status, 413)
  for (const token of [undefined, 'nonsense', `scim.${acme}.nonsense`, 'scim.x.y']) {
    const answer = await scimOf(api.with(token))('GET', '/Users')
    assert.deepEqual([answer.status, answer.json.schemas], [401, [ERROR]])
    assert.equal(answer.headers.get('www-authenticate'), 'Bearer')
  }
  const graph = scimOf(await api.asApplication(['User.ReadWrite.All', 'Group.ReadWrite.All']))
  assert.equal((await graph('GET', '/Users')).status, 403)
  assert.equal((await graph('GET', '/Schemas')).status, 403)
  const globex = scimOf(await testApi(server, 'globex.example').asApplication(['Scim.ReadWrite.All']))
  const { id } = await user()
  const foreign = await globex('GET', `/Users/${id}`)
  const unknown = await globex('GET', `/Users/${randomUUID()}`)
  assert.deepEqual([foreign.status, foreign.json], [404, unknown.json])
})

test('a body that nobody reads ends its connection', async () => {
  const endless = new ReadableStream({
    async pull(controller) {
      controller.enqueue(new Uint8Array(16_384))
      await sleep(5)
    },
  })
  const response = await fetch(`${server.url}/scim/v2/Users`, {
    method: 'POST',
    body: endless,
    duplex: 'half',
  } as RequestInit)
  assert.deepEqual([response.status, response.headers.get('connection')], [401, 'close'])
})

test('a program acts on whom a User Administrator may act on, whatever its principal holds', async () => {
  const global = await administrator('scim.global', 'Global Administrator')
  const helpdesk = await administrator('scim.helpdesk', 'Helpdesk Administrator')
  await inTenant(store, acme, trx =>
    assignRole(
      trx,
      means(),
      { kind: 'servicePrincipal', id: application.principalId } as never,
      'Global Administrator',
    ),
  ).catch(() => undefined)
  const off = (id: string) => patch(`/Users/${id}`, { op: 'replace', path: 'active', value: false })
  assert.equal((await off(helpdesk)).status, 200)
  for (const answer of [await off(global), await scim('DELETE', `/Users/${global}`)]) {
    assert.deepEqual([answer.status, answer.json.schemas], [403, [ERROR]])
  }
  const refused = await store.pool.query(
    `select result, reason, actor_name, target_id from latchkey.audit_events where activity = 'access.refused'
      and target_id = $1`,
    [global],
  )
  const event = { result: 'failure', reason: 'protected_target', actor_name: 'Directory tool', target_id: global }
  assert.deepEqual(refused.rows, [event, event])
  assert.equal((await get(`/Users/${global}`)).active, true)
  const title = await patch(`/Users/${global}`, { op: 'replace', path: 'title', value: 'Chief' })
  assert.equal(title.status, 200, 'a title opens nothing')
  const admin = await api.as('admin@acme.example')
  const { json } = await admin('POST', '/groups', { displayName: 'Role holders', isAssignableToRole: true })
  const { id } = await user()
  for (const answer of [
    await patch(`/Groups/${json.id}`, { op: 'add', path: 'members', value: [{ value: id }] }),
    await patch(`/Groups/${json.id}`, { op: 'replace', path: 'displayName', value: 'x' }),
    await scim('PUT', `/Groups/${json.id}`, { schemas: [GROUP], displayName: 'x' }),
    await scim('DELETE', `/Groups/${json.id}`),
  ])
    assert.equal(answer.status, 403, answer.text)
  const { rows } = await store.pool.query(
    `select actor_kind, actor_name from latchkey.audit_events where target_id = $1 and activity = 'user.created'`,
    [id],
  )
  assert.deepEqual(rows, [{ actor_kind: 'application', actor_name: 'Directory tool' }])
})

test('a person needs the role and a second step besides', async () => {
  await administrator('scim.users', 'User Administrator')
  await administrator('scim.groups', 'Groups Administrator')
  const { id } = await user()
  const body = { schemas: [PATCH], Operations: [{ op: 'replace', path: 'active', value: false }] }
  const by = async (name: string, signIn?: Parameters<typeof api.as>[1]) =>
    scimOf(await api.as(`${name}@acme.example`, signIn))('PATCH', `/Users/${id}`, body)
  assert.equal((await by('scim.groups')).status, 403)
  const weak = await by('scim.users', { acr: 'pwd' })
  assert.equal(weak.status, 401, weak.text)
  assert.match(weak.headers.get('www-authenticate')!, /insufficient_user_authentication/)
  assert.equal((await by('scim.users', { scopes: ['User.ReadWrite.All'] })).status, 403)
  assert.equal((await by('scim.users', { scopes: ['Scim.ReadWrite.All'] })).status, 200)
})
