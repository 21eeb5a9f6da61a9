import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findTenantId, findUserByName, setContactInfo } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { testServer } from '../testing/server.ts'

const server = await testServer()
const { services, store } = server
const api = testApi(server)

const acme = await findTenantId(store, 'acme.example')
const userOf = (name: string) =>
  inTenant(store, acme, async trx => {
    const user = await findUserByName(trx, acme, name)
    assert.ok(user)
    return user
  })
const registered = await userOf('registered@acme.example')
const prefilled = await userOf('prefilled@acme.example')
// Beside their own number and address, an administrator's.
await inTenant(store, acme, async trx => {
  const means = { now: services.clock(), random: services.random, keys: services.keys }
  const fill = (kind: 'mobilePhone' | 'email', value: string) =>
    setContactInfo(trx, means, registered, { kind, setBy: 'administrator', value })
  await fill('mobilePhone', '+46701740606')
  await fill('email', 'published@mail.example')
})

const own = await api.as('registered@acme.example')
const colleague = await api.as('admin@acme.example')
const stranger = await testApi(server, 'globex.example').as('two-gates@globex.example')

/** What people of the demonstration registered themselves: numbers by their digits, and addresses. */
const registeredValues = [
  '12065550101',
  '12065550110',
  '61491570006',
  'admin@mail',
  'registered@mail',
  'two-gates@mail',
]
const holds = (text: string, value: string) => text.includes(value) || text.replace(/\D/g, '').includes(value)

const keys = [
  '@odata.context',
  '@odata.etag',
  'businessPhones',
  'displayName',
  'givenName',
  'id',
  'jobTitle',
  'mail',
  'mobilePhone',
  'officeLocation',
  'preferredLanguage',
  'surname',
  'userPrincipalName',
]

test('me and one’s own entry are the same, with contact info as administrators filled it in', async () => {
  for (const path of ['/me', `/users/${registered.id}`, '/users/registered@acme.example']) {
    const { status, json } = await own('GET', path)
    assert.equal(status, 200, path)
    assert.deepEqual(Object.keys(json).sort(), [...keys].sort())
    assert.equal(json.id, registered.id)
    assert.equal(json.mobilePhone, '+46 701740606')
    assert.deepEqual(json.businessPhones, ['+1 2065550111'])
    const { json: mails } = await own('GET', `${path}?$select=otherMails`)
    assert.deepEqual(mails.otherMails, ['published@mail.example'])
  }
})

test('a colleague, also an administrator, sees contact info alone, by id and by name', async () => {
  for (const named of [registered.id, 'registered@acme.example', 'REGISTERED%40acme.example']) {
    const { status, json } = await colleague('GET', `/users/${named}`)
    assert.equal(status, 200, named)
    assert.deepEqual(Object.keys(json).sort(), [...keys].sort())
    assert.equal(json.mobilePhone, '+46 701740606')
  }
  const { json } = await colleague('GET', `/users/${prefilled.id}`)
  assert.equal(json.mobilePhone, '+46 701740605')
  const { json: mails } = await colleague('GET', `/users/${prefilled.id}?$select=otherMails`)
  assert.deepEqual(mails.otherMails, ['prefilled@mail.example'])
})

test('somebody of another tenant reads like nobody at all, word for word', async () => {
  const said = async (path: string) => {
    const { status, json } = await stranger('GET', path)
    const { innerError: _, ...error } = json.error
    return { status, error }
  }
  const expected = await said(`/users/${services.random.uuid(services.clock())}`)
  assert.deepEqual([expected.status, expected.error.code], [404, 'Request_ResourceNotFound'])
  for (const named of [registered.id, 'registered@acme.example', 'nobody@globex.example', 'x', '%00@acme.example', "'"])
    assert.deepEqual(await said(`/users/${named}`), expected, named)
})

test('nobody is told anything without a token; a session’s cookie is none', async () => {
  const browser = server.browser()
  await browser.post('/signin', { username: 'registered@acme.example', password: 'Demo-passphrase-2026!' })
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  for (const path of ['/me', `/users/${registered.id}`, '/users/nobody@acme.example', '/nothing'])
    for (const headers of [{}, { cookie }] as Record<string, string>[]) {
      const { status, json, headers: answered } = await api.with(undefined)('GET', path, undefined, headers)
      assert.deepEqual([status, json.error.code], [401, 'InvalidAuthenticationToken'], path)
      assert.equal(answered.get('www-authenticate'), 'Bearer')
    }
})

test('no answer to anybody holds a number or address that somebody else registered', async () => {
  const everybody = await inTenant(store, acme, async trx =>
    (await trx.selectFrom('users').select('id').where('tenant_id', '=', acme).execute()).map(({ id }) => id),
  )
  assert.equal(everybody.length, 11)
  let answered = 0
  for (const session of [own, colleague, stranger])
    for (const path of ['/me', ...everybody.map(id => `/users/${id}`)]) {
      const { status, text } = await session('GET', path)
      if (status === 200) answered++
      for (const value of registeredValues) assert.equal(holds(text, value), false, `${path} shows ${value}`)
    }
  // Two sessions of the tenant see all eleven and themselves; the stranger, themselves alone.
  assert.equal(answered, 2 * 12 + 1)
})
