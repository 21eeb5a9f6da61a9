import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { DAY, HOUR, MINUTE } from '../clock.ts'
import { findTenantId } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { chooseMethods } from '../testing/methodsPolicy.ts'
import { type TestServer, testServer } from '../testing/server.ts'

const server = await testServer()
const { services, store } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')

const listOf = (name: string, id?: string) =>
  `/users/${name}/authentication/temporaryAccessPassMethods${id === undefined ? '' : `/${id}`}`
const admin = await api.as('admin@acme.example')
await chooseMethods(server, acme, { TemporaryAccessPass: { isUsableOnce: false } })

/** Signs somebody in by a pass, and answers its status. */
async function byPass(at: TestServer, username: string, pass: string): Promise<number> {
  const browser = at.browser()
  const { json } = await browser.post('/signin/start', { username })
  return (await browser.post(`/signin/${json.id}/pass`, { pass })).status
}

test('a pass is shown once, opens sign-in once, and its person is told', async () => {
  const name = 'new@acme.example'
  const { status, json, headers } = await admin('POST', listOf(name), {})
  assert.equal(status, 201)
  const { temporaryAccessPass: pass, id, createdDateTime, startDateTime, '@odata.context': _, ...rest } = json
  assert.match(pass, /^([0-9A-Z]{4}-){2}[0-9A-Z]{4}$/)
  assert.equal(createdDateTime, startDateTime)
  assert.deepEqual(rest, {
    lifetimeInMinutes: 60,
    isUsableOnce: true,
    isUsable: true,
    methodUsabilityReason: 'enabledByPolicy',
  })
  const read = await admin('GET', headers.get('location') ?? '')
  assert.deepEqual([read.status, read.json.id, read.json.temporaryAccessPass], [200, id, null])
  const [listed] = (await admin('GET', listOf(name))).json.value
  assert.deepEqual([listed.id, listed.temporaryAccessPass], [id, null])
  const second = await admin('POST', listOf(name), {})
  assert.deepEqual([second.status, second.code], [400, 'ObjectConflict'], 'one at a time')
  await server.message(({ to, subject = '' }) => to === name && /access pass/.test(subject))

  assert.equal(await byPass(server, name, pass), 200)
  assert.equal(await byPass(server, name, pass), 401, 'it was used')
  const used = await admin('GET', listOf(name, id))
  assert.deepEqual([used.json.isUsable, used.json.methodUsabilityReason], [false, 'oneTimeUsed'])
  assert.equal((await admin('POST', listOf(name), {})).status, 201, 'a used one is no longer in the way')
  const events = await inTenant(store, acme, trx =>
    trx
      .selectFrom('audit_events')
      .select('details')
      .where('tenant_id', '=', acme)
      .where('activity', '=', 'pass.issued')
      .execute(),
  )
  assert.equal(JSON.stringify(events).includes(pass), false)
})

test('a pass that is taken back opens nothing', async () => {
  const name = 'prefilled@acme.example'
  const { json } = await admin('POST', listOf(name), { isUsableOnce: false, lifetimeInMinutes: 480 })
  assert.equal(await byPass(server, name, json.temporaryAccessPass), 200)
  assert.equal((await admin('DELETE', listOf(name, randomUUID()))).status, 404)
  assert.equal((await admin('DELETE', listOf('new@acme.example', json.id))).status, 404, 'another’s')
  assert.equal((await admin('DELETE', listOf(name, json.id))).status, 204)
  assert.equal(await byPass(server, name, json.temporaryAccessPass), 401)
  assert.deepEqual((await admin('GET', listOf(name))).json.value, [])
})

test('a pass for later opens nothing before, and nothing after', async t => {
  const name = 'stale@acme.example'
  const startDateTime = new Date(services.clock().getTime() + 2 * DAY).toISOString()
  const { status, json } = await admin('POST', listOf(name), { startDateTime, isUsableOnce: false })
  assert.deepEqual([status, json.startDateTime, json.methodUsabilityReason], [201, startDateTime, 'notYetValid'])
  assert.equal(await byPass(server, name, json.temporaryAccessPass), 401)
  const later = await testServer({ context: t, beside: server })
  later.clock.advance(2 * DAY + MINUTE)
  assert.equal(await byPass(later, name, json.temporaryAccessPass), 200)
  later.clock.advance(HOUR)
  assert.equal(await byPass(later, name, json.temporaryAccessPass), 401)
  for (const wrong of [
    { startDateTime: new Date(services.clock().getTime() + 31 * DAY).toISOString() },
    { startDateTime: new Date(services.clock().getTime() - DAY).toISOString() },
    { startDateTime: 'tomorrow' },
    { lifetimeInMinutes: 9 },
    { lifetimeInMinutes: 481 },
  ]) {
    const refused = await admin('POST', listOf('signer@acme.example'), wrong)
    assert.deepEqual([refused.status, refused.code], [400, 'property_invalid'], JSON.stringify(wrong))
  }
})

test('a pass ends with a new password, and is given only to those below, after a fresh step', async () => {
  const name = 'signer@acme.example'
  const { json } = await admin('POST', listOf(name), { isUsableOnce: false })
  const reset = `/users/${name}/authentication/methods/28c10230-6103-485e-b985-444c60001490/resetPassword`
  assert.equal((await admin('POST', reset, {})).status, 202)
  assert.equal(await byPass(server, name, json.temporaryAccessPass), 401)
  assert.deepEqual((await admin('GET', listOf(name))).json.value, [])
  const own = await admin('POST', listOf('admin@acme.example'), {})
  assert.deepEqual([own.status, own.code], [400, 'own_account'])
  const helpdesk = await api.as('helpdesk@acme.example')
  assert.equal((await helpdesk('POST', listOf(name), {})).status, 403)
  assert.equal((await helpdesk('GET', listOf(name))).status, 403)
  const stepless = await api.as('admin@acme.example', { ago: 16 })
  assert.equal((await stepless('POST', listOf(name), {})).status, 401)
  assert.equal((await stepless('DELETE', listOf(name, json.id))).status, 401)
})
