import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import Fastify from 'fastify'
import { findTenantId, findUserByName, setContactInfo } from '../directory/index.ts'
import { openApi, openRequests } from '../http/index.ts'
import { inTenant } from '../store/index.ts'
import { testServer } from '../testing/server.ts'
import { takeDueStep } from '../testing/steps.ts'
import { methodsApi } from './api.ts'
import { newKey, saveMethod } from './index.ts'

const PASSWORD = 'Demo-passphrase-2026!'

const server = await testServer()
const { services, store } = server
const app = Fastify()
methodsApi(await openApi(app, await openRequests(app, services)))
const url = await app.listen({ host: '127.0.0.1', port: 0 })
after(() => app.close())

const acme = await findTenantId(store, 'acme.example')
const key = newKey()
const registered = await inTenant(store, acme, async trx => {
  const user = await findUserByName(trx, acme, 'registered@acme.example')
  assert.ok(user)
  const means = { now: services.clock(), random: services.random, keys: services.keys }
  await saveMethod(trx, means, user, { kind: 'authenticatorCode', source: 'person', value: key })
  await setContactInfo(trx, means, user, { kind: 'mobilePhone', setBy: 'administrator', value: '+46701740606' })
  return user
})
const hashes = await inTenant(store, acme, async trx => {
  const answers = await trx
    .selectFrom('security_answers')
    .select('answer_sealed as sealed')
    .where('tenant_id', '=', acme)
    .execute()
  const passwords = await trx
    .selectFrom('passwords')
    .select('hash_sealed as sealed')
    .where('tenant_id', '=', acme)
    .execute()
  return [...answers, ...passwords].flatMap(({ sealed }) => [sealed!.toString('hex'), sealed!.toString('base64')])
})

async function as(username: string) {
  const browser = server.browser()
  assert.equal((await browser.post('/signin', { username, password: PASSWORD })).status, 200)
  await takeDueStep(server, browser)
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  return (path: string) => ask(path, cookie)
}

async function ask(path: string, cookie?: string) {
  const headers = { accept: 'application/json', 'accept-language': 'en', ...(cookie !== undefined && { cookie }) }
  const response = await fetch(url + path, { headers, redirect: 'manual' })
  const text = await response.text()
  return { status: response.status, text, json: JSON.parse(text) }
}

const methodsOf = (named: string) => `/v1.0/users/${named}/authentication/methods`
const names = [registered.id, 'registered@acme.example', 'Registered%40ACME.example']

test('oneself: what one registered, whole, and no secret', async () => {
  const own = await as('registered@acme.example')
  for (const named of names) {
    const { status, json, text } = await own(methodsOf(named))
    assert.equal(status, 200, named)
    const byType = new Map<string, Record<string, unknown>>(
      json.value.map((one: Record<string, unknown>) => [String(one['@odata.type']).split('.').at(-1), one]),
    )
    assert.deepEqual(
      [...byType.keys()],
      [
        'passwordAuthenticationMethod',
        'phoneAuthenticationMethod',
        'emailAuthenticationMethod',
        'softwareOathAuthenticationMethod',
        'securityQuestionsAuthenticationMethod',
      ],
    )
    assert.equal(byType.get('passwordAuthenticationMethod')?.password, null)
    assert.equal(byType.get('phoneAuthenticationMethod')?.phoneNumber, '+1 2065550110')
    assert.equal(byType.get('emailAuthenticationMethod')?.emailAddress, 'registered@mail.example')
    assert.equal(byType.get('softwareOathAuthenticationMethod')?.secretKey, null)
    const questions = byType.get('securityQuestionsAuthenticationMethod')?.questions as string[]
    assert.equal(questions.length, 5)
    for (const question of questions) assert.match(question, /^\S+ .+\?$/)
    // Contact info is no method that the person registered.
    assert.equal(text.includes('46 701740606'), false)
    assert.ok(hashes.length > 10)
    for (const secret of [key, 'demo answer', '$argon2', ...hashes]) assert.equal(text.includes(secret), false)
  }
})

test('a colleague, also an administrator, is refused, and reads nothing of it', async () => {
  const colleague = await as('admin@acme.example')
  for (const named of names) {
    const { status, json, text } = await colleague(methodsOf(named))
    assert.equal(status, 403, named)
    assert.equal(json.code, 'forbidden')
    assert.deepEqual(Object.keys(json).sort(), ['code', 'detail', 'status', 'title', 'type'])
    assert.equal(/\d{4}|mail\.example|registered/i.test(text), false)
  }
})

test('somebody of another tenant reads like nobody at all, word for word', async () => {
  const stranger = await as('two-gates@globex.example')
  const expected = await stranger(methodsOf(services.random.uuid(services.clock())))
  assert.equal(expected.status, 404)
  assert.equal(expected.json.code, 'not_found')
  for (const named of [...names, 'nobody@acme.example', 'nobody@globex.example', 'x', '%00@acme.example'])
    assert.deepEqual(await stranger(methodsOf(named)), expected, named)
})

test('nobody is told anything who is not signed in, or has something to do first', async () => {
  const restricted = await as('prefilled@acme.example')
  for (const named of [...names, 'prefilled@acme.example', 'nobody@acme.example']) {
    const { status, json } = await ask(methodsOf(named))
    assert.equal(status, 401, named)
    assert.equal(json.code, 'not_signed_in')
    const held = await restricted(methodsOf(named))
    assert.equal(held.status, 403, named)
    assert.equal(held.json.code, 'session_restricted')
  }
})
