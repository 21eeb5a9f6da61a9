import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId } from '../directory/index.ts'
import { get, granted, post, refused } from '../testing/contract.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'

// Somebody who comes by themselves types the name first, and then is asked for the password.
const server = await testServer()
const NAME = 'registered@acme.example'

const start = async (browser: TestBrowser, username: string, more: object = {}) =>
  granted(await post(browser, '/signin/start', { username, ...more }), 201)

/** Gives the right password, and does not stay signed in. */
async function finish(browser: TestBrowser, id: string) {
  assert.equal(granted(await post(browser, `/signin/${id}/password`, { password: PASSWORD })).state, 'stay-signed-in')
  return granted(await post(browser, `/signin/${id}/stay`, { stay: false }))
}

test('the first page asks for the name alone, and writes nothing', async () => {
  const browser = server.browser()
  const { rows: before } = await server.store.pool.query('select count(*) from sign_ins')
  const page = await browser.page(`/signin?username=${NAME}&next=/security-info`)
  assert.match(page.text, /<input[^>]*name="username"[^>]*value="registered@acme.example"/)
  assert.match(page.text, /<input type="hidden" name="next" value="\/security-info"/)
  assert.doesNotMatch(page.text, /type="password"/)
  // A passkey's answer is bound to the browser that was asked.
  const cookies = page.headers.getSetCookie()
  assert.deepEqual(
    cookies.map(cookie => cookie.split('=')[0]),
    ['latchkey_browser'],
  )
  assert.deepEqual((await server.store.pool.query('select count(*) from sign_ins')).rows, before)
})

test('the name begins a sign-in in its tenant, which the password finishes', async () => {
  const browser = server.browser()
  const begun = await post(browser, '/signin/start', { username: NAME })
  const { id, expiresAt, supportCode, options, ...view } = granted(begun, 201)
  assert.deepEqual(options.allowCredentials, [])
  assert.equal(begun.headers.get('location'), `/signin/${id}`)
  assert.deepEqual(view, {
    state: 'password',
    application: null,
    tenant: { displayName: 'Acme' },
    username: NAME,
    signInWith: ['password', 'pass'],
    refusal: null,
    reset: `/reset?signin=${id}`,
    next: null,
  })
  assert.match(supportCode, /^[0-9A-HJKMNP-TV-Z]{10}$/)
  assert.ok(Date.parse(expiresAt) - server.clock.now().getTime() > 3_500_000)
  refused(await get(server.browser(), `/signin/${id}`), 404, 'not_found')
  refused(await post(browser, `/signin/${id}/password`, { password: 'wrong' }), 401, 'invalid_credentials')
  const done = await finish(browser, id)
  assert.deepEqual([done.state, done.next], ['finished', '/account'])
  assert.equal(granted(await get(browser, '/session')).user.userPrincipalName, NAME)
})

test('an id that no header can hold leads to no fault, and no address of ours leads elsewhere', async () => {
  const browser = server.browser()
  for (const id of ['%0a', '%0d%0aset-cookie:a=b', '%E2%80%A6']) {
    const back = await browser.page(`/signin/${id}/confirm`)
    assert.deepEqual([back.status, back.headers.get('set-cookie')], [303, null], id)
    assert.equal((await browser.follow(back)).status, 404)
    const sent = await browser.submit(`/signin/${id}/name`, { unknown: '1' })
    assert.equal(sent.status, 303, sent.text)
    assert.ok(sent.headers.get('content-security-policy'))
  }
  for (const tenant of ['%0a', '%2Fevil.example', '%E2%80%A6']) {
    const form = { token: 'none', request: 'state=\n…' }
    const answer = await browser.submit(`/${tenant}/v2.0/logout/confirm`, form)
    assert.equal(answer.status, 303, answer.text)
    assert.match(answer.headers.get('location')!, /^\/[^/]+\/v2\.0\/logout\/done\?state=/)
  }
})

test('without script, two forms lead to the page that was asked for', async () => {
  const browser = server.browser()
  const asked = await browser.page('/security-info')
  assert.equal(asked.headers.get('location'), '/signin?next=%2Fsecurity-info')
  const named = await browser.submit('/signin/start', { username: NAME, next: '/security-info' })
  const at = named.headers.get('location') ?? ''
  assert.match((await browser.follow(named)).text, /type="password"/)
  const wrong = await browser.submit(`${at}/password`, { password: 'wrong' })
  assert.equal(wrong.headers.get('location'), at)
  assert.match((await browser.follow(wrong)).text, /error-summary/)
  const right = await browser.submit(`${at}/password`, { password: PASSWORD })
  assert.equal(right.headers.get('location'), at)
  assert.match((await browser.follow(right)).text, /name="stay"/)
  const answered = await browser.submit(`${at}/stay`, { stay: 'false' })
  assert.equal((await browser.follow(answered)).headers.get('location'), '/security-info')
  // Back, and a reload, of the address of a form.
  assert.equal((await browser.page(`${at}/password`)).headers.get('location'), at)
  assert.equal((await browser.page('/signin/start')).headers.get('location'), '/signin')
})

test('a refused name stands on the first page, which keeps where it leads', async () => {
  const browser = server.browser()
  const refusal = await browser.submit('/signin/start', { username: ' ', next: '/security-info' })
  assert.equal(refusal.headers.get('location'), '/signin?next=%2Fsecurity-info')
  assert.match((await browser.follow(refusal)).text, /error-summary/)
  refused(await post(browser, '/signin/start', { username: ' ' }), 400, 'invalid_request')
  refused(await post(browser, '/signin/start', { username: NAME, password: PASSWORD }), 400, 'invalid_request')
})

test('lesson 4: a sign-in leads to our own pages alone', async () => {
  for (const next of ['https://evil.example', '//evil.example', '/signin', '/signout', '/account/../', 'account']) {
    const browser = server.browser()
    const { id } = await start(browser, NAME, { next })
    assert.equal((await finish(browser, id)).next, '/account', next)
  }
})

test('lesson 36: every name reads alike, of whatever tenant, before its password', async () => {
  const views = new Set<string>()
  for (const name of [
    NAME,
    'nobody@acme.example',
    'locked@acme.example',
    'disabled@acme.example',
    'new@acme.example',
  ]) {
    const { id, expiresAt: _, supportCode: __, options, ...view } = await start(server.browser(), name)
    // What is signed differs in each sign-in, as ids do.
    views.add(JSON.stringify({ ...options, challenge: options.challenge.length }))
    views.add(JSON.stringify(view).replaceAll(name, '').replaceAll(encodeURIComponent(name), '').replace(id, ''))
  }
  assert.equal(views.size, 2)
  assert.equal((await start(server.browser(), 'somebody@nowhere.example')).tenant, null)
})

test('another name moves the sign-in to its tenant, under the same id', async () => {
  const browser = server.browser()
  const { id } = await start(browser, 'somebody@nowhere.example', { next: '/security-info' })
  const moved = granted(await post(browser, `/signin/${id}/name`, { username: 'outside@globex.example' }))
  assert.deepEqual([moved.id, moved.state, moved.tenant.displayName], [id, 'password', 'Globex'])
  refused(await get(server.browser(), `/signin/${id}`), 404, 'not_found')
  const { rows } = await server.store.pool.query('select tenant_id from sign_ins where id = $1', [id])
  assert.deepEqual(rows, [{ tenant_id: await findTenantId(server.store, 'globex.example') }])
  const done = await finish(browser, id)
  assert.deepEqual([done.state, done.next], ['finished', '/security-info'])
  refused(await post(browser, `/signin/${id}/name`, { username: NAME }), 409, 'wrong_state')
})

test('a required step leads back to the sign-in, and on from there', async () => {
  const browser = server.browser()
  const { id } = await start(browser, 'prefilled@acme.example', { next: '/account/activity' })
  const asked = granted(await post(browser, `/signin/${id}/password`, { password: PASSWORD }))
  assert.deepEqual([asked.state, asked.next], ['confirm', null])
  assert.equal((await browser.page(`/signin/${id}`)).headers.get('location'), '/security-info')
  const { methods } = granted(await get(browser, '/security-info'))
  const ids = methods
    .filter(({ state }: { state: string }) => state === 'prefilled')
    .map((one: { id: string }) => one.id)
  granted(await post(browser, '/security-info/confirmations', { methods: ids }))
  assert.equal(granted(await get(browser, `/signin/${id}`)).state, 'stay-signed-in')
  const done = granted(await post(browser, `/signin/${id}/stay`, { stay: false }))
  assert.deepEqual([done.state, done.next], ['finished', '/account/activity'])
})

test('a sign-in in another tab never finishes one of another account', async () => {
  const browser = server.browser()
  const mine = await start(browser, NAME)
  const other = await start(browser, 'stale@acme.example')
  granted(await post(browser, `/signin/${other.id}/password`, { password: PASSWORD }))
  assert.equal(granted(await get(browser, `/signin/${mine.id}`)).state, 'password')
  await finish(browser, mine.id)
  assert.equal(granted(await get(browser, `/signin/${mine.id}`)).state, 'finished')
  assert.equal(granted(await get(browser, `/signin/${other.id}`)).state, 'password', 'its session was replaced')
})

test('a sign-in that took more than an hour begins anew with its name', async () => {
  const browser = server.browser()
  const { id } = await start(browser, NAME, { next: '/security-info' })
  const { rowCount } = await server.store.pool.query('update sign_ins set expires_at = created_at where id = $1', [id])
  assert.equal(rowCount, 1)
  refused(await get(browser, `/signin/${id}`), 410, 'journey_expired')
  refused(await post(browser, `/signin/${id}/password`, { password: PASSWORD }), 410, 'journey_expired')
  const again = /href="(\/signin\?[^"]*)"/
    .exec((await browser.page(`/signin/${id}`)).text)?.[1]
    ?.replaceAll('&amp;', '&')
  assert.equal(again, `/signin?${new URLSearchParams({ username: NAME, next: '/security-info' })}`)
})

test('the sign-in of a name whose domain nobody has shows no organization', async () => {
  const browser = server.browser()
  const { id } = granted(await post(browser, '/signin/start', { username: 'someone@nowhere.example' }), 201)
  assert.equal(granted(await get(browser, `/signin/${id}`)).tenant, null)
  assert.doesNotMatch((await browser.page(`/signin/${id}`)).text, /\/branding\//)
})
