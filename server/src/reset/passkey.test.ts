import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assignRole, findTenantId } from '../directory/index.ts'
import { spend } from '../limits/index.ts'
import { saveMethod } from '../methods/index.ts'
import { changeDefaultPolicy, changeProtection } from '../policies/index.ts'
import { inTenant } from '../store/index.ts'
import { newAuthenticator, registerPasskey } from '../testing/authenticator.ts'
import { granted, post } from '../testing/contract.ts'
import { forgedPasskey } from '../testing/forgedPasskey.ts'
import { newBrowser, newOwner } from '../testing/passkeyOwners.ts'
import { meansAt } from '../testing/people.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'

// A passkey on the pages of a reset, whose names show nothing by it.
const server = await testServer()
const ORIGIN = server.services.origin
const acme = await findTenantId(server.store, 'acme.example')
const globex = await findTenantId(server.store, 'globex.example')
const means = () => ({ ...meansAt(), ...server.services, now: server.clock.now() })

const beginReset = async (browser: TestBrowser, username: string) =>
  granted(await post(browser, '/reset', { username }), 201)
const methodIn = ({ methods }: { methods: { id: string; kind: string }[] }, kind: string) =>
  methods.find(one => one.kind === kind)!.id

/** A person with a passkey, and the device that has it. */
async function withPasskey(domain: string, id: string) {
  const { user, browser } = await newOwner(server, { id, domain })
  const device = newAuthenticator()
  await registerPasskey(browser, device)
  return { user, device, name: user.userPrincipalName }
}

test('where accounts are concealed, the press of a passkey and its refusal read alike for every name', async () => {
  await inTenant(server.store, globex, trx => changeProtection(trx, globex, { concealAccounts: true }))
  await inTenant(server.store, globex, trx =>
    changeDefaultPolicy(trx, means(), globex, { enabled: true, gates: 1, methods: ['passkey', 'email'] }),
  )
  const { name: known, device } = await withPasskey('globex.example', globex)
  const see = async (username: string) => {
    const browser = server.browser()
    const { id, methods } = await beginReset(browser, username)
    const seen = [(await browser.page(`/reset/${id}`)).text]
    const { challenge } = granted(
      await post(browser, `/reset/${id}/challenges`, { method: methodIn({ methods }, 'passkey') }),
      201,
    )
    // A passkey of somebody else.
    const other = newAuthenticator()
    other.createJSON(ORIGIN, {
      challenge: 'AAAA',
      rp: { id: 'localhost', name: 'x' },
      user: { id: 'AAAA', name: 'x', displayName: 'x' },
      pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    })
    const credential = JSON.stringify(other.getJSON(ORIGIN, challenge.options))
    const refused = await browser.submit(`/reset/${id}/proofs`, { challenge: challenge.id, credential })
    seen.push((await browser.follow(refused)).text)
    return seen.map(text => plain(text, username))
  }
  const [first, second] = await see('nobody-here@globex.example')
  assert.match(first!, /Use a passkey.*If it’s on record for this account/s)
  assert.match(second!, /That passkey didn’t work/)
  assert.deepEqual(await see(known), [first, second])

  // And its owner passes.
  const browser = server.browser()
  const journey = await beginReset(browser, known)
  const { challenge } = granted(
    await post(browser, `/reset/${journey.id}/challenges`, { method: methodIn(journey, 'passkey') }),
    201,
  )
  const credential = JSON.stringify(device.getJSON(ORIGIN, challenge.options))
  const passed = await browser.submit(`/reset/${journey.id}/proofs`, { challenge: challenge.id, credential })
  assert.match((await browser.follow(passed)).text, /Choose a new password/)
})

test('where codes are blocked, the page offers the passkey of every name alike', async () => {
  const { name: known } = await withPasskey('globex.example', globex)
  const block = async (username: string) => {
    const browser = server.browser()
    const journey = await beginReset(browser, username)
    const method = methodIn(journey, 'email')
    const { challenge } = granted(await post(browser, `/reset/${journey.id}/challenges`, { method }), 201)
    for (let wrong = 0; wrong < 5; wrong++)
      await post(browser, `/reset/${journey.id}/proofs`, { challenge: challenge.id, code: `00000${wrong}` })
    const { text } = await browser.page(`/reset/${journey.id}`)
    return plain(text, username)
  }
  const page = await block('nobody-at-all@globex.example')
  assert.match(page, /codes and answers are paused. They work again in 24.hours. If a passkey is on record/)
  assert.match(page, /class="passkey".*Use a passkey/s)
  assert.equal(await block(known), page)
})

test('while codes wait a wrong passkey spends tries of its challenge alone, and is no guess', async () => {
  const { name } = await withPasskey('acme.example', acme)
  await inTenant(server.store, acme, async trx => {
    for (let n = 0; n < 5; n++) await spend(trx, means(), { tenantId: acme, kind: 'proofs', name, browser: 'other' })
  })
  const guesses = async () =>
    (
      await server.store.pool.query(
        `select coalesce(sum(failures), 0)::int as n from latchkey.counters where kind = 'tenantProofs' and tenant_id = $1`,
        [acme],
      )
    ).rows[0].n
  const before = await guesses()
  const browser = server.browser()
  const journey = await beginReset(browser, name)
  const method = methodIn(journey, 'passkey')
  const { challenge } = granted(await post(browser, `/reset/${journey.id}/challenges`, { method }), 201)
  const giveWrong = () => {
    const credential = JSON.stringify(forgedPasskey().get(ORIGIN, challenge.options))
    return browser.submit(`/reset/${journey.id}/proofs`, { challenge: challenge.id, credential })
  }
  for (let wrong = 0; wrong < 2; wrong++) await giveWrong()
  assert.match((await browser.follow(await giveWrong())).text, /You have 2 tries left/)
  assert.equal(await guesses(), before)
})

test('an administrator’s passkey leads straight to the new password where it is enough', async () => {
  await inTenant(server.store, acme, trx => changeDefaultPolicy(trx, means(), acme, { passkeyIsEnough: true }))
  const { user, device, name } = await withPasskey('acme.example', acme)
  await inTenant(server.store, acme, trx => assignRole(trx, means(), user.id, 'Global Administrator'))
  const browser = server.browser()
  const journey = await beginReset(browser, name)
  const method = methodIn(journey, 'passkey')
  const { challenge } = granted(await post(browser, `/reset/${journey.id}/challenges`, { method }), 201)
  const credential = JSON.stringify(device.getJSON(ORIGIN, challenge.options))
  const passed = await browser.submit(`/reset/${journey.id}/proofs`, { challenge: challenge.id, credential })
  assert.match((await browser.follow(passed)).text, /Choose a new password/)
  const { state, gates } = granted(await browser.get(`/reset/${journey.id}`))
  assert.deepEqual([state, gates], ['choose-password', { required: 2, passed: 2 }])
})

test('a passkey that a password alone registered is one gate of two, also where a passkey is enough', async () => {
  await inTenant(server.store, acme, trx => changeDefaultPolicy(trx, means(), acme, { passkeyIsEnough: true }))
  const { user, device, name } = await withPasskey('acme.example', acme)
  await inTenant(server.store, acme, trx => assignRole(trx, means(), user.id, 'Global Administrator'))
  await server.store.pool.query('update latchkey.methods set by_password_at = created_at where user_id = $1', [user.id])
  await inTenant(server.store, acme, trx =>
    saveMethod(trx, means(), user, {
      kind: 'email',
      source: 'person',
      value: 'own@mail.example',
      provedAt: means().now,
    }),
  )
  const browser = server.browser()
  const journey = await beginReset(browser, name)
  const method = methodIn(journey, 'passkey')
  const { challenge } = granted(await post(browser, `/reset/${journey.id}/challenges`, { method }), 201)
  const credential = device.getJSON(ORIGIN, challenge.options)
  const { gates } = granted(await post(browser, `/reset/${journey.id}/proofs`, { challenge: challenge.id, credential }))
  assert.deepEqual(gates, { required: 2, passed: 1 })
})

test('a blocked reset offers a passkey only where it leads to the new password', async () => {
  const { user, name } = await withPasskey('acme.example', acme)
  await inTenant(server.store, acme, async trx => {
    await assignRole(trx, means(), user.id, 'Global Administrator')
    await saveMethod(trx, means(), user, {
      kind: 'email',
      source: 'person',
      value: 'other@mail.example',
      provedAt: means().now,
    })
    for (let n = 0; n < 5; n++) await spend(trx, means(), { tenantId: acme, kind: 'proofs', name, browser: 'other' })
  })
  const offered = async (passkeyIsEnough: boolean) => {
    await inTenant(server.store, acme, trx => changeDefaultPolicy(trx, means(), acme, { passkeyIsEnough }))
    const { state, methods } = await beginReset(server.browser(), name)
    return [state, ...methods.map(({ kind }: { kind: string }) => kind)]
  }
  assert.deepEqual(await offered(false), ['blocked'])
  assert.deepEqual(await offered(true), ['blocked', 'passkey'])
})

/** A page without what is its own in any two journeys. */
const plain = (text: string, username: string) =>
  text
    .replaceAll(username, '…')
    .replaceAll(encodeURIComponent(username), '…')
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '…')
    .replaceAll(/(?<=["=])[\w-]{22}(?=["&.])/g, '…')
    .replaceAll(/\b[0-9A-HJKMNP-TV-Z]{10}\b/g, '…')

test('after a reset its last page and its mail name the passkeys that still open the account, and lead to them', async () => {
  const { user } = await newOwner(server, { id: acme, domain: 'acme.example' })
  const address = 'reset-mail@mail.example'
  await inTenant(server.store, acme, trx =>
    saveMethod(trx, means(), user, { kind: 'email', source: 'person', value: address, provedAt: means().now }),
  )
  const device = newAuthenticator()
  const nameOf = async (name: string, by = newAuthenticator()) => {
    const owner = await newBrowser(server, user)
    const { id } = await registerPasskey(owner, by)
    granted(await post(owner, `/security-info/passkeys/${id}/name`, { name }), 204)
  }
  await nameOf('Blue phone', device)
  await nameOf('Win at https://evil.example/x now')
  await nameOf('Planted')
  await server.store.pool.query(
    `update latchkey.passkeys set by_password_at = created_at where user_id = $1 and name = 'Planted'`,
    [user.id],
  )
  const browser = server.browser()
  const journey = await beginReset(browser, user.userPrincipalName)
  const method = methodIn(journey, 'passkey')
  const { challenge } = granted(await post(browser, `/reset/${journey.id}/challenges`, { method }), 201)
  const credential = device.getJSON(ORIGIN, challenge.options)
  granted(await post(browser, `/reset/${journey.id}/proofs`, { challenge: challenge.id, credential }))
  const newPassword = 'Quiet harbour lights 52'
  const done = await browser.submit(`/reset/${journey.id}/password`, { newPassword, password2: newPassword })
  const { text: page } = await browser.follow(done)
  assert.match(page, /Your password has been reset/)
  assert.match(page, /<bdi>Blue phone<\/bdi> · Created on /)
  assert.match(page, /href="\/security-info"/)
  assert.doesNotMatch(page, /Planted/)
  const { text } = await server.message(({ to, subject }) => to === address && /was reset/.test(subject ?? ''))
  assert.match(
    text,
    /These passkeys still open your account:\n– Blue phone, created on .+\n– Win at https evil example x now, created/,
  )
  assert.match(text, new RegExp(`remove it here: ${ORIGIN}/security-info\n`))
  assert.doesNotMatch(text, /Planted/)
})
