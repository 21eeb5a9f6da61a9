import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errors } from 'oidc-provider'
import * as client from 'openid-client'
import { PASSWORD } from '../demo/index.ts'
import { granted } from '../testing/contract.ts'
import { CALLBACK, redeem, refusedWith, testProvider } from '../testing/provider.ts'
import { testServer } from '../testing/server.ts'
import { languages } from '../words/index.ts'
import { toldOf } from './errors.ts'
import { numbers } from './numbers.ts'

const server = await testServer()
const { store, services } = server
const { tenantId: acme, register, ask, signInTo } = await testProvider(server)

const grant = (cause: string) => new errors.InvalidGrant(cause)
const denied = (cause: string) => new errors.AccessDenied(cause)
const due = (cause: string) => new errors.InteractionRequired(cause)
const secret = (cause: string) => new errors.InvalidClientAuth(cause)
const inBrowser = { clientAuthMethod: 'none', applicationType: 'web' }

/** What comes to each number of the contract (single sign-on, §5): a failure of the library or of ours, and its code of OAuth. */
const cases: Record<number, [failure: Error, error: string, client?: typeof inBrowser]> = {
  700016: [new errors.InvalidClient('client is invalid', 'client not found'), 'unauthorized_client'],
  50011: [new errors.InvalidRedirectUri(), 'invalid_redirect_uri'],
  90002: [new errors.InvalidRequest('tenant unknown'), 'invalid_tenant'],
  90019: [new errors.InvalidRequest('tenant missing'), 'invalid_request'],
  900144: [new errors.InvalidRequest('missing required parameter nonce'), 'invalid_request'],
  70005: [new errors.UnsupportedResponseType('unsupported response_type requested'), 'unsupported_response_type'],
  70007: [new errors.UnsupportedResponseMode('unsupported response_mode requested'), 'invalid_request'],
  50147: [new errors.InvalidRequest('Authorization Server policy requires PKCE'), 'invalid_request'],
  501481: [grant('PKCE verification failed: code_verifier'), 'invalid_grant'],
  70008: [grant('authorization code is expired'), 'invalid_grant'],
  54005: [grant('authorization code already consumed'), 'invalid_grant'],
  7000215: [secret('invalid secret provided'), 'invalid_client'],
  7000222: [secret('client secret is expired'), 'invalid_client'],
  7000218: [new errors.InvalidRequest('no client authentication mechanism provided'), 'invalid_client'],
  700027: [secret('invalid assertion'), 'invalid_client'],
  700025: [
    secret('the provided authentication mechanism does not match the registered client authentication method'),
    'invalid_client',
    inBrowser,
  ],
  70003: [new errors.InvalidRequest('requested grant type is not allowed for this client'), 'unauthorized_client'],
  70011: [new errors.InvalidScope('unknown scope', ''), 'invalid_scope'],
  700022: [new errors.InvalidScope('several resources', ''), 'invalid_scope'],
  500011: [new errors.InvalidTarget(), 'invalid_resource'],
  700082: [grant('refresh token is expired'), 'invalid_grant'],
  700084: [grant('refresh token is expired'), 'invalid_grant', inBrowser],
  70000: [grant('refresh token already consumed'), 'invalid_grant'],
  50173: [grant('grant not found'), 'invalid_grant'],
  50057: [grant('account disabled'), 'invalid_grant'],
  50034: [grant('account deleted'), 'invalid_grant'],
  50058: [new errors.LoginRequired('End-User authentication is required'), 'login_required'],
  50055: [due('due: change-password'), 'interaction_required'],
  50072: [due('due: register'), 'interaction_required'],
  50076: [due('due: second-step'), 'interaction_required'],
  50078: [due('the proof is too old'), 'interaction_required'],
  50105: [denied('not assigned'), 'access_denied'],
  65001: [new errors.ConsentRequired('consent required'), 'consent_required'],
  90094: [new errors.ConsentRequired('an administrator must agree'), 'consent_required'],
  65004: [denied('declined'), 'access_denied'],
  50089: [new errors.SessionNotFound('interaction session not found'), 'invalid_request'],
  70019: [new errors.ExpiredToken('device code is expired'), 'expired_token'],
  70016: [new errors.AuthorizationPending(), 'authorization_pending'],
  50079: [new errors.UnmetAuthenticationRequirements(), 'unmet_authentication_requirements'],
  90033: [new Error('a fault of ours'), 'server_error'],
  90055: [new errors.TemporarilyUnavailable('too many sign-ins of one address'), 'temporarily_unavailable'],
}

/**
 * Numbers that pages alone tell: a browser has one session in a tenant, so that none asks for one of several, and names,
 * passwords and codes of devices are typed at pages of ours.
 */
const ofPages = [16000, 50126, 50053, 50020, 70018]

/** The numbers of the contract, as its table lists them. */
const CONTRACT = [
  ...[700016, 50011, 90002, 90019, 900144, 70005, 70007, 50147, 501481, 70008, 54005, 7000215, 7000222, 7000218],
  ...[700027, 700025, 70003, 70011, 700022, 500011, 700082, 700084, 70000, 50173, 50057, 50034, 50058, 16000, 50055],
  ...[50072, 50076, 50126, 50053, 50020, 50078, 50105, 65001, 90094, 65004, 50089, 70018, 70019, 70016, 90033, 90055],
]

test('every number of the contract has its failure, its code of OAuth and its words', () => {
  const explained = Object.values(numbers).flat()
  assert.equal(new Set(explained).size, explained.length, 'a number has one explanation')
  const told = [...Object.keys(cases).map(Number), ...ofPages]
  assert.deepEqual([...told].sort(), [...explained].sort())
  assert.deepEqual(
    CONTRACT.filter(number => !told.includes(number)),
    [],
  )
  for (const [number, [failure, error, by]] of Object.entries(cases)) {
    const { number: found, error: as } = toldOf(failure as errors.OIDCProviderError, by)
    assert.deepEqual([found, as], [Number(number), error], failure.message)
  }
})

test('a number is explained to everybody, in each language, and an unknown one is not', async () => {
  const browser = server.browser()
  for (const number of [...Object.keys(cases).map(Number), ...ofPages]) {
    const { status, json } = await browser.get(`/error?code=${number}`)
    assert.deepEqual([status, json.code, Object.keys(json)], [200, number, ['code', 'title', 'detail', 'next']])
    assert.ok(Object.values(json).every(text => text !== '' && !String(text).includes('signinError')))
  }
  const titles = new Set<string>()
  for (const language of languages) {
    const { status, text } = await server.browser().page(`/error?code=50105&lang=${language}`)
    assert.deepEqual([status, text.includes('AADSTS50105')], [200, true])
    titles.add(/<h1[^>]*>([^<]*)/.exec(text)![1]!)
  }
  assert.equal(titles.size, languages.length)
  for (const unknown of ['', '?code=', '?code=1', '?code=-1', '?code=0x4a', '?code=%3Cb%3E']) {
    assert.equal((await server.browser().page(`/error${unknown}`)).status, 404, unknown)
    const { status, json } = await browser.get(`/error${unknown}`)
    assert.deepEqual([status, json.code], [404, 'error_unknown'], unknown)
  }
})

test('the page of a failure has its words, its number and a support code, and leads to no application', async () => {
  const asked = await ask(await register({ web: [CALLBACK] }))
  const codes = new Set<string>()
  for (const [name, value, number] of [
    ['redirect_uri', 'https://evil.example/', 50011],
    ['client_id', services.random.uuid(services.clock()), 700016],
  ] as const) {
    const to = new URL(asked.to)
    to.searchParams.set(name, value)
    const browser = server.browser()
    const { status, headers, text } = await browser.page(to.pathname + to.search)
    assert.deepEqual([status, headers.get('location')], [400, null])
    // Help goes on from it, whoever it is.
    assert.match(text, /href="\/help\/sign-in"/)
    for (const name of [{}, { username: 'registered@acme.example' }]) {
      const { known } = granted(await browser.post('/help/sign-in', name), 201)
      assert.equal(known.from, `AADSTS${number}`)
    }
    const { title } = (await server.browser().get(`/error?code=${number}`)).json
    assert.ok(text.includes(title) && text.includes(`AADSTS${number}`), name)
    const { groups } = /<code translate="no">(?<code>[0-9A-HJKMNP-TV-Z]{10})</.exec(text)!
    codes.add(groups!.code!)
  }
  assert.equal(codes.size, 2)
  const over = await server.browser().page(`/${acme}/v2.0/authorize/none`)
  assert.deepEqual([over.status, over.text.includes('AADSTS50089')], [400, true])
})

test('a refresh token tells of a disabled account, and a single-page application of the end of its day', async () => {
  const app = await register({ web: [CALLBACK] })
  const person = 'registered@acme.example'
  const asked = await ask(app)
  const tokens = await redeem(asked, await signInTo(server.browser(), asked.to, person, PASSWORD))
  const enable = (enabled: boolean) =>
    store.pool.query('update users set account_enabled = $1 where user_principal_name = $2', [enabled, person])
  await enable(false)
  await assert.rejects(client.refreshTokenGrant(asked.config, tokens.refresh_token!), refusedWith(50057))
  const stranger = await register({ web: [CALLBACK] })
  const other = await ask(stranger)
  await assert.rejects(client.refreshTokenGrant(other.config, tokens.refresh_token!), refusedWith(70000))
  await enable(true)
  const page = await ask(await register({ spa: [CALLBACK] }))
  const given = await redeem(page, await signInTo(server.browser(), page.to, person, PASSWORD))
  await store.pool.query(
    `update provider_records set payload = payload || jsonb_build_object('exp', (payload->>'iat')::int - 1)
     where kind = 'RefreshToken'`,
  )
  await assert.rejects(client.refreshTokenGrant(page.config, given.refresh_token!), refusedWith(700084))
})
