import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret, TOTP } from 'otpauth'
import { MINUTE } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId, findUserByName, setContactInfo } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { type Authenticator, newAuthenticator, registerPasskey } from '../testing/authenticator.ts'
import { ask, get, granted, post, refused } from '../testing/contract.ts'
import { forgedPasskey } from '../testing/forgedPasskey.ts'
import { newBrowser } from '../testing/passkeyOwners.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { askProof, chooseSignIn, takeStep } from '../testing/steps.ts'

// A passkey in the places of a password, a second step and a fresh proof.
const server = await testServer()
const acme = await findTenantId(server.store, 'acme.example')
const ORIGIN = server.services.origin
const SIGNER = 'signer@acme.example'
const ADMIN = 'admin@acme.example'

async function signIn(username: string, browser = server.browser()) {
  const { state } = granted(await post(browser, '/signin', { username, password: PASSWORD }))
  return { browser, state }
}
const idOf = async (browser: TestBrowser, kind: string) =>
  granted(await get(browser, '/security-info')).methods.find((one: { kind: string }) => one.kind === kind).id

/** A device with a passkey of this person, who has an address on record. */
async function deviceOf(username: string) {
  const { browser, state } = await signIn(username)
  if (state === 'second-step') granted(await takeStep(server, browser))
  else
    granted(
      await post(browser, '/session/proofs', await askProof(server, browser, { id: await idOf(browser, 'email') })),
    )
  const device = newAuthenticator()
  await registerPasskey(browser, device)
  return device
}
const signer = await deviceOf(SIGNER)
const admin = await deviceOf(ADMIN)

/** Proves a session by passkey. `method`: its id. */
async function prove(
  browser: TestBrowser,
  device: Authenticator,
  method: string,
  more: { rememberBrowser?: true } = {},
) {
  const { challenge } = granted(await post(browser, '/session/challenges', { method }), 201)
  const credential = device.getJSON(ORIGIN, challenge.options)
  return granted(await post(browser, '/session/proofs', { challenge: challenge.id, credential, ...more }))
}

test('a passkey is a fresh proof, by its id among one’s methods', async () => {
  const { browser } = await signIn(SIGNER)
  const change = () => post(browser, '/security-info/challenges', { kind: 'authenticatorCode' })
  refused(await change(), 403, 'proof_needed')
  assert.deepEqual(await prove(browser, signer, await idOf(browser, 'passkey')), { state: 'signed-in' })
  granted(await change(), 201)
})

test('a passkey is a second step, which can be remembered', async () => {
  const { browser, state } = await signIn(ADMIN)
  assert.equal(state, 'second-step')
  const { methods } = granted(await get(browser, '/session'))
  const [way] = methods
  assert.deepEqual(way, { id: way.id, kind: 'passkey' })
  assert.deepEqual(await prove(browser, admin, way.id, { rememberBrowser: true }), { state: 'signed-in' })
  granted(await post(browser, '/signout'), 204)
  assert.equal((await signIn(ADMIN, browser)).state, 'signed-in', 'the browser is remembered')
  assert.equal((await signIn(ADMIN)).state, 'second-step', 'and no other')
})

test('a sign-in by passkey is a second step too, and the proof that guards security info', async context => {
  await chooseSignIn(context, server, acme, { secondStep: 'everyone' })
  assert.equal((await signIn(SIGNER)).state, 'second-step')
  const browser = server.browser()
  const { options } = granted(await get(browser, '/signin/passkey'))
  assert.equal(
    granted(await post(browser, '/signin/passkey', { credential: signer.getJSON(ORIGIN, options) })).state,
    'signed-in',
  )
  granted(await post(browser, '/security-info/challenges', { kind: 'authenticatorCode' }), 201)
})

test('a passkey that the second step leaves out is joined by another, and removed, after a proof by it alone', async context => {
  await chooseSignIn(context, server, acme, { secondStepMethods: ['authenticatorCode'] })
  const { browser } = await signIn(SIGNER)
  granted(await post(browser, '/session/proofs', await askProof(server, browser, { id: await idOf(browser, 'email') })))
  const change = () => post(browser, '/security-info/challenges', { kind: 'passkey' })
  granted(await post(browser, '/security-info/challenges', { kind: 'authenticatorCode' }), 201)
  refused(await change(), 403, 'proof_needed')
  const method = await idOf(browser, 'passkey')
  refused(await ask(browser, 'DELETE', `/security-info/methods/${method}`), 403, 'proof_needed')
  assert.match((await browser.page('/session/proof')).text, /class="passkey"/, 'the page has the way')
  await prove(browser, signer, method)
  granted(await change(), 201)
})

test('a sign-in by passkey changes no security info after a reset that it passed', async context => {
  const setStepMethods = (methods: string) =>
    server.store.pool.query(`update latchkey.users set step_methods = ${methods} where user_principal_name = $1`, [
      SIGNER,
    ])
  await setStepMethods(`array(select id from latchkey.methods where user_id = users.id and kind <> 'passkey')`)
  context.after(() => setStepMethods('null'))
  const { browser } = await signInBy(signer)
  refused(await post(browser, '/security-info/challenges', { kind: 'authenticatorCode' }), 403, 'proof_needed')
})

/** Signs in by passkey, in a browser of its own. */
async function signInBy(device: Authenticator) {
  const browser = server.browser()
  const { options } = granted(await get(browser, '/signin/passkey'))
  const { state } = granted(await post(browser, '/signin/passkey', { credential: device.getJSON(ORIGIN, options) }))
  return { browser, state }
}

test('lesson 12: a password alone plants no second step by way of a passkey', async context => {
  const username = 'new@acme.example'
  const user = await inTenant(server.store, acme, async trx => {
    const user = (await findUserByName(trx, acme, username))!
    const { random, keys, clock } = server.services
    const means = { now: clock(), random, keys }
    await setContactInfo(trx, means, user, { kind: 'mobilePhone', value: '+12065550183', setBy: 'administrator' })
    return user
  })
  const planted = newAuthenticator()
  await registerPasskey((await signIn(username)).browser, planted)
  const thief = (await signInBy(planted)).browser
  const beginApp = () => post(thief, '/security-info/challenges', { kind: 'authenticatorCode' })
  refused(await beginApp(), 403, 'proof_needed')
  await prove(thief, planted, await idOf(thief, 'passkey'))
  const { id: challenge, otpauthUri } = granted(await beginApp(), 201)
  const secret = Secret.fromBase32(new URL(otpauthUri).searchParams.get('secret')!)
  const code = new TOTP({ secret }).generate({ timestamp: server.services.clock().getTime() })
  granted(await post(thief, '/security-info/methods', { challenge, code }), 201)
  await chooseSignIn(context, server, acme, { secondStep: 'everyone' })
  const { browser, state } = await signIn(username)
  assert.equal(state, 'second-step')
  const { methods } = granted(await get(browser, '/session'))
  assert.deepEqual(
    methods.map(({ kind }: { kind: string }) => kind),
    ['mobilePhone'],
  )
  // The owner's own passkey beside it is no help to the planted one.
  const own = newAuthenticator()
  await registerPasskey(await newBrowser(server, user), own)
  assert.equal((await signInBy(own)).state, 'signed-in')
  assert.equal((await signInBy(planted)).state, 'second-step')
  const stepping = (await signIn(username)).browser
  const step = granted(await get(stepping, '/session')).methods.find(({ kind }: { kind: string }) => kind === 'passkey')
  assert.deepEqual(await prove(stepping, planted, step.id), { state: 'second-step' })
  // A new password ends what the stolen one has planted.
  server.clock.advance(MINUTE)
  const { browser: owner } = await signInBy(own)
  const newPassword = 'violet-anchor-meadow-47'
  granted(await post(owner, '/account/password', { currentPassword: PASSWORD, newPassword }), 204)
  const again = server.browser()
  const asked = granted(await get(again, '/signin/passkey')).options
  const credential = planted.getJSON(ORIGIN, asked)
  refused(await post(again, '/signin/passkey', { credential }), 422, 'passkey_incorrect')
  assert.equal((await signInBy(own)).state, 'signed-in')
})

/** The request that stands in a page, for the browser. */
const optionsIn = (page: string) => JSON.parse(/data-options="([^"]+)"/.exec(page)![1]!.replaceAll('&quot;', '"'))
/** Bytes of the heaviest page of sign-in. */
const HEAVIEST = 14 * 1024

test('by a form a passkey leads where the person wanted to go, and a refusal keeps the way', async () => {
  const browser = server.browser()
  const page = await browser.page('/signin?next=/security-info')
  assert.match(page.text, /autoComplete="username webauthn"/)
  assert.ok(Buffer.byteLength(page.text) < HEAVIEST)
  const credential = JSON.stringify(signer.getJSON(ORIGIN, optionsIn(page.text)))
  const done = await browser.submit('/signin/passkey', { credential, next: '/security-info' })
  assert.deepEqual([done.status, done.headers.get('location')], [303, '/security-info'])

  const again = await browser.submit('/signin/passkey', { credential, next: '/security-info' })
  assert.equal(again.headers.get('location'), '/signin?next=%2Fsecurity-info')
  const { text } = await browser.follow(again)
  assert.match(text, /role="alert".*That took too long.*Try the passkey again/s)
  assert.match(text, /action="\/signin\/passkey".*name="next" value="\/security-info"/s)
  assert.match(text, /Choose an account/, 'the accounts of the browser are still there')
  assert.doesNotMatch(text, /data-passkey-unknown/)
})

test('the page of a passkey that is not on record tells the browser so', async () => {
  const browser = server.browser()
  const { id } = granted(await post(browser, '/signin/start', { username: SIGNER }), 201)
  const page = await browser.page(`/signin/${id}`)
  assert.match(page.text, /autoComplete="current-password webauthn"/)
  assert.ok(Buffer.byteLength(page.text) < HEAVIEST)
  const userHandle = Buffer.alloc(32).toString('base64url')
  const credential = JSON.stringify(forgedPasskey().get(ORIGIN, optionsIn(page.text), { userHandle }))
  const { text } = await browser.follow(await browser.submit(`/signin/${id}/passkey`, { credential }))
  assert.match(text, /role="alert".*That passkey isn’t known here/s)
  assert.match(text, /data-passkey-unknown="localhost"/)
})
