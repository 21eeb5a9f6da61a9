import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { generateKeyPair, SignJWT } from 'jose'
import type { Act } from '../act.ts'
import { findTenantId, findUserByName, raiseSecurityEpoch } from '../directory/index.ts'
import { recordsOf } from '../oidc/index.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { payloadOf } from '../testing/provider.ts'
import { testServer } from '../testing/server.ts'

const server = await testServer({ roles: ['web'] })
const { services, store } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const ADMIN = 'admin@acme.example'
const PLAIN = 'prefilled@acme.example'

const act = (): Act => ({
  now: services.clock(),
  random: services.random,
  keys: services.keys,
  actor: { kind: 'operator' },
  trail: { correlationId: randomUUID() },
})
const admin = await api.as(ADMIN)

test('a token is taken only while all that it stands on holds', async () => {
  const token = await api.tokenOf(PLAIN)
  const statusOf = async (text: string) => (await api.with(text)('GET', '/me')).status
  assert.equal(await statusOf(token), 200)
  const [head, body, signature] = token.split('.') as [string, string, string]
  const claims = payloadOf(token)
  const forged = (more: object) =>
    `${head}.${Buffer.from(JSON.stringify({ ...claims, ...more })).toString('base64url')}.${signature}`
  assert.equal(await statusOf(forged({ oid: randomUUID() })), 401, 'another person')
  assert.equal(await statusOf(`${head}.${body}.${signature.slice(0, -4)}AAAA`), 401, 'another signature')
  const { privateKey } = await generateKeyPair('RS256')
  const header = JSON.parse(Buffer.from(head, 'base64url').toString())
  const strange = await new SignJWT(claims).setProtectedHeader(header).sign(privateKey)
  assert.equal(await statusOf(strange), 401, 'another key')
  const none = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${body}.`
  for (const text of [none, 'x', '', `${token} `.repeat(2)]) assert.equal(await statusOf(text), 401, text.slice(0, 40))

  // Each of these ends it at once, though its signature is known by now.
  await recordsOf(store, act(), acme).endGrant(claims.gid)
  assert.equal(await statusOf(token), 401, 'its grant has ended')
  const other = await api.tokenOf(PLAIN)
  assert.equal(await statusOf(other), 200)
  await inTenant(store, acme, trx => raiseSecurityEpoch(trx, acme, claims.oid))
  assert.equal(await statusOf(other), 401, 'the person was signed out everywhere')
  const third = await api.tokenOf(PLAIN)
  const enable = (enabled: boolean) =>
    inTenant(store, acme, trx =>
      trx
        .updateTable('users')
        .set({ account_enabled: enabled })
        .where('tenant_id', '=', acme)
        .where('id', '=', claims.oid)
        .execute(),
    )
  await enable(false)
  assert.equal(await statusOf(third), 401, 'the account is disabled')
  await enable(true)
  assert.equal(await statusOf(third), 200)
})

test('a token that is over, of another issuer or for another audience opens nothing', async t => {
  const other = await testServer({ context: t, roles: ['web'], beside: server, origin: 'https://elsewhere.example' })
  const token = await api.tokenOf(ADMIN)
  assert.equal((await testApi(other).with(token)('GET', '/me')).status, 401, 'another audience')
  other.clock.advance(11 * 60_000)
  const own = await testApi(other).tokenOf(ADMIN)
  assert.equal((await testApi(other).with(own)('GET', '/me')).status, 200)
  other.clock.advance(11 * 60_000)
  assert.equal((await testApi(other).with(own)('GET', '/me')).status, 401, 'over')
})

test('what an application may do is read anew, and it has no account of its own', async () => {
  const reader = await api.asApplication(['User.Read.All'])
  assert.equal((await reader('GET', `/users/${ADMIN}`)).status, 200)
  const me = await reader('GET', '/me')
  assert.deepEqual([me.status, me.code], [400, 'delegated_only'])
  const { status, code } = await reader('GET', `/users/${ADMIN}/authentication/methods`)
  assert.deepEqual([status, code], [403, 'forbidden'])
  const organization = (permissions: string[]) =>
    inTenant(store, acme, trx =>
      trx
        .updateTable('organization_consents')
        .set({ permissions })
        .where('tenant_id', '=', acme)
        .where('app_id', '=', reader.appId)
        .execute(),
    )
  await organization([])
  assert.equal((await reader('GET', `/users/${ADMIN}`)).status, 403, 'an administrator took it back')
})

test('errors are in Graph’s envelope, with the ids of the request', async () => {
  const own = randomUUID()
  const { status, json, headers } = await admin('GET', `/users/${randomUUID()}`, undefined, {
    'client-request-id': own,
  })
  assert.equal(status, 404)
  const { error } = json
  assert.deepEqual(Object.keys(error), ['code', 'message', 'innerError', 'details'])
  assert.equal(error.code, 'Request_ResourceNotFound')
  assert.deepEqual(Object.keys(error.innerError), ['date', 'request-id', 'client-request-id'])
  assert.equal(error.innerError['client-request-id'], own)
  assert.equal(headers.get('client-request-id'), own)
  assert.equal(headers.get('request-id'), error.innerError['request-id'])
  assert.match(headers.get('request-id') ?? '', /^[0-9a-f-]{36}$/)
  const odd = await admin('GET', '/me', undefined, { 'client-request-id': '<script>' })
  assert.equal(odd.headers.get('client-request-id'), odd.headers.get('request-id'))
})

test('unknown paths, methods and what Latchkey lacks are told apart, after the token', async () => {
  const answer = async (method: string, path: string) => {
    const { status, json, headers } = await admin(method, path)
    return [status, json?.error?.code, headers.get('allow')]
  }
  assert.deepEqual(await answer('GET', '/nothing'), [404, 'Request_ResourceNotFound', null])
  const [status, code, allow] = await answer('DELETE', '/me/')
  assert.deepEqual([status, code], [405, 'Request_BadRequest'])
  assert.match(String(allow), /^GET/)
  for (const path of [
    '/$metadata',
    '/devices',
    `/users/${ADMIN}/manager`,
    '/me/photo/$value',
    '/directory/administrativeUnits',
  ])
    assert.deepEqual((await answer('GET', path)).slice(0, 2), [501, 'NotImplemented'], path)
  assert.equal(
    (await admin('GET', "/USERS('admin@acme.example')")).status,
    200,
    'words in any case, keys in parentheses',
  )
})

test('any page may ask, because no cookie is read', async () => {
  const preflight = await fetch(`${server.url}/v1.0/users`, {
    method: 'OPTIONS',
    headers: { origin: 'https://tool.example' },
  })
  assert.equal(preflight.status, 204)
  assert.equal(preflight.headers.get('access-control-allow-origin'), '*')
  assert.equal(preflight.headers.get('access-control-allow-credentials'), null)
  assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /Authorization/)
  const { headers } = await admin('GET', '/me', undefined, { origin: 'https://tool.example' })
  assert.match(headers.get('access-control-expose-headers') ?? '', /Retry-After/)
})

test('a body that nobody reads ends its connection', async () => {
  const endless = new ReadableStream({
    async pull(controller) {
      controller.enqueue(new Uint8Array(16_384))
      await sleep(5)
    },
  })
  const response = await fetch(`${server.url}/v1.0/me`, {
    method: 'POST',
    body: endless,
    duplex: 'half',
  } as RequestInit)
  assert.deepEqual([response.status, response.headers.get('connection')], [401, 'close'])
})

test('requests travel together, each judged alone', async () => {
  const batch = (requests: object[]) => admin('POST', '/$batch', { requests })
  const get = (id: string, url: string, more: object = {}) => ({ id, method: 'GET', url, ...more })
  const { status, json } = await batch([
    get('1', '/users/nobody@acme.example'),
    get('2', '/me', { dependsOn: ['1'] }),
    get('3', `v1.0/users/${ADMIN}`, { dependsOn: ['4'] }),
    get('4', '/me'),
    get('5', '/me', { headers: { Authorization: 'Bearer x' } }),
    get('6', '/$batch'),
    get('7', 'https://elsewhere.example/v1.0/me'),
    { id: '8', method: 'DELETE', url: '/me' },
  ])
  assert.equal(status, 200)
  assert.deepEqual(
    json.responses.map((one: { id: string; status: number }) => [one.id, one.status]),
    [
      ['1', 404],
      ['2', 424],
      ['3', 200],
      ['4', 200],
      ['5', 400],
      ['6', 400],
      ['7', 400],
      ['8', 405],
    ],
  )
  assert.equal(json.responses[2].body.userPrincipalName, ADMIN)
  assert.equal(json.responses[1].body.error.code, 'FailedDependency')
  // A check that walked every path would never come to its end.
  const tangled = Array.from({ length: 20 }, (_, n) =>
    get(String(n), '/me', { dependsOn: Array.from({ length: n }, (_, before) => String(before)) }),
  )
  assert.ok((await batch(tangled)).json.responses.every((one: { status: number }) => one.status === 200))
  const malformed = [
    Array.from({ length: 21 }, (_, n) => get(String(n), '/me')),
    [get('a', '/me'), get('A', '/me')],
    [get('a', '/me', { dependsOn: ['b'] }), get('b', '/me', { dependsOn: ['a'] })],
    [get('a', '/me', { dependsOn: ['c'] })],
    [],
  ]
  for (const requests of malformed)
    assert.equal((await batch(requests)).status, 400, JSON.stringify(requests).slice(0, 80))
})

test('a stranger is limited by address, a caller by application and person', async t => {
  const limited = await testServer({ context: t, roles: ['web'], floodLimits: true })
  const plain = await testApi(limited).as(PLAIN)
  // At once: the limit is of ten seconds, which a busy machine may need for them one by one.
  const answers = await Promise.all(Array.from({ length: 105 }, () => plain('GET', '/me')))
  const count = (status: number) => answers.filter(answer => answer.status === status).length
  assert.deepEqual([count(200), count(429)], [100, 5])
  const told = answers.map(({ headers }) => headers.get('x-ms-throttle-limit-percentage')).filter(text => text !== null)
  assert.deepEqual([told.length, told.toSorted()[0]], [21, '0.80'])
  const { headers, json } = await plain('GET', '/me')
  assert.match(headers.get('retry-after') ?? '', /^\d+$/)
  assert.equal(json.error.code, 'TooManyRequests')
  assert.equal((await (await testApi(limited).as(ADMIN))('GET', '/me')).status, 200, 'another person')
})

test('who tries what they may not do to somebody stands in the log', async () => {
  const helpdesk = await api.as('helpdesk@acme.example')
  const user = await inTenant(store, acme, trx => findUserByName(trx, acme, ADMIN))
  const { status, headers } = await helpdesk('GET', `/users/${user!.id}/authentication/methods`)
  assert.equal(status, 403)
  const { rows } = await store.pool.query(
    'select activity, result, reason, actor_name, target_id from latchkey.audit_events where correlation_id = $1',
    [headers.get('request-id')],
  )
  const expected = { activity: 'access.refused', result: 'failure', reason: 'forbidden' }
  assert.deepEqual(rows, [{ ...expected, actor_name: 'helpdesk@acme.example', target_id: user!.id }])
})

test('an epoch and roles that changed since are those of now', async () => {
  const helpdesk = await api.as('helpdesk@acme.example', { scopes: ['UserAuthenticationMethod.Read.All'] })
  const path = `/users/${ADMIN}/authentication/methods`
  assert.equal((await helpdesk('GET', path)).status, 403)
  const user = await inTenant(store, acme, trx => findUserByName(trx, acme, 'helpdesk@acme.example'))
  // As it is where a role comes without an end of the sessions.
  await inTenant(store, acme, trx =>
    trx
      .insertInto('role_assignments')
      .values({
        tenant_id: acme,
        id: randomUUID(),
        principal_kind: 'user',
        principal_id: user!.id,
        role: 'Global Reader',
        assigned_at: services.clock(),
      })
      .execute(),
  )
  assert.equal((await helpdesk('GET', path)).status, 200, 'a role is read at the time of use')
})
