import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { suite, test } from 'node:test'
import { promisify } from 'node:util'
import * as jose from 'jose'
import * as client from 'openid-client'
import { Strategy } from 'openid-client/passport'
import passport from 'passport'
import { newAuthenticator, registerPasskey } from '../../server/src/testing/authenticator.ts'
import { get, granted, post } from '../../server/src/testing/contract.ts'
import { asSource } from '../../server/src/testing/program.ts'
import { testBrowser } from '../../server/src/testing/server.ts'
import { addressOf, appId, idIn, PASSWORD, SIGNER, secretOf, signIn, startDemonstration } from './demonstration.ts'

// Clients that nobody here wrote, unchanged, as their own documents use them.

const { origin, secureOrigin, authorityPath, issuer, command } = await startDemonstration()
const tenantId = issuer.pathname.split('/')[1]!
const callback = 'http://localhost:3999/callback'

/** Registers an application, and returns its id. */
async function register(...words: string[]): Promise<string> {
  const printed = await command('applications', 'create', 'acme.example', '--name', 'Clients', ...words)
  return idIn(printed)
}

/** Runs a file of so many tests by itself, with these arguments after the origin. */
async function passes(file: string, count: number, ...more: string[]) {
  const program = new URL(`./${file}`, import.meta.url).pathname
  // The run of tests that this one is part of is none of the program's business.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const running = promisify(execFile)(process.execPath, [...asSource, program, secureOrigin, ...more], {
    env: { ...env, NODE_EXTRA_CA_CERTS: authorityPath },
  })
  const { stdout } = await running.catch(error => error as { stdout: string })
  assert.match(stdout, new RegExp(`^ℹ pass ${count}$`, 'm'), stdout)
  assert.match(stdout, /^ℹ fail 0$/m)
}

test('MSAL for Node signs people and programs in by https', () => passes('msal.ts', 7, tenantId))

test('Microsoft Graph’s own client works unchanged, by https', async () => {
  const id = await register('--web', callback, '--set', 'requestedScopes=["Directory.AccessAsUser.All"]')
  await command('applications', 'update', id, '--consent')
  const [, secret = ''] = /^ {2}(\S{30,})$/m.exec(await command('applications', 'secret', id)) ?? []
  await passes('graph.ts', 6, tenantId, id, secret)
})

test(
  'Microsoft Graph’s own client walks the life of a partner’s relationship',
  { skip: process.env.PROOF === 'long' ? false : 'in the long proof' },
  () => passes('gdap.ts', 1),
)

test('a passkey is made and signs in at a demonstration on a port that the system chose', async () => {
  const device = newAuthenticator()
  const owner = testBrowser(origin)
  const username = 'new@acme.example'
  granted(await post(owner, '/signin', { username, password: PASSWORD }))
  await registerPasskey(owner, device)

  const browser = testBrowser(origin)
  const { options } = granted(await get(browser, '/signin/passkey'))
  granted(await post(browser, '/signin/passkey', { credential: device.getJSON(origin, options) }))
  assert.equal(granted(await get(browser, '/session')).user.userPrincipalName, username)
  assert.deepEqual(granted(await browser.get('/.well-known/webauthn')), { origins: [origin] })
})

suite('openid-client', () => {
  const discover = (id: string, authentication: client.ClientAuth) =>
    client.discovery(issuer, id, undefined, authentication, { execute: [client.allowInsecureRequests] })

  /** Signs the person in by a request that was pushed. */
  async function signInBy(config: client.Configuration, browser = testBrowser(origin)) {
    const pkceCodeVerifier = client.randomPKCECodeVerifier()
    const [state, nonce] = [client.randomState(), client.randomNonce()]
    const to = await client.buildAuthorizationUrlWithPAR(config, {
      redirect_uri: callback,
      scope: 'openid profile offline_access User.Read',
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    })
    assert.deepEqual([...to.searchParams.keys()].sort(), ['client_id', 'request_uri'])
    const answer = await signIn(browser, origin, to.href)
    const checks = { pkceCodeVerifier, expectedState: state, expectedNonce: nonce }
    return client.authorizationCodeGrant(config, answer, checks)
  }

  test('pushes a request, gets tokens, introspects and revokes them', async () => {
    const config = await discover(appId(1), client.ClientSecretBasic(secretOf('expenses')))
    const tokens = await signInBy(config)
    const { sub, preferred_username } = tokens.claims()!
    assert.equal(preferred_username, SIGNER)
    const renewed = await client.refreshTokenGrant(config, tokens.refresh_token!)
    assert.notEqual(renewed.refresh_token, tokens.refresh_token)
    const found = await client.tokenIntrospection(config, renewed.refresh_token!)
    assert.deepEqual([found.active, found.client_id, found.sub], [true, appId(1), sub])
    await client.tokenRevocation(config, renewed.refresh_token!)
    assert.equal((await client.tokenIntrospection(config, renewed.refresh_token!)).active, false)
    await assert.rejects(client.refreshTokenGrant(config, renewed.refresh_token!), { error: 'invalid_grant' })
  })

  test('proves itself by a private key, and asks who the person is', async () => {
    const { publicKey, privateKey } = await jose.generateKeyPair('ES256', { extractable: true })
    const keys = JSON.stringify([{ ...(await jose.exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }])
    const id = await register('--web', callback, '--set', `publicKeys=${keys}`)
    const config = await discover(id, client.PrivateKeyJwt({ key: privateKey, kid: 'one' }))
    const program = await client.clientCredentialsGrant(config, { scope: '.default' })
    assert.equal(program.token_type, 'bearer')
    const answer = await signInFor(config, 'openid profile email')
    const told = await client.fetchUserInfo(config, answer.access_token, answer.claims()!.sub)
    assert.deepEqual([told.preferred_username, told.tid], [SIGNER, tenantId])
  })

  /** Signs the person in for OpenID's scopes alone, so that the access token opens userinfo. */
  async function signInFor(config: client.Configuration, scope: string) {
    const pkceCodeVerifier = client.randomPKCECodeVerifier()
    const to = client.buildAuthorizationUrl(config, {
      redirect_uri: callback,
      scope,
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    })
    return client.authorizationCodeGrant(config, await signIn(testBrowser(origin), origin, to.href), {
      pkceCodeVerifier,
    })
  }

  test('is told of a sign-out by a logout token, verified by jose', async () => {
    const received = Promise.withResolvers<string>()
    const far = createServer(async (request, response) => {
      received.resolve(new URLSearchParams(await textOf(request)).get('logout_token') ?? '')
      response.end()
    })
    const id = await register('--web', callback, '--set', `backChannelLogoutUri="${await addressOf(far)}/out"`)
    const secret = /^ {2}(\S+)$/m.exec(await command('applications', 'secret', id))![1]!
    const browser = testBrowser(origin)
    const tokens = await signInBy(await discover(id, client.ClientSecretPost(secret)), browser)
    await browser.post('/signout')
    const keys = jose.createRemoteJWKSet(new URL(`${issuer.href}/keys`))
    const { payload } = await jose.jwtVerify(await received.promise, keys, { issuer: issuer.href, audience: id })
    const { sub, sid } = tokens.claims()!
    assert.deepEqual([payload.sub, payload.sid], [sub, sid])
    assert.ok('http://schemas.openid.net/event/backchannel-logout' in (payload.events as object))
  })
})

test('a web application signs people in by passport', async () => {
  const pages = createServer()
  const address = (await addressOf(pages)).replace('127.0.0.1', 'localhost')
  const id = await register('--web', `${address}/callback`)
  const secret = /^ {2}(\S+)$/m.exec(await command('applications', 'secret', id))![1]!
  const config = await client.discovery(issuer, id, secret, undefined, { execute: [client.allowInsecureRequests] })
  passport.use(
    'latchkey',
    new Strategy({ config, scope: 'openid profile', callbackURL: `${address}/callback` }, (tokens, done) =>
      done(null, { name: tokens.claims()!.preferred_username as string }),
    ),
  )
  passport.serializeUser((user, done) => done(null, user))
  passport.deserializeUser((user: Express.User, done) => done(null, user))
  servePages(pages)

  const browser = testBrowser(address)
  assert.match((await browser.page('/')).text, /nobody/)
  const asked = await browser.page('/login')
  const answer = await signIn(testBrowser(origin), origin, asked.headers.get('location')!)
  const { status, headers, text } = await browser.page(answer.pathname + answer.search)
  assert.deepEqual([status, headers.get('location')], [302, '/'], text)
  assert.match((await browser.page('/')).text, /signer@acme\.example/)
  // A stranger's answer in this browser's place is refused: its state is another's.
  const stranger = testBrowser(address)
  await stranger.page('/login')
  assert.notEqual((await stranger.page(answer.pathname + answer.search)).headers.get('location'), '/')
})

/** A web application of a few lines: what a framework gives to passport, and a session in memory. */
function servePages(pages: ReturnType<typeof createServer>) {
  const sessions = new Map<string, Record<string, unknown>>()
  const chain = [passport.initialize(), passport.session()]
  pages.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const id = /sid=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? crypto.randomUUID()
    const session = sessions.get(id) ?? {}
    const kept = {
      regenerate: (done: () => void) => done(),
      save: (done: () => void) => done(),
    }
    sessions.set(id, session)
    for (const [name, value] of Object.entries(kept))
      Object.defineProperty(session, name, { value, configurable: true })
    Object.assign(request, { protocol: 'http', host: request.headers.host, session })
    Object.assign(response, { redirect: (to: string) => response.writeHead(302, { location: to }).end() })
    response.setHeader('set-cookie', `sid=${id}`)
    const { pathname } = new URL(request.url!, 'http://localhost')
    const last =
      pathname === '/login' || pathname === '/callback'
        ? passport.authenticate('latchkey', { successRedirect: '/' })
        : () => response.end((request as { user?: { name: string } }).user?.name ?? 'nobody')
    const steps = [...chain, last]
    const go = (error?: unknown): void => {
      if (error) return void response.writeHead(500).end(String(error))
      steps.shift()?.(request as never, response as never, go)
    }
    go()
  })
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request.setEncoding('utf8')) text += part
  return text
}
