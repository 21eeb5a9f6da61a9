// This file is long because groups, memberships and roles are asked of one server, by both of Graph's forms.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { type Role, templateIds } from '../access/index.ts'
import { assignRole, createUser, findTenantId, findUserByName } from '../directory/index.ts'
import { addPolicy, resetPolicy } from '../policies/index.ts'
import { inTenant } from '../store/index.ts'
import { type AskApi, testApi } from '../testing/api.ts'
import { meansAt } from '../testing/people.ts'
import { testServer } from '../testing/server.ts'

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
const as = (name: string) => api.as(`${name}@acme.example`)
const idOf = async (name: string) => (await inTenant(store, acme, trx => findUserByName(trx, acme, name)))!.id
const reference = (id: string, host = 'https://graph.microsoft.com') => ({
  '@odata.id': `${host}/v1.0/directoryObjects/${id}`,
})
async function group(body: object = {}, ask: AskApi = admin): Promise<string> {
  const { status, json, text } = await ask('POST', '/groups', { displayName: 'A group', ...body })
  assert.equal(status, 201, text)
  return json.id
}
const namesOf = ({ json }: { json: { value: { displayName: string }[] } }) =>
  json.value.map(({ displayName }) => displayName)

test('a group is made, read, changed by its ETag and deleted', async () => {
  const made = await admin('POST', '/groups', {
    '@odata.type': '#microsoft.graph.group',
    displayName: 'Équipe Été',
    description: 'Vacances',
    mailNickname: 'ete',
    mailEnabled: false,
    securityEnabled: true,
    groupTypes: [],
  })
  assert.equal(made.status, 201)
  const { id, createdDateTime } = made.json
  const path = `/groups/${id}`
  assert.equal(made.headers.get('location'), `${services.origin}/v1.0${path}`)
  assert.match(createdDateTime, /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/)
  assert.deepEqual(made.json, {
    '@odata.context': `${services.origin}/v1.0/$metadata#groups/$entity`,
    '@odata.etag': made.headers.get('etag'),
    id,
    displayName: 'Équipe Été',
    description: 'Vacances',
    mailNickname: 'ete',
    isAssignableToRole: false,
    createdDateTime,
    deletedDateTime: null,
    securityEnabled: true,
    mailEnabled: false,
    onPremisesSyncEnabled: null,
    onPremisesLastSyncDateTime: null,
    groupTypes: [],
  })
  const etag = made.headers.get('etag')!
  assert.equal((await admin('GET', path, undefined, { 'if-none-match': etag })).status, 304)
  const change = (body: object, ifMatch?: string) =>
    admin('PATCH', path, body, ifMatch === undefined ? {} : { 'if-match': ifMatch })
  assert.equal((await change({ description: null }, etag)).status, 204)
  const stale = await change({ description: 'x' }, etag)
  assert.deepEqual([stale.status, stale.json.error.code], [412, 'resourceModified'])
  assert.equal((await change({ description: 'x' }, '*')).status, 204)
  assert.equal((await admin('DELETE', path)).status, 204)
  for (const method of ['GET', 'DELETE']) assert.equal((await admin(method, path)).status, 404)
})

test('a property that cannot be written is refused by its reason', async () => {
  const path = `/groups/${await group()}`
  const wrong = async (method: string, at: string, body: object) => (await admin(method, at, body)).code
  for (const [body, code] of [
    [{}, 'property_required'],
    [{ displayName: '' }, 'property_invalid'],
    [{ displayName: 'x'.repeat(257) }, 'property_invalid'],
    [{ displayName: 1 }, 'property_invalid'],
    [{ displayName: 'x', description: 'x'.repeat(1_025) }, 'property_invalid'],
    [{ displayName: 'x', mailNickname: 'a b' }, 'property_invalid'],
    [{ displayName: 'x', securityEnabled: false }, 'property_unsupported'],
    [{ displayName: 'x', mailEnabled: true }, 'property_unsupported'],
    [{ displayName: 'x', groupTypes: ['Unified'] }, 'property_unsupported'],
    [{ displayName: 'x', visibility: 'Private' }, 'property_unsupported'],
    [{ displayName: 'x', id: randomUUID() }, 'property_read_only'],
    [{ displayName: 'x', size: 3 }, 'property_unknown'],
    [{ displayName: 'x', 'members@odata.bind': ['https://elsewhere.example/v1.0/users/x'] }, 'property_invalid'],
    [
      { displayName: 'x', 'members@odata.bind': Array(21).fill(reference(randomUUID())['@odata.id']) },
      'property_invalid',
    ],
    [{ displayName: 'x', 'owners@odata.bind': [reference(randomUUID())['@odata.id']] }, 'not_found'],
  ] as const)
    assert.equal(await wrong('POST', '/groups', body), code, JSON.stringify(body).slice(0, 80))
  assert.equal(await wrong('PATCH', path, { isAssignableToRole: true }), 'property_read_only')
  assert.equal(await wrong('PATCH', path, { createdDateTime: '2026-01-01T00:00:00Z' }), 'property_read_only')
})

test('lists are filtered, searched, sorted and paged', async () => {
  for (const displayName of ['Zeta One', 'zeta two', 'ZETA Three'])
    await group({ displayName, description: `about ${displayName}` })
  const list = (query: string) => admin('GET', `/groups?${query}`)
  assert.deepEqual(namesOf(await list("$filter=startsWith(displayName,'zeta')&$orderby=displayName")), [
    'Zeta One',
    'ZETA Three',
    'zeta two',
  ])
  assert.deepEqual(namesOf(await list(`$search="displayName:three"`)), ['ZETA Three'])
  assert.deepEqual(namesOf(await list(`$search="description:two"`)), ['zeta two'])
  const first = await list("$filter=startsWith(displayName,'zeta')&$orderby=displayName&$top=2&$count=true")
  assert.equal(first.json['@odata.count'], 3)
  assert.deepEqual(namesOf(await admin('GET', first.json['@odata.nextLink'])), ['zeta two'])
  const { status, text } = await admin('GET', "/groups/$count?$filter=startsWith(displayName,'zeta')")
  assert.deepEqual([status, text], [200, '3'])
  assert.equal((await list('$filter=isAssignableToRole eq true')).status, 200)
  assert.equal((await list("$filter=shoeSize eq '1'")).code, 'filter_property')
})

test('members and owners come and go by reference', async () => {
  const [user, inner] = [await person('joiner'), await group({ displayName: 'Inner' })]
  const id = await group({ displayName: 'Outer', 'members@odata.bind': [`${services.origin}/v1.0/groups/${inner}`] })
  const add = (body: object, name = 'members') => admin('POST', `/groups/${id}/${name}/$ref`, body)
  assert.equal((await add({ '@odata.id': 'https://graph.microsoft.com/v1.0/users/JOINER@acme.example' })).status, 204)
  const again = await add(reference(user))
  assert.deepEqual([again.status, again.code, again.json.error.details[0].target], [400, 'ObjectConflict', 'members'])
  assert.equal((await add(reference(id))).status, 400, 'itself')
  assert.equal((await add(reference(randomUUID()))).status, 404)
  for (const bad of [
    'nothing',
    'https://evil.example/v1.0/users/x',
    'https://graph.microsoft.com/beta/users/x',
    'https://graph.microsoft.com/v1.0/users/%',
  ])
    assert.equal((await add({ '@odata.id': bad })).code, 'property_invalid', bad)

  const members = await admin('GET', `/groups/${id}/members?$orderby=displayName`)
  assert.deepEqual(
    members.json.value.map((one: Record<string, string>) => [one['@odata.type'], one.displayName]),
    [
      ['#microsoft.graph.group', 'Inner'],
      ['#microsoft.graph.user', 'joiner'],
    ],
  )
  assert.deepEqual(namesOf(await admin('GET', `/groups/${id}/members/microsoft.graph.user?$select=displayName`)), [
    'joiner',
  ])
  assert.equal((await admin('GET', `/groups/${id}/members/$count`)).text, '2')
  assert.deepEqual(namesOf(await admin('GET', `/groups/${id}/owners`)).length, 1, 'who made it')
  await admin('POST', `/groups/${inner}/members/$ref`, reference(await person('deep')))
  assert.deepEqual(namesOf(await admin('GET', `/groups/${id}/transitiveMembers?$orderby=displayName`)), [
    'deep',
    'Inner',
    'joiner',
  ])
  const whole = await admin('GET', `/groups/${id}?$expand=members($select=id,displayName)`)
  assert.deepEqual(whole.json.members.map(({ displayName }: { displayName: string }) => displayName).sort(), [
    'Inner',
    'joiner',
  ])

  // Without `/$ref` Graph would delete the user.
  const bare = await admin('DELETE', `/groups/${id}/members/${user}`)
  assert.deepEqual([bare.status, bare.headers.get('allow')], [405, 'GET'])
  assert.equal((await admin('GET', '/users/joiner@acme.example')).status, 200)
  assert.equal((await admin('DELETE', `/groups/${id}/members/${user}/$ref`)).status, 204)
  assert.equal((await admin('DELETE', `/groups/${id}/members/${user}/$ref`)).status, 404)
  for (const name of ['members', 'owners', 'transitiveMembers'])
    assert.equal((await admin('GET', `/groups/${randomUUID()}/${name}`)).status, 404)
})

test('a group that a policy names is not deleted', async () => {
  const id = await group()
  const policy = { displayName: 'Named', priority: 7, excludedGroups: [], settings: resetPolicy.defaults }
  await inTenant(store, acme, trx => addPolicy(trx, means(), acme, { ...policy, includedGroups: [id] }))
  const { status, code } = await admin('DELETE', `/groups/${id}`)
  assert.deepEqual([status, code], [400, 'in_use'])
})

test('a delta tells of groups and of who joined and left them', async () => {
  const user = await person('mover')
  const kept = await group({ displayName: 'Kept', 'members@odata.bind': [reference(user)['@odata.id']] })
  const follow = async (link: string) => {
    const { status, json, text } = await admin('GET', link)
    assert.equal(status, 200, text)
    return json
  }
  let whole = await follow('/groups/delta?$select=displayName,members')
  const found = [...whole.value]
  while (whole['@odata.nextLink']) {
    whole = await follow(whole['@odata.nextLink'])
    found.push(...whole.value)
  }
  assert.deepEqual(
    found.find(({ id }) => id === kept),
    {
      '@odata.etag': 'W/"1"',
      id: kept,
      displayName: 'Kept',
      'members@delta': [{ '@odata.type': '#microsoft.graph.user', id: user }],
    },
  )
  whole = await follow(whole['@odata.deltaLink'])
  assert.deepEqual(whole.value, [])
  const gone = await group({ displayName: 'Gone' })
  await admin('DELETE', `/groups/${kept}/members/${user}/$ref`)
  await admin('DELETE', `/groups/${gone}`)
  const { value } = await follow(whole['@odata.deltaLink'])
  assert.deepEqual(value, [
    {
      '@odata.etag': 'W/"1"',
      id: kept,
      displayName: 'Kept',
      'members@delta': [{ '@odata.type': '#microsoft.graph.user', id: user, '@removed': { reason: 'deleted' } }],
    },
    { id: gone, '@removed': { reason: 'changed' } },
  ])
})

test('roles are given and taken in both of Graph’s forms, never to oneself', async () => {
  const PRA = templateIds['Privileged Role Administrator']
  const HD = templateIds['Helpdesk Administrator']
  const [giver, taker] = [await person('giver', 'Privileged Role Administrator'), await person('taker')]
  const ask = await as('giver')
  const give = (principalId: string, roleDefinitionId: string, more: object = {}) =>
    ask('POST', '/roleManagement/directory/roleAssignments', {
      principalId,
      roleDefinitionId,
      directoryScopeId: '/',
      ...more,
    })
  const own = await give(giver, HD)
  assert.deepEqual([own.status, own.code], [403, 'own_rights'])
  const special = await group({ displayName: 'For roles', isAssignableToRole: true }, ask)
  await admin('POST', `/groups/${special}/owners/$ref`, reference(giver))
  assert.equal((await give(special, HD)).code, 'own_rights', 'a group that the giver owns')
  const given = await give(taker, HD)
  assert.equal(given.status, 201)
  assert.deepEqual([given.json.principalId, given.json.roleDefinitionId, given.json.directoryScopeId], [taker, HD, '/'])
  assert.equal((await give(taker, HD)).code, 'ObjectConflict')
  assert.equal((await give(taker, HD, { directoryScopeId: '/administrativeUnits/1' })).code, 'property_invalid')
  assert.equal((await give(taker, randomUUID())).code, 'property_invalid')
  assert.equal((await give(randomUUID(), HD)).status, 404)
  assert.equal((await give(await group(), HD)).code, 'principal_invalid')

  const list = await ask(
    'GET',
    `/roleManagement/directory/roleAssignments?$filter=principalId eq '${taker}'&$expand=principal`,
  )
  assert.deepEqual(
    list.json.value.map((one: { id: string; principal: { displayName: string } }) => [
      one.id,
      one.principal.displayName,
    ]),
    [[given.json.id, 'taker']],
  )
  const members = await ask('GET', `/directoryRoles(roleTemplateId='${HD}')/members?$filter=displayName eq 'taker'`)
  assert.equal(members.json.value[0].id, taker)
  assert.equal((await ask('DELETE', `/directoryRoles/${HD}/members/${taker}`)).status, 405)
  assert.equal((await ask('DELETE', `/directoryRoles/${HD}/members/${taker}/$ref`)).status, 204)
  assert.equal((await ask('GET', `/roleManagement/directory/roleAssignments/${given.json.id}`)).status, 404)
  assert.equal((await ask('POST', `/directoryRoles/${PRA}/members/$ref`, reference(taker))).status, 204)
  assert.equal((await ask('POST', '/directoryRoles', { roleTemplateId: PRA })).code, 'ObjectConflict')
  assert.equal((await ask('GET', '/directoryRoles')).json.value.length, Object.keys(templateIds).length)
  assert.equal((await ask('GET', `/directoryRoles/${randomUUID()}`)).status, 404)
  const definition = await ask('GET', `/roleManagement/directory/roleDefinitions/${PRA}`)
  assert.deepEqual(definition.json.rolePermissions[0].allowedResourceActions, [
    'profile.readAll',
    'roleGroups.write',
    'roles.assign',
    'roles.unassign',
    'applications.grant',
  ])
})

test('the only Global Administrator stays one, and nobody takes that role from themselves', async () => {
  const GA = templateIds['Global Administrator']
  const adminId = await idOf(ADMIN)
  const take = (ask: AskApi, id: string) => ask('DELETE', `/directoryRoles/${GA}/members/${id}/$ref`)
  await person('privileged', 'Privileged Role Administrator')
  for (const ask of [admin, await as('privileged')]) {
    const { status, code } = await take(ask, adminId)
    assert.deepEqual([status, code], [400, 'last_global_administrator'])
  }
  const other = await idOf('registered@acme.example')
  await inTenant(store, acme, trx => assignRole(trx, means(), other, 'Global Administrator'))
  const { status, code } = await take(admin, adminId)
  assert.deepEqual([status, code], [400, 'own_account'])
  assert.equal((await take(admin, other)).status, 204)
})

test('a role-assignable group is for those who give roles', async () => {
  const special = await group({ isAssignableToRole: true })
  const ua = await person('useradmin', 'User Administrator')
  const ask = await as('useradmin')
  for (const id of [ua, await person('anybody')])
    assert.equal((await ask('POST', `/groups/${special}/members/$ref`, reference(id))).status, 403)
  assert.equal((await ask('PATCH', `/groups/${special}`, { displayName: 'Mine' })).status, 403)
  assert.equal((await ask('POST', '/groups', { displayName: 'x', isAssignableToRole: true })).status, 403)
  const own = await admin('POST', `/groups/${special}/members/$ref`, reference(await idOf(ADMIN)))
  assert.deepEqual([own.status, own.code], [403, 'own_rights'])
  const before = await api.as(ADMIN, { ago: 16 })
  const late = await before('DELETE', `/groups/${special}`)
  assert.deepEqual([late.status, late.code], [401, 'step_up'])
})

test('memberships are told directly and through groups', async () => {
  const user = await person('inside')
  const inner = await group({ displayName: 'Inside', 'members@odata.bind': [reference(user)['@odata.id']] })
  const outer = await group({ displayName: 'Outside', 'members@odata.bind': [reference(inner)['@odata.id']] })
  const special = await group({ displayName: 'Readers', isAssignableToRole: true })
  await admin('POST', `/groups/${special}/members/$ref`, reference(user))
  const RR = templateIds['Reports Reader']
  await admin('POST', `/directoryRoles/${RR}/members/$ref`, reference(special))
  const names = async (path: string) => namesOf(await admin('GET', `${path}?$orderby=displayName`))
  assert.deepEqual(await names('/users/inside@acme.example/memberOf'), ['Inside', 'Readers'])
  assert.deepEqual(await names('/users/inside@acme.example/transitiveMemberOf'), [
    'Inside',
    'Outside',
    'Readers',
    'Reports Reader',
  ])
  assert.deepEqual(await names(`/groups/${inner}/transitiveMemberOf/microsoft.graph.group`), ['Outside'])
  const post = async (path: string, body: object) => (await admin('POST', path, body)).json.value.sort()
  assert.deepEqual(await post(`/users/${user}/checkMemberGroups`, { groupIds: [outer.toUpperCase(), randomUUID()] }), [
    outer,
  ])
  assert.deepEqual(
    await post(`/users/${user}/getMemberGroups`, { securityEnabledOnly: false }),
    [inner, outer, special].sort(),
  )
  assert.deepEqual(await post(`/directoryObjects/${user}/getMemberObjects`, {}), [inner, outer, special, RR].sort())
  const objects = await admin('POST', '/directoryObjects/getByIds', {
    ids: [user, inner, randomUUID()],
    types: ['user'],
  })
  assert.deepEqual(namesOf(objects), ['inside'])
  const inMe = await (await as('inside'))('GET', '/me/transitiveMemberOf/$count')
  assert.equal(inMe.text, '4')
})

test('what the caller may do is told by what decides it', async () => {
  await person('desk', 'Helpdesk Administrator')
  const ask = await as('desk')
  const mine = await ask('GET', '/me/allowedActions')
  assert.ok(mine.json.value.includes('passwords.reset'))
  assert.equal(mine.json.value.includes('users.delete'), false)
  // They may own a group; no role lets them write others.
  assert.ok(mine.json.value.includes('groups.write'))
  assert.deepEqual(
    ['passwords.reset', 'groups.write'].filter(action => mine.json.byRole.includes(action)),
    ['passwords.reset'],
  )
  assert.deepEqual(mine.json.roles, [templateIds['Helpdesk Administrator']])
  const of = async (by: AskApi, name: string, action: string) => {
    const { json } = await by('GET', `/users/${name}/allowedActions`)
    const { action: _, rolesThatMay, ...rest } = json.value.find((one: { action: string }) => one.action === action)
    return { ...rest, who: rolesThatMay.length }
  }
  await person('target')
  assert.deepEqual(await of(ask, 'target@acme.example', 'passwords.reset'), {
    allowed: true,
    reason: null,
    stepUp: 0,
    who: 0,
  })
  assert.deepEqual(await of(ask, ADMIN, 'passwords.reset'), {
    allowed: false,
    reason: 'protected_target',
    stepUp: 0,
    who: 6,
  })
  assert.deepEqual(await of(ask, 'desk@acme.example', 'passwords.reset'), {
    allowed: false,
    reason: 'own_account',
    stepUp: 0,
    who: 6,
  })
  const weak = await api.as('desk@acme.example', { acr: 'pwd' })
  assert.deepEqual(await of(weak, 'target@acme.example', 'passwords.reset'), {
    allowed: true,
    reason: null,
    stepUp: 2,
    who: 6,
  })
  const special = await group({ isAssignableToRole: true })
  await admin('POST', `/groups/${special}/members/$ref`, reference(await idOf('target@acme.example')))
  assert.equal((await of(ask, 'target@acme.example', 'passwords.reset')).reason, 'protected_target')
})

test('an application acts on those who hold rights as the roles of its principal say', async () => {
  const program = await api.asApplication(['GroupMember.ReadWrite.All', 'RoleManagement.ReadWrite.Directory'])
  const [special, plain] = [await group({ isAssignableToRole: true }), await group()]
  const join = async (id: string) =>
    program('POST', `/groups/${id}/members/$ref`, reference(await person(`m${randomUUID()}`)))
  assert.equal((await join(plain)).status, 204)
  const refused = await join(special)
  assert.deepEqual([refused.status, refused.code], [403, 'protected_target'])
  const PRA = templateIds['Privileged Role Administrator']
  const own = await program('POST', `/directoryRoles/${PRA}/members/$ref`, reference(program.principalId))
  assert.deepEqual([own.status, own.code], [403, 'own_rights'])
  assert.equal((await admin('POST', `/directoryRoles/${PRA}/members/$ref`, reference(program.principalId))).status, 204)
  assert.equal((await join(special)).status, 204)
  await admin('DELETE', `/directoryRoles/${PRA}/members/${program.principalId}/$ref`)
  assert.equal((await join(special)).status, 403, 'roles are read at each use')
  assert.equal((await program('GET', '/me/memberOf')).code, 'delegated_only')
})

test('nothing of another tenant is found, whatever is asked', async () => {
  const globex = testApi(server, 'globex.example')
  const stranger = await globex.as('two-gates@globex.example')
  const [id, user] = [await group(), await idOf(ADMIN)]
  for (const path of [
    `/groups/${id}`,
    `/groups/${id}/members`,
    `/users/${user}/memberOf`,
    `/directoryObjects/${user}/memberOf`,
  ])
    assert.equal((await stranger('GET', path)).status, 404, path)
  const seen = await stranger('POST', '/directoryObjects/getByIds', { ids: [id, user] })
  assert.deepEqual(seen.json.value, [])
})

test('a deleted group is among the deleted items, comes back with its members, or is erased', async () => {
  const made = await admin('POST', '/groups', { displayName: 'Short lived' })
  const { id } = made.json
  const { json: person } = await admin('GET', '/users/prefilled@acme.example')
  const reference = { '@odata.id': `${server.services.origin}/v1.0/users/${person.id}` }
  assert.equal((await admin('POST', `/groups/${id}/members/$ref`, reference)).status, 204)
  const expanded = await admin('GET', `/users/${person.id}?$expand=memberOf($select=id,displayName)`)
  assert.ok(
    expanded.json.memberOf.some((one: { id: string }) => one.id === id),
    expanded.text,
  )
  const inGroup = async (filter: string) => {
    const { json } = await admin('GET', `/users?$select=id&$filter=${encodeURIComponent(filter)}`)
    return json.value.map((one: { id: string }) => one.id)
  }
  const member = `memberOf/any(g:g/id eq '${id}')`
  assert.deepEqual(await inGroup(member), [person.id])
  assert.deepEqual(await inGroup(`${member} and accountEnabled eq false`), [])
  assert.equal((await inGroup(`not ${member}`)).includes(person.id), false)
  assert.equal((await admin('DELETE', `/groups/${id}`)).status, 204)
  assert.deepEqual(await inGroup(member), [], 'a deleted group has no members in a list')
  const listed = await admin('GET', '/directory/deletedItems/microsoft.graph.group?$count=true')
  assert.ok(listed.json.value.some((one: { id: string }) => one.id === id))
  const read = await admin('GET', `/directory/deletedItems/${id}`)
  assert.deepEqual([read.status, read.json['@odata.type']], [200, '#microsoft.graph.group'])
  const colleague = await api.as('registered@acme.example')
  for (const path of ['microsoft.graph.group', id])
    assert.equal((await colleague('GET', `/directory/deletedItems/${path}`)).status, 403, path)
  assert.equal((await colleague('POST', `/directory/deletedItems/${id}/restore`, {})).status, 403)
  const back = await admin('POST', `/directory/deletedItems/${id}/restore`, {})
  assert.deepEqual([back.status, back.json.id], [200, id], back.text)
  assert.deepEqual(
    (await admin('GET', `/groups/${id}/members`)).json.value.map((one: { id: string }) => one.id),
    [person.id],
  )
  await admin('DELETE', `/groups/${id}`)
  assert.equal((await admin('DELETE', `/directory/deletedItems/${id}`)).status, 204)
  assert.equal((await admin('GET', `/directory/deletedItems/${id}`)).status, 404)
})
