import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findTenantId } from '../directory/index.ts'
import { newAuthenticator, registerPasskey } from '../testing/authenticator.ts'
import { granted, post, refused } from '../testing/contract.ts'
import { newOwner, registerForged, signInOptions } from '../testing/passkeyOwners.ts'
import { testServer } from '../testing/server.ts'
import { isOwnDomain, rpIdOf } from './index.ts'

const ORIGIN = 'https://id.acme.example'
const FORMER = 'https://login.former.example'
const server = await testServer({ roles: ['web'], origin: ORIGIN, demo: false })
const acme = { id: await findTenantId(server.store, 'acme.example'), domain: 'acme.example' }

test('a browser is told the one origin that uses our passkeys, and where they are managed', async () => {
  const related = await server.get('/.well-known/webauthn')
  assert.match(related.headers.get('content-type') ?? '', /^application\/json\b/)
  assert.deepEqual(granted(related), { origins: [ORIGIN] })
  assert.deepEqual(granted(await server.get('/.well-known/passkey-endpoints')), {
    enroll: `${ORIGIN}/security-info`,
    manage: `${ORIGIN}/security-info`,
  })
})

test('the domain of passkeys is the host of the origin, or what the operator named', () => {
  assert.equal(rpIdOf({ origin: ORIGIN }), 'id.acme.example')
  assert.equal(rpIdOf({ origin: 'http://localhost:8080' }), 'localhost')
  assert.equal(rpIdOf({ origin: 'https://localhost:8443' }), 'localhost')
  assert.deepEqual(
    ['id.acme.example', 'acme.example', 'login.former.example', 'cme.example'].map(passkeyRpId =>
      isOwnDomain({ origin: ORIGIN, passkeyRpId }),
    ),
    [true, true, false, false],
  )
})

test('a passkey of a parent domain, or of a former host, signs in at our origin alone; one of before that works no more', async t => {
  t.after(() => {
    server.services.passkeyRpId = undefined
  })
  const { browser: before } = await newOwner(server, acme)
  const old = await registerForged(before, { origin: ORIGIN })
  for (const id of ['acme.example', 'login.former.example']) {
    server.services.passkeyRpId = id
    const { browser } = await newOwner(server, acme)
    const device = newAuthenticator()
    // As a browser does that was told of related origins.
    const related = granted(await server.get('/.well-known/webauthn')).origins
    const { id: challenge, options } = granted(
      await post(browser, '/security-info/challenges', { kind: 'passkey' }),
      201,
    )
    const made = device.createJSON(ORIGIN, options, related)
    granted(await post(browser, '/security-info/methods', { challenge, credential: made }), 201)
    const other = server.browser()
    const signIn = async (credential: unknown) => post(other, '/signin/passkey', { credential })
    granted(await signIn(device.getJSON(ORIGIN, await signInOptions(other), related)))

    const { passkey, userHandle } = await registerForged((await newOwner(server, acme)).browser, { origin: ORIGIN })
    for (const origin of [FORMER, 'https://acme.example', 'https://www.acme.example', `https://${id}`])
      refused(await signIn(passkey.get(origin, await signInOptions(other), { userHandle })), 422, 'passkey_incorrect')
    granted(await signIn(passkey.get(ORIGIN, await signInOptions(other), { userHandle })))
    const lost = old.passkey.get(ORIGIN, await signInOptions(other), { ...old, rpId: 'id.acme.example' })
    refused(await signIn(lost), 422, 'passkey_incorrect')
  }
})

test('a browser uses a passkey of the demonstration at http://localhost and at its https replica', async () => {
  for (const origin of ['http://localhost:8080', 'https://localhost:8443']) {
    const demo = await testServer({ roles: ['web'], origin, demo: false })
    const tenant = { id: await findTenantId(demo.store, 'acme.example'), domain: 'acme.example' }
    const { browser } = await newOwner(demo, tenant)
    const device = newAuthenticator()
    await registerPasskey(browser, device)
    const other = demo.browser()
    granted(await post(other, '/signin/passkey', { credential: device.getJSON(origin, await signInOptions(other)) }))
  }
})
