// This file is long because each step of WebAuthn that can fail has a test here (docs/passkeys.md).

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { DAY, MINUTE, plus, SECOND } from '../clock.ts'
import { findTenantId, type User } from '../directory/index.ts'
import { changeDefaultPolicy, type ResetPolicySettings } from '../policies/index.ts'
import { inTenant } from '../store/index.ts'
import { newAuthenticator, registerPasskey } from '../testing/authenticator.ts'
import { get, granted, post, refused } from '../testing/contract.ts'
import { BE, BS, type Forged, type ForgedPasskey, forgedPasskey, UP, UV } from '../testing/forgedPasskey.ts'
import {
  beginPasskey,
  finishPasskey,
  newBrowser,
  newOwner,
  registerForged,
  signInOptions,
} from '../testing/passkeyOwners.ts'
import { CALLBACK, testProvider } from '../testing/provider.ts'
import { type TestBrowser, type TestResponse, testServer } from '../testing/server.ts'
import { claimUse, findPasskey } from './index.ts'

const server = await testServer({ roles: ['web'] })
const ORIGIN = server.services.origin
const acme = { id: await findTenantId(server.store, 'acme.example'), domain: 'acme.example' }
const globex = { id: await findTenantId(server.store, 'globex.example'), domain: 'globex.example' }

/** Somebody with a passkey whose key the test holds. */
async function withPasskey(tenant = acme, more: Parameters<typeof registerForged>[1] = {}) {
  const { user, browser } = await newOwner(server, tenant)
  return { user, browser, ...(await registerForged(browser, more)) }
}
type Owner = Awaited<ReturnType<typeof withPasskey>>

interface Options {
  challenge: string
  rpId: string
}

/** A place that asks for a passkey: its options, and what becomes of an answer. */
interface Door {
  options: Options
  answer(credential: unknown): Promise<TestResponse>
}

/** The three places that ask for a passkey. Each call asks anew, in a browser of its own. */
const doors: Record<string, (owner: Owner) => Promise<Door>> = {
  async 'sign-in'() {
    const browser = server.browser()
    const options = await signInOptions(browser)
    return { options, answer: credential => post(browser, '/signin/passkey', { credential }) }
  },
  async 'gate of a reset'({ user }) {
    const browser = server.browser()
    const journey = granted(await post(browser, '/reset', { username: user.userPrincipalName }), 201)
    return challengeOf(browser, `/reset/${journey.id}`, journey.methods)
  },
  async 'proof in a session'({ user }) {
    const browser = await newBrowser(server, user)
    return challengeOf(browser, '/session', granted(await get(browser, '/security-info')).methods)
  },
}

async function challengeOf(browser: TestBrowser, at: string, methods: { kind: string; id: string }[]): Promise<Door> {
  const [method] = methods.filter(({ kind }) => kind === 'passkey')
  const { challenge } = granted(await post(browser, `${at}/challenges`, { method: method!.id }), 201)
  return {
    options: challenge.options,
    answer: credential => post(browser, `${at}/proofs`, { challenge: challenge.id, credential }),
  }
}

/** Hands this answer in at every place, and asserts that each refuses it and takes the right one afterwards. */
async function refusesEverywhere(
  forged: Forged,
  { owner, passkey, origin = ORIGIN }: { owner?: Owner; passkey?: ForgedPasskey; origin?: string } = {},
) {
  const asked = owner ?? (await withPasskey())
  const { userHandle } = asked
  for (const [name, open] of Object.entries(doors)) {
    const door = await open(asked)
    const wrong = (passkey ?? asked.passkey).get(origin, door.options, { userHandle, ...forged })
    refused(await door.answer(wrong), 422, 'passkey_incorrect')
    const right = await door.answer(asked.passkey.get(ORIGIN, door.options, { userHandle }))
    assert.equal(right.status, 200, `${name}: ${right.text}`)
  }
}

const eventsOf = async ({ user }: Owner) => {
  const { rows } = await server.store.pool.query(
    `select activity, result, reason from latchkey.audit_events where target_id = $1 order by at, activity`,
    [user.id],
  )
  return rows.map(({ activity, result, reason }) => [activity, result, reason].filter(Boolean).join(' '))
}

test('every place asks alike: for a verified user, and for no passkey by name', async () => {
  const owner = await withPasskey()
  for (const open of Object.values(doors)) {
    const { challenge, ...rest } = (await open(owner)).options
    assert.ok(Buffer.from(challenge, 'base64url').length >= 16)
    assert.deepEqual(rest, { rpId: 'localhost', allowCredentials: [], userVerification: 'required', timeout: 300_000 })
  }
})

test('an answer that cannot be read is refused', async () => {
  const owner = await withPasskey()
  const { passkey, userHandle } = owner
  for (const [name, open] of Object.entries(doors)) {
    const { options, answer } = await open(owner)
    const right = passkey.get(ORIGIN, options, { userHandle })
    const unreadable = (response: object) => answer({ ...right, response: { ...right.response, ...response } })
    const notJson = Buffer.from('{"type":').toString('base64url')
    const code = name === 'sign-in' ? 'passkey_over' : 'passkey_incorrect'
    refused(await unreadable({ clientDataJSON: notJson }), name === 'sign-in' ? 410 : 422, code)
    for (const response of [{ authenticatorData: 'AAAA' }, { signature: 'AAAA' }])
      refused(await unreadable(response), 422, 'passkey_incorrect')
    refused(await answer({ ...right, rawId: 'AAAA' }), 422, 'passkey_incorrect')
    for (const wrong of [
      { ...right, type: 'password' },
      { ...right, id: '' },
      { ...right, response: {} },
    ])
      refused(await answer(wrong), 400, 'invalid_request')
    granted(await answer(right))
  }
})

// --- Whose it is (§7.2, step 6)

test('a passkey of another person, or one that is not on record, proves nothing for this one', async () => {
  const owner = await withPasskey()
  const other = await withPasskey()
  for (const passkey of [other.passkey, forgedPasskey()])
    for (const userHandle of [owner.userHandle, other.userHandle, undefined])
      for (const [name, open] of Object.entries(doors).filter(([name]) => name !== 'sign-in')) {
        const { options, answer } = await open(owner)
        const wrong = await answer(passkey.get(ORIGIN, options, { userHandle }))
        assert.deepEqual([wrong.status, wrong.json.code], [422, 'passkey_incorrect'], name)
      }
})

test('at a sign-in the user handle tells whose a passkey is; one of another person or tenant, or none, leads to nobody', async () => {
  const owner = await withPasskey()
  const other = await withPasskey()
  const elsewhere = await withPasskey(globex)
  const swapped = handleOf({ tenantId: globex.id, id: owner.user.id })
  const handles = [other.userHandle, elsewhere.userHandle, swapped, randomBytes(32).toString('base64url')]
  for (const userHandle of [...handles, 'AAAA', '', null, undefined]) {
    const { options, answer } = await doors['sign-in']!(owner)
    refused(await answer(owner.passkey.get(ORIGIN, options, { userHandle })), 401, 'passkey_unknown')
  }
})

const handleOf = ({ tenantId, id }: Pick<User, 'tenantId' | 'id'>) =>
  Buffer.from(`${tenantId}${id}`.replaceAll('-', ''), 'hex').toString('base64url')

test('a proof with the user handle of another person is refused; without one it passes', async () => {
  const owner = await withPasskey()
  const other = await withPasskey()
  for (const [name, open] of Object.entries(doors).filter(([name]) => name !== 'sign-in')) {
    const { options, answer } = await open(owner)
    for (const userHandle of [other.userHandle, 'AAAA', ''])
      refused(await answer(owner.passkey.get(ORIGIN, options, { userHandle })), 422, 'passkey_incorrect')
    assert.equal((await answer(owner.passkey.get(ORIGIN, options, { userHandle: null }))).status, 200, name)
  }
})

test('a sign-in to an application of one tenant takes no passkey of another', async () => {
  const { tenantId, register } = await testProvider(server)
  const { appId } = await register({ spa: [CALLBACK] })
  const browser = server.browser()
  const asked = { client_id: appId, redirect_uri: CALLBACK, response_type: 'code', scope: 'openid', nonce: 'n' }
  const pkce = { code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' }
  const to = await browser.page(`/${tenantId}/v2.0/authorize?${new URLSearchParams({ ...asked, ...pkce })}`)
  const at = to.headers.get('location') ?? ''
  const signIn = async ({ passkey, userHandle }: Owner) => {
    const { options } = granted(await get(browser, at))
    return post(browser, `${at}/passkey`, { credential: passkey.get(ORIGIN, options, { userHandle }) })
  }
  refused(await signIn(await withPasskey(globex)), 403, 'wrong_tenant')
  granted(await signIn(await withPasskey()))
})

// --- Client data (steps 10 to 14)

test('an assertion of another type is refused', () => refusesEverywhere({ client: { type: 'webauthn.create' } }))

test('lesson 30: an assertion for one purpose proves nothing for another', async () => {
  const owner = await withPasskey()
  const { passkey, userHandle, browser } = owner
  const registration = await beginPasskey(browser)
  const asking = [
    { name: 'registration', options: { ...registration.options, rpId: 'localhost' } },
    ...(await Promise.all(
      Object.entries(doors).map(async ([name, open]) => ({ name, options: (await open(owner)).options })),
    )),
  ]
  for (const [name, open] of Object.entries(doors))
    for (const { options } of asking) {
      const door = await open(owner)
      const answer = await door.answer(passkey.get(ORIGIN, options, { userHandle }))
      const [status, code] = name === 'sign-in' ? [410, 'passkey_over'] : [422, 'passkey_incorrect']
      refused(answer, status as number, code as string)
    }
  const used = passkey.get(ORIGIN, { ...registration.options, rpId: 'localhost' }, { userHandle })
  refused(await finishPasskey(browser, registration.id, used), 422, 'passkey_incorrect')
})

test('a challenge of another journey, session or person is answered nowhere else', async () => {
  const owner = await withPasskey()
  const other = await withPasskey()
  const { passkey, userHandle } = owner
  const theirs = server.browser()
  const journey = granted(await post(theirs, '/reset', { username: other.user.userPrincipalName }), 201)
  const session = await newBrowser(server, owner.user)
  for (const [browser, path] of [
    [theirs, `/reset/${journey.id}`],
    [session, '/session'],
    [other.browser, '/session'],
  ] as const) {
    const own = server.browser()
    const begun = granted(await post(own, '/reset', { username: owner.user.userPrincipalName }), 201)
    const [method] = begun.methods.filter(({ kind }: { kind: string }) => kind === 'passkey')
    const { challenge } = granted(await post(own, `/reset/${begun.id}/challenges`, { method: method.id }), 201)
    const proof = { challenge: challenge.id, credential: passkey.get(ORIGIN, challenge.options, { userHandle }) }
    refused(await post(browser, `${path}/proofs`, proof), 410, 'challenge_expired')
    // Of another browser the journey is none.
    assert.equal((await post(server.browser(), `/reset/${begun.id}/proofs`, proof)).status, 404)
    granted(await post(own, `/reset/${begun.id}/proofs`, proof))
  }
})

test('lesson 25: the value of a sign-in is good in its own browser and its own sign-in alone', async () => {
  const { passkey, userHandle } = await withPasskey()
  const browser = server.browser()
  const here = await signInOptions(browser)
  const begin = async () =>
    granted(await post(browser, '/signin/start', { username: 'signer@acme.example' }), 201).id as string
  const [one, two] = [await begin(), await begin()]
  const within = granted(await get(browser, `/signin/${one}`)).options
  const over = async (who: TestBrowser, path: string, options: Options) =>
    refused(await post(who, path, { credential: passkey.get(ORIGIN, options, { userHandle }) }), 410, 'passkey_over')
  const another = server.browser()
  await signInOptions(another)
  await over(another, '/signin/passkey', here)
  await over(server.browser(), '/signin/passkey', here)
  await over(browser, `/signin/${one}/passkey`, here)
  await over(browser, '/signin/passkey', within)
  await over(browser, `/signin/${two}/passkey`, within)
  const credential = passkey.get(ORIGIN, within, { userHandle })
  assert.equal(granted(await post(browser, `/signin/${one}/passkey`, { credential })).state, 'stay-signed-in')
})

test('an assertion that was made at another origin is refused', async () => {
  for (const origin of ['https://localhost', 'http://localhost:81', 'http://a.localhost', 'null'])
    await refusesEverywhere({}, { origin })
})

test('an assertion that was made inside a page of another site is refused', async () => {
  for (const crossOrigin of [true, 'true', null]) await refusesEverywhere({ client: { crossOrigin } })
})

test('an assertion that names the page around it is refused', async () => {
  for (const topOrigin of [ORIGIN, null]) await refusesEverywhere({ client: { topOrigin } })
})

// --- Authenticator data and signature (steps 15 to 21)

test('an assertion for another relying party is refused', () => refusesEverywhere({ rpId: 'elsewhere.example' }))

test('an assertion without the presence of its user is refused', () => refusesEverywhere({ flags: UV | BE | BS }))

test('an assertion whose user was not verified is refused', () => refusesEverywhere({ flags: UP | BE | BS }))

test('a device that others made, and that does not verify its user, opens nothing', async () => {
  const owner = await withPasskey()
  const device = newAuthenticator()
  await registerPasskey(await newBrowser(server, owner.user), device)
  const unverified = { options: { uv: false, up: true } }
  device.authenticator.params = { ...device.authenticator.params, userGetAssertionInteraction: () => unverified }
  for (const open of Object.values(doors)) {
    const { options, answer } = await open(owner)
    refused(await answer(device.getJSON(ORIGIN, options)), 422, 'passkey_incorrect')
  }
})

test('an assertion that is synced though it cannot be is refused', async () => {
  const owner = await withPasskey(acme, { flags: UP | UV })
  const { options, answer } = await doors['sign-in']!(owner)
  const wrong = owner.passkey.get(ORIGIN, options, { ...owner, flags: UP | UV | BS })
  refused(await answer(wrong), 422, 'passkey_incorrect')
})

test('a passkey never learns or unlearns that it can be synced; whether it is may change', async () => {
  const bound = await withPasskey(acme, { flags: UP | UV })
  const syncing = await withPasskey(acme, { flags: UP | UV | BE })
  const signIn = async (owner: Owner, flags: number) => {
    const { options, answer } = await doors['sign-in']!(owner)
    return answer(owner.passkey.get(ORIGIN, options, { ...owner, flags }))
  }
  refused(await signIn(bound, UP | UV | BE), 422, 'passkey_incorrect')
  refused(await signIn(syncing, UP | UV), 422, 'passkey_incorrect')
  granted(await signIn(bound, UP | UV))
  for (const synced of [true, false]) {
    granted(await signIn(syncing, synced ? UP | UV | BE | BS : UP | UV | BE))
    const { methods } = granted(await get(syncing.browser, '/security-info'))
    assert.equal(methods.find(({ kind }: { kind: string }) => kind === 'passkey').synced, synced)
  }
})

test('a signature over other bytes, or by another key, is refused', async () => {
  const owner = await withPasskey()
  await refusesEverywhere({ signed: Buffer.from('other bytes') }, { owner })
  const twin = forgedPasskey({ id: Buffer.from(owner.passkey.credentialId, 'base64url') })
  await refusesEverywhere({}, { owner, passkey: twin })
})

test('authenticator data with bytes after its end is refused', () => refusesEverywhere({ more: Buffer.alloc(2) }))

// --- The count of the authenticator, and use once (steps 22 to 24)

test('a count that does not rise is refused everywhere, and the log says that a copy may exist', async () => {
  for (const [name, open] of Object.entries(doors)) {
    const owner = await withPasskey(acme, { count: 3 })
    const give = async (count: number) => {
      const { options, answer } = await open(owner)
      return answer(owner.passkey.get(ORIGIN, options, { ...owner, count }))
    }
    granted(await give(5))
    for (const count of [5, 4, 0]) refused(await give(count), 422, 'passkey_incorrect')
    const suspected = (await eventsOf(owner)).filter(event => event === 'passkey.copy_suspected failure')
    assert.equal(suspected.length, 3, name)
    granted(await give(6))
    const { activity } = granted(await get(owner.browser, '/account/activity'))
    assert.ok(
      activity.some((line: { activity: string }) => line.activity === 'passkey.copy_suspected'),
      name,
    )
  }
})

test('an authenticator that counts nothing signs in again and again, and each answer once', async () => {
  const { passkey, userHandle } = await withPasskey()
  const browser = server.browser()
  const answers = []
  for (let times = 0; times < 2; times++) {
    const credential = passkey.get(ORIGIN, await signInOptions(browser), { userHandle })
    granted(await post(browser, '/signin/passkey', { credential }))
    answers.push(credential)
  }
  for (const credential of answers) refused(await post(browser, '/signin/passkey', { credential }), 410, 'passkey_over')
})

test('an answer to an older page signs in no more once a later one did', async () => {
  const { passkey, userHandle } = await withPasskey()
  const browser = server.browser()
  const older = await signInOptions(browser)
  server.clock.advance(SECOND)
  const later = await signInOptions(browser)
  granted(await post(browser, '/signin/passkey', { credential: passkey.get(ORIGIN, later, { userHandle }) }))
  const late = passkey.get(ORIGIN, older, { userHandle })
  refused(await post(browser, '/signin/passkey', { credential: late }), 410, 'passkey_over')
})

test('the value of a sign-in is over after ten minutes, a challenge after five', async () => {
  const owner = await withPasskey()
  const lasts: Record<string, number> = { 'sign-in': 10 * MINUTE }
  for (const [name, open] of Object.entries(doors)) {
    const { options, answer } = await open(owner)
    server.clock.advance((lasts[name] ?? 5 * MINUTE) + SECOND)
    const late = await answer(owner.passkey.get(ORIGIN, options, owner))
    refused(late, 410, name === 'sign-in' ? 'passkey_over' : 'challenge_expired')
  }
})

test('the repeat of a proof changes nothing; the same answer passes no other challenge', async () => {
  const owner = await withPasskey(acme, { count: 1 })
  for (const open of [doors['gate of a reset']!, doors['proof in a session']!]) {
    const door = await open(owner)
    const credential = owner.passkey.get(ORIGIN, door.options, { ...owner, count: nextCount() })
    granted(await door.answer(credential))
    granted(await door.answer(credential))
    const another = await open(owner)
    refused(await another.answer(credential), 422, 'passkey_incorrect')
  }
  assert.ok(!(await eventsOf(owner)).some(event => event.startsWith('passkey.copy_suspected')))
})

let count = 1
const nextCount = () => ++count

// --- Who may use it

test('a passkey of a disabled or a deleted person signs in no more, and tells only its owner why', async () => {
  const owner = await withPasskey()
  const { passkey, userHandle, user } = owner
  const signIn = async (forged: Forged = {}) => {
    const { options, answer } = await doors['sign-in']!(owner)
    return answer(passkey.get(ORIGIN, options, { userHandle, ...forged }))
  }
  await server.store.pool.query('update latchkey.users set account_enabled = false where id = $1', [user.id])
  refused(await signIn({ signed: Buffer.alloc(1) }), 422, 'passkey_incorrect')
  refused(await signIn(), 403, 'account_disabled')
  await server.store.pool.query('delete from latchkey.users where id = $1', [user.id])
  refused(await signIn(), 401, 'passkey_unknown')
})

test('a challenge of before a reset, or of before "this wasn’t me", proves nothing afterwards', async () => {
  for (const [name, status, code] of [
    ['gate of a reset', 410, 'journey_expired'],
    ['proof in a session', 401, 'not_signed_in'],
  ] as const) {
    const owner = await withPasskey()
    const { options, answer } = await doors[name]!(owner)
    await server.store.pool.query('update latchkey.users set security_epoch = security_epoch + 1 where id = $1', [
      owner.user.id,
    ])
    refused(await answer(owner.passkey.get(ORIGIN, options, owner)), status, code)
  }
})

test('a passkey that its owner reported opens nothing, until it is set up anew without the others', async () => {
  const owner = await withPasskey()
  const { options, answer } = await doors['proof in a session']!(owner)
  await server.store.pool.query('update latchkey.methods set blocked_at = now() where user_id = $1', [owner.user.id])
  const session = await answer(owner.passkey.get(ORIGIN, options, owner))
  refused(session, 422, 'passkey_incorrect')
  const signIn = await doors['sign-in']!(owner)
  refused(await signIn.answer(owner.passkey.get(ORIGIN, signIn.options, owner)), 422, 'passkey_incorrect')
  const journey = granted(await post(server.browser(), '/reset', { username: owner.user.userPrincipalName }), 201)
  assert.equal(journey.refusal?.code, 'SSPR_0014')
  const { passkey } = await registerForged(await newBrowser(server, owner.user))
  const { methods } = granted(await get(owner.browser, '/security-info'))
  assert.equal(methods.filter(({ kind }: { kind: string }) => kind === 'passkey').length, 1)
  const again = await doors['sign-in']!(owner)
  refused(await again.answer(owner.passkey.get(ORIGIN, again.options, owner)), 401, 'passkey_unknown')
  granted(await again.answer(passkey.get(ORIGIN, again.options, owner)))
})

test('a use that a clock wrote which had jumped ahead stops no sign-in', async () => {
  const owner = await withPasskey()
  const used = (ahead: number) =>
    server.store.pool.query('update latchkey.passkeys set last_challenge_at = $1 where user_id = $2', [
      plus(server.clock.now(), ahead),
      owner.user.id,
    ])
  const signIn = async () => {
    const { options, answer } = await doors['sign-in']!(owner)
    return answer(owner.passkey.get(ORIGIN, options, owner))
  }
  await used(9 * MINUTE)
  refused(await signIn(), 410, 'passkey_over')
  await used(DAY)
  granted(await signIn())
})

test('a use is not taken of a passkey that was reported while its answer was judged', async () => {
  const { user, passkey } = await withPasskey()
  const claim = () =>
    inTenant(server.store, acme.id, async trx => {
      const means = { ...server.services, now: server.clock.now() }
      const stored = await findPasskey(trx, { tenantId: acme.id, userId: user.id }, passkey.credentialId)
      return claimUse(trx, means, acme.id, { passkeyId: stored!.id, signCount: 0, synced: true })
    })
  assert.equal(await claim(), 'taken')
  await server.store.pool.query('update latchkey.methods set blocked_at = now() where user_id = $1', [user.id])
  assert.equal(await claim(), 'over')
})

test('a new passkey passes no gate before it has cooled off, also beside an older one; it signs in at once', async t => {
  await policy(t, { coolingOffHours: 24 })
  const owner = await withPasskey()
  const fresh = granted(await post(server.browser(), '/reset', { username: owner.user.userPrincipalName }), 201)
  assert.equal(fresh.refusal?.code, 'SSPR_0014')
  server.clock.advance(DAY)
  const { passkey: planted } = await registerForged(await newBrowser(server, owner.user))
  const { options, answer } = await doors['gate of a reset']!(owner)
  refused(await answer(planted.get(ORIGIN, options, owner)), 422, 'passkey_incorrect')
  granted(await answer(owner.passkey.get(ORIGIN, options, owner)))
  const signIn = await doors['sign-in']!(owner)
  granted(await signIn.answer(planted.get(ORIGIN, signIn.options, owner)))
})

test('a passkey that the policy does not have passes no gate, and signs in all the same', async t => {
  const owner = await withPasskey()
  const door = await doors['gate of a reset']!(owner)
  await policy(t, { methods: ['email', 'mobilePhone'] })
  const answer = await door.answer(owner.passkey.get(ORIGIN, door.options, owner))
  assert.ok(answer.status !== 200 || answer.json.gates.passed === 0, answer.text)
  const signIn = await doors['sign-in']!(owner)
  granted(await signIn.answer(owner.passkey.get(ORIGIN, signIn.options, owner)))
})

/** Changes the default policy of Acme until the test ends. */
async function policy(t: { after(work: () => Promise<unknown>): void }, changes: Partial<ResetPolicySettings>) {
  const { clock, random, keys } = server.services
  const change = (to: Partial<ResetPolicySettings>) =>
    inTenant(server.store, acme.id, trx =>
      changeDefaultPolicy(trx, { now: clock(), random, keys } as never, acme.id, to),
    )
  await change(changes)
  t.after(() =>
    change({
      coolingOffHours: 0,
      methods: ['passkey', 'mobilePhone', 'officePhone', 'email', 'securityQuestions', 'authenticatorCode'],
    }),
  )
}

// --- At once

test('lesson 20: of 50 answers to one challenge at once, one passes one gate', async () => {
  for (const count of [0, 9]) {
    const owner = await withPasskey()
    const { options, answer } = await doors['gate of a reset']!(owner)
    const credential = owner.passkey.get(ORIGIN, options, { ...owner, count })
    const answers = await Promise.all(Array.from({ length: 50 }, () => answer(credential)))
    for (const one of answers) assert.deepEqual(granted(one).gates, { required: 1, passed: 1 })
    const passed = (await eventsOf(owner)).filter(event => event.startsWith('reset.proof_passed'))
    assert.equal(passed.length, 1)
  }
})

test('lesson 20: of one answer that signs in 50 times at once, one begins a session', async () => {
  for (const count of [0, 9]) {
    const { user, passkey, userHandle } = await withPasskey()
    const browser = server.browser()
    const credential = passkey.get(ORIGIN, await signInOptions(browser), { userHandle, count })
    const sessions = async () =>
      (await server.store.pool.query('select count(*)::int as n from latchkey.sessions where user_id = $1', [user.id]))
        .rows[0].n
    const before = await sessions()
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => post(browser, '/signin/passkey', { credential })),
    )
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(49).fill(410)])
    assert.equal(await sessions(), before + 1)
  }
})
