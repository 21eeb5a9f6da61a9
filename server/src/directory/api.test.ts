import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import Fastify from 'fastify'
import { openApi, openRequests } from '../http/index.ts'
import { inTenant } from '../store/index.ts'
import { testServer } from '../testing/server.ts'
import { takeDueStep } from '../testing/steps.ts'
import { directoryApi } from './api.ts'
import { findTenantId, findUserByName, setContactInfo } from './index.ts'

const PASSWORD = 'Demo-passphrase-2026!'

const server = await testServer()
const { services, store } = server
const app = Fastify()
directoryApi(await openApi(app, await openRequests(app, services)))
const url = await app.listen({ host: '127.0.0.1', port: 0 })
after(() => app.close())

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

/** Signs in and gives what asks the API in that session. */
async function as(username: string) {
  const browser = server.browser()
  assert.equal((await browser.post('/signin', { username, password: PASSWORD })).status, 200)
  await takeDueStep(server, browser)
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  return (path: string) => ask(path, cookie)
}

async function ask(path: string, cookie?: string) {
  const headers = { accept: 'application/json', ...(cookie !== undefined && { cookie }) }
  const response = await fetch(url + path, { headers, redirect: 'manual' })
  const text = await response.text()
  return { status: response.status, text, json: JSON.parse(text) }
}

const own = await as('registered@acme.example')
const colleague = await as('admin@acme.example')
const stranger = await as('two-gates@globex.example')

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
  'id',
  'userPrincipalName',
  'displayName',
  'givenName',
  'surname',
  'mail',
  'preferredLanguage',
  'mobilePhone',
  'businessPhones',
  'otherMails',
]

test('me and one’s own entry are the same, with contact info as administrators filled it in', async () => {
  for (const path of ['/v1.0/me', `/v1.0/users/${registered.id}`, '/v1.0/users/registered@acme.example']) {
    const { status, json } = await own(path)
    assert.equal(status, 200, path)
    assert.deepEqual(Object.keys(json).sort(), [...keys].sort())
    assert.equal(json.id, registered.id)
    assert.equal(json.mobilePhone, '+46 701740606')
    assert.deepEqual(json.businessPhones, ['+1 2065550111'])
    assert.deepEqual(json.otherMails, ['published@mail.example'])
  }
})

test('a colleague, also an administrator, sees contact info alone, by id and by name', async () => {
  for (const named of [registered.id, 'registered@acme.example', 'REGISTERED%40acme.example']) {
    const { status, json } = await colleague(`/v1.0/users/${named}`)
    assert.equal(status, 200, named)
    assert.deepEqual(Object.keys(json).sort(), [...keys].sort())
    assert.equal(json.mobilePhone, '+46 701740606')
  }
  const { json } = await colleague(`/v1.0/users/${prefilled.id}`)
  assert.equal(json.mobilePhone, '+46 701740605')
  assert.deepEqual(json.otherMails, ['prefilled@mail.example'])
})

test('somebody of another tenant reads like nobody at all, word for word', async () => {
  const nobody = services.random.uuid(services.clock())
  const expected = await stranger(`/v1.0/users/${nobody}`)
  assert.equal(expected.status, 404)
  assert.equal(expected.json.code, 'not_found')
  for (const named of [registered.id, 'registered@acme.example', 'nobody@globex.example', 'x', '%00@acme.example', "'"])
    assert.deepEqual(await stranger(`/v1.0/users/${named}`), expected, named)
})

test('nobody is told anything who is not signed in, or has something to do first', async () => {
  const restricted = await as('prefilled@acme.example')
  for (const path of ['/v1.0/me', `/v1.0/users/${registered.id}`, '/v1.0/users/nobody@acme.example']) {
    const { status, json } = await ask(path)
    assert.equal(status, 401, path)
    assert.equal(json.code, 'not_signed_in')
    const held = await restricted(path)
    assert.equal(held.status, 403, path)
    assert.equal(held.json.code, 'session_restricted')
  }
})

test('no answer to anybody holds a number or address that somebody else registered', async () => {
  const everybody = await inTenant(store, acme, async trx =>
    (await trx.selectFrom('users').select('id').where('tenant_id', '=', acme).execute()).map(({ id }) => id),
  )
  assert.equal(everybody.length, 11)
  let answered = 0
  for (const session of [own, colleague, stranger])
    for (const path of ['/v1.0/me', ...everybody.map(id => `/v1.0/users/${id}`)]) {
      const { status, text } = await session(path)
      if (status === 200) answered++
      for (const value of registeredValues) assert.equal(holds(text, value), false, `${path} shows ${value}`)
    }
  // Two sessions of the tenant see all eleven and themselves; the stranger, themselves alone.
  assert.equal(answered, 2 * 12 + 1)
})
