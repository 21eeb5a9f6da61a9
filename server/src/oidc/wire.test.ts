import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { PASSWORD } from '../demo/index.ts'
import { changeSignInPolicy } from '../policies/index.ts'
import { inTenant } from '../store/index.ts'
import { CALLBACK, redeem, testProvider } from '../testing/provider.ts'
import { type TestBrowser, type TestResponse, testServer } from '../testing/server.ts'
import { answerSignIn } from '../testing/signIns.ts'
import { askProof } from '../testing/steps.ts'

const server = await testServer()
const { tenantId, issuer, register, ask, signInTo } = await testProvider(server)
// Neither a second step nor staying signed in is asked here.
await inTenant(server.store, tenantId, trx =>
  changeSignInPolicy(trx, tenantId, { secondStep: 'off', staySignedIn: 'never' }),
)
const person = 'registered@acme.example'
const web = await register({ web: [CALLBACK] })
const get = (browser: TestBrowser, { pathname, search }: URL) => browser.page(pathname + search)

/** The hidden fields of the page that takes an answer to its application. */
const fieldsOf = ({ text }: TestResponse): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  )

test('an authorization request that is posted goes on as the same by GET', async () => {
  const asked = await ask(web, { claims: '{"id_token":{"acr":null}}' })
  const form = Object.fromEntries(asked.to.searchParams)
  // As another site’s page posts it.
  const answer = await server.browser().request('POST', asked.to.pathname, {
    form,
    headers: { 'sec-fetch-site': 'cross-site', origin: 'https://app.example' },
  })
  assert.equal(answer.status, 303, answer.text)
  const to = new URL(answer.headers.get('location')!, server.url)
  assert.deepEqual([to.pathname, Object.fromEntries(to.searchParams)], [asked.to.pathname, form])
  const tokens = await redeem(asked, await signInTo(server.browser(), to, person, PASSWORD))
  assert.ok(tokens.id_token)
  const long = await server.browser().submit(asked.to.pathname, { ...form, state: 'x'.repeat(9_000) })
  assert.deepEqual([long.status, long.headers.get('location')], [400, null])
})

test('however its address is spelled, a posted request reaches no provider without its cookies', async () => {
  const { to } = await ask(web)
  for (const path of ['AUTHORIZE', 'Authorize/', 'authorize/', 'authorize//', '%41uthorize']) {
    const form = Object.fromEntries(to.searchParams)
    const answer = await server.browser().request('POST', `${issuer.pathname}/${path}`, {
      form,
      headers: { 'sec-fetch-site': 'cross-site', origin: 'https://app.example' },
    })
    assert.deepEqual([answer.status, answer.headers.getSetCookie()], [303, []], path)
    assert.equal(new URL(answer.headers.get('location')!, server.url).pathname, to.pathname)
  }
})

test('a parameter that is sent twice is refused, however it is sent', async () => {
  const { to } = await ask(web)
  const twice = `${to.search.slice(1)}&nonce=one&nonce=two`
  assert.match((await server.browser().page(`${to.pathname}?${twice}`)).headers.get('location')!, /AADSTS900144/)
  const posted = await fetch(server.url + to.pathname, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: twice,
  })
  assert.equal(new URL(posted.headers.get('location')!, server.url).searchParams.getAll('nonce').length, 2)
  const token = await fetch(`${issuer.href}/token`, {
    method: 'POST',
    body: new URLSearchParams([
      ['grant_type', 'refresh_token'],
      ['refresh_token', 'one'],
      ['refresh_token', 'two'],
      ['client_id', web.appId],
      ['client_secret', web.secret],
    ]),
  })
  assert.deepEqual([token.status, (await token.json()).error_codes], [400, [900144]])
})

test('an answer goes by a form of ours where the application wants it posted', async () => {
  const browser = server.browser()
  await signInTo(browser, (await ask(web)).to, person, PASSWORD)
  const asked = await ask(web, { response_mode: 'form_post' })
  const page = await get(browser, asked.to)
  assert.deepEqual([page.status, page.headers.get('cache-control')], [200, 'no-store'])
  assert.ok(page.text.includes(` action="${CALLBACK}" method="post">`), page.text)
  assert.match(page.text, /Continue to Expenses/)
  assert.doesNotMatch(page.text, /<script(?! type="module" src="\/assets\/)/)
  const policy = page.headers.get('content-security-policy')!
  assert.match(policy, /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'$/)
  assert.doesNotMatch(policy, /form-action/)
  const { code, state, iss } = fieldsOf(page)
  assert.deepEqual([state, iss], ['the state', issuer.href])
  const answer = new URL(`${CALLBACK}?${new URLSearchParams({ code: code!, state: state!, iss: iss! })}`)
  assert.ok((await redeem(asked, answer)).refresh_token)
  const refused = await get(browser, (await ask(web, { response_mode: 'form_post', prompt: 'none', max_age: '0' })).to)
  const { error, error_description: told, ...rest } = fieldsOf(refused)
  assert.deepEqual([error, rest], ['login_required', { state: 'the state', iss: issuer.href }])
  assert.match(told!, /^AADSTS50058: /)
  // No other page may be answered without a limit to its forms.
  assert.match((await browser.page('/signin')).headers.get('content-security-policy')!, /form-action 'self'/)
})

test('an answer goes in the fragment where the application wants it so', async () => {
  const browser = server.browser()
  await signInTo(browser, (await ask(web)).to, person, PASSWORD)
  const asked = await ask(web, { response_mode: 'fragment' })
  const to = new URL((await get(browser, asked.to)).headers.get('location')!)
  const answer = new URLSearchParams(to.hash.slice(1))
  assert.deepEqual([to.search, answer.get('state'), answer.get('iss')], ['', 'the state', issuer.href])
  assert.ok((await redeem(asked, new URL(`${CALLBACK}?${answer}`))).id_token)
  const refused = await get(browser, (await ask(web, { response_mode: 'fragment', prompt: 'none', max_age: '0' })).to)
  const at = new URL(refused.headers.get('location')!)
  assert.deepEqual([at.search, new URLSearchParams(at.hash.slice(1)).get('error')], ['', 'login_required'])
})

test('a sign-in begins in a page, and never for an image or a frame of some site', async () => {
  const browser = server.browser()
  const { to } = await ask(web)
  const asks = (destination: string) =>
    browser.request('GET', to.pathname + to.search, { page: true, headers: { 'sec-fetch-dest': destination } })
  const count = async () => (await server.store.pool.query('select count(*)::int from sign_ins')).rows[0].count
  const before = await count()
  for (const destination of ['image', 'iframe', 'empty', 'script']) {
    const answer = await asks(destination)
    assert.match(answer.headers.get('location')!, /error=login_required/, destination)
    assert.deepEqual(answer.headers.getSetCookie(), [])
  }
  assert.equal(await count(), before)
  assert.match((await asks('document')).headers.get('location')!, /^\/signin\//)
  // A frame still learns without a page whether somebody is signed in.
  await signInTo(browser, to, person, PASSWORD)
  assert.match((await asks('iframe')).headers.get('location')!, /[?&]code=/)
})

test('pages of a sign-in keep their opener, and no other page does', async () => {
  const browser = server.browser()
  const opener = async (path: string) => (await browser.page(path)).headers.get('cross-origin-opener-policy')
  const { to } = await ask(web)
  const at = (await get(browser, to)).headers.get('location')!
  for (const path of [to.pathname + to.search, at, `${at}?lang=fr`, `${to.pathname}?client_id=none`])
    assert.equal(await opener(path), 'unsafe-none', path)
  for (const path of [
    '/reset',
    '/account',
    '/signin',
    '/signin?next=/account',
    '/signin/start',
    '/signing',
    `${issuer.pathname}/keys`,
    `/signout`,
  ])
    assert.equal(await opener(path), 'same-origin', path)
})

test('so do the pages of what a session must do first, while an application waits', async () => {
  const browser = server.browser()
  const opener = ({ headers }: TestResponse) => headers.get('cross-origin-opener-policy')
  const at = (await get(browser, (await ask(web, { acr_values: 'mfa' })).to)).headers.get('location')!
  await browser.submit(`${at}/name`, { username: 'temporary@acme.example' })
  await browser.submit(`${at}/password`, { password: PASSWORD })
  const answers: [string, TestResponse][] = []
  const keep = async (path: string, form?: Record<string, string>) => {
    const answer = await (form ? browser.submit(path, form) : browser.page(path))
    answers.push([path, answer])
    return answer
  }
  assert.equal((await keep(at)).headers.get('location'), '/account/password')
  await keep('/account/password')
  const newPassword = 'Quiet harbour lights 12'
  const change = { newPassword, password2: newPassword }
  await keep('/account/password', { ...change, currentPassword: 'wrong' })
  const next = await keep('/account/password', { ...change, currentPassword: PASSWORD })
  assert.equal(next.headers.get('location'), at, next.text)
  assert.equal((await keep(at)).headers.get('location'), '/security-info')
  const proof = '/session/proof?next=/security-info/set-up/email'
  for (const path of ['/security-info', '/security-info/set-up/email', '/account/password', proof]) await keep(path)
  const [before] = await server.outbox()
  await keep('/security-info/challenges', { kind: 'email', address: 'temporary@mail.example' })
  const page = await keep('/security-info/code')
  const challenge = /name="challenge" value="([^"]+)"/.exec(page.text)![1]!
  await keep('/security-info/methods', { challenge, code: await server.code('temporary@mail.example', before) })
  await keep('/security-info/thanks')
  const step = await keep(at)
  assert.equal(step.headers.get('location'), `/session/step?next=${at}`, step.text)
  await keep(step.headers.get('location')!)
  for (const [path, answer] of answers) assert.equal(opener(answer), 'unsafe-none', path)

  // Without such a sign-in a page of another site would hold a window of these pages.
  const foreign = (await get(server.browser(), (await ask(web)).to)).headers.get('location')!
  for (const path of ['/account', `/session/step?next=${foreign}`, `/session/step?next=/signin/${randomUUID()}`])
    assert.equal(opener(await browser.page(path)), 'same-origin', path)
  const { next: on } = await answerSignIn(browser, at, { outbox: server })
  assert.match((await get(browser, new URL(on))).headers.get('location')!, /code=/)
  for (const path of ['/security-info', '/security-info/thanks', `/session/step?next=${at}`])
    assert.equal(opener(await browser.page(path)), 'same-origin', path)

  const own = server.browser()
  const { headers } = await own.submit('/signin/start', { username: 'new@acme.example' })
  await own.submit(`${headers.get('location')}/password`, { password: PASSWORD })
  assert.equal(opener(await own.page('/security-info')), 'same-origin', 'a sign-in without an application')
})

test('an administrator agrees for everybody, and only one who may', async () => {
  const asks = { scope: 'openid profile User.Read Group.Read.All' }
  const app = await register({ web: [CALLBACK] })
  const reach = async (name: string) => {
    const browser = server.browser()
    await browser.post('/signin', { username: name, password: PASSWORD })
    const at = (await get(browser, (await ask(app, asks)).to)).headers.get('location')!
    return { browser, at, view: (await browser.get(at)).json }
  }
  const refused = (await reach(person)).view
  assert.deepEqual([refused.state, refused.refusal.code], ['refused', 'needs_administrator'])
  const plain = await register({ web: [CALLBACK] })
  const own = server.browser()
  await own.post('/signin', { username: person, password: PASSWORD })
  const at = (await get(own, (await ask(plain)).to)).headers.get('location')!
  assert.equal((await own.get(at)).json.consent.mayConsentForOrganization, false)
  assert.doesNotMatch((await own.page(at)).text, /forOrganization/)
  const tried = await own.post(`${at}/consent`, { accept: true, forOrganization: true })
  assert.deepEqual([tried.status, tried.json.code], [403, 'consent_not_yours'])
  assert.equal((await own.get(at)).json.state, 'consent', 'nothing was agreed to')
  const { browser, at: asked, view: due } = await reach('admin@acme.example')
  assert.equal(due.state, 'second-step', 'as the same grant takes one in the administration')
  const early = await browser.post(`${asked}/consent`, { accept: true, forOrganization: true })
  assert.deepEqual([early.status, early.json.code], [409, 'wrong_state'])
  await browser.post('/session/proofs', await askProof(server, browser, due.methods[0]))
  const view = (await browser.get(asked)).json
  assert.deepEqual(
    [view.state, view.consent.mayConsent, view.consent.mayConsentForOrganization],
    ['consent', false, true],
  )
  assert.match((await browser.page(asked)).text, /name="forOrganization" value="true"/)
  const alone = await browser.post(`${asked}/consent`, { accept: true })
  assert.deepEqual([alone.status, alone.json.code], [403, 'consent_not_yours'])
  assert.equal((await browser.post(`${asked}/consent`, { accept: true, forOrganization: true })).json.state, 'finished')
  const silent = server.browser()
  await silent.post('/signin', { username: person, password: PASSWORD })
  assert.match((await get(silent, (await ask(app, asks)).to)).headers.get('location')!, /[?&]code=/, 'no page')
})

test('an administrator whose role was taken away meanwhile agrees to nothing', async () => {
  const app = await register({ web: [CALLBACK] })
  const browser = server.browser()
  await browser.post('/signin', { username: 'admin@acme.example', password: PASSWORD })
  const at = (await get(browser, (await ask(app)).to)).headers.get('location')!
  const page = await browser.page(at)
  assert.match(page.text, /type="checkbox"/)
  await server.store.pool.query(
    "delete from role_assignments where user_id = (select id from users where user_principal_name = 'admin@acme.example')",
  )
  const tried = await browser.post(`${at}/consent`, { accept: true, forOrganization: true })
  assert.deepEqual([tried.status, tried.json.code], [403, 'consent_not_yours'])
})

test('single-page applications ask from their own origin, and no other origin reads an answer', async () => {
  const spa = await register({ spa: ['http://localhost:3998/'] })
  const token = `${issuer.href}/token`
  const own = 'http://localhost:3998'
  const preflight = await fetch(token, {
    method: 'OPTIONS',
    headers: { origin: own, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
  })
  assert.deepEqual(
    [preflight.status, preflight.headers.get('access-control-allow-origin')],
    [204, own],
    'the preflight names no application yet',
  )
  const from = async (origin: string, { appId, secret }: { appId: string; secret: string }) => {
    const form = { grant_type: 'refresh_token', refresh_token: 'none', client_id: appId }
    const answer = await fetch(token, {
      method: 'POST',
      headers: { origin },
      body: new URLSearchParams(secret === '' ? form : { ...form, client_secret: secret }),
    })
    return [answer.headers.get('access-control-allow-origin'), (await answer.json()).error_codes[0]]
  }
  assert.deepEqual(await from(own, spa), [own, 70000])
  assert.deepEqual(await from('https://elsewhere.example', spa), [null, 900144])
  assert.deepEqual(await from(own, web), [null, 900144])
})
