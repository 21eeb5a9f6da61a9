// This file is long because each attack on a provider begins with a whole sign-in.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import * as jose from 'jose'
import * as client from 'openid-client'
import { giveOrganizationConsent } from '../applications/index.ts'
import { DAY, plus } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId } from '../directory/index.ts'
import type { SignInPolicy } from '../policies/index.ts'
import { inTenant } from '../store/index.ts'
import { readEvents } from '../testing/people.ts'
import { CALLBACK as callback, payloadOf, redeem, refusedWith, testProvider } from '../testing/provider.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { chooseSignIn } from '../testing/steps.ts'
import { createSigningKeys, findSigningKeys, rollDueKeys } from './keys.ts'

const server = await testServer({ roles: ['web'] })
const { store, services } = server
const { tenantId: acme, issuer, act, register, discover, ask, signInTo } = await testProvider(server)
const origin = services.origin

test('a tenant describes its provider by id, and by its domain', async () => {
  const byId = await (await fetch(`${issuer.href}/.well-known/openid-configuration`)).json()
  assert.equal(byId.issuer, issuer.href)
  assert.equal(byId.token_endpoint, `${issuer.href}/token`)
  const byDomain = await (await fetch(`${origin}/ACME.example/v2.0/.well-known/openid-configuration`)).json()
  assert.deepEqual(byDomain, byId)
  for (const unknown of ['common', services.random.uuid(services.clock())]) {
    const refused = await fetch(`${origin}/${unknown}/v2.0/.well-known/openid-configuration`)
    assert.deepEqual([refused.status, (await refused.json()).error_codes], [400, [90002]])
  }
})

test('an application gets a token for itself, with what an administrator agreed to', async () => {
  const app = await register({ web: [] }, { requestedPermissions: ['User.Read.All'] })
  await inTenant(store, acme, trx =>
    giveOrganizationConsent(trx, act(), app.appId, { scopes: [], permissions: ['User.Read.All'] }),
  )
  const config = await discover(app.appId, app.secret)
  const tokens = await client.clientCredentialsGrant(config, { scope: `${origin}/v1.0/.default` })
  const claims = payloadOf(tokens.access_token)
  assert.deepEqual(
    [
      claims.iss,
      claims.aud,
      claims.idtyp,
      claims.roles,
      claims.oid,
      claims.appid,
      claims.exp - claims.iat,
      tokens.refresh_token,
    ],
    [issuer.href, `${origin}/v1.0`, 'app', ['User.Read.All'], app.principalId, app.appId, 600, undefined],
  )
})

const person = 'registered@acme.example'
const expenses = await register({ web: [callback] })
const get = (browser: TestBrowser, { pathname, search }: URL) => browser.page(pathname + search)

test('a person signs in to an application by code, and it gets who they are', async () => {
  const browser = server.browser()
  const asked = await ask(expenses, { nonce: 'the nonce' })
  const answer = await signInTo(browser, asked.to, person, PASSWORD)
  assert.deepEqual(
    [answer.origin + answer.pathname, answer.searchParams.get('state'), answer.searchParams.get('iss')],
    [callback, 'the state', issuer.href],
  )
  const tokens = await client.authorizationCodeGrant(asked.config, answer, {
    pkceCodeVerifier: asked.verifier,
    expectedState: 'the state',
    expectedNonce: 'the nonce',
  })
  const claims = tokens.claims()!
  assert.deepEqual(
    [claims.tid, claims.oid === claims.sub, claims.preferred_username, claims.acr, tokens.scope],
    [acme, true, person, 'pwd', 'openid profile offline_access User.Read'],
  )
  const access = payloadOf(tokens.access_token)
  assert.deepEqual(
    [access.aud, access.scp, access.idtyp, access.exp - access.iat, access.azp],
    [`${origin}/v1.0`, 'User.Read', 'user', 600, expenses.appId],
  )
  // The browser has a session here now: nothing is asked again.
  const again = await ask(expenses)
  const silent = await get(browser, again.to)
  assert.match(silent.headers.get('location')!, /^http:\/\/localhost:3999\/callback\?code=/)
  assert.doesNotMatch(
    String(silent.headers.getSetCookie()),
    /session=|request=|interaction/,
    'no cookie of the library',
  )
  const anew = await ask(expenses, { prompt: 'login' })
  assert.match((await get(browser, anew.to)).headers.get('location')!, /^\/signin\//)
  assert.equal((await signInTo(browser, anew.to, person, PASSWORD)).searchParams.get('code') !== null, true)
})

test('refresh tokens rotate, and a second use of one ends all of them', async () => {
  const asked = await ask(expenses)
  const tokens = await redeem(asked, await signInTo(server.browser(), asked.to, person, PASSWORD))
  const renewed = await client.refreshTokenGrant(asked.config, tokens.refresh_token!)
  assert.equal(renewed.scope, tokens.scope)
  await assert.rejects(client.refreshTokenGrant(asked.config, tokens.refresh_token!), refusedWith(70000))
  await assert.rejects(client.refreshTokenGrant(asked.config, renewed.refresh_token!), refusedWith(70000))
  const events = await readEvents(store, acme)
  assert.ok(events.includes('token.reused failure'), 'the reuse stands in the log')
})

const choose = (context: TestContext, changes: Partial<SignInPolicy>) => chooseSignIn(context, server, acme, changes)

test('days of refresh tokens that are shortened count at once', async context => {
  const app = await register({ web: [callback] })
  const browser = server.browser()
  const begin = async () => {
    const asked = await ask(app)
    return { asked, tokens: await redeem(asked, await signInTo(browser, asked.to, person, PASSWORD)) }
  }
  /** Lets days go by for the tokens of the application. `family`: for their first ones too. */
  const age = (days: number, family: number) =>
    store.pool.query(
      `update provider_records set payload = payload || jsonb_build_object(
        'iat', (payload->>'iat')::int - $1::int * 86400, 'iiat', (payload->>'iat')::int - $2::int * 86400)
       where kind = 'RefreshToken' and app_id = $3`,
      [days, family, app.appId],
    )
  const idle = await begin()
  await age(8, 8)
  const { refresh_token } = await client.refreshTokenGrant(idle.asked.config, idle.tokens.refresh_token!)
  await age(8, 16)
  await choose(context, { refreshIdleDays: 7 })
  await assert.rejects(client.refreshTokenGrant(idle.asked.config, refresh_token!), refusedWith(700082))
  const old = await begin()
  await age(1, 20)
  const renewed = await client.refreshTokenGrant(old.asked.config, old.tokens.refresh_token!)
  await age(1, 21)
  await choose(context, { refreshMaxDays: 20 })
  await assert.rejects(client.refreshTokenGrant(old.asked.config, renewed.refresh_token!), refusedWith(700082))
})

test('a tenant says what its people may agree to for themselves', async context => {
  const app = await register({ web: [callback] })
  await choose(context, { userConsent: 'none' })
  const browser = server.browser()
  await browser.post('/signin', { username: person, password: PASSWORD })
  const at = (await get(browser, (await ask(app)).to)).headers.get('location')!
  const refused = (await browser.get(at)).json
  assert.deepEqual([refused.state, refused.refusal.code], ['refused', 'needs_administrator'])
  await choose(context, { userConsent: 'all' })
  assert.equal((await browser.get(at)).json.state, 'consent', 'the setting of now counts')
})

test('of many uses of one refresh token at once, on two servers, at most one is served', async () => {
  const beside = await testServer({ roles: ['web'], beside: server, origin })
  const asked = await ask(expenses)
  const tokens = await redeem(asked, await signInTo(server.browser(), asked.to, person, PASSWORD))
  const form = {
    grant_type: 'refresh_token',
    refresh_token: tokens.refresh_token!,
    client_id: expenses.appId,
    client_secret: expenses.secret,
  }
  const use = (url: string) => fetch(`${url}/${acme}/v2.0/token`, { method: 'POST', body: new URLSearchParams(form) })
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => use(n % 2 ? server.url : beside.url)))
  const served = answers.filter(({ status }) => status === 200)
  assert.ok(served.length <= 1, `${served.length} were served`)
  for (const answer of served) {
    const { refresh_token } = (await answer.json()) as { refresh_token: string }
    await assert.rejects(client.refreshTokenGrant(asked.config, refresh_token), refusedWith(70000), 'then none lives')
  }
})

test('a code is used once, with its verifier, at its address, by its application, and a second use ends its tokens', async () => {
  const browser = server.browser()
  const other = await register({ web: [callback] })
  const codeOf = async () => {
    const asked = await ask(expenses)
    return { asked, answer: await signInTo(browser, asked.to, person, PASSWORD) }
  }
  const wrong = await codeOf()
  await assert.rejects(redeem(wrong.asked, wrong.answer, client.randomPKCECodeVerifier()), refusedWith(501481))
  const foreign = await codeOf()
  const config = await discover(other.appId, other.secret)
  await assert.rejects(redeem({ ...foreign.asked, config }, foreign.answer), refusedWith(70000))
  const once = await codeOf()
  const tokens = await redeem(once.asked, once.answer)
  await assert.rejects(redeem(once.asked, once.answer), refusedWith(54005))
  await assert.rejects(client.refreshTokenGrant(once.asked.config, tokens.refresh_token!), refusedWith(70000))
})

test('an address that is not registered is answered with a page, and never redirected to', async () => {
  for (const address of [
    `${callback}/`,
    `${callback}?x=1`,
    callback.toUpperCase(),
    'http://localhost:4000/callback',
    'https://evil.example',
  ]) {
    const { to } = await ask(expenses, { redirect_uri: address })
    const answer = await get(server.browser(), to)
    assert.deepEqual([answer.status, answer.headers.get('location')], [400, null], address)
    assert.match(answer.text, /AADSTS50011/)
  }
  const { to } = await ask(expenses)
  to.searchParams.set('client_id', services.random.uuid(services.clock()))
  assert.match((await get(server.browser(), to)).text, /AADSTS700016/)
})

test('a public application needs a code challenge by S256, and a native one is confirmed each time', async () => {
  const app = await register({ publicClient: ['http://127.0.0.1/callback'] })
  const { to } = await ask(app, { redirect_uri: 'http://127.0.0.1:51234/callback' })
  const without = new URL(to)
  without.searchParams.delete('code_challenge')
  without.searchParams.delete('code_challenge_method')
  const refused = new URL((await get(server.browser(), without)).headers.get('location')!)
  assert.deepEqual(
    [refused.searchParams.get('error'), refused.searchParams.get('iss')],
    ['invalid_request', issuer.href],
  )
  const plain = new URL(to)
  plain.searchParams.set('code_challenge_method', 'plain')
  assert.match((await get(server.browser(), plain)).headers.get('location')!, /error=invalid_request/)
  const browser = server.browser()
  const answer = await signInTo(browser, to, person, PASSWORD)
  assert.equal(answer.origin, 'http://127.0.0.1:51234')
  assert.match((await get(browser, to)).headers.get('location')!, /^\/signin\//, 'asked again')
})

test('a sign-in belongs to the browser that began it', async () => {
  const { to } = await ask(expenses)
  const browser = server.browser()
  const at = (await get(browser, to)).headers.get('location')!
  assert.equal((await browser.get(at)).json.state, 'name')
  assert.equal((await server.browser().get(at)).status, 404)
  const thief = server.browser()
  const begun = (await get(thief, (await ask(expenses)).to)).headers.get('location')!
  await thief.get(begun)
  assert.equal((await thief.get(at)).status, 404)
})

test('a reset ends what was granted, and so does a password that was changed', async () => {
  const asked = await ask(expenses)
  const tokens = await redeem(asked, await signInTo(server.browser(), asked.to, person, PASSWORD))
  await store.pool.query('update users set security_epoch = security_epoch + 1 where user_principal_name = $1', [
    person,
  ])
  await assert.rejects(client.refreshTokenGrant(asked.config, tokens.refresh_token!), refusedWith(50173))
  const { active } = await client.tokenIntrospection(asked.config, tokens.refresh_token!)
  assert.equal(active, false)
})

test('nobody signs in who is not assigned, where that is required', async () => {
  const app = await register({ web: [callback] }, { assignmentRequired: true })
  const { to } = await ask(app)
  const browser = server.browser()
  const answer = await signInTo(browser, to, person, PASSWORD)
  assert.equal(answer.searchParams.get('error'), 'access_denied')
  assert.match(answer.searchParams.get('error_description')!, /AADSTS50105/)
  const silent = await get(browser, (await ask(app)).to)
  assert.match(silent.headers.get('location')!, /error=access_denied/)
})

test('claims that a request names need the scope that people agree to', async () => {
  const app = await register({ web: [callback] })
  await store.pool.query(
    "update users set mail = user_principal_name, given_name = 'Somebody' where user_principal_name = $1",
    [person],
  )
  const named = { email: null, name: null, given_name: null, tid: null }
  const claims = JSON.stringify({ userinfo: named, id_token: { ...named, auth_time: { essential: true } } })
  const told = async (scope: string) => {
    const asked = await ask(app, { scope, claims })
    const tokens = await redeem(asked, await signInTo(server.browser(), asked.to, person, PASSWORD))
    const id = payloadOf(tokens.id_token!)
    assert.ok(id.auth_time)
    const userinfo = await client.fetchUserInfo(asked.config, tokens.access_token, id.sub)
    return [id, userinfo].map(one => Object.keys(named).filter(name => name in one))
  }
  assert.deepEqual(await told('openid'), [['tid'], ['tid']])
  assert.deepEqual(await told('openid profile email'), [
    ['name', 'tid'],
    ['email', 'name', 'given_name', 'tid'],
  ])
})

test('prompt=none is answered without a page, with what is missing', async () => {
  const nobody = await get(server.browser(), (await ask(expenses, { prompt: 'none' })).to)
  assert.match(nobody.headers.get('location')!, /error=login_required.*AADSTS50058/)
  const browser = server.browser()
  await browser.post('/signin', { username: person, password: PASSWORD })
  const app = await register({ web: [callback] })
  assert.match(
    (await get(browser, (await ask(app, { prompt: 'none' })).to)).headers.get('location')!,
    /error=consent_required/,
  )
})

test('a request that is about one person is never answered with another', async () => {
  const other = 'signer@acme.example'
  const first = await ask(expenses)
  const alice = server.browser()
  const { id_token: hint } = await redeem(first, await signInTo(alice, first.to, person, PASSWORD))
  const about = () => ask(expenses, { id_token_hint: hint! })
  assert.match((await get(alice, (await about()).to)).headers.get('location')!, /[?&]code=/, 'without a page')
  for (const browser of [server.browser(), server.browser()]) {
    const { to } = await about()
    const at = (await get(browser, to)).headers.get('location')!
    await browser.post(`${at}/name`, { username: other })
    const { state, refusal, next } = (await browser.post(`${at}/password`, { password: PASSWORD })).json
    assert.deepEqual([state, refusal?.code], ['refused', 'another_account'])
    assert.match((await browser.page(at)).text, /Expenses asks for another account/)
    const told = (await browser.page(new URL(next).pathname)).headers.get('location')!
    assert.match(told, /error=login_required.*AADSTS50058/)
    // Also where the other is signed in already; and the right one may sign in beside.
    const again = (await get(browser, (await about()).to)).headers.get('location')!
    assert.match(again, /^\/signin\//)
    const asked = await about()
    const { id_token } = await redeem(asked, await signInTo(browser, asked.to, person, PASSWORD))
    assert.equal(payloadOf(id_token!).sub, payloadOf(hint!).sub)
  }
})

test('a declined consent is told, and asks again next time', async () => {
  const app = await register({ web: [callback] })
  const browser = server.browser()
  await browser.post('/signin', { username: person, password: PASSWORD })
  const at = (await get(browser, (await ask(app)).to)).headers.get('location')!
  await browser.submit(`${at}/consent`, { accept: 'false' })
  const { state, refusal, next } = (await browser.get(at)).json
  assert.deepEqual([state, refusal.code], ['refused', 'declined'])
  const answer = await browser.page(new URL(next).pathname)
  assert.match(answer.headers.get('location')!, /error=access_denied.*AADSTS65004/)
  assert.match((await get(browser, (await ask(app)).to)).headers.get('location')!, /^\/signin\//)
})

test('consent is asked for anew where the application says so, also behind a sign-in', async () => {
  const { to } = await ask(expenses, { prompt: 'consent' })
  const browser = server.browser()
  const at = (await get(browser, to)).headers.get('location')!
  await browser.post(`${at}/name`, { username: person })
  await browser.post(`${at}/password`, { password: PASSWORD })
  const signedIn = (await browser.post(`${at}/stay`, { stay: false })).json
  assert.deepEqual([signedIn.state, signedIn.consent.scopes.length], ['consent', 4])
  const agreed = (await browser.post(`${at}/consent`, { accept: true })).json
  assert.equal(agreed.state, 'finished')
  const answer = await browser.page(new URL(agreed.next).pathname)
  assert.match(answer.headers.get('location')!, /[?&]code=/)
  const back = await browser.page(new URL(agreed.next).pathname)
  assert.deepEqual([back.status, back.headers.get('location')], [303, '/account'], 'no second code')
})

test('what no database can keep is refused', async () => {
  const browser = server.browser()
  for (const name of ['state', 'nonce', 'login_hint']) {
    const { to } = await ask(expenses)
    const answer = await browser.page(`${to.pathname}${to.search}&${name === 'state' ? 'ui_locales' : name}=%00`)
    assert.ok(answer.status < 500, `${name}: ${answer.status}`)
  }
})

test('an application proves itself by its secret, or by a key and an assertion that is used once', async () => {
  await assert.rejects(
    client.clientCredentialsGrant(await discover(expenses.appId, 'wrong'), { scope: '.default' }),
    refusedWith(7000215),
  )
  const pair = await jose.generateKeyPair('RS256', { extractable: true })
  const publicKey = { ...(await jose.exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
  const app = await register({ web: [] }, { publicKeys: [publicKey] })
  const assertion = await new jose.SignJWT({ jti: 'once' })
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .setIssuer(app.appId)
    .setSubject(app.appId)
    .setAudience(issuer.href)
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(pair.privateKey)
  const use = (text: string) =>
    fetch(`${issuer.href}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        scope: `${origin}/v1.0/.default`,
        client_id: app.appId,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: text,
      }),
    })
  const answers = await Promise.all([use(assertion), use(assertion), use(assertion)])
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  assert.deepEqual((await (await use(assertion)).json()).error_codes, [700027])
})

test('another tenant’s tokens and codes are unknown, and only those concerned look into a token', async () => {
  const asked = await ask(expenses)
  const tokens = await redeem(asked, await signInTo(server.browser(), asked.to, person, PASSWORD))
  const globex = await findTenantId(store, 'globex.example')
  const form = {
    grant_type: 'refresh_token',
    refresh_token: tokens.refresh_token!,
    client_id: expenses.appId,
    client_secret: expenses.secret,
  }
  const elsewhere = await fetch(`${origin}/${globex}/v2.0/token`, { method: 'POST', body: new URLSearchParams(form) })
  assert.deepEqual([elsewhere.status, (await elsewhere.json()).error_codes], [400, [700016]])
  const other = await register({ web: [callback] })
  const { active } = await client.tokenIntrospection(await discover(other.appId, other.secret), tokens.refresh_token!)
  assert.equal(active, false)
  await assert.rejects(client.tokenRevocation(await discover(other.appId, other.secret), tokens.refresh_token!))
  assert.equal((await client.tokenIntrospection(asked.config, tokens.refresh_token!)).active, true)
  await client.tokenRevocation(asked.config, tokens.refresh_token!)
  assert.equal((await client.tokenIntrospection(asked.config, tokens.refresh_token!)).active, false)
})

test('a request that was pushed is used once, by its application', async () => {
  const asked = await ask(expenses)
  const pushed = await client.buildAuthorizationUrlWithPAR(asked.config, Object.fromEntries(asked.to.searchParams))
  const browser = server.browser()
  const answer = await signInTo(browser, pushed, person, PASSWORD)
  const tokens = await redeem(asked, answer)
  assert.ok(tokens.refresh_token, 'offline_access was asked for')
  assert.equal((await get(browser, pushed)).status, 400)
})

test('keys are published before they sign and after, and roll without a gap', async () => {
  const means = { now: services.clock(), random: services.random, keys: services.keys }
  const at = (days: number) => ({ ...means, now: plus(means.now, days * DAY) })
  const idsAt = async (days: number) => (await findSigningKeys(store, at(days), acme)).map(({ id }) => id)
  const [first] = await idsAt(0)
  await rollDueKeys(store, at(88))
  assert.deepEqual(await idsAt(88), [first])
  await rollDueKeys(store, at(89.5))
  await rollDueKeys(store, at(89.5))
  const [signing, next] = await idsAt(89.5)
  assert.deepEqual([signing, (await idsAt(89.5)).length], [first, 2])
  assert.deepEqual(await idsAt(90.6), [next, first])
  assert.deepEqual(await idsAt(91.6), [next])
  const elsewhere = await findTenantId(store, 'globex.example')
  // Replicas’ clocks differ.
  const clocks = [0, 1, -2_000, 5, 3_000]
  const made = await Promise.all(
    clocks.map(ahead => createSigningKeys(store)({ ...means, now: plus(means.now, ahead) }, elsewhere)),
  )
  assert.equal(
    new Set(made.map(keys => keys.map(({ id }) => id).join())).size,
    1,
    'first requests at once make one key',
  )
})

test('first requests at once make one key pair, in one process', async () => {
  let made = 0
  const uuid = (now: Date) => {
    made++
    return services.random.uuid(now)
  }
  const random = { ...services.random, uuid }
  const tenantId = await findTenantId(store, 'initech.example')
  const keysOf = createSigningKeys(store)
  const found = await Promise.all(
    Array.from({ length: 10 }, () => keysOf({ now: services.clock(), random, keys: services.keys }, tenantId)),
  )
  assert.deepEqual([made, new Set(found.map(([key]) => key!.id)).size], [1, 1])
})

test('an address that asks applications’ endpoints without end waits', async () => {
  const limited = await testServer({ roles: ['web'], beside: server, origin, floodLimits: true })
  const ask = () => fetch(`${limited.url}/${acme}/v2.0/keys`)
  assert.equal((await ask()).status, 200)
  await store.pool.query("update flood_points set points = 6000 where key like 'token:%'")
  const refused = await ask()
  assert.deepEqual([refused.status, Number(refused.headers.get('retry-after')) > 0], [429, true])
})

test('a browser whose address has begun too many sign-ins is told so by us, and how long to wait', async () => {
  const limited = await testServer({ roles: ['web'], beside: server, origin, floodLimits: true })
  await store.pool.query('delete from flood_points')
  const begin = async () => get(limited.browser(), (await ask(expenses)).to)
  assert.match((await begin()).headers.get('location')!, /^\/signin\//)
  await store.pool.query("update flood_points set points = 600 where key like 'open:%'")
  const { status, headers, text } = await begin()
  assert.deepEqual([status, headers.get('location'), Number(headers.get('retry-after')) > 0], [429, null, true])
  assert.match(text, /Too many tries/)
})
