import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PASSWORD } from '../demo/index.ts'
import { ticketsIn } from '../sessions/index.ts'
import { get, granted, post, refused } from '../testing/contract.ts'
import { testProvider } from '../testing/provider.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'

// Somebody with accounts in several tenants is signed in to each at once, in one browser.
const server = await testServer()
const registered = 'registered@acme.example'
const outside = 'outside@globex.example'

const signIn = async (browser: TestBrowser, username: string) =>
  granted(await post(browser, '/signin', { username, password: PASSWORD }))
const cookieOf = (browser: TestBrowser) => browser.cookies.get('latchkey_session')
const nameOf = async (browser: TestBrowser): Promise<string> =>
  granted(await get(browser, '/session')).user.userPrincipalName
/** Another browser with this cookie. */
const copyOf = (cookie: string | undefined) => {
  const browser = server.browser()
  if (cookie !== undefined) browser.cookies.set('latchkey_session', cookie)
  return browser
}

test('a browser is signed in to several tenants, and a sign-out ends the current session alone', async () => {
  const browser = server.browser()
  await signIn(browser, registered)
  const [acme] = ticketsIn(cookieOf(browser))
  await signIn(browser, outside)
  assert.equal(await nameOf(browser), outside)
  assert.equal(await nameOf(copyOf(acme)), registered, 'the other one lives')
  const both = cookieOf(browser)
  granted(await post(browser, '/signout'), 204)
  assert.deepEqual(ticketsIn(cookieOf(browser)), [acme])
  assert.equal(await nameOf(browser), registered)
  refused(await get(copyOf(ticketsIn(both)[0]), '/session'), 401, 'not_signed_in')
  granted(await post(browser, '/signout'), 204)
  assert.equal(cookieOf(browser), undefined)
})

test('another account of the same tenant ends the former session, and no other tenant’s', async () => {
  const browser = server.browser()
  await signIn(browser, outside)
  await signIn(browser, registered)
  const former = ticketsIn(cookieOf(browser))
  await signIn(browser, 'new@acme.example')
  const tickets = ticketsIn(cookieOf(browser))
  assert.deepEqual([tickets.length, tickets[1]], [2, former[1]])
  refused(await get(copyOf(former[0]), '/session'), 401, 'not_signed_in')
  assert.equal(await nameOf(copyOf(tickets[1])), outside)
})

test('a planted ticket opens nothing, and breaks nothing', async () => {
  const browser = server.browser()
  await signIn(browser, registered)
  const [own = ''] = ticketsIn(cookieOf(browser))
  await signIn(browser, outside)
  const [foreign = ''] = ticketsIn(cookieOf(browser))
  const forged = `${foreign.slice(0, -43)}${'A'.repeat(43)}`
  assert.equal(await nameOf(copyOf(`nonsense~${own}`)), registered)
  assert.equal(await nameOf(copyOf(`${own}~${forged}`)), registered)
  // A form would otherwise act on an account that its page did not show.
  refused(await get(copyOf(`${forged}~${own}`), '/session'), 401, 'not_signed_in')
  const planted = copyOf(`${forged}~${own}`)
  await signIn(planted, outside)
  assert.deepEqual([await nameOf(planted), ticketsIn(cookieOf(planted)).length], [outside, 2])
  assert.equal(await nameOf(browser), outside, 'a forged ticket ended nobody’s session')
})

test('a link to an application leaves the current session the current one, until its person goes on', async () => {
  const { register, ask } = await testProvider(server, 'globex.example')
  const app = await register({ web: ['http://localhost:3999/callback'] })
  const browser = server.browser()
  const other = 'two-gates@globex.example'
  await signIn(browser, other)
  await signIn(browser, registered)
  const before = cookieOf(browser)
  const { pathname, search } = (await ask(app, { acr_values: 'mfa' })).to
  const at = (await browser.page(pathname + search)).headers.get('location') ?? ''
  const page = await browser.page(at)
  assert.deepEqual([page.status, page.headers.getSetCookie()], [200, []])
  assert.ok(page.text.includes(`action="${at}/confirm"`) && page.text.includes(other))
  assert.equal(granted(await get(browser, at)).state, 'second-step')
  assert.equal(cookieOf(browser), before)
  assert.equal(await nameOf(browser), registered, 'forms of open tabs are still of the account that they show')
  await browser.submit(`${at}/confirm`, {})
  assert.equal(await nameOf(browser), other)
  assert.equal((await browser.page(at)).headers.get('location'), `/session/step?next=${at}`)
})
