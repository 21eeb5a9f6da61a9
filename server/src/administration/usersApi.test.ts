// This file is long because it asks each case of the contract about users, as a program would.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { DAY } from '../clock.ts'
import { assignRole, findTenantId, findUserByName } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { type AskApi, testApi } from '../testing/api.ts'
import { testServer } from '../testing/server.ts'

const server = await testServer()
const { services, store } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const ADMIN = 'admin@acme.example'
const admin = await api.as(ADMIN)
const PASSWORD = 'Correct horse battery 1'

const means = () => ({ now: services.clock(), random: services.random, keys: services.keys })
const idOf = async (name: string) => (await inTenant(store, acme, trx => findUserByName(trx, acme, name)))!.id
const adminId = await idOf(ADMIN)

const newUser = (name: string, more: Record<string, unknown> = {}) => ({
  accountEnabled: true,
  displayName: name,
  userPrincipalName: `${name}@acme.example`,
  passwordProfile: { password: PASSWORD },
  ...more,
})
/** Makes somebody, and returns the id. */
async function make(name: string, more: Record<string, unknown> = {}): Promise<string> {
  const made = await admin('POST', '/users', newUser(name, more))
  assert.equal(made.status, 201, made.text)
  return made.json.id
}
async function as(name: string, role: Parameters<typeof assignRole>[3]) {
  const id = await make(name)
  await inTenant(store, acme, trx => assignRole(trx, means(), id, role))
  return api.as(`${name}@acme.example`)
}
const read = async (id: string, select: string) => (await admin('GET', `/users/${id}?$select=${select}`)).json
const events = async (id: string) =>
  (
    await store.pool.query(
      "select activity, actor_name, details from audit_events where target_id = $1 and activity like 'user.%' order by at, id",
      [id],
    )
  ).rows

test('nobody is made with the account’s own mailbox as the way back in', async () => {
  const refused = await admin('POST', '/users', { ...newUser('own-mail'), otherMails: ['own-mail+x@acme.example'] })
  assert.deepEqual([refused.status, refused.code], [400, 'property_invalid'])
})

test('a user is made, read, changed and deleted', async () => {
  const made = await admin('POST', '/users', {
    ...newUser('ada'),
    givenName: 'Ada',
    department: 'Ｅngines',
    mobilePhone: '+1 206 555 0131',
    businessPhones: ['+12065550132'],
    otherMails: ['ada@mail.example', 'second@mail.example'],
  })
  assert.equal(made.status, 201, made.text)
  assert.match(made.headers.get('location') ?? '', /\/v1\.0\/users\/[0-9a-f-]{36}$/)
  const { id } = made.json
  assert.deepEqual(
    Object.keys(made.json)
      .filter(name => !name.startsWith('@'))
      .sort(),
    [
      ...['businessPhones', 'displayName', 'givenName', 'id', 'jobTitle', 'mail', 'mobilePhone', 'officeLocation'],
      ...['preferredLanguage', 'surname', 'userPrincipalName'],
    ],
  )
  assert.equal(made.json.mobilePhone, '+1 2065550131')
  const got = await read(
    id,
    'mobilePhone,businessPhones,otherMails,accountEnabled,userType,passwordProfile,assignedLicenses',
  )
  assert.deepEqual(Object.fromEntries(Object.entries(got).filter(([name]) => !name.startsWith('@'))), {
    mobilePhone: '+1 2065550131',
    businessPhones: ['+1 2065550132'],
    otherMails: ['ada@mail.example', 'second@mail.example'],
    accountEnabled: true,
    userType: 'Member',
    passwordProfile: null,
    assignedLicenses: [],
  })
  const search = async (filter: string) =>
    (await admin('GET', `/users?$filter=${encodeURIComponent(filter)}`)).json.value.map((one: { id: string }) => one.id)
  for (const filter of [
    "department eq 'ENGINES'",
    "startsWith(department,'eng') and accountEnabled eq true",
    "mobilePhone eq '+1 (206) 555-0131'",
    "businessPhones/any(p:p eq '+12065550132')",
    "otherMails/any(m:m eq 'second@mail.example')",
    "endsWith(userPrincipalName,'A@acme.example') and startsWith(givenName,'ada')",
  ])
    assert.deepEqual(await search(filter), [id], filter)
  const token = await api.tokenOf('ada@acme.example')
  assert.equal((await admin('PATCH', `/users/${id}`, { displayName: 'Ada Byron', otherMails: [] })).status, 204)
  assert.equal((await api.with(token)('GET', '/me')).status, 200, 'a new display name ends nothing')
  assert.deepEqual((await read(id, 'otherMails')).otherMails, [])
  assert.equal((await admin('PATCH', `/users/${id}`, { userPrincipalName: 'ada.byron@acme.example' })).status, 204)
  assert.equal((await api.with(token)('GET', '/me')).status, 401, 'a new name ends sessions')
  const changed = await events(id)
  assert.deepEqual(
    changed.map(({ activity, actor_name }) => [activity, actor_name]),
    [
      ['user.created', ADMIN],
      ['user.changed', ADMIN],
      ['user.changed', ADMIN],
    ],
  )
  assert.deepEqual(JSON.parse(changed[1].details.changes), {
    displayName: ['ada', 'Ada Byron'],
    otherMails: ['***', '***'],
  })
  assert.ok(!JSON.stringify(changed).includes('206'), 'no number is told')
  assert.ok(!JSON.stringify(changed).includes(PASSWORD))
  assert.equal((await admin('DELETE', `/users/${id}`)).status, 204)
  assert.equal((await admin('GET', `/users/${id}`)).status, 404)
})

test('names of users: looked up in any case, in ASCII alone, and one each', async () => {
  const { json } = await admin('GET', '/users/ADMIN@ACME.example')
  assert.equal(json.id, adminId)
  const byFilter = await admin('GET', "/users?$filter=userPrincipalName eq 'ADMIN@acme.EXAMPLE'")
  assert.deepEqual(
    byFilter.json.value.map((one: { id: string }) => one.id),
    [adminId],
  )
  const umlaut = await admin('POST', '/users', newUser('jürgen'))
  assert.deepEqual([umlaut.status, umlaut.code], [400, 'property_invalid'])
  assert.equal((await admin('GET', `/users/${encodeURIComponent('help\u212aesk@acme.example')}`)).status, 404)
  const taken = await admin('POST', '/users', newUser('ADMIN'))
  assert.deepEqual([taken.status, taken.code], [400, 'ObjectConflict'])
  assert.equal(taken.json.error.details[0].target, 'userPrincipalName')
  const foreign = await admin('POST', '/users', { ...newUser('x'), userPrincipalName: 'x@globex.example' })
  assert.deepEqual([foreign.status, foreign.code], [400, 'domain_not_verified'])
  const weak = await admin('POST', '/users', { ...newUser('weak'), passwordProfile: { password: 'short' } })
  assert.equal(weak.status, 400)
  assert.match(weak.code ?? '', /^password_/)
  assert.equal(weak.json.error.details[0].target, 'passwordProfile/password')
  const missing = await admin('POST', '/users', { displayName: 'nobody' })
  assert.deepEqual([missing.status, missing.code], [400, 'property_required'])
})

test('a quote in a name is text, in values and in filters', async () => {
  const id = await make("o'brien", { displayName: "O'Brien" })
  const { json } = await admin('GET', `/users?$filter=${encodeURIComponent("startsWith(displayName,'o''b')")}`)
  assert.deepEqual(
    json.value.map((one: { id: string }) => one.id),
    [id],
  )
})

test('pages have sizes, and unknown properties and operators are refused', async () => {
  for (const top of ['0', '-1', '1000', 'x']) {
    const { status, code } = await admin('GET', `/users?$top=${top}`)
    assert.deepEqual([status, code], [400, 'page_size'], top)
  }
  assert.equal((await admin('GET', '/users?$top=999')).status, 200)
  for (const [filter, code] of [
    ['shoeSize eq 1', 'filter_property'],
    ['assignedLicenses/any(a:a/skuId eq 1)', 'filter_property'],
    ["startsWith(mobilePhone,'+1')", 'filter_operator'],
  ]) {
    const answer = await admin('GET', `/users?$filter=${encodeURIComponent(filter!)}`)
    assert.deepEqual([answer.status, answer.code], [400, code], filter)
    assert.equal(answer.json.error.code, 'Request_UnsupportedQuery')
  }
  const registered = await admin('GET', `/users?$filter=${encodeURIComponent("mobilePhone eq '+12065550110'")}`)
  assert.deepEqual([registered.status, registered.json.value], [200, []], 'what a person registered is no property')
  const disabled = await admin('GET', '/users?filter=accountEnabled eq false&$select=accountEnabled')
  assert.ok(disabled.json.value.length > 0)
  assert.ok(disabled.json.value.every((one: { accountEnabled: boolean }) => !one.accountEnabled))
  assert.equal((await admin('GET', '/users?filter=accountEnabled eq false&$filter=accountEnabled eq true')).status, 400)
  assert.equal((await admin('GET', '/users?$select=foo')).status, 400)
  const count = await admin('GET', '/users/$count')
  assert.match(count.text, /^\d+$/)
})

test('a list goes on after its last name, whatever changes meanwhile, for its reader alone', async () => {
  const ids = []
  for (const name of ['zz-one', 'zz-two', 'zz-three', 'zz-four']) ids.push(await make(name))
  const filter = encodeURIComponent("startsWith(displayName,'zz-')")
  const first = await admin('GET', `/users?$filter=${filter}&$orderby=displayName&$top=2&$count=true`)
  assert.equal(first.json['@odata.count'], 4)
  const [four, one] = first.json.value.map(({ displayName }: { displayName: string }) => displayName)
  assert.deepEqual([four, one], ['zz-four', 'zz-one'])
  assert.equal((await admin('DELETE', `/users/${ids[0]}`)).status, 204)
  await make('zz-aaa')
  const link = first.json['@odata.nextLink']
  const rest = await admin('GET', link)
  assert.deepEqual(
    rest.json.value.map(({ displayName }: { displayName: string }) => displayName),
    ['zz-three', 'zz-two'],
  )
  assert.equal(rest.json['@odata.nextLink'], undefined)
  const other = await api.as('helpdesk@acme.example')
  for (const [ask, address] of [
    [other, link],
    [admin, link.replace(/.$/, (end: string) => (end === 'A' ? 'B' : 'A'))],
  ] as [AskApi, string][]) {
    const answer = await ask('GET', address)
    assert.deepEqual([answer.status, answer.json.error?.code], [400, 'Directory_ExpiredPageToken'])
  }
})

test('what cannot be written is told apart, and nothing of the request is written', async () => {
  const id = await make('static')
  for (const [body, code] of [
    [{ id: randomUUID() }, 'property_read_only'],
    [{ createdDateTime: '2026-01-01T00:00:00Z' }, 'property_read_only'],
    [{ foo: 1 }, 'property_unknown'],
    [{ assignedLicenses: [] }, 'property_unsupported'],
    [{ displayName: 1 }, 'property_invalid'],
    [{ displayName: '' }, 'property_invalid'],
    [{ mobilePhone: '12' }, 'property_invalid'],
    [{ usageLocation: 'Sweden' }, 'property_invalid'],
  ] as const) {
    const answer = await admin('PATCH', `/users/${id}`, { jobTitle: 'Changed', ...body })
    assert.deepEqual([answer.status, answer.code], [400, code], JSON.stringify(body))
  }
  assert.equal((await read(id, 'jobTitle')).jobTitle, null)
})

test('what is kept about somebody is given as a text and as rows, to a Global Administrator who proved it just now', async () => {
  const id = await make('kept', { displayName: 'Grace Kept', preferredLanguage: 'fr', mobilePhone: '+81 312345678' })
  const path = `/users/${id}/exportPersonalData`
  const given = await admin('POST', path, {})
  assert.equal(given.status, 200, given.text)
  const { language, text, data } = given.json
  assert.equal(language, 'fr')
  assert.match(text, /^Données personnelles de Grace Kept\n.*\+81312345678/s)
  assert.equal(data.accounts[0].user_principal_name, 'kept@acme.example')
  assert.match((await admin('POST', path, { language: 'en' })).json.text, /^Personal data of Grace Kept\n/)
  assert.ok((await events(id)).some(({ activity }) => activity === 'user.exported'))
  // The questions that somebody chose are told to nobody else.
  await store.pool.query(
    `insert into latchkey.security_answers (tenant_id, user_id, question, question_text, answer_hash, registered_at)
     values ($1, $2, 'custom', 'Name of the first boat?', '$x', now())`,
    [acme, id],
  )
  const answered = await admin('POST', path, {})
  assert.equal(answered.json.data.security_answers[0].user_id, id)
  assert.doesNotMatch(answered.text, /first boat/)

  const stale = await api.as(ADMIN, { ago: 16 })
  assert.equal((await stale('POST', path, {})).status, 401)
  const helper = await api.as('helpdesk@acme.example')
  assert.equal((await helper('POST', path, {})).status, 403)
})

test('one property that is not allowed refuses all', async () => {
  const id = await make('whole')
  const writer = await as('writer', 'Directory Writers')
  const refused = await writer('PATCH', `/users/${id}`, { displayName: 'Other', accountEnabled: false })
  assert.equal(refused.status, 403)
  const got = await read(id, 'displayName,accountEnabled')
  assert.deepEqual([got.displayName, got.accountEnabled], ['whole', true])
  assert.equal((await writer('PATCH', `/users/${id}`, { displayName: 'Other' })).status, 204)
  const helper = await api.as('helpdesk@acme.example')
  assert.equal((await helper('PATCH', `/users/${id}`, { mobilePhone: '+12065550133' })).status, 403)
  assert.equal((await helper('DELETE', `/users/${id}`)).status, 403)
  const stale = await api.as(ADMIN, { ago: 16 })
  const stepUp = await stale('DELETE', `/users/${id}`)
  assert.equal(stepUp.status, 401)
  assert.match(stepUp.headers.get('www-authenticate') ?? '', /max_age="900"/)
  assert.equal((await admin('GET', `/users/${id}`)).status, 200)
})

test('an ETag of before is refused, and signing in does not change it', async () => {
  const id = await make('versioned')
  const { headers, json } = await admin('GET', `/users/${id}`)
  const etag = headers.get('etag')!
  assert.equal(json['@odata.etag'], etag)
  const ask = (match?: string) =>
    admin('PATCH', `/users/${id}`, { city: `City ${match}` }, match === undefined ? {} : { 'if-match': match })
  assert.equal((await ask(etag)).status, 204)
  const stale = await ask(etag)
  assert.deepEqual([stale.status, stale.json.error.code], [412, 'resourceModified'])
  assert.equal((await ask('*')).status, 204)
  assert.equal((await ask()).status, 204)
  const now = (await admin('GET', `/users/${id}`)).headers.get('etag')!
  const signedIn = await server.browser().post('/signin', { username: 'versioned@acme.example', password: PASSWORD })
  assert.equal(signedIn.status, 200, signedIn.text)
  assert.equal((await admin('GET', `/users/${id}`, undefined, { 'if-none-match': now })).status, 304)
  assert.equal((await admin('PATCH', `/users/${id}`, { mobilePhone: '+12065550134' })).status, 204)
  assert.notEqual((await admin('GET', `/users/${id}`)).headers.get('etag'), now, 'a number is kept apart, and shown')
})

test('the last Global Administrator is not deleted or disabled, by anybody', async () => {
  const privileged = await as('privileged', 'Privileged Authentication Administrator')
  for (const ask of [admin, privileged]) {
    for (const [method, body] of [
      ['DELETE', undefined],
      ['PATCH', { accountEnabled: false }],
    ] as const) {
      const { status, code } = await ask(method, `/users/${adminId}`, body)
      assert.deepEqual([status, code], [400, 'last_global_administrator'])
    }
  }
  const second = await as('second', 'Global Administrator')
  assert.deepEqual((await second('DELETE', '/users/second@acme.example')).code, 'own_account')
  assert.equal((await admin('DELETE', '/users/second@acme.example')).status, 204)
})

test('of two Global Administrators who delete each other at once one is deleted', async () => {
  for (let n = 0; n < (process.env.PROOF === 'long' ? 50 : 10); n++) {
    // The other one stands aside, so that these two are all.
    const names = [`twin${n}a`, `twin${n}b`] as const
    const asks = [await as(names[0], 'Global Administrator'), await as(names[1], 'Global Administrator')]
    await store.pool.query('update accounts set account_enabled = false where id = $1', [adminId])
    const answers = await Promise.all(asks.map((ask, one) => ask('DELETE', `/users/${names[1 - one]}@acme.example`)))
    await store.pool.query('update accounts set account_enabled = true where id = $1', [adminId])
    const statuses = answers.map(({ status }) => status).sort()
    assert.equal(statuses.filter(status => status === 204).length, 1, `${n}: ${answers.map(one => one.text).join()}`)
    const left = await inTenant(store, acme, trx => findUserByName(trx, acme, `${names[0]}@acme.example`))
    await store.pool.query('delete from accounts where id = $1', [left?.id ?? (await idOf(`${names[1]}@acme.example`))])
  }
})

test('a deleted user is restored under the same name, or under another where that is taken', async () => {
  const id = await make('phoenix')
  assert.equal((await admin('DELETE', `/users/${id}`)).status, 204)
  const listed = await admin('GET', '/directory/deletedItems/microsoft.graph.user?$select=id,deletedDateTime')
  const own = listed.json.value.find((one: { id: string }) => one.id === id)
  assert.match(own.deletedDateTime, /^\d{4}-/)
  assert.equal((await admin('GET', `/directory/deletedItems/${id}`)).json['@odata.type'], '#microsoft.graph.user')
  const other = await make('phoenix')
  const conflict = await admin('POST', `/directory/deletedItems/${id}/restore`, {})
  assert.deepEqual([conflict.status, conflict.code], [400, 'ObjectConflict'])
  const restored = await admin('POST', `/directory/deletedItems/${id}/restore`, {
    newUserPrincipalName: 'phoenix2@acme.example',
  })
  assert.equal(restored.status, 200, restored.text)
  assert.deepEqual([restored.json.id, restored.json.userPrincipalName], [id, 'phoenix2@acme.example'])
  const { rows } = await store.pool.query('select must_change from passwords where user_id = $1', [id])
  assert.equal(rows[0].must_change, true)
  assert.equal((await admin('DELETE', `/users/${other}`)).status, 204)
  assert.equal((await admin('POST', `/directory/deletedItems/${other}/restore`)).status, 200, 'its name is free again')
  const plain = await api.as('new@acme.example')
  assert.equal((await plain('GET', '/directory/deletedItems/microsoft.graph.user')).status, 403)
})

test('the delta tells who is new, renamed, deleted and erased', async () => {
  let { json } = await admin('GET', '/users/delta?$deltatoken=latest')
  assert.deepEqual(json.value, [])
  const next = async () => {
    ;({ json } = await admin('GET', json['@odata.deltaLink']))
    return json.value
  }
  const id = await make('delta')
  assert.deepEqual(
    (await next()).map((one: { id: string }) => one.id),
    [id],
  )
  assert.equal((await admin('PATCH', `/users/${id}`, { displayName: 'Renamed' })).status, 204)
  assert.equal((await next())[0].displayName, 'Renamed')
  assert.equal((await admin('DELETE', `/users/${id}`)).status, 204)
  assert.deepEqual(await next(), [{ id, '@removed': { reason: 'changed' } }])
  assert.equal((await admin('DELETE', `/directory/deletedItems/${id}`)).status, 204)
  assert.deepEqual(await next(), [{ id, '@removed': { reason: 'deleted' } }])
  assert.equal((await admin('GET', `/directory/deletedItems/${id}`)).status, 404)
  const { rows } = await store.pool.query('select activity from audit_events where target_id = $1 order by at, id', [
    id,
  ])
  assert.deepEqual(
    rows.map(({ activity }) => activity).filter((one: string) => one.startsWith('user.')),
    ['user.created', 'user.changed', 'user.deleted', 'user.erased'],
  )
})

test('one’s own account: language alone is written, and a password by the present one', async () => {
  await make('mine', { passwordProfile: { password: PASSWORD, forceChangePasswordNextSignIn: false } })
  const mine = await api.as('mine@acme.example')
  assert.equal((await mine('PATCH', '/me', { preferredLanguage: 'fr' })).status, 204)
  assert.equal((await mine('GET', '/me')).json.preferredLanguage, 'fr')
  assert.equal((await mine('PATCH', '/me', { preferredLanguage: 'en', displayName: 'Me' })).status, 403)
  assert.equal((await mine('GET', '/me')).json.preferredLanguage, 'fr')
  const change = (currentPassword: string, newPassword: string) =>
    mine('POST', '/me/changePassword', { currentPassword, newPassword })
  const wrong = await change('wrong wrong 1 W', 'Another horse battery 2')
  assert.deepEqual([wrong.status, wrong.code], [400, 'current_password_incorrect'])
  const weak = await change(PASSWORD, 'short')
  assert.equal(weak.status, 400)
  assert.match(weak.code ?? '', /^password_/)
  assert.equal((await change(PASSWORD, 'Another horse battery 2')).status, 204)
  assert.equal((await mine('GET', '/me')).status, 401, 'this token ends too')
})

test('what a directory keeps is changed there alone', async () => {
  const id = await make('synchronised')
  await store.pool.query('update accounts set on_premises_sync_enabled = true where id = $1', [id])
  const refused = await admin('PATCH', `/users/${id}`, { preferredLanguage: 'fr', city: 'Lyon' })
  assert.deepEqual([refused.status, refused.code], [400, 'mastered_elsewhere'])
  assert.equal((await read(id, 'preferredLanguage')).preferredLanguage, null)
  assert.equal((await admin('PATCH', `/users/${id}`, { preferredLanguage: 'fr' })).status, 204)
  const passwordProfile = { password: 'Another horse battery 3' }
  const kept = await admin('PATCH', '/users/onpremises@acme.example', { passwordProfile })
  assert.deepEqual([kept.status, kept.code], [400, 'mastered_elsewhere'])
})

test('a person hears of a number that opens resets, and an address that becomes their own proves nothing more', async () => {
  const id = await idOf('registered@acme.example')
  assert.equal((await admin('PATCH', `/users/${id}`, { mobilePhone: '+12065550135' })).status, 204)
  const told = await server.message(
    ({ to, subject }) => to === 'registered@mail.example' && /security info/i.test(subject ?? ''),
  )
  assert.doesNotMatch(told.text, /555.?0135/)
  const blocked = async () =>
    (await store.pool.query("select blocked_at from methods where user_id = $1 and kind = 'email'", [id])).rows[0]
      .blocked_at
  assert.equal(await blocked(), null)
  assert.equal((await admin('PATCH', `/users/${id}`, { mail: 'Registered+work@mail.example' })).status, 204)
  assert.notEqual(await blocked(), null)
  const own = await admin('PATCH', `/users/${id}`, { otherMails: ['registered@acme.example'] })
  assert.deepEqual([own.status, own.code], [400, 'property_invalid'])
})

test('sessions are revoked, one’s own too', async () => {
  const id = await make('revoked')
  const token = await api.tokenOf('revoked@acme.example')
  const { status, json } = await admin('POST', `/users/${id}/revokeSignInSessions`)
  assert.deepEqual([status, json.value], [200, true])
  assert.equal((await api.with(token)('GET', '/me')).status, 401)
})

test('a token of before is told to begin anew after a month', async () => {
  const { json } = await admin('GET', '/users/delta?$deltatoken=latest')
  server.clock.advance(31 * DAY)
  const asked = await api.as(ADMIN)
  const { status, headers, json: told } = await asked('GET', json['@odata.deltaLink'])
  assert.deepEqual([status, told.error.code], [410, 'syncStateNotFound'])
  assert.match(headers.get('location') ?? '', /\/v1\.0\/users\/delta$/)
})
