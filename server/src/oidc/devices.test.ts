// This file is long because a device, its person and its application are tried at each moment of one sign-in.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as client from 'openid-client'
import { giveOrganizationConsent } from '../applications/index.ts'
import { PASSWORD } from '../demo/index.ts'
import { claimRefusal, claimTokens, findByUserCode } from '../deviceCodes/index.ts'
import { inTenant } from '../store/index.ts'
import { granted } from '../testing/contract.ts'
import { readEvents } from '../testing/people.ts'
import { payloadOf, testProvider } from '../testing/provider.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { answerSignIn } from '../testing/signIns.ts'

const server = await testServer({ roles: ['web'], trustedProxies: ['127.0.0.1'] })
const { store, services } = server
const { origin } = services
const { tenantId: acme, issuer, act, register, discover } = await testProvider(server)
const person = 'registered@acme.example'
const NATIVE = { publicClient: ['http://127.0.0.1/callback'] }
const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const screen = await register(NATIVE, { displayName: 'Room screen' })
const SCOPE = 'openid profile offline_access User.Read'

const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${issuer.href}${path}`, { method: 'POST', headers, body: new URLSearchParams(form) })

/** Lets the time between two polls pass. */
const wait = (deviceCode: string) =>
  store.pool.query('update device_codes set next_poll_at = asked_at where device_code_hash = any($1)', [
    services.keys.macs('device-code', acme, deviceCode),
  ])

/** Lets no time pass between two polls, however long the next one takes to come. */
const hold = (deviceCode: string) =>
  store.pool.query(
    "update device_codes set next_poll_at = next_poll_at + interval '1 hour' where device_code_hash = any($1)",
    [services.keys.macs('device-code', acme, deviceCode)],
  )

const begin = async (appId = screen.appId, more: Record<string, string> = {}) => {
  const answer = await post('/devicecode', { client_id: appId, scope: SCOPE, ...more })
  assert.equal(answer.status, 200, await answer.clone().text())
  return answer.json()
}
const poll = async (deviceCode: string, appId = screen.appId) => {
  await wait(deviceCode)
  return hurry(deviceCode, appId)
}
const hurry = async (deviceCode: string, appId = screen.appId, url = issuer.href) => {
  const form = { grant_type: GRANT, device_code: deviceCode, client_id: appId }
  const answer = await fetch(`${url}/token`, { method: 'POST', body: new URLSearchParams(form) })
  return { status: answer.status, body: await answer.json() }
}
const refused = ({ status, body }: Awaited<ReturnType<typeof poll>>) => [status, body.error, body.error_codes?.[0]]
const PENDING = [400, 'authorization_pending', 70016]

/** Types a code in a browser, and goes on as far as the confirmation. */
async function typeCode(browser: TestBrowser, userCode: string, username = person): Promise<string> {
  const typed = await browser.post('/device', { code: userCode })
  assert.equal(typed.status, 201, typed.text)
  const at = typed.headers.get('location')!
  assert.equal(typed.json.id, at.split('/').at(-1))
  await answerSignIn(browser, at, { username }, 'confirm-application')
  return at
}

test('a device shows a code, its person types and confirms it, and the device gets tokens', async () => {
  const asked = await begin()
  assert.match(asked.user_code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
  assert.deepEqual(
    [asked.verification_uri, asked.verification_uri_complete, asked.interval, asked.expires_in],
    [`${origin}/device`, `${origin}/device?user_code=${asked.user_code}`, 5, 900],
  )
  assert.ok(asked.message.includes(asked.user_code) && asked.message.includes(`${origin}/device`))
  assert.deepEqual(refused(await poll(asked.device_code)), PENDING)
  const browser = server.browser()
  const at = await typeCode(browser, ` ${asked.user_code.toLowerCase().replace('-', ' – ')} `)
  assert.deepEqual(refused(await poll(asked.device_code)), PENDING, 'a consent confirms no device')
  const view = (await browser.get(at)).json
  assert.deepEqual([view.state, view.application.displayName, view.next], ['confirm-application', 'Room screen', null])
  assert.ok(view.device.address && Math.abs(Date.parse(view.device.askedAt) - Date.now()) < 60_000)
  const page = await browser.page(at)
  for (const told of ['Room screen', view.device.address, view.device.askedAt])
    assert.ok(page.text.includes(told), told)
  const confirmed = (await browser.post(`${at}/confirm`)).json
  assert.deepEqual([confirmed.state, confirmed.next], ['finished', null])
  assert.match((await browser.page(at)).text, /You can close this page/)
  const { status, body } = await poll(asked.device_code)
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(body.scope, SCOPE)
  const [id, access] = [payloadOf(body.id_token), payloadOf(body.access_token)]
  assert.deepEqual(
    [id.iss, id.aud, id.preferred_username, id.acr, id.amr, id.tid, id.sub === id.oid],
    [issuer.href, screen.appId, person, 'pwd', ['pwd'], acme, true],
  )
  assert.deepEqual(
    [access.aud, access.scp, access.idtyp, access.azp, access.acr, access.auth_time, access.exp - access.iat],
    [`${origin}/v1.0`, 'User.Read', 'user', screen.appId, 'pwd', id.auth_time, 600],
  )
  const form = { grant_type: 'refresh_token', refresh_token: body.refresh_token, client_id: screen.appId }
  assert.equal((await post('/token', form)).status, 200)
  assert.ok((await readEvents(store, acme)).includes('application.opened success'))
})

test('openid-client signs in by a device', async () => {
  const config = await discover(screen.appId)
  const asked = await client.initiateDeviceAuthorization(config, { scope: SCOPE })
  const browser = server.browser()
  const at = await typeCode(browser, asked.user_code)
  await browser.post(`${at}/confirm`)
  const tokens = await client.pollDeviceAuthorizationGrant(config, asked)
  assert.equal(tokens.claims()?.preferred_username, person)
})

test('a device that asks too often has to wait for longer and longer', async () => {
  const asked = await begin()
  const secondsOf = async () =>
    (await store.pool.query('select poll_seconds, next_poll_at from device_codes order by asked_at desc limit 1'))
      .rows[0]
  assert.deepEqual(refused(await hurry(asked.device_code)), PENDING)
  let last = services.clock()
  for (let polls = 0; polls < 2; polls++) {
    await hold(asked.device_code)
    last = services.clock()
    assert.deepEqual(refused(await hurry(asked.device_code)), [400, 'slow_down', 70016])
  }
  const { poll_seconds: seconds, next_poll_at: next } = await secondsOf()
  assert.deepEqual([seconds, next.getTime() > last.getTime() + 10_000], [15, true])
  assert.deepEqual(refused(await poll(asked.device_code)), PENDING)
})

test('of many polls at once, on two servers, one gets tokens', async () => {
  const beside = await testServer({ roles: ['web'], beside: server, origin })
  const asked = await begin()
  const browser = server.browser()
  const at = await typeCode(browser, asked.user_code)
  assert.equal((await browser.post(`${at}/confirm`)).json.state, 'finished')
  await wait(asked.device_code)
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      hurry(asked.device_code, screen.appId, `${n % 2 ? server.url : beside.url}/${acme}/v2.0`),
    ),
  )
  const served = answers.filter(({ status }) => status === 200)
  assert.equal(served.length, 1, JSON.stringify(answers.map(refused)))
  const again = await poll(asked.device_code)
  assert.deepEqual(refused(again), [400, 'invalid_grant', 54005])
  const { refresh_token } = served[0]!.body
  const form = { grant_type: 'refresh_token', refresh_token, client_id: screen.appId }
  assert.equal((await post('/token', form)).status, 400, 'a code that is used twice ends what came of it')
})

test('the tokens of a code are claimed once, whoever was let through', async () => {
  const asked = await begin()
  const { id } = (await findByUserCode(store, act(), asked.user_code.replace('-', '')))!
  const claims = await Promise.all(
    Array.from({ length: 10 }, (_, n) => claimTokens(store, act(), acme, { id, grantId: `grant ${n}` })),
  )
  assert.equal(new Set(claims).size, 1)
})

test('of answers at once one counts', async () => {
  const asked = await begin()
  const { id } = (await findByUserCode(store, act(), asked.user_code.replace('-', '')))!
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => inTenant(store, acme, trx => claimRefusal(trx, act(), id, 'declined'))),
  )
  assert.equal(answers.filter(Boolean).length, 1)
})

test('a code belongs to its application, and to its tenant', async () => {
  const asked = await begin()
  const other = await register(NATIVE)
  assert.deepEqual(refused(await poll(asked.device_code, other.appId)), [400, 'invalid_grant', 70000])
  assert.deepEqual(refused(await poll('not a code')), [400, 'invalid_grant', 70008])
  const browser = server.browser()
  const typed = await browser.post('/device', { code: asked.user_code })
  const at = typed.headers.get('location')!
  await browser.post(`${at}/name`, { username: 'signer@globex.example' })
  const { rows } = await store.pool.query(
    `select user_principal_name as name from users join domains using (tenant_id) where name = 'globex.example' limit 1`,
  )
  await browser.post(`${at}/name`, { username: rows[0].name })
  const elsewhere = await browser.post(`${at}/password`, { password: PASSWORD })
  assert.deepEqual([elsewhere.status, elsewhere.json.code], [403, 'wrong_tenant'])
  assert.deepEqual(refused(await poll(asked.device_code)), PENDING)
})

test('only native applications ask by a device', async () => {
  for (const addresses of [{ web: ['https://a.example/'] }, { spa: ['https://a.example/'] }]) {
    const app = await register(addresses)
    const form = { client_id: app.appId, scope: 'openid', ...(app.secret && { client_secret: app.secret }) }
    const answer = await post('/devicecode', form)
    const body = await answer.json()
    assert.deepEqual([answer.status, body.error, body.error_codes], [400, 'unauthorized_client', [70003]])
  }
  const unknown = await post('/devicecode', { client_id: services.random.uuid(services.clock()), scope: 'openid' })
  assert.deepEqual([unknown.status, (await unknown.json()).error_codes], [400, [700016]])
})

test('who cancels declines, and the device is told at once', async () => {
  const asked = await begin()
  const browser = server.browser()
  const at = await typeCode(browser, asked.user_code)
  const view = (await browser.post(`${at}/cancel`)).json
  assert.deepEqual([view.state, view.refusal.code, view.next], ['refused', 'declined', null])
  assert.deepEqual(refused(await poll(asked.device_code)), [400, 'access_denied', 65004])
  assert.deepEqual(refused(await poll(asked.device_code)), [400, 'access_denied', 65004])
  const late = await server.browser().post('/device', { code: asked.user_code })
  assert.deepEqual([late.status, late.json.code], [410, 'device_code_over'])
})

test('consent, assignment and approval count for devices too', async () => {
  const browser = server.browser()
  const closed = await register(NATIVE, { assignmentRequired: true })
  const first = await begin(closed.appId)
  const at = await typeCode(browser, first.user_code)
  assert.equal((await browser.get(at)).json.refusal.code, 'not_assigned')
  assert.deepEqual(refused(await poll(first.device_code, closed.appId)), [400, 'access_denied', 50105])
  const greedy = await begin(screen.appId, { scope: 'openid Directory.Read.All' })
  const second = (await browser.post('/device', { code: greedy.user_code })).json
  assert.deepEqual([second.state, second.refusal.code], ['refused', 'needs_administrator'])
  assert.deepEqual(refused(await poll(greedy.device_code)), [400, 'access_denied', 90094])
  const fresh = await register(NATIVE)
  const third = await begin(fresh.appId)
  const typed = (await browser.post('/device', { code: third.user_code })).json
  assert.equal(typed.state, 'consent')
  await browser.post(`/signin/${typed.id}/consent`, { accept: false })
  assert.deepEqual(refused(await poll(third.device_code, fresh.appId)), [400, 'access_denied', 65004])
})

test('a device is told of a person who has no way for the second step that it asks for', async () => {
  const browser = server.browser()
  await browser.post('/signin', { username: 'new@acme.example', password: PASSWORD })
  await browser.post('/security-info/later')
  const asked = await begin(screen.appId, { acr_values: 'mfa' })
  const { state, refusal } = (await browser.post('/device', { code: asked.user_code })).json
  assert.deepEqual([state, refusal?.code], ['refused', 'no_second_step'])
  assert.deepEqual(refused(await poll(asked.device_code)), [400, 'access_denied', 50079])
})

test('a device gets no answer by a proof that has grown too old for it, and its own nonce', async () => {
  const browser = server.browser()
  const asked = await begin(screen.appId, { max_age: '120', nonce: 'of the device' })
  const at = await typeCode(browser, asked.user_code)
  const id = browser.cookies.get('latchkey_session')?.split('.')[1]
  await store.pool.query(
    "update latchkey.sessions set password_at = password_at - interval '5 minutes' where id = $1",
    [id],
  )
  assert.equal((await browser.post(`${at}/confirm`)).status, 409)
  assert.deepEqual(refused(await poll(asked.device_code)), PENDING)
  assert.equal((await browser.post(`${at}/password`, { password: PASSWORD })).status, 200)
  await answerSignIn(browser, at, { username: person })
  const { body } = await poll(asked.device_code)
  const { auth_time: since, nonce } = payloadOf(body.id_token)
  assert.deepEqual([Date.now() / 1000 - since < 60, nonce], [true, 'of the device'])
})

test('a device gets the person that its request is about, and a fresh password where it asks for one', async () => {
  const browser = server.browser()
  const first = await begin()
  const at = await typeCode(browser, first.user_code)
  await browser.post(`${at}/confirm`)
  const { id_token: hint } = (await poll(first.device_code)).body
  const typed = async (more: Record<string, string>, by: TestBrowser) =>
    (await by.post('/device', { code: (await begin(screen.appId, more)).user_code })).json
  assert.equal((await typed({ id_token_hint: hint }, browser)).state, 'confirm-application')
  assert.equal((await typed({ max_age: '0' }, browser)).state, 'name')
  const other = server.browser()
  await other.post('/signin', { username: 'signer@acme.example', password: PASSWORD })
  const asked = await begin(screen.appId, { id_token_hint: hint })
  const { id, state } = (await other.post('/device', { code: asked.user_code })).json
  assert.equal(state, 'name')
  await other.post(`/signin/${id}/name`, { username: 'signer@acme.example' })
  const { refusal } = (await other.post(`/signin/${id}/password`, { password: PASSWORD })).json
  assert.equal(refusal?.code, 'another_account')
  assert.match((await other.page(`/signin/${id}`)).text, /asks for another account/)
  assert.deepEqual(refused(await poll(asked.device_code)), PENDING, 'the right person may still come')
})

test('a device is confirmed each time, in the browser that began it', async () => {
  const browser = server.browser()
  for (const _ of [1, 2]) {
    const asked = await begin()
    const at = await typeCode(browser, asked.user_code)
    assert.equal((await browser.get(at)).json.state, 'confirm-application')
    assert.equal((await server.browser().get(at)).status, 404)
    assert.equal((await server.browser().post(`${at}/confirm`)).status, 404)
    assert.deepEqual(refused(await poll(asked.device_code)), PENDING)
  }
})

test('of two answers to one device the first counts', async () => {
  const asked = await begin()
  const [one, other] = [server.browser(), server.browser()]
  const first = await typeCode(one, asked.user_code)
  const second = await typeCode(other, asked.user_code)
  await one.post(`${first}/confirm`)
  const late = (await other.post(`${second}/confirm`)).json
  assert.deepEqual([late.code ?? late.refusal?.code], ['wrong_state'])
  assert.equal((await other.get(second)).json.refusal.code, 'device_over')
  assert.equal((await poll(asked.device_code)).status, 200)
})

test('a reset between the confirmation and the next poll ends it', async () => {
  const asked = await begin()
  const browser = server.browser()
  const at = await typeCode(browser, asked.user_code)
  await browser.post(`${at}/confirm`)
  await store.pool.query('update users set security_epoch = security_epoch + 1 where user_principal_name = $1', [
    person,
  ])
  assert.deepEqual(refused(await poll(asked.device_code)), [400, 'invalid_grant', 50173])
})

test('who takes access back takes back what a device has not fetched yet', async () => {
  const app = await register(NATIVE)
  await inTenant(store, acme, trx =>
    giveOrganizationConsent(trx, act(), app.appId, { scopes: ['openid', 'profile', 'User.Read'], permissions: [] }),
  )
  const { device_code, user_code } = await begin(app.appId)
  const browser = server.browser()
  await browser.submit(`${await typeCode(browser, user_code)}/confirm`, {})
  assert.equal((await browser.request('DELETE', `/my-applications/${app.appId}`)).status, 204)
  assert.equal((await poll(device_code, app.appId)).body.error, 'access_denied')
  const { rows } = await store.pool.query('select id from latchkey.device_codes where app_id = $1', [app.appId])
  const claim = () => claimTokens(store, act(), acme, { id: rows[0].id, grantId: 'late' })
  assert.equal(await claim(), null, 'nor by a poll that had read it before')
})

test('a code that is over is told so, to the device and to its person', async () => {
  const asked = await begin()
  const browser = server.browser()
  const at = await typeCode(browser, asked.user_code)
  server.clock.advance(16 * 60_000)
  await store.pool.query("update device_codes set expires_at = expires_at - interval '16 minutes'")
  assert.deepEqual(refused(await poll(asked.device_code)), [400, 'expired_token', 70019])
  const answer = await browser.post(`${at}/confirm`)
  assert.equal(answer.json.code, 'wrong_state')
  assert.equal((await browser.get(at)).json.refusal.code, 'device_over')
  const late = await server.browser().post('/device', { code: asked.user_code })
  assert.deepEqual([late.status, late.json.code], [410, 'device_code_over'])
  const shown = await browser.follow(await browser.submit('/device', { code: asked.user_code }))
  assert.match(shown.text, /AADSTS70019/)
  // The wrong codes of this test count for the next one.
  await store.pool.query("delete from flood_points where key like 'device:%'")
})

test('ten wrong codes an hour, and no more, for a browser and for an address', async () => {
  const browser = server.browser()
  const guess = (code: string, from: TestBrowser = browser) => from.post('/device', { code })
  const asked = await begin()
  for (let n = 0; n < 15; n++) assert.equal((await guess(asked.user_code)).status, 201, 'right ones do not count')
  for (let n = 0; n < 10; n++) {
    const wrong = await guess('BBBB-BBBB')
    assert.deepEqual([wrong.status, wrong.json.code], [400, 'device_code_wrong'])
  }
  const over = await guess('BBBB-BBBB')
  assert.deepEqual(
    [over.status, over.json.code, Number(over.headers.get('retry-after')) > 3_000],
    [429, 'throttled', true],
  )
  assert.equal((await guess(asked.user_code)).status, 429, 'also a right one')
  assert.equal((await guess(asked.user_code, server.browser())).status, 429, 'the same address')
  const elsewhere = { 'x-forwarded-for': '203.0.113.9' }
  const other = await server
    .browser()
    .request('POST', '/device', { json: { code: asked.user_code }, headers: elsewhere })
  assert.equal(other.status, 201, 'another address')
  const moved = await browser.request('POST', '/device', { json: { code: asked.user_code }, headers: elsewhere })
  assert.equal(moved.status, 429, 'the same browser elsewhere')
  const page = await browser.follow(await browser.submit('/device', { code: 'BBBB' }))
  assert.match(page.text, /Too many|later|wait/i)
  server.clock.advance(61 * 60_000)
  assert.equal((await guess(asked.user_code)).json.code, 'device_code_over')
})

test('a network of many addresses types a hundred wrong codes an hour, of which an address that waits uses up none', async () => {
  const forget = () => store.pool.query("delete from flood_points where key like 'device:%'")
  const guess = async (address: string, code = 'BBBB-BBBB', from = server.browser()) => {
    const headers = { 'x-forwarded-for': address }
    return (await from.request('POST', '/device', { json: { code }, headers })).status
  }
  const familiar = server.browser()
  granted(await familiar.post('/signin', { username: 'signer@acme.example', password: PASSWORD }))
  await forget()
  for (const [address, neighbour, other] of [
    [(n: number) => `203.0.113.${n}`, '203.0.113.200', '203.0.114.1'],
    [(n: number) => `2001:db8:1:${n}::1`, '2001:db8:1:ffff::1', '2001:db8:2::1'],
  ] as const) {
    const asked = await begin()
    for (let n = 0; n < 20; n++) await guess(address(0))
    for (let n = 1; n < 10; n++) for (let tries = 0; tries < 10; tries++) await guess(address(n))
    assert.equal(await guess(neighbour, asked.user_code), 429)
    assert.equal(await guess(neighbour, asked.user_code, familiar), 201, 'a browser in which somebody has signed in')
    assert.equal(await guess(other, asked.user_code), 201)
    await store.pool.query("update flood_points set points = points - 2 where key like 'device:%' and points > 90")
    assert.equal(await guess(neighbour, asked.user_code), 201)
  }
  for (let n = 0; n < 10; n++) {
    familiar.cookies.delete('latchkey_browser')
    await guess(`198.51.100.${n}`, 'BBBB-BBBB', familiar)
  }
  assert.equal(await guess('192.0.2.1', (await begin()).user_code, familiar), 429, 'which may type ten itself')
  await forget()
})

test('the page takes what the link fills in, and sends nothing', async () => {
  const page = await server.browser().page('/device?user_code=BCDF-GHJK')
  assert.equal(page.status, 200)
  assert.match(page.text, /value="BCDF-GHJK"/)
  assert.match(page.text, /autocapitalize="characters"/i)
  assert.doesNotMatch(page.text, /<script/)
  const empty = await server.browser().post('/device', { code: ' - ' })
  assert.deepEqual([empty.status, empty.json.errors], [400, [{ field: 'code', code: 'required' }]])
  const spelled = ['/CODES', '/Codes/', '/CODES//', '/Codes?user_code=BCDF-GHJK', '/%63Odes']
  for (const path of ['/codes', '/codes/', '/codes/x', '/device', '/device/x', ...spelled])
    for (const method of ['GET', 'POST']) {
      const none = await fetch(`${issuer.href}${path}`, { method, headers: { accept: 'text/html' } })
      assert.ok(none.status >= 400, `${method} ${path}`)
      assert.doesNotMatch(await none.text(), /Sign-in|fonts\.googleapis/, 'no page of the library')
    }
})

test('the sentence of a device is in the language that it asks for', async () => {
  const asked = await begin(screen.appId, { ui_locales: 'xx ja' })
  assert.match(asked.message, /コード/)
  assert.match((await begin()).message, /^To sign in/)
})

/** What an application in a browser asks for, at the one address of its own. */
const askingForCode = (client_id: string) => ({
  client_id,
  scope: 'openid',
  response_type: 'code',
  redirect_uri: 'http://localhost:3998/',
  code_challenge: 'x'.repeat(43),
  code_challenge_method: 'S256',
})

test('an address that has requests kept without end waits, and none is longer than a browser’s', async () => {
  const limited = await testServer({ roles: ['web'], beside: server, origin, floodLimits: true })
  const spa = await register({ spa: ['http://localhost:3998/'] })
  const form = { client_id: screen.appId, scope: 'openid' }
  const pushed = askingForCode(spa.appId)
  const send = (mount: string, path: string, kept: object) =>
    fetch(`${limited.url}/${mount}/v2.0/${path}`, { method: 'POST', body: new URLSearchParams({ ...kept }) })
  const all = [acme, 'organizations'].flatMap(mount => [
    { mount, path: 'devicecode', kept: form, status: 200 },
    { mount, path: 'par', kept: pushed, status: 201 },
  ])
  for (const { mount, path, kept, status } of all) {
    const usual = await send(mount, path, { ...kept, login_hint: 'x'.repeat(7_000) })
    assert.equal(usual.status, status, await usual.text())
    const long = await send(mount, path, { ...kept, login_hint: 'x'.repeat(9_000) })
    assert.deepEqual([long.status, (await long.json()).error_codes], [400, [900144]])
  }
  await store.pool.query("update flood_points set points = 600 where key like 'open:%'")
  for (const { mount, path, kept } of all) {
    const refused = await send(mount, path, kept)
    assert.deepEqual([refused.status, (await refused.json()).error_codes], [503, [90055]], path)
    assert.ok(Number(refused.headers.get('retry-after')) > 0)
  }
})

test('codes are kept as keyed hashes, and removed with their application', async () => {
  const app = await register(NATIVE)
  const asked = await begin(app.appId, { login_hint: 'hinted@acme.example' })
  await server.browser().post('/device', { code: asked.user_code })
  // Hints of requests name people, so that these are sealed.
  const spa = await register({ spa: ['http://localhost:3998/'] })
  const web = { ...askingForCode(spa.appId), login_hint: 'hinted@acme.example' }
  const { request_uri } = await (await post('/par', web)).json()
  const begun = `${issuer.pathname}/authorize?${new URLSearchParams({ client_id: spa.appId, request_uri })}`
  const pushed = await server.browser().page(begun)
  assert.match(pushed.headers.get('location')!, /^\/signin\//)
  const { rows } = await store.pool.query(
    `select d.*, s.*, p.payload from device_codes d full join sign_ins s on false full join provider_records p on false`,
  )
  assert.ok(rows.some(row => row.payload?.request))
  const text = JSON.stringify(rows, (_, value) =>
    value?.type === 'Buffer' ? Buffer.from(value).toString('latin1') : value,
  )
  const decoded = text.replaceAll(/eyJ[\w-]*\.(eyJ[\w-]*)/g, (_, claims) => Buffer.from(claims, 'base64url').toString())
  for (const secret of [asked.device_code, asked.user_code, asked.user_code.replace('-', ''), 'hinted@acme.example'])
    assert.ok(!decoded.includes(secret), secret)
})
