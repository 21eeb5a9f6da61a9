// This file is long because each step of WebAuthn that can fail has a test here (docs/passkeys.md).

import assert from 'node:assert/strict'
import { randomBytes, sign, X509Certificate } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'
import { test } from 'node:test'
import { findTenantId, type User } from '../directory/index.ts'
import { newAuthenticator, registerPasskey } from '../testing/authenticator.ts'
import { certificates, privateKey } from '../testing/certificates.ts'
import { get, granted, post, refused } from '../testing/contract.ts'
import { BE, BS, type Forged, forgedPasskey, UP, UV } from '../testing/forgedPasskey.ts'
import {
  beginPasskey,
  finishPasskey,
  newBrowser,
  newOwner,
  registerForged,
  signInOptions,
} from '../testing/passkeyOwners.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'

const server = await testServer()
const ORIGIN = server.services.origin
const acme = { id: await findTenantId(server.store, 'acme.example'), domain: 'acme.example' }
const globex = { id: await findTenantId(server.store, 'globex.example'), domain: 'globex.example' }

// --- A new passkey (§7.1)

/** Hands in this answer to a fresh challenge of somebody new, and asserts that nothing came of it. */
async function refusesCreation(forged: Forged, passkey = forgedPasskey(), origin = ORIGIN) {
  const { browser } = await newOwner(server, acme)
  const { id, options } = await beginPasskey(browser)
  refused(await finishPasskey(browser, id, passkey.create(origin, options, forged)), 422, 'passkey_incorrect')
  assert.deepEqual(await passkeysOf(browser), [])
}

const passkeysOf = async (browser: TestBrowser) =>
  granted(await get(browser, '/security-info')).methods.filter(
    ({ kind, state }: { kind: string; state: string }) => kind === 'passkey' && state !== 'missing',
  )

test('a passkey of each algorithm is made, and signs in', async () => {
  for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const) {
    const { browser } = await newOwner(server, acme)
    const { passkey, userHandle } = await registerForged(browser, { passkey: forgedPasskey({ algorithm }) })
    const other = server.browser()
    const credential = passkey.get(ORIGIN, await signInOptions(other), { userHandle })
    granted(await post(other, '/signin/passkey', { credential }))
  }
})

test('a device that others made registers and signs in by each of its algorithms', async () => {
  for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const) {
    const { browser } = await newOwner(server, acme)
    const device = newAuthenticator({ algorithmIdentifiers: [algorithm] })
    await registerPasskey(browser, device)
    const other = server.browser()
    granted(await post(other, '/signin/passkey', { credential: device.getJSON(ORIGIN, await signInOptions(other)) }))
  }
})

test('a new passkey is asked for as one that verifies its user, without a name, unattested', async () => {
  const { browser, user } = await newOwner(server, acme)
  const { passkey } = await registerForged(browser)
  const { options } = await beginPasskey(browser)
  assert.deepEqual(options.authenticatorSelection, {
    residentKey: 'required',
    requireResidentKey: true,
    userVerification: 'required',
  })
  assert.equal(options.attestation, 'none')
  assert.deepEqual(options.rp.id, 'localhost')
  assert.deepEqual(
    options.pubKeyCredParams.map(({ alg }: { alg: number }) => alg),
    [-8, -7, -257],
  )
  assert.deepEqual(
    options.excludeCredentials.map(({ id }: { id: string }) => id),
    [passkey.credentialId],
  )
  assert.equal(options.user.id, handleOf(user))
  assert.ok(Buffer.from(options.challenge, 'base64url').length >= 16)
})

const handleOf = ({ tenantId, id }: User) =>
  Buffer.from(`${tenantId}${id}`.replaceAll('-', ''), 'hex').toString('base64url')

test('a new passkey whose client data cannot be read is refused', async () => {
  const { browser } = await newOwner(server, acme)
  const { id, options } = await beginPasskey(browser)
  const made = forgedPasskey().create(ORIGIN, options)
  for (const response of [
    { ...made.response, clientDataJSON: Buffer.from('{"type":').toString('base64url') },
    { ...made.response, clientDataJSON: Buffer.from('null').toString('base64url') },
    { ...made.response, attestationObject: Buffer.from('nothing').toString('base64url') },
    { clientDataJSON: made.response.clientDataJSON },
  ])
    refused(await finishPasskey(browser, id, { ...made, response }), 422, 'passkey_incorrect')
  for (const body of [
    { ...made, type: 'password' },
    { ...made, rawId: '' },
    { ...made, response: {} },
  ])
    refused(await finishPasskey(browser, id, body), 400, 'invalid_request')
  refused(await finishPasskey(browser, id, { ...made, rawId: 'AAAA' }), 422, 'passkey_incorrect')
})

test('a new passkey whose client data is of another type is refused', () =>
  refusesCreation({ client: { type: 'webauthn.get' } }))

test('a new passkey for another challenge is refused: a random one, of another session, of a proof, or a sign-in', async () => {
  const { browser: stranger } = await newOwner(server, acme)
  const strangers = (await beginPasskey(stranger)).options.challenge
  const { browser } = await newOwner(server, acme)
  const replaced = (await beginPasskey(browser)).options.challenge
  const signIn = (await signInOptions(server.browser())).challenge
  const random = randomBytes(32).toString('base64url')
  for (const challenge of [random, strangers, replaced, signIn, '', undefined]) {
    const { id, options } = await beginPasskey(browser)
    const made = forgedPasskey().create(ORIGIN, options, { client: { challenge } })
    refused(await finishPasskey(browser, id, made), 422, 'passkey_incorrect')
  }
  assert.deepEqual(await passkeysOf(browser), [])
})

test('a challenge of another session registers nothing, nor one that was used, voided, or is over', async () => {
  const { browser, user } = await newOwner(server, acme)
  const second = await newBrowser(server, user)
  const one = await beginPasskey(browser)
  const made = forgedPasskey().create(ORIGIN, one.options)
  refused(await finishPasskey(second, one.id, made), 410, 'challenge_expired')
  const two = await beginPasskey(browser)
  refused(await finishPasskey(browser, one.id, made), 410, 'challenge_expired')
  granted(await finishPasskey(browser, two.id, forgedPasskey().create(ORIGIN, two.options)), 201)
  const again = forgedPasskey().create(ORIGIN, two.options)
  assert.notEqual((await finishPasskey(browser, two.id, again)).status, 422)
  assert.equal((await passkeysOf(browser)).length, 1)
})

test('a new passkey that was made at another origin is refused', async () => {
  for (const origin of ['https://localhost', 'http://localhost:81', 'http://a.localhost', 'http://localhost.', 'null'])
    await refusesCreation({}, forgedPasskey(), origin)
})

test('a new passkey that was made inside a page of another site is refused', async () => {
  for (const crossOrigin of [true, 'true', null]) await refusesCreation({ client: { crossOrigin } })
})

test('a new passkey that names the page around it is refused', async () => {
  for (const topOrigin of [ORIGIN, 'https://elsewhere.example', null]) await refusesCreation({ client: { topOrigin } })
})

test('a new passkey whose authenticator data cannot be read to its end is refused', () =>
  refusesCreation({ more: Buffer.alloc(3) }))

test('a new passkey of another relying party is refused', () => refusesCreation({ rpId: 'elsewhere.example' }))

test('a new passkey without the presence of its user is refused', () => refusesCreation({ flags: UV | BE | BS }))

test('a new passkey whose user was not verified is refused', () => refusesCreation({ flags: UP | BE | BS }))

test('a new passkey that is synced though it cannot be is refused', () => refusesCreation({ flags: UP | UV | BS }))

test('a new passkey of an algorithm that was not asked for is refused', () =>
  refusesCreation({}, forgedPasskey({ algorithm: 'ES384' })))

test('a new passkey of an attestation format that was not asked for is refused', async () => {
  for (const fmt of ['fido-u2f', 'android-key', 'android-safetynet', 'tpm', 'apple', 'nothing'])
    await refusesCreation({ attest: () => ({ fmt, attStmt: {} }) })
  await refusesCreation({ attest: () => ({ fmt: 'none', attStmt: { alg: -7 } }) })
})

test('a new passkey that vouches for itself needs a right signature', async () => {
  const passkey = forgedPasskey()
  const attest = (sign: (bytes: Buffer) => Buffer, alg = passkey.alg) => ({
    attest: (signed: Buffer) => ({ fmt: 'packed', attStmt: { alg, sig: new Uint8Array(sign(signed)) } }),
  })
  await refusesCreation(attest(forgedPasskey().signWith), passkey)
  await refusesCreation(attest(passkey.signWith, -8), passkey)
  const { browser } = await newOwner(server, acme)
  await registerForged(browser, { passkey, ...attest(passkey.signWith) })
})

test('lesson 57: a certificate in an attestation is refused before it is read, and calls nobody', async t => {
  const called = new Set<string>()
  const note = (message: unknown) => called.add(String((message as { request: { origin: string } }).request.origin))
  const noteOfHttp = (message: unknown) => {
    const { protocol, host } = (message as { request: ClientRequest }).request
    called.add(`${protocol}//${host}`)
  }
  subscribe('undici:request:create', note)
  subscribe('http.client.request.start', noteOfHttp)
  t.after(() => {
    unsubscribe('undici:request:create', note)
    unsubscribe('http.client.request.start', noteOfHttp)
  })
  const certificate = new Uint8Array(new X509Certificate(certificates.attestation).raw)
  for (const x5c of [[certificate], [certificate, certificate], []])
    await refusesCreation({
      attest: signed => ({
        fmt: 'packed',
        attStmt: { alg: -7, sig: new Uint8Array(sign('sha256', signed, privateKey)), x5c },
      }),
    })
  const { protocol, hostname } = new URL(server.url)
  assert.deepEqual([...called], [`${protocol}//${hostname}`])
})

test('a passkey whose id has more than 1023 bytes is refused, and one of 1023 is kept', async () => {
  await refusesCreation({}, forgedPasskey({ id: randomBytes(1024) }))
  const { browser } = await newOwner(server, acme)
  await registerForged(browser, { passkey: forgedPasskey({ id: randomBytes(1023) }) })
})

test('a passkey that is on record, of the same person or another, is not registered again', async () => {
  const { browser } = await newOwner(server, acme)
  const { passkey } = await registerForged(browser)
  const { browser: thief } = await newOwner(server, acme)
  const id = Buffer.from(passkey.credentialId, 'base64url')
  for (const [who, again] of [
    [browser, passkey],
    [thief, forgedPasskey({ id })],
  ] as const) {
    const { id: challenge, options } = await beginPasskey(who)
    refused(await finishPasskey(who, challenge, again.create(ORIGIN, options)), 409, 'passkey_known')
  }
  assert.deepEqual(await passkeysOf(thief), [])
})

test('a passkey of the same id in another tenant is another passkey', async () => {
  const { browser } = await newOwner(server, acme)
  const { passkey, userHandle } = await registerForged(browser)
  const { browser: elsewhere } = await newOwner(server, globex)
  const twin = forgedPasskey({ id: Buffer.from(passkey.credentialId, 'base64url') })
  await registerForged(elsewhere, { passkey: twin })
  const other = server.browser()
  const forged = twin.get(ORIGIN, await signInOptions(other), { userHandle })
  refused(await post(other, '/signin/passkey', { credential: forged }), 422, 'passkey_incorrect')
  const credential = passkey.get(ORIGIN, await signInOptions(other), { userHandle })
  granted(await post(other, '/signin/passkey', { credential }))
})

test('of eleven passkeys that are finished at once, ten are kept', async () => {
  const { user, browser } = await newOwner(server, acme)
  const begun = await Promise.all(
    Array.from({ length: 11 }, async () => {
      const own = await newBrowser(server, user)
      return { own, ...(await beginPasskey(own)) }
    }),
  )
  const answers = await Promise.all(
    begun.map(({ own, id, options }) => finishPasskey(own, id, forgedPasskey().create(ORIGIN, options))),
  )
  assert.deepEqual(answers.map(({ status }) => status).sort(), [...Array(10).fill(201), 409])
  assert.equal(answers.find(({ status }) => status === 409)?.json.code, 'passkeys_full')
  assert.equal((await passkeysOf(browser)).length, 10)
  refused(await post(browser, '/security-info/challenges', { kind: 'passkey' }), 409, 'passkeys_full')
})

test('what an authenticator says of itself is kept: its model, whether it is synced, and its count', async () => {
  const { browser, user } = await newOwner(server, acme)
  await registerForged(browser, { flags: UP | UV, count: 7 })
  const { rows } = await server.store.pool.query(
    'select sign_count, may_sync, synced, rp_id, transports, last_used_at from latchkey.passkeys where user_id = $1',
    [user.id],
  )
  assert.deepEqual(rows, [
    {
      sign_count: '7',
      may_sync: false,
      synced: false,
      rp_id: 'localhost',
      transports: ['internal'],
      last_used_at: null,
    },
  ])
})
