import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { DAY, HOUR, MINUTE, movableClock, SECOND } from '../clock.ts'
import { systemRandom } from '../crypto/index.ts'
import { findTenantId } from '../directory/index.ts'
import { openDns } from '../organization/index.ts'
import { enqueue, inTenant } from '../store/index.ts'
import { granted, refused } from '../testing/contract.ts'
import { testServer } from '../testing/server.ts'
import { takeDueStep } from '../testing/steps.ts'
import { createZone, PASSWORD, restoreClock, serveZone } from './index.ts'

const zone = createZone({ clock: () => new Date(), random: systemRandom })
const served = await serveZone(zone)
after(() => served.close())
const server = await testServer({ zone, dns: openDns([zone.server]) })
const { store } = server
const acme = await findTenantId(store, 'acme.example')

const pass = async (milliseconds: number) => {
  const before = server.clock.now().getTime()
  const { now } = granted(await server.browser().post('/demo/clock', { seconds: milliseconds / SECOND }))
  assert.ok(Date.parse(now) >= before + milliseconds && Date.parse(now) < before + milliseconds + MINUTE)
}
const mails = async (subject: RegExp) =>
  (await server.outbox()).filter(one => one.to === 'admin@acme.example' && subject.test(one.subject ?? '')).length

test('what falls due on the way is done before the answer, each thing at its time', async () => {
  const admin = server.browser()
  await admin.post('/signin', { username: 'admin@acme.example', password: PASSWORD })
  await takeDueStep(server, admin)
  const { record } = granted(await admin.post('/domains', { name: 'later.example' }), 201)
  const id = zone.add({ name: 'later.example', type: 'TXT', data: record.value, ttl: 300 })
  const { json } = await admin.get('/domains/later.example')
  assert.equal(json.state, 'unverified')
  await pass(MINUTE)
  const verified = granted(await admin.get('/domains/later.example'))
  assert.equal(verified.state, 'verified')
  assert.equal(await mails(/later\.example/), 1)
  // A proven domain is looked up daily, and its people hear weekly of a record that is gone.
  zone.remove(id)
  await pass(8 * DAY)
  assert.equal(await mails(/later\.example/), 1 + 2)
  refused(await admin.get('/domains/later.example'), 401, 'not_signed_in')
})

const inProof = { skip: process.env.PROOF === 'long' ? false : 'in the long proof' }

test('a contested domain passes on by itself once its 14 days are over', inProof, async () => {
  const name = 'moved.example'
  const signIn = async (username: string) => {
    const browser = server.browser()
    await browser.post('/signin', { username, password: PASSWORD })
    await takeDueStep(server, browser)
    return browser
  }
  const add = async (username: string) => {
    const browser = await signIn(username)
    const { record } = granted(await browser.post('/domains', { name }), 201)
    return { browser, id: zone.add({ name, type: 'TXT', data: record.value, ttl: 300 }) }
  }
  const holder = await add('admin@globex.example')
  granted(await holder.browser.post(`/domains/${name}/check`))
  zone.remove(holder.id)
  const { browser } = await add('admin@acme.example')
  const begun = granted(await browser.post(`/domains/${name}/contest`), 202)
  assert.equal(begun.state, 'contested')
  for (const days of [7, 6]) await pass(days * DAY)
  assert.equal((await (await signIn('admin@globex.example')).get(`/domains/${name}`)).json.state, 'contested')
  await pass(DAY + HOUR)
  assert.equal(granted(await (await signIn('admin@acme.example')).get(`/domains/${name}`)).state, 'verified')
  refused(await (await signIn('admin@globex.example')).get(`/domains/${name}`), 404, 'not_found')
})

test('a job that waits for its time comes when the clock does, and not before', async () => {
  const waiting = async () =>
    (await store.pool.query('select from latchkey_jobs.jobs where key = $1', [`${acme} waits`])).rowCount
  const payload = { tenantId: acme, domain: 'nothing.example', correlationId: systemRandom.uuid(new Date()) }
  await inTenant(store, acme, trx => enqueue(trx, 'check-domain', payload, { jobKey: 'waits', after: 3 * HOUR }))
  await pass(2 * HOUR)
  assert.equal(await waiting(), 1)
  await pass(HOUR)
  assert.equal(await waiting(), 0)
})

test('an access token holds by the clock that has moved, and as long as ever', async () => {
  const ask = (url: string, init: RequestInit = {}) => fetch(server.url + url, init)
  const token = async () => {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      scope: `${server.services.origin}/v1.0/.default`,
      client_id: 'd3e00000-0000-4000-8000-000000000003',
      client_secret: 'demo-secret-night-job-2026-keep-off-production',
    })
    const answer = await ask(`/${acme}/v2.0/token`, { method: 'POST', body })
    return ((await answer.json()) as { access_token: string }).access_token
  }
  const read = async (bearer: string) =>
    (await ask('/v1.0/users?$top=1', { headers: { authorization: `Bearer ${bearer}` } })).status
  const early = await token()
  assert.equal(await read(early), 200)
  await pass(9 * MINUTE)
  assert.equal(await read(early), 200)
  const later = await token()
  await pass(2 * MINUTE)
  assert.deepEqual([await read(early), await read(later)], [401, 200])
})

test('the clock does not go back at the next start, and takes no step that is none', async () => {
  const clock = movableClock()
  await restoreClock(store, clock)
  assert.ok(clock.ahead() > 8 * DAY)
  assert.ok(Math.abs(clock.now().getTime() - server.clock.now().getTime()) < MINUTE)
  for (const seconds of [0, -60, 1.5, 31_536_001, '60'])
    refused(await server.browser().post('/demo/clock', { seconds }), 400, 'invalid_request')
  assert.equal((await server.submit('/demo/clock', { seconds: '60' })).headers.get('location'), '/demo')
})

test('nobody sets the clock of a server that is no demonstration', async t => {
  const plain = await testServer({ context: t, seed: false, demo: false })
  const before = plain.clock.now()
  assert.equal((await plain.post('/demo/clock', { seconds: 86_400 })).status, 404)
  assert.ok(plain.clock.now().getTime() - before.getTime() < HOUR)
})
