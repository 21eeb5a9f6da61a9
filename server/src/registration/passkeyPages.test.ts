import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINUTE } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { newAuthenticator, registerPasskey } from '../testing/authenticator.ts'
import { get, granted, post, refused } from '../testing/contract.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'

// The forms of passkeys as a browser sends them, with an authenticator that nobody here wrote.
const server = await testServer()
const ORIGIN = server.services.origin
const SET_UP = '/security-info/set-up/passkey'

async function signIn(username: string) {
  const browser = server.browser()
  granted(await post(browser, '/signin', { username, password: PASSWORD }))
  return browser
}

const begin = async (browser: TestBrowser) =>
  granted(await post(browser, '/security-info/challenges', { kind: 'passkey' }), 201)

const handIn = (browser: TestBrowser, challenge: string, credential: unknown) =>
  browser.submit('/security-info/methods', { challenge, credential: JSON.stringify(credential) })

test('a passkey that its form hands in leads to the page that names it, then on', async () => {
  const browser = await signIn('new@acme.example')
  const { id, options } = await begin(browser)
  const made = await handIn(browser, id, newAuthenticator().createJSON(ORIGIN, options))
  const path = made.headers.get('location') ?? ''
  assert.match(path, /^\/security-info\/passkeys\/[\w-]+\/name\?made$/)
  assert.match((await browser.page(path)).text, /<h1[^>]*>Your passkey is ready/)
  const named = await browser.submit(path, { name: '  Work phone ' })
  assert.equal(named.headers.get('location'), '/security-info')
  assert.match((await browser.follow(named)).text, /Work phone/)
  const unnamed = await browser.submit(path, { name: '' })
  assert.doesNotMatch((await browser.follow(unnamed)).text, /Work phone/)
})

test('where a sign-in asks to register, a passkey is offered before every other way', async () => {
  const { text } = await (await signIn('helpdesk@acme.example')).page('/security-info')
  const [offer, others] = [text.indexOf('class="passkey"'), text.indexOf('class="methods"')]
  assert.ok(offer > 0 && offer < others, `${offer} before ${others}`)
  assert.equal(text.match(/class="passkey"/g)?.length, 1, 'and not among them once more')
})

test('a name that is too long comes back with what was typed', async () => {
  const browser = await signIn('helpdesk@acme.example')
  const { id } = await registerPasskey(browser, newAuthenticator())
  const name = 'x'.repeat(61)
  const refused = await browser.follow(await browser.submit(`/security-info/passkeys/${id}/name`, { name }))
  assert.match(refused.text, /<h1[^>]*>Name this passkey/)
  assert.match(refused.text, new RegExp(`value="${name}"`))
  assert.match(refused.text, /class="field-error/)
})

test('a new name for an older passkey needs a fresh proof, leads back to its page, and is on record', async () => {
  const browser = await signIn('signer@acme.example')
  const email = await proofOf(browser, 'email')
  granted(
    await post(browser, '/session/proofs', { challenge: email.id, code: await server.code('signer@mail.example') }),
  )
  const device = newAuthenticator()
  const { id } = await registerPasskey(browser, device)
  const path = `/security-info/passkeys/${id}/name`
  granted(await post(browser, path, { name: 'My phone' }), 204)
  server.clock.advance(16 * MINUTE)
  refused(await post(browser, path, { name: 'Old phone' }), 403, 'proof_needed')
  const asked = (await browser.page(path)).headers.get('location') ?? ''
  assert.equal(asked, `/session/proof?next=${encodeURIComponent(path)}`)
  const { id: challenge, options } = await proofOf(browser, 'passkey')
  const credential = JSON.stringify(device.getJSON(ORIGIN, options))
  const proved = await browser.submit(asked.replace('/proof', '/proofs'), { challenge, credential })
  assert.equal(proved.headers.get('location'), path)
  granted(await post(browser, path, { name: 'Blue phone' }), 204)
  const { rows } = await server.store.pool.query(
    `select result, actor_name, details->>'from' as was, details->>'to' as is from latchkey.audit_events
      where activity = 'securityInfo.renamed' and target_name = 'signer@acme.example' order by at`,
  )
  const own = { result: 'success', actor_name: 'signer@acme.example' }
  assert.deepEqual(rows, [
    { ...own, was: '', is: 'My phone' },
    { ...own, was: 'My phone', is: 'Blue phone' },
  ])
  const { text } = await browser.page('/account/activity')
  assert.equal(text.match(/Passkey renamed/g)?.length, 2)
})

/** A challenge of a session by its person's method of this kind. */
async function proofOf(browser: TestBrowser, kind: string) {
  const { methods } = granted(await get(browser, '/security-info'))
  const { id: method } = methods.find((one: { kind: string }) => one.kind === kind)
  return granted(await post(browser, '/session/challenges', { method }), 201).challenge
}

test('an answer that proves nothing, and one that came too late, are told on the page of the press', async () => {
  const browser = await signIn('someone@initech.example')
  const { id, options } = await begin(browser)
  const credential = newAuthenticator().createJSON(ORIGIN, options)
  const wrong = await handIn(browser, id, {
    ...credential,
    response: { ...credential.response, attestationObject: 'AAAA' },
  })
  assert.equal(wrong.headers.get('location'), SET_UP)
  assert.match((await browser.follow(wrong)).text, /That passkey didn’t work/)
  server.clock.advance(6 * MINUTE)
  const late = await handIn(browser, id, credential)
  assert.equal(late.headers.get('location'), SET_UP)
  assert.match((await browser.follow(late)).text, /That took too long/)
})

test('a form that was sent without its script comes back with the line for that', async () => {
  const browser = await signIn('someone@initech.example')
  const sent = await browser.submit('/security-info/challenges', { kind: 'passkey' })
  assert.equal(sent.headers.get('location'), `${SET_UP}?noscript`)
  assert.match((await browser.follow(sent)).text, /role="status".*Passkeys don’t work in this browser/)
})

test('each passkey is removed by itself, and the browser of its owner is told what is left', async () => {
  const browser = await signIn('registered@acme.example')
  const { methods } = granted(await get(browser, '/security-info'))
  const { id: method } = methods.find(({ kind }: { kind: string }) => kind === 'email')
  const { challenge } = granted(await post(browser, '/session/challenges', { method }), 201)
  const code = await server.code('registered@mail.example')
  granted(await post(browser, '/session/proofs', { challenge: challenge.id, code }))
  const [first, second] = [
    await registerPasskey(browser, newAuthenticator()),
    await registerPasskey(browser, newAuthenticator()),
  ]
  const listed = async () => {
    const { text } = await browser.page('/security-info')
    const told = /data-passkeys="([^"]+)"/.exec(text)?.[1]?.replaceAll('&quot;', '"') ?? ''
    return JSON.parse(told) as { rpId: string; userId: string; allAcceptedCredentialIds: string[] }
  }
  const before = await listed()
  assert.deepEqual([before.rpId, before.allAcceptedCredentialIds.length], ['localhost', 2])
  const page = await browser.page(`/security-info/methods/${first.id}/removal`)
  assert.match(page.text, /<h1[^>]*>Remove this passkey\?/)
  assert.doesNotMatch(page.text, /fewer ways/, 'another passkey is left')
  await browser.submit(`/security-info/methods/${first.id}/removal`, {})
  const after = await listed()
  assert.deepEqual(after.allAcceptedCredentialIds, before.allAcceptedCredentialIds.slice(1))
  assert.equal(after.userId, before.userId)
  await browser.submit(`/security-info/methods/${second.id}/removal`, {})
  assert.deepEqual((await listed()).allAcceptedCredentialIds, [])
  // Back, after both were removed.
  for (const path of [`/security-info/methods/${first.id}/removal`, `/security-info/passkeys/${first.id}/name`])
    assert.equal((await browser.page(path)).headers.get('location'), '/security-info', path)
})
