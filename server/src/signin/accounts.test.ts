import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApplication } from '../applications/index.ts'
import { DAY } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { get, granted, post, refused } from '../testing/contract.ts'
import { newTrail } from '../testing/people.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'

// A browser remembers accounts by hints, which prove nothing.
const server = await testServer()
const acme = await findTenantId(server.store, 'acme.example')
const { keys, random, clock } = server.services
const act = { now: clock(), random, keys, actor: { kind: 'operator' }, trail: newTrail() } as const
const callback = 'https://app.example/callback'
const { appId } = await inTenant(server.store, acme, trx =>
  createApplication(trx, act, acme, { displayName: 'Expenses', addresses: { web: [callback] } }),
)
const registered = 'registered@acme.example'
const outside = 'outside@globex.example'

const signIn = async (browser: TestBrowser, username: string) =>
  granted(await post(browser, '/signin', { username, password: PASSWORD }))
const signOut = async (browser: TestBrowser) => granted(await post(browser, '/signout'), 204)
const cookieOf = (browser: TestBrowser) => browser.cookies.get('latchkey_accounts')

/** Begins a sign-in by an application's request. */
async function begin(browser: TestBrowser, more: Record<string, string> = {}) {
  const asked = {
    client_id: appId,
    response_type: 'code',
    scope: 'openid',
    nonce: 'n',
    redirect_uri: callback,
    ...more,
  }
  const { headers } = await browser.page(`/${acme}/v2.0/authorize?${new URLSearchParams(asked)}`)
  const at = headers.get('location') ?? ''
  assert.match(at, /^\/signin\//)
  return { at, view: granted(await get(browser, at)) }
}

/** A browser in which both have signed in, and neither is. */
async function known() {
  const browser = server.browser()
  for (const name of [outside, registered]) {
    await signIn(browser, name)
    await signOut(browser)
  }
  return browser
}

test('several accounts are offered, and the chosen one goes on to its password', async () => {
  const browser = await known()
  const { at, view } = await begin(browser)
  assert.equal(view.state, 'choose-account')
  assert.deepEqual(
    view.accounts.map(({ id: _, ...one }: { id: string }) => one),
    [
      { username: registered, displayName: 'Registered Person', signedIn: false },
      { username: outside, displayName: 'Outside Person', signedIn: false },
    ],
  )
  const [{ id }] = view.accounts
  assert.match(id, /^[\w-]{22}$/)
  const chosen = granted(await post(browser, `${at}/account`, { account: id }))
  assert.deepEqual([chosen.state, chosen.username], ['password', registered])
  refused(await post(browser, `${at}/account`, { account: 'unknown' }), 400, 'invalid_request')
  // The application said whom it means, so that nobody is asked.
  assert.equal((await begin(browser, { login_hint: outside })).view.state, 'password')
})

test('an application that asks to choose is obeyed, and a signed-in account goes on without its password', async () => {
  const browser = server.browser()
  await signIn(browser, registered)
  const { at, view } = await begin(browser, { prompt: 'select_account' })
  assert.deepEqual([view.state, view.accounts[0].signedIn], ['choose-account', true])
  const chosen = granted(await post(browser, `${at}/account`, { account: view.accounts[0].id }))
  assert.equal(chosen.state, 'consent')
  const another = await begin(browser, { prompt: 'select_account' })
  const named = granted(await post(browser, `${another.at}/name`, { username: 'stale@acme.example' }))
  assert.deepEqual([named.state, named.username], ['password', 'stale@acme.example'])
  const stranger = await begin(server.browser(), { prompt: 'select_account' })
  assert.equal(stranger.view.state, 'name')
})

test('a password that has to be typed anew is asked for, also where an account has to be chosen', async () => {
  const browser = server.browser()
  await signIn(browser, registered)
  for (const more of [{ prompt: 'select_account login' }, { prompt: 'select_account', max_age: '0' }]) {
    const { at, view } = await begin(browser, more)
    assert.equal(view.state, 'choose-account')
    const chosen = granted(await post(browser, `${at}/account`, { account: view.accounts[0].id }))
    assert.deepEqual([chosen.state, chosen.username], ['password', registered])
  }
})

test('another tenant’s account is refused after its right password alone', async () => {
  const browser = await known()
  const { at, view } = await begin(browser)
  const { id } = view.accounts.find(({ username }: { username: string }) => username === outside)
  granted(await post(browser, `${at}/account`, { account: id }))
  refused(await post(browser, `${at}/password`, { password: 'wrong' }), 401, 'invalid_credentials')
  refused(await post(browser, `${at}/password`, { password: PASSWORD }), 403, 'wrong_tenant')
})

test('the first page offers them too, and switches between those that are signed in', async () => {
  const browser = server.browser()
  await signIn(browser, registered)
  await signIn(browser, outside)
  const page = await browser.page('/signin?next=/security-info')
  assert.match(page.text, /Registered Person/)
  assert.doesNotMatch(page.text, /name="username"/)
  assert.match((await browser.page('/signin?other=')).text, /name="username"/)
  assert.match((await browser.page(`/signin?username=${registered}`)).text, /name="username"/)
  const account = /name="account" value="([\w-]{22})"(?:(?!Outside).)*registered@/.exec(page.text)?.[1] ?? ''
  const begun = granted(await post(browser, '/signin/start', { account, next: '/security-info' }), 201)
  assert.deepEqual([begun.state, begun.next], ['finished', '/security-info'])
  assert.equal(granted(await get(browser, '/session')).user.userPrincipalName, registered)
  refused(await post(browser, '/signin/start', { account: 'x'.repeat(22) }), 400, 'invalid_request')
})

test('an account is forgotten on demand, and by a sign-out after “no”', async () => {
  const browser = await known()
  const { at, view } = await begin(browser)
  const [first, second] = view.accounts
  granted(await browser.request('DELETE', `/signin/accounts/${first.id}`), 204)
  granted(await browser.request('DELETE', `/signin/accounts/${first.id}`), 204)
  const left = await browser.submit(`/signin/accounts/${second.id}/removal?signin=${view.id}`, {})
  assert.equal(left.headers.get('location'), at)
  assert.equal(cookieOf(browser), undefined)
  assert.equal(granted(await get(browser, at)).state, 'name')
  const away = await browser.submit(`/signin/accounts/${second.id}/removal?signin=//evil.example`, {})
  assert.equal(away.headers.get('location'), '/signin')

  for (const stay of [true, false]) {
    const { id } = granted(await post(browser, '/signin/start', { username: registered }), 201)
    granted(await post(browser, `/signin/${id}/password`, { password: PASSWORD }))
    granted(await post(browser, `/signin/${id}/stay`, { stay }))
    assert.ok(cookieOf(browser))
    await signOut(browser)
    assert.equal(cookieOf(browser) !== undefined, stay)
  }
})

test('only a full sign-in is remembered, five of them, for ninety days', async () => {
  const browser = server.browser()
  await signIn(browser, 'new@acme.example')
  assert.equal(cookieOf(browser), undefined)
  await signIn(browser, registered)
  const cookie = cookieOf(browser) ?? ''
  assert.ok(cookie.length < 4_000)
  assert.doesNotMatch(Buffer.from(cookie, 'base64url').toString('latin1'), /registered|acme/i)
  await signOut(browser)
  server.clock.advance(91 * DAY)
  assert.match((await browser.page('/signin')).text, /name="username"/)
  server.clock.advance(-91 * DAY)
})

test('a hint proves nothing, and a forged one is none', async () => {
  const browser = await known()
  const copied = server.browser()
  copied.cookies.set('latchkey_accounts', cookieOf(browser) ?? '')
  const { at, view } = await begin(copied)
  const chosen = granted(await post(copied, `${at}/account`, { account: view.accounts[0].id }))
  assert.equal(chosen.state, 'password')
  for (const forged of ['x', `${cookieOf(browser)}A`, (cookieOf(browser) ?? '').slice(0, -6)]) {
    const other = server.browser()
    other.cookies.set('latchkey_accounts', forged)
    assert.equal((await begin(other)).view.state, 'name', forged)
  }
  // A deleted user's reads like any.
  await server.store.pool.query('delete from users where user_principal_name = $1', [registered])
  const gone = await begin(browser)
  assert.equal(gone.view.state, 'choose-account')
  granted(await post(browser, `${gone.at}/account`, { account: gone.view.accounts[0].id }))
  refused(await post(browser, `${gone.at}/password`, { password: PASSWORD }), 401, 'invalid_credentials')
})
