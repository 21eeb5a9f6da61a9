import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as client from 'openid-client'
import { PASSWORD } from '../demo/index.ts'
import { readEvents } from '../testing/people.ts'
import { payloadOf, testProvider } from '../testing/provider.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { answerSignIn } from '../testing/signIns.ts'

const server = await testServer()
const { store, services } = server
const { origin } = services
const acme = await testProvider(server)
const globex = await testProvider(server, 'globex.example')
const person = 'registered@acme.example'
const ADMIN = 'latchkey-admin'
const callback = `${origin}/admin/callback`
const SCOPE = 'openid profile Directory.AccessAsUser.All'

async function ask(more: Record<string, string> = {}, { discover }: Pick<typeof acme, 'discover'> = acme) {
  const verifier = client.randomPKCECodeVerifier()
  const to = client.buildAuthorizationUrl(await discover(ADMIN), {
    redirect_uri: callback,
    scope: SCOPE,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: 'the state',
    ...more,
  })
  return { to, verifier }
}

/** Goes on from a sign-in's page to the answer. */
async function answered(browser: TestBrowser, at: string): Promise<URL> {
  assert.equal((await browser.get(at)).json.state, 'password')
  const view = await answerSignIn(browser, at, { username: person }, 'consent')
  assert.equal(view.state, 'finished', JSON.stringify(view))
  return new URL((await browser.page(new URL(view.next).pathname)).headers.get('location')!)
}

const redeem = (code: string, verifier: string, issuer = acme.issuer.href) => {
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: callback,
    code_verifier: verifier,
    client_id: ADMIN,
  }
  return fetch(`${issuer}/token`, { method: 'POST', body: new URLSearchParams(form) })
}

test('administration signs in at every tenant, without a consent and without refresh tokens', async () => {
  const { to, verifier } = await ask({ login_hint: person, scope: `${SCOPE} offline_access` })
  const browser = server.browser()
  const at = (await browser.page(to.pathname + to.search)).headers.get('location')!
  const view = (await browser.get(at)).json
  assert.deepEqual([view.state, view.application.id], ['password', ADMIN])
  const answer = await answered(browser, at)
  assert.deepEqual(
    [answer.origin + answer.pathname, answer.searchParams.get('iss'), answer.searchParams.get('state')],
    [callback, acme.issuer.href, 'the state'],
  )
  const code = answer.searchParams.get('code')!
  assert.equal((await redeem(code, verifier, globex.issuer.href)).status, 400, 'another tenant’s issuer')
  const tokens = await (await redeem(code, verifier)).json()
  assert.equal(tokens.refresh_token, undefined)
  const claims = payloadOf(tokens.access_token)
  assert.deepEqual(
    [claims.aud, claims.azp, claims.scp, claims.tid, claims.idtyp],
    [`${origin}/v1.0`, ADMIN, 'Directory.AccessAsUser.All', acme.tenantId, 'user'],
  )
  assert.ok((await readEvents(store, acme.tenantId)).includes('application.opened success'))
  const again = await ask()
  const silent = await browser.page(again.to.pathname + again.to.search)
  assert.match(silent.headers.get('location')!, /\/admin\/callback\?code=/)
  await browser.post('/signout')
  assert.equal((await browser.get('/account')).status, 401)
})

test('by the address of all organizations it asks for the name, and goes on at the tenant of the name', async () => {
  const { to } = await ask({ prompt: 'login' })
  const address = `/organizations/v2.0/authorize${to.search}`
  const browser = server.browser()
  const page = await browser.page(address)
  assert.equal(page.status, 200)
  assert.match(page.text, /<form[^>]* action="\/organizations\/v2\.0\/authorize"[^>]* method="get"/)
  const fields = [...page.text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)]
  const form = new URLSearchParams(fields.map(([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')]))
  assert.deepEqual(Object.fromEntries(form), Object.fromEntries(to.searchParams))
  assert.match(page.text, /state=the\+state&amp;[^"]*lang=ja"/)
  assert.match(page.text, / href="\/reset"[\s\S]* href="\/help\/sign-in"/)
  form.set('login_hint', person)
  const named = await browser.page(`/organizations/v2.0/authorize?${form}`)
  assert.equal(named.headers.get('location'), `/${acme.tenantId}/v2.0/authorize?${form}`)
  const at = (await browser.page(named.headers.get('location')!)).headers.get('location')!
  assert.equal((await answered(browser, at)).searchParams.get('iss'), acme.issuer.href)
  const hinted = await browser.page(`${address}&domain_hint=GLOBEX.example`)
  assert.ok(hinted.headers.get('location')?.startsWith(`/${globex.tenantId}/v2.0/authorize?`))
  const unknown = await browser.page(`${address}&login_hint=somebody%40nowhere.example`)
  assert.deepEqual([unknown.status, unknown.headers.get('location')], [200, null])
  assert.match(unknown.text, /We don’t know an organization/)
})

test('what the built-in application may not do', async () => {
  const elsewhere = await ask({ redirect_uri: `${origin}/admin/callback/` })
  const page = await server.browser().page(elsewhere.to.pathname + elsewhere.to.search)
  assert.deepEqual([page.status, /AADSTS50011/.test(page.text)], [400, true])
  const without = await ask()
  without.to.searchParams.delete('code_challenge')
  const refused = await server.browser().page(without.to.pathname + without.to.search)
  assert.match(refused.headers.get('location')!, /error=invalid_request/)
  const browser = server.browser()
  await browser.post('/signin', { username: person, password: PASSWORD })
  for (const scope of ['openid User.Read', 'openid Directory.Read.All']) {
    const { to } = await ask({ scope })
    const at = (await browser.page(to.pathname + to.search)).headers.get('location')!
    assert.equal((await browser.get(at)).json.refusal?.code, 'needs_administrator', scope)
  }
  const codes = async (path: string, form: Record<string, string>) => {
    const answer = await fetch(`${origin}${path}`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: ADMIN, ...form }),
    })
    return [answer.status, (await answer.json()).error_codes[0]]
  }
  assert.deepEqual(await codes('/organizations/v2.0/token', { grant_type: 'authorization_code' }), [400, 90019])
  const own = `/${acme.tenantId}/v2.0`
  assert.deepEqual(await codes(`${own}/devicecode`, { scope: 'openid' }), [400, 70003])
  assert.deepEqual(await codes(`${own}/token`, { grant_type: 'client_credentials' }), [400, 70003])
  assert.deepEqual(await codes(`${own}/token`, { grant_type: 'refresh_token', refresh_token: 'x' }), [400, 70003])
})
