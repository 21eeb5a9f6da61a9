import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { DAY, MINUTE, plus } from '../clock.ts'
import { type AskApi, testApi } from '../testing/api.ts'
import { testServer } from '../testing/server.ts'
import { until } from '../testing/until.ts'

const server = await testServer()
const api = testApi(server)
const admin = await api.as('admin@acme.example')
const plain = await api.as('registered@acme.example')

const received: { body: string }[] = []
let status = 202
const far = createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8').on('data', (text: string) => {
    body += text
  })
  request.on('end', () => {
    const token = new URL(request.url!, 'http://far').searchParams.get('validationToken')
    if (token !== null) return response.writeHead(200, { 'content-type': 'text/plain' }).end(token)
    received.push({ body })
    response.writeHead(status).end()
  })
})
await once(far.listen(0, '127.0.0.1'), 'listening')
after(() => {
  far.closeAllConnections()
  far.close()
})
const notificationUrl = `http://127.0.0.1:${(far.address() as AddressInfo).port}/hook`
const inDays = (days: number) => plus(server.clock.now(), days * DAY).toISOString()
const subscription = (more: object = {}) => ({
  changeType: 'created,updated',
  resource: 'users',
  notificationUrl,
  clientState: 'the state',
  expirationDateTime: inDays(1),
  ...more,
})
const subscribe = async (ask: AskApi = admin, more: object = {}) => {
  const made = await ask('POST', '/subscriptions', subscription(more))
  assert.equal(made.status, 201, made.text)
  return made
}

test('a subscription is made, read, prolonged and deleted in the shape of Graph', async () => {
  const made = await subscribe()
  const { id, signingSecret, ...rest } = made.json
  assert.match(signingSecret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  assert.equal(made.headers.get('location'), `${server.services.origin}/v1.0/subscriptions/${id}`)
  assert.equal(made.headers.get('etag'), 'W/"1"')
  const me = (await admin('GET', '/me')).json
  assert.deepEqual(rest, {
    '@odata.context': `${server.services.origin}/v1.0/$metadata#subscriptions/$entity`,
    '@odata.etag': 'W/"1"',
    resource: 'users',
    changeType: 'created,updated',
    notificationUrl,
    lifecycleNotificationUrl: null,
    clientState: null,
    expirationDateTime: rest.expirationDateTime,
    applicationId: 'latchkey-admin',
    creatorId: me.id,
    includeResourceData: false,
    latestSupportedTlsVersion: 'v1_2',
  })
  const read = await admin('GET', `/subscriptions/${id.toUpperCase()}`)
  assert.deepEqual(read.json, { ...rest, id })
  const expirationDateTime = inDays(2)
  const stale = await admin('PATCH', `/subscriptions/${id}`, { expirationDateTime }, { 'if-match': 'W/"7"' })
  assert.deepEqual([stale.status, stale.json.error.code], [412, 'resourceModified'])
  const prolonged = await admin('PATCH', `/subscriptions/${id}`, { expirationDateTime }, { 'if-match': 'W/"1"' })
  assert.deepEqual([prolonged.status, prolonged.json.expirationDateTime], [200, expirationDateTime])
  assert.equal((await admin('POST', `/subscriptions/${id}/reauthorize`)).status, 204)
  const rolled = await admin('POST', `/subscriptions/${id}/rollSecret`)
  assert.equal(rolled.status, 200)
  assert.match(rolled.json.signingSecret, /^whsec_/)
  assert.notEqual(rolled.json.signingSecret, signingSecret)
  const listed = await admin('GET', '/subscriptions?$select=id,notificationUrl&$count=true')
  assert.deepEqual([listed.json['@odata.count'], listed.json.value.map(({ id }: { id: string }) => id)], [1, [id]])
  assert.equal((await admin('DELETE', `/subscriptions/${id}`)).status, 204)
  assert.equal((await admin('GET', `/subscriptions/${id}`)).status, 404)
  const events = await server.store.pool.query(
    'select activity from latchkey.audit_events where target_id = $1 order by at, id',
    [id],
  )
  assert.deepEqual(
    events.rows.map(({ activity }) => activity),
    ['created', 'prolonged', 'reauthorized', 'secret_rolled', 'deleted'].map(one => `subscription.${one}`),
  )
})

test('a body that does not fit is refused with its property', async () => {
  const refused = async (more: object, code: string, target: string, method = 'POST', path = '/subscriptions') => {
    const { status, json } = await admin(method, path, method === 'POST' ? subscription(more) : more)
    assert.deepEqual([status, json.error.details[0].code, json.error.details[0].target], [400, code, target], target)
  }
  await refused({ expirationDateTime: undefined }, 'property_required', 'expirationDateTime')
  await refused({ expirationDateTime: 'tomorrow' }, 'property_invalid', 'expirationDateTime')
  await refused({ expirationDateTime: '2026-99-99T00:00:00Z' }, 'property_invalid', 'expirationDateTime')
  await refused(
    { expirationDateTime: plus(server.clock.now(), 41_761 * MINUTE).toISOString() },
    'property_invalid',
    'expirationDateTime',
  )
  await refused({ includeResourceData: true }, 'property_invalid', 'includeResourceData')
  await refused({ encryptionCertificate: 'x' }, 'property_unsupported', 'encryptionCertificate')
  await refused({ resource: 'me/messages' }, 'property_invalid', 'resource')
  await refused({ changeType: 'moved' }, 'property_invalid', 'changeType')
  await refused({ notificationUrl: 'https://10.0.0.1/' }, 'endpoint_refused', 'notificationUrl')
  await refused({ notificationUrl: 'http://127.0.0.1:9/' }, 'endpoint_not_validated', 'notificationUrl')
  const { id } = (await subscribe()).json
  const fixed = async (name: string) =>
    refused({ expirationDateTime: inDays(1), [name]: 'x' }, 'property_read_only', name, 'PATCH', `/subscriptions/${id}`)
  for (const name of ['resource', 'notificationUrl', 'signingSecret']) await fixed(name)
  await admin('DELETE', `/subscriptions/${id}`)
})

test('one lists what is one’s own and may be read, and a Global Administrator what all have', async () => {
  const [own, other] = [(await subscribe(plain)).json.id, (await subscribe(admin, { resource: 'groups' })).json.id]
  const listed = async (ask: AskApi) =>
    (await ask('GET', '/subscriptions?$select=id')).json.value.map(({ id }: { id: string }) => id)
  assert.deepEqual(await listed(plain), [own])
  assert.deepEqual(await listed(admin), [own, other])
  const narrow = await api.as('admin@acme.example', { scopes: ['Group.Read.All'] })
  assert.deepEqual(await listed(narrow), [other], 'a token reads no more than its scopes')
  assert.equal((await narrow('GET', `/subscriptions/${own}`)).status, 403)
  const none = await api.as('admin@acme.example', { scopes: ['User.Read'] })
  assert.equal((await none('GET', '/subscriptions')).status, 403)
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/reauthorize'],
    ['POST', '/rollSecret'],
    ['GET', '/deliveries'],
    ['POST', `/deliveries/${own}/redeliver`],
  ] as const) {
    const strange = await plain(method, `/subscriptions/${other}${path}`)
    const unknown = await plain(method, `/subscriptions/01a21bcd-0b5a-79f2-ae05-70e957689063${path}`)
    assert.deepEqual(
      [strange.status, strange.json.error.message],
      [404, unknown.json.error.message],
      `${method} ${path}`,
    )
  }
  for (const id of [own, other]) await admin('DELETE', `/subscriptions/${id}`)
})

test('an application has subscriptions of its own, for as long as it has the permission', async () => {
  const program = await api.asApplication(['User.Read.All'])
  const { id, applicationId } = (await subscribe(program)).json
  assert.equal(applicationId, program.appId)
  assert.equal((await program('GET', `/subscriptions/${id}`)).status, 200)
  assert.equal((await program('POST', '/subscriptions', subscription({ resource: 'groups' }))).status, 403)
  assert.equal((await plain('GET', `/subscriptions/${id}`)).status, 404)
  await program('DELETE', `/subscriptions/${id}`)
})

test('deliveries tell how far each event came, by pages, and are sent again', async () => {
  const { id } = (await subscribe(admin, { resource: 'auditLogs/directoryAudits', changeType: 'created' })).json
  const deliveries = async (query = '') => (await admin('GET', `/subscriptions/${id}/deliveries${query}`)).json
  const statuses = async () => (await deliveries()).value.map(({ status }: { status: string }) => status)
  await until(async () => (await statuses())[0] === 'delivered', 'its creation is told')
  status = 500
  await admin('POST', `/subscriptions/${id}/reauthorize`)
  const ended = async () => {
    const { attempts, problem } = (await deliveries()).value[0]
    return attempts === 1 && problem !== null
  }
  await until(ended, 'its call has failed')
  const [failed, told] = (await deliveries()).value
  assert.deepEqual(failed, {
    id: failed.id,
    eventDateTime: failed.eventDateTime,
    changeType: 'created',
    lifecycleEvent: null,
    objectId: failed.id,
    status: 'waiting',
    attempts: 1,
    lastAttemptDateTime: failed.lastAttemptDateTime,
    messageId: failed.messageId,
    problem: failed.problem,
  })
  assert.equal(told.status, 'delivered')
  const first = await deliveries('?$top=1')
  assert.deepEqual(first.value, [failed])
  const second = await admin('GET', first['@odata.nextLink'])
  assert.equal(second.json.value[0].id, told.id)
  status = 202
  const before = received.length
  const again = await admin('POST', `/subscriptions/${id}/deliveries/${told.id}/redeliver`)
  assert.deepEqual([again.status, again.text], [202, ''])
  await until(async () => (await statuses()).every((one: string) => one === 'delivered'), 'all are told')
  assert.ok(received.slice(before).some(({ body }) => body.includes(told.id)))
  assert.equal((await admin('POST', `/subscriptions/${id}/deliveries/${id}/redeliver`)).status, 404)
  await admin('DELETE', `/subscriptions/${id}`)
})

test('a repeated request with one Idempotency-Key makes one subscription', async () => {
  const body = subscription()
  const key = { 'idempotency-key': 'one' }
  const first = await admin('POST', '/subscriptions', body, key)
  const second = await admin('POST', '/subscriptions', body, key)
  assert.deepEqual([second.status, second.headers.get('location')], [201, first.headers.get('location')])
  assert.equal((await admin('GET', '/subscriptions')).json.value.length, 1)
})
