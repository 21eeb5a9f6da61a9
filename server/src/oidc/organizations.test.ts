import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as jose from 'jose'
import { giveOrganizationConsent } from '../applications/index.ts'
import { PASSWORD } from '../demo/index.ts'
import { inTenant } from '../store/index.ts'
import { CALLBACK, payloadOf, testProvider } from '../testing/provider.ts'
import { testServer } from '../testing/server.ts'

const server = await testServer()
const { store, services } = server
const { origin } = services
const { tenantId: acme, issuer, act, register, ask, signInTo } = await testProvider(server)
const everybody = `${origin}/organizations/v2.0`
const person = 'registered@acme.example'

const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${everybody}${path}`, { method: 'POST', headers, body: new URLSearchParams(form) })

const refusalOf = async (answer: Response) => {
  const body = await answer.json()
  assert.deepEqual(Object.keys(body).sort(), [
    'correlation_id',
    'error',
    'error_codes',
    'error_description',
    'error_uri',
    'timestamp',
    'trace_id',
  ])
  assert.equal(body.error_uri, `${origin}/error?code=${body.error_codes[0]}`)
  return [answer.status, body.error, body.error_codes[0]]
}

test('all organizations are described at one address, with an issuer that names no tenant', async () => {
  const described = await (await fetch(`${everybody}/.well-known/openid-configuration`)).json()
  const own = await (await fetch(`${issuer.href}/.well-known/openid-configuration`)).json()
  const { userinfo_endpoint: _, ...rest } = own
  const expected = JSON.stringify({ ...rest, issuer: `${origin}/{tenantid}/v2.0` }).replaceAll(acme, 'organizations')
  assert.deepEqual(described, JSON.parse(expected))
})

test('a tenant that does not exist is told so in full, and so is a request that names none', async () => {
  const unknown = services.random.uuid(services.clock())
  for (const name of ['common', 'consumers', 'nowhere.example', unknown, '00000000-0000-7000-8000-000000000000'])
    for (const path of ['/.well-known/openid-configuration', '/token', '/authorize'])
      assert.deepEqual(
        await refusalOf(await fetch(`${origin}/${name}/v2.0${path}`)),
        [400, 'invalid_tenant', 90002],
        name + path,
      )
  for (const path of ['/keys', '/token', '/authorize', '/userinfo'])
    assert.deepEqual(await refusalOf(await fetch(`${everybody}${path}`)), [400, 'invalid_request', 90019], path)
  assert.deepEqual(await refusalOf(await post('/token', { client_id: unknown })), [400, 'unauthorized_client', 700016])
  assert.deepEqual(await refusalOf(await post('/token', { client_id: 'common' })), [400, 'unauthorized_client', 700016])
  const page = await server.browser().page(`/organizations/v2.0/authorize?client_id=${unknown}`)
  assert.deepEqual([page.status, page.headers.get('location')], [400, null])
  assert.match(page.text, /AADSTS700016/)
  const long = await post('/token', { client_id: unknown, more: 'x'.repeat(60_000) })
  assert.deepEqual(await refusalOf(long), [400, 'invalid_request', 900144])
})

test('a person signs in by the address of all organizations at the tenant of the application', async () => {
  const app = await register({ web: [CALLBACK] })
  const asked = await ask(app, { nonce: 'the nonce' })
  const browser = server.browser()
  const to = await browser.page(`/organizations/v2.0/authorize${asked.to.search}`)
  assert.equal(to.headers.get('location'), asked.to.pathname + asked.to.search)
  const answer = await signInTo(browser, asked.to, person, PASSWORD)
  assert.equal(answer.searchParams.get('iss'), issuer.href)
  const form = {
    grant_type: 'authorization_code',
    code: answer.searchParams.get('code')!,
    redirect_uri: CALLBACK,
    code_verifier: asked.verifier,
  }
  const basic = { authorization: `Basic ${Buffer.from(`${app.appId}:${app.secret}`).toString('base64')}` }
  const served = await post('/token', form, basic)
  const tokens = await served.json()
  assert.equal(served.status, 200, JSON.stringify(tokens))
  assert.deepEqual([payloadOf(tokens.id_token).iss, payloadOf(tokens.id_token).tid], [issuer.href, acme])
  const keys = await (await fetch(`${everybody}/keys?client_id=${app.appId}`)).json()
  await jose.jwtVerify(tokens.id_token, jose.createLocalJWKSet(keys), { issuer: issuer.href, audience: app.appId })
  const renewed = await post('/token', {
    grant_type: 'refresh_token',
    refresh_token: tokens.refresh_token,
    client_id: app.appId,
    client_secret: app.secret,
  })
  assert.equal(renewed.status, 200)
  assert.deepEqual(await refusalOf(await post('/token', { ...form, client_id: app.appId, client_secret: 'wrong' })), [
    401,
    'invalid_client',
    7000215,
  ])
})

test('an application without a person is found by its assertion, made for either address', async () => {
  const pair = await jose.generateKeyPair('RS256', { extractable: true })
  const publicKey = { ...(await jose.exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
  const app = await register({ web: [] }, { publicKeys: [publicKey], requestedPermissions: ['User.Read.All'] })
  await inTenant(store, acme, trx =>
    giveOrganizationConsent(trx, act(), app.appId, { scopes: [], permissions: ['User.Read.All'] }),
  )
  const ask = async (audience: string) => {
    const assertion = await new jose.SignJWT({ jti: services.random.token() })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setIssuer(app.appId)
      .setSubject(app.appId)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(pair.privateKey)
    return post('/token', {
      grant_type: 'client_credentials',
      scope: `${origin}/v1.0/.default`,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    })
  }
  for (const audience of [`${everybody}/token`, issuer.href]) {
    const served = await ask(audience)
    assert.equal(served.status, 200, audience)
    assert.deepEqual(payloadOf((await served.json()).access_token).roles, ['User.Read.All'])
  }
  assert.deepEqual(await refusalOf(await ask('https://elsewhere.example')), [401, 'invalid_client', 700027])
})

test('a page of another origin may ask what its own application may', async () => {
  const app = await register({ spa: ['https://notes.example/'] })
  const preflight = await fetch(`${everybody}/token`, {
    method: 'OPTIONS',
    headers: { origin: 'https://notes.example', 'access-control-request-method': 'POST' },
  })
  assert.equal(preflight.status, 204)
  const form = {
    grant_type: 'authorization_code',
    client_id: app.appId,
    code: 'x',
    redirect_uri: 'https://notes.example/',
  }
  const own = await post('/token', form, { origin: 'https://notes.example' })
  assert.equal(own.headers.get('access-control-allow-origin'), 'https://notes.example')
  const foreign = await post('/token', form, { origin: 'https://evil.example' })
  assert.equal(foreign.headers.get('access-control-allow-origin'), null)
})
