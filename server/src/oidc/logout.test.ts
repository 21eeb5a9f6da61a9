import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as client from 'openid-client'
import { giveOrganizationConsent } from '../applications/index.ts'
import { DAY, plus } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { CALLBACK, redeem, type TestApplication, testProvider } from '../testing/provider.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { rollSigningKey } from './keys.ts'

const server = await testServer()
const { store, services } = server
const provider = await testProvider(server)
const { tenantId: acme, issuer, ask, discover, register, signInTo } = provider
const person = 'registered@acme.example'
const SIGNED_OUT = 'http://localhost:3999/signed-out'
const addresses = { web: [CALLBACK] }
const expenses = await register(addresses, { postLogoutRedirectUris: [SIGNED_OUT, `${SIGNED_OUT}?from=here`] })

/** Signs in to an application, and returns the id token. */
async function open(browser: TestBrowser, app: TestApplication = expenses) {
  const asked = await ask(app)
  return (await redeem(asked, await signInTo(browser, asked.to, person, PASSWORD))).id_token!
}
const logout = (browser: TestBrowser, parameters: Record<string, string> | string) =>
  browser.page(`${issuer.pathname}/logout?${new URLSearchParams(parameters)}`)
const isSignedIn = async (browser: TestBrowser) => (await browser.get('/session')).status === 200
/** The form of the page that asks. */
function formOf(text: string) {
  const [, action] = /<form[^>]*action="([^"]+)"/.exec(text)!
  const hidden = [...text.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)]
  const fields = Object.fromEntries(hidden.map(([, name, value]) => [name, value!.replaceAll('&amp;', '&')]))
  return { action: action!, fields: fields as { token: string; request: string } }
}

test('with the id token of its own session an application signs the person out at once', async () => {
  const browser = server.browser()
  const hint = await open(browser)
  const to = client.buildEndSessionUrl(await discover(expenses.appId, expenses.secret), {
    id_token_hint: hint,
    post_logout_redirect_uri: SIGNED_OUT,
    state: 'a state & more',
  })
  assert.equal(to.origin + to.pathname, `${issuer.href}/logout`)
  const out = await browser.page(to.pathname + to.search)
  const at = new URL(out.headers.get('location')!)
  assert.deepEqual([out.status, at.origin + at.pathname, at.search], [303, SIGNED_OUT, '?state=a%20state%20%26%20more'])
  assert.equal(await isSignedIn(browser), false)
  const { rows } = await store.pool.query(
    "select actor_name, details from latchkey.audit_events where activity = 'signout.succeeded' order by at desc limit 1",
  )
  assert.deepEqual(rows, [{ actor_name: person, details: { application: 'Expenses' } }])
  const again = await browser.page(to.pathname + to.search)
  assert.deepEqual([again.status, again.headers.get('location')], [303, at.href], 'nothing is left to ask')
  const silent = await browser.page((await ask(expenses, { prompt: 'none' })).to.href.slice(issuer.origin.length))
  assert.match(silent.headers.get('location')!, /error=login_required/)
})

test('a request by POST goes on by GET, with which a browser sends our cookies', async () => {
  const browser = server.browser()
  const hint = await open(browser)
  const asked = await browser.request('POST', `${issuer.pathname}/logout`, {
    form: { id_token_hint: hint, post_logout_redirect_uri: `${SIGNED_OUT}?from=here`, state: 's' },
    headers: { 'sec-fetch-site': 'cross-site', origin: 'http://localhost:3999' },
  })
  assert.equal(asked.status, 303)
  const out = await browser.page(asked.headers.get('location')!)
  assert.deepEqual([out.status, out.headers.get('location')], [303, `${SIGNED_OUT}?from=here&state=s`])
  assert.equal(await isSignedIn(browser), false)
})

test('an id token counts after its end and after a change of keys, while the key is published', async () => {
  const browser = server.browser()
  const hint = await open(browser)
  server.clock.advance(2 * 60 * 60_000)
  const now = services.clock()
  const means = { now: plus(now, -DAY - 1), random: services.random, keys: services.keys }
  await rollSigningKey(store, means, acme)
  assert.equal((await logout(browser, { id_token_hint: hint })).status, 303)
  assert.equal(await isSignedIn(browser), false)
})

test('without proof of this session a page asks, and its answer comes from that page alone', async () => {
  const browser = server.browser()
  await open(browser)
  const parameters = { client_id: expenses.appId, post_logout_redirect_uri: SIGNED_OUT, state: 'kept "whole" & <b>' }
  const page = await logout(browser, parameters)
  assert.equal(page.status, 200)
  assert.match(page.text, /registered@acme\.example.+Expenses/s)
  assert.match(page.headers.get('content-security-policy')!, /form-action 'self'.*frame-ancestors 'none'/)
  const { action, fields } = formOf(page.text)
  const send = (form: Record<string, string>, headers: Record<string, string> = {}) =>
    browser.request('POST', action, { form, headers })
  assert.equal((await send(fields, { 'sec-fetch-site': 'cross-site' })).status, 403)
  assert.equal((await send(fields, { 'sec-fetch-site': 'same-site' })).status, 403)
  const other = server.browser()
  await open(other)
  const foreign = formOf((await logout(other, parameters)).text).fields.token
  for (const token of [foreign, 'guessed'])
    assert.equal((await browser.post(action, { ...fields, token })).status, 403, token)
  await send({ request: fields.request })
  assert.ok(await isSignedIn(browser))

  const out = await browser.follow(await send(fields))
  const back = `${SIGNED_OUT}?state=${encodeURIComponent(parameters.state)}`
  assert.deepEqual([out.status, out.headers.get('refresh')], [200, `0;url=${back}`])
  assert.ok(out.text.includes(`href="${back.replaceAll("'", '&#x27;')}"`))
  assert.doesNotMatch(out.text, /<form(?![^>]*lang)/)
  assert.equal(await isSignedIn(browser), false)
  const twice = await browser.follow(await send(fields))
  assert.deepEqual([twice.status, twice.headers.get('refresh')], [200, `0;url=${back}`])
})

test('without an address the person stays on a page of ours', async () => {
  const browser = server.browser()
  await open(browser)
  const { action, fields } = formOf((await logout(browser, {})).text)
  const out = await browser.submit(action, fields)
  assert.deepEqual([out.status, out.headers.get('location')], [303, '/signin?signed-out&whr=acme.example'])
  assert.equal((await logout(browser, {})).headers.get('location'), '/signin?signed-out')
})

test('an id token of another session, another person, another tenant or nobody ends nothing unasked', async () => {
  const browser = server.browser()
  const own = await open(browser)
  const former = await open(server.browser())
  const globex = await testProvider(server, 'globex.example')
  const app = await globex.register(addresses)
  const asked = await globex.ask(app)
  const { id_token: foreign } = await redeem(
    asked,
    await globex.signInTo(server.browser(), asked.to, 'two-gates@globex.example', PASSWORD),
  )
  const [head, body] = own.split('.')
  for (const hint of [former, foreign!, `${head}.${body}.${former.split('.')[2]}`, `${head}.${body}.`, 'none']) {
    const page = await logout(browser, { id_token_hint: hint })
    assert.deepEqual([page.status, await isSignedIn(browser)], [200, true])
  }
  assert.equal((await logout(browser, { id_token_hint: own })).status, 303)
})

test('an access token is no id token', async () => {
  const own = await register(addresses, {
    exposedScopes: [{ value: 'Read', title: 'Read', detail: 'Read it', needsAdministrator: false }],
  })
  await inTenant(store, acme, trx =>
    giveOrganizationConsent(trx, provider.act(), own.appId, {
      scopes: [`api://${own.appId}/Read`],
      permissions: [],
    }),
  )
  const browser = server.browser()
  const asked = await ask(own, { scope: `openid api://${own.appId}/Read` })
  const tokens = await redeem(asked, await signInTo(browser, asked.to, person, PASSWORD))
  assert.equal((await logout(browser, { id_token_hint: tokens.access_token })).status, 200)
  assert.ok(await isSignedIn(browser))
})

test('no address is led to that the application has not registered', async () => {
  const browser = server.browser()
  const hint = await open(browser)
  const other = await register(addresses, { postLogoutRedirectUris: ['http://localhost:3999/elsewhere'] })
  const cases: Record<string, string>[] = [
    { id_token_hint: hint, post_logout_redirect_uri: 'https://evil.example/' },
    { id_token_hint: hint, post_logout_redirect_uri: `${SIGNED_OUT}/` },
    { id_token_hint: hint, post_logout_redirect_uri: `${SIGNED_OUT}?x=1` },
    { id_token_hint: hint, post_logout_redirect_uri: CALLBACK },
    { id_token_hint: hint, post_logout_redirect_uri: 'http://localhost:3999/elsewhere' },
    { client_id: other.appId, post_logout_redirect_uri: SIGNED_OUT },
    { post_logout_redirect_uri: SIGNED_OUT },
    { id_token_hint: 'none', post_logout_redirect_uri: SIGNED_OUT },
    { id_token_hint: hint, client_id: other.appId },
    { client_id: services.random.uuid(services.clock()) },
    { client_id: 'none' },
  ]
  for (const path of ['logout', 'logout/done'])
    for (const parameters of cases) {
      const answer = await browser.page(`${issuer.pathname}/${path}?${new URLSearchParams(parameters)}`)
      assert.deepEqual(
        [answer.status, answer.headers.get('location'), answer.headers.get('refresh')],
        [400, null, null],
        JSON.stringify(parameters),
      )
      assert.match(answer.text, /AADSTS\d+/)
    }
  for (const name of ['id_token_hint', 'client_id', 'post_logout_redirect_uri', 'state']) {
    const twice = await browser.page(`${issuer.pathname}/logout?id_token_hint=${hint}&${name}=a&${name}=a`)
    assert.equal(twice.status, 400, name)
  }
  assert.ok(await isSignedIn(browser), 'and nothing has ended')
  const done = await browser.page(
    `${issuer.pathname}/logout/done?client_id=${expenses.appId}&post_logout_redirect_uri=${SIGNED_OUT}`,
  )
  assert.match(done.text, /<h1[^>]*>Sign out\?/, 'a link to the last page asks, too')
})

test('a sign-out in one tenant leaves the other’s session', async () => {
  const browser = server.browser()
  const hint = await open(browser)
  await browser.post('/signin', { username: 'two-gates@globex.example', password: PASSWORD })
  assert.equal((await logout(browser, { id_token_hint: hint })).status, 303)
  const { json } = await browser.get('/session')
  assert.equal(json.user.userPrincipalName, 'two-gates@globex.example')
  const globex = await findTenantId(store, 'globex.example')
  assert.equal(json.user.tenantId, globex)
})

test('the description names the address, and that applications are told', async () => {
  for (const name of [acme, 'organizations']) {
    const found = await (await fetch(`${server.url}/${name}/v2.0/.well-known/openid-configuration`)).json()
    assert.deepEqual(
      [found.end_session_endpoint, found.backchannel_logout_supported, found.backchannel_logout_session_supported],
      [`${services.origin}/${name}/v2.0/logout`, true, true],
    )
  }
})
