import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as client from 'openid-client'
import { PASSWORD } from '../demo/index.ts'
import { CALLBACK, redeem, refusedWith, testProvider } from '../testing/provider.ts'
import { testServer } from '../testing/server.ts'

// Codes, tokens and secrets stand in no log, no address and no cache (RFC 9700, §4.2 and §4.3).

const lines: string[] = []
const server = await testServer({ log: line => lines.push(line) })
const { issuer, register, discover, ask, signInTo } = await testProvider(server)
const person = 'registered@acme.example'
const app = await register({ web: [CALLBACK] })

test('lesson 29: the log, down to trace, holds no code, token, verifier or secret of an application', async () => {
  const asked = await ask(app, { nonce: 'the-nonce-of-a-request' })
  const browser = server.browser()
  const answer = await signInTo(browser, asked.to, person, PASSWORD)
  const code = answer.searchParams.get('code')!
  const redeemed = await client.authorizationCodeGrant(asked.config, answer, {
    pkceCodeVerifier: asked.verifier,
    expectedState: 'the state',
    expectedNonce: 'the-nonce-of-a-request',
  })
  const renewed = await client.refreshTokenGrant(asked.config, redeemed.refresh_token!)
  await client.tokenIntrospection(asked.config, renewed.access_token)
  await client.tokenRevocation(asked.config, renewed.access_token)
  await assert.rejects(redeem(asked, answer), refusedWith(70008))
  const wrong = await discover(app.appId, 'the-wrong-secret-of-a-program')
  await assert.rejects(client.clientCredentialsGrant(wrong, { scope: '.default' }), refusedWith(7000215))
  await browser.page(`${issuer.pathname}/logout?${new URLSearchParams({ id_token_hint: redeemed.id_token! })}`)
  const log = lines.join('')
  assert.match(log, /"status":303/)
  const secrets = {
    code,
    verifier: asked.verifier,
    nonce: 'the-nonce-of-a-request',
    access: redeemed.access_token,
    identity: redeemed.id_token!,
    refresh: redeemed.refresh_token!,
    renewed: renewed.access_token,
    next: renewed.refresh_token!,
    secret: app.secret,
    wrong: 'the-wrong-secret-of-a-program',
    name: person,
  }
  for (const [name, secret] of Object.entries(secrets)) assert.ok(!log.includes(secret), `logged: ${name}`)
})

test('answers with codes and tokens are kept by nobody, and pages tell no other origin their address', async () => {
  const { to, config, verifier } = await ask(app, { scope: 'openid' })
  const browser = server.browser()
  const answer = await signInTo(browser, to, person, PASSWORD)
  const silent = await browser.page(to.pathname + to.search)
  assert.match(silent.headers.get('location')!, /[?&]code=/)
  assert.match(silent.headers.get('cache-control')!, /no-store/)
  assert.equal(silent.headers.get('referrer-policy'), 'same-origin')
  const token = await fetch(config.serverMetadata().token_endpoint!, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: answer.searchParams.get('code')!,
      redirect_uri: CALLBACK,
      code_verifier: verifier,
      client_id: app.appId,
      client_secret: app.secret,
    }),
  })
  assert.equal(token.status, 200)
  assert.match(token.headers.get('cache-control')!, /no-store/)
  const { access_token: opaque } = await token.json()
  const userinfo = config.serverMetadata().userinfo_endpoint!
  const told = await fetch(userinfo, { headers: { authorization: `Bearer ${opaque}` } })
  assert.equal(told.status, 200)
  assert.match(told.headers.get('cache-control')!, /no-store/)
  const query = await fetch(`${userinfo}?${new URLSearchParams({ access_token: opaque })}`)
  assert.equal(query.status, 400, 'a token in the query is refused')
})
