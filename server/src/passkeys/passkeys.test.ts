import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, plus } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId, findUserByName } from '../directory/index.ts'
import { spend } from '../limits/index.ts'
import { saveMethod } from '../methods/index.ts'
import { removePasskeyOf } from '../registration/index.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { newAuthenticator, registerPasskey } from '../testing/authenticator.ts'
import { ask, get, granted, post, refused } from '../testing/contract.ts'
import { newOwner } from '../testing/passkeyOwners.ts'
import { newTrail } from '../testing/people.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { chooseSignIn } from '../testing/steps.ts'
import { listPasskeys } from './index.ts'

// The JSON form of passkeys, with an authenticator that nobody here wrote.
const server = await testServer()
const ORIGIN = server.services.origin

async function signIn(username: string, password = PASSWORD) {
  const browser = server.browser()
  return { browser, json: granted(await post(browser, '/signin', { username, password })) }
}

/** A person of the demonstration with a passkey on a device of theirs. */
async function withPasskey(name: string) {
  const device = newAuthenticator()
  const { browser } = await signIn(name)
  const passkey = await registerPasskey(browser, device)
  return { device, browser, passkey }
}

const optionsOf = async (browser: TestBrowser) => granted(await get(browser, '/signin/passkey')).options

test('a passkey is registered, signs in without a name, and is a method of its own', async () => {
  const { device, passkey, browser } = await withPasskey('helpdesk@acme.example')
  assert.equal(passkey.kind, 'passkey')
  assert.equal(passkey.state, 'registered')
  const { methods } = granted(await get(browser, '/security-info'))
  assert.deepEqual(
    methods.filter((one: { kind: string }) => one.kind === 'passkey').map((one: { id: string }) => one.id),
    [passkey.id],
  )

  const other = server.browser()
  const options = await optionsOf(other)
  assert.deepEqual(options.allowCredentials, [])
  const credential = device.getJSON(ORIGIN, options)
  const signedIn = granted(await post(other, '/signin/passkey', { credential }))
  assert.equal(signedIn.state, 'register', 'an administrator needs a second method')
  const { user } = granted(await get(other, '/session'))
  assert.equal(user.userPrincipalName, 'helpdesk@acme.example')
  // One answer signs in once, and in its own browser.
  refused(await post(other, '/signin/passkey', { credential }), 410, 'passkey_over')
})

test('a passkey is a gate of a reset, and the repeat of its answer changes nothing', async () => {
  const { device, browser: owner } = await withPasskey('new@acme.example')
  const { user } = granted(await get(owner, '/session'))
  const read = await testApi(server).as(user.userPrincipalName)
  const { value } = (await read('GET', `/users/${user.id}/authentication/methods`)).json
  const reported = value.find((one: { '@odata.type': string }) => /fido2/.test(one['@odata.type']))
  assert.deepEqual(
    [reported.displayName, reported.passkeyType, reported.aaGuid.length],
    [null, 'synced', 36],
    'reports know it',
  )
  const browser = server.browser()
  const journey = granted(await post(browser, '/reset', { username: 'new@acme.example' }), 201)
  const [method] = journey.methods.filter((one: { kind: string }) => one.kind === 'passkey')
  const { challenge } = granted(await post(browser, `/reset/${journey.id}/challenges`, { method: method.id }), 201)
  assert.deepEqual([challenge.kind, challenge.options.allowCredentials], ['passkey', []])
  const credential = device.getJSON(ORIGIN, challenge.options)
  const proof = { challenge: challenge.id, credential }
  for (let times = 0; times < 2; times++) {
    const { gates } = granted(await post(browser, `/reset/${journey.id}/proofs`, proof))
    assert.deepEqual(gates, { required: 1, passed: 1 })
  }
})

test('strangers who guessed for weeks do not stop the reset of a new browser by passkey', async () => {
  const tenantId = await findTenantId(server.store, 'acme.example')
  const { user, browser } = await newOwner(server, { id: tenantId, domain: 'acme.example' })
  const device = newAuthenticator()
  await registerPasskey(browser, device)
  const { clock, random, keys } = server.services
  const at = (moment: number) => ({ now: plus(clock(), moment), random, keys })
  const name = user.userPrincipalName
  await inTenant(server.store, tenantId, async trx => {
    await saveMethod(trx, at(0), user, { kind: 'email', source: 'person', value: 'own@mail.example' })
    for (let day = 3; day >= 0; day--)
      for (let n = 0; n < 5; n++)
        await spend(trx, at(-2 * day * DAY), { tenantId, kind: 'proofs', name, browser: 'other' })
  })
  const stranger = server.browser()
  const journey = granted(await post(stranger, '/reset', { username: name }), 201)
  assert.deepEqual([journey.state, journey.methods.map(({ kind }: { kind: string }) => kind)], ['blocked', ['passkey']])
  const [{ id: method }] = journey.methods
  const { challenge } = granted(await post(stranger, `/reset/${journey.id}/challenges`, { method }), 201)
  const proof = { challenge: challenge.id, credential: device.getJSON(ORIGIN, challenge.options) }
  const { state, gates } = granted(await post(stranger, `/reset/${journey.id}/proofs`, proof))
  assert.deepEqual([state, gates], ['choose-password', { required: 1, passed: 1 }])
})

test('a passkey that was removed keeps no gate that it has passed, though its owner has another', async () => {
  const tenantId = await findTenantId(server.store, 'acme.example')
  const { user, browser } = await newOwner(server, { id: tenantId, domain: 'acme.example' })
  const lost = newAuthenticator()
  const { id: lostId } = await registerPasskey(browser, lost)
  const kept = newAuthenticator()
  await registerPasskey(browser, kept)
  const thief = server.browser()
  const journey = granted(await post(thief, '/reset', { username: user.userPrincipalName }), 201)
  const prove = async (device: typeof lost) => {
    const [{ id: method }] = granted(await get(thief, `/reset/${journey.id}`)).methods
    const { challenge } = granted(await post(thief, `/reset/${journey.id}/challenges`, { method }), 201)
    const credential = device.getJSON(ORIGIN, challenge.options)
    return granted(await post(thief, `/reset/${journey.id}/proofs`, { challenge: challenge.id, credential })).state
  }
  assert.equal(await prove(lost), 'choose-password')
  granted(await ask(browser, 'DELETE', `/security-info/methods/${lostId}`), 204)
  assert.equal(granted(await get(thief, `/reset/${journey.id}`)).state, 'verify')
  assert.equal(await prove(kept), 'choose-password')
})

test('a person whose only second step is a lost passkey registers anew once an operator took it off the record', async context => {
  const username = 'someone@initech.example'
  const { device: lost } = await withPasskey(username)
  const initech = await findTenantId(server.store, 'initech.example')
  await chooseSignIn(context, server, initech, { secondStep: 'everyone' })
  const { browser: stuck, json } = await signIn(username)
  assert.equal(json.state, 'second-step')
  refused(await post(stuck, '/security-info/challenges', { kind: 'passkey' }), 403, 'session_restricted')

  const { clock, random, keys } = server.services
  const means = { now: clock(), random, keys, trail: newTrail() }
  const remove = (actor: { kind: 'operator' } | { kind: 'anyone' }, id?: string) =>
    inTenant(server.store, initech, async trx => {
      const user = (await findUserByName(trx, initech, username))!
      const [passkey] = await listPasskeys(trx, { tenantId: initech, userId: user.id })
      await removePasskeyOf(trx, { ...means, actor }, user, id ?? passkey!.id)
    })
  await assert.rejects(remove({ kind: 'anyone' }), { code: 'forbidden' })
  await assert.rejects(remove({ kind: 'operator' }, random.uuid(means.now)), { code: 'not_found' })
  await remove({ kind: 'operator' })
  const { browser, json: again } = await signIn(username)
  assert.equal(again.state, 'register')
  await registerPasskey(browser, newAuthenticator())
  assert.equal(granted(await get(browser, '/session')).state, 'signed-in')
  const credential = lost.getJSON(ORIGIN, await optionsOf(stuck))
  refused(await post(stuck, '/signin/passkey', { credential }), 401, 'passkey_unknown')
  const { text } = await browser.page('/account/activity')
  assert.match(text, /Security info removed by an administrator<.{0,200}Passkey/s)
})
