import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId } from '../directory/index.ts'
import { changeDefaultPolicy, methodKinds, type ResetPolicySettings } from '../policies/index.ts'
import { inTenant } from '../store/index.ts'
import { ask, get, granted, post, refused } from '../testing/contract.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { chooseSignIn, takeDueStep } from '../testing/steps.ts'

// Recovery codes by the JSON form, as front ends use them.
const server = await testServer()
const acme = await findTenantId(server.store, 'acme.example')
const choose = (changes: Partial<ResetPolicySettings>) =>
  inTenant(server.store, acme, trx =>
    changeDefaultPolicy(trx, { ...server.services, now: server.clock.now() }, acme, changes),
  )
await choose({ methods: [...methodKinds] })

interface Method {
  id: string
  kind: string
  left?: number
  codes: string[]
}

async function signIn(username: string) {
  const browser = server.browser()
  granted(await post(browser, '/signin', { username, password: PASSWORD }))
  await takeDueStep(server, browser)
  return browser
}

const methodIn = async (browser: TestBrowser, kind = 'recoveryCode') => {
  const { methods } = granted(await get(browser, '/security-info'))
  return methods.find((one: Method) => one.kind === kind) as Method
}

/** Proves a session by a mailed code. */
async function prove(browser: TestBrowser, address: string) {
  const [before] = await server.outbox()
  const { id } = await methodIn(browser, 'email')
  const { challenge } = granted(await post(browser, '/session/challenges', { method: id }), 201)
  const code = await server.code(address, before)
  granted(await post(browser, '/session/proofs', { challenge: challenge.id, code }))
}

const make = (browser: TestBrowser) => post(browser, '/security-info/methods', { kind: 'recoveryCode' })

/** A signed-in person with a new sheet of codes. */
async function withCodes(name: string) {
  const browser = await signIn(`${name}@acme.example`)
  await prove(browser, `${name}@mail.example`)
  return { browser, sheet: granted(await make(browser), 201) as Method }
}

/** A reset that has a challenge of a recovery code open. */
async function beginReset(name: string) {
  const browser = server.browser()
  const journey = granted(await post(browser, '/reset', { username: `${name}@acme.example` }), 201)
  const method = journey.methods.find((one: Method) => one.kind === 'recoveryCode')
  const path = `/reset/${journey.id}`
  const { challenge } = granted(await post(browser, `${path}/challenges`, { method: method.id }), 201)
  const give = (code: string) => post(browser, `${path}/proofs`, { challenge: challenge.id, code })
  return { browser, path, challenge, give }
}

const forgetFailures = () => server.store.pool.query('delete from latchkey.counters')

test('a sheet of ten codes is shown once, to a person who has just proved who they are', async () => {
  const browser = await signIn('registered@acme.example')
  assert.deepEqual(await methodIn(browser), { kind: 'recoveryCode', state: 'missing', editable: true })
  refused(await make(browser), 403, 'proof_needed')
  await prove(browser, 'registered@mail.example')
  const made = await make(browser)
  const { codes, ...method } = granted(made, 201)
  assert.equal(codes.length, 10)
  assert.equal(new Set(codes).size, 10)
  for (const code of codes) assert.match(code, /^([0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}$/)
  assert.deepEqual([method.kind, method.state, method.left], ['recoveryCode', 'registered', 10])
  assert.deepEqual(await methodIn(browser), method, 'and never again')
  const stored = await server.store.pool.query('select * from latchkey.recovery_codes')
  const text = JSON.stringify(stored.rows.map(row => Object.values(row).map(String)))
  for (const code of codes) assert.ok(!text.includes(code) && !text.includes(code.replaceAll('-', '')))
  await server.message(({ to, kind }) => to === 'registered@mail.example' && kind === 'notice')

  refused(await post(browser, '/security-info/challenges', { kind: 'recoveryCode' }), 400, 'invalid_request')
  granted(await ask(browser, 'DELETE', `/security-info/methods/${method.id}`), 204)
  assert.deepEqual(await methodIn(browser), { kind: 'recoveryCode', state: 'missing', editable: true })
  const { rows } = await server.store.pool.query('select 1 from latchkey.recovery_codes')
  assert.equal(rows.length, 0)
})

test('lesson 20: a code passes one gate once, however it is typed, and its owner is told how many are left', async () => {
  const { sheet } = await withCodes('registered')
  const [code = '', other = ''] = sheet.codes
  const reset = await beginReset('registered')
  assert.deepEqual(Object.keys(reset.challenge).sort(), ['expiresAt', 'id', 'kind'])
  const [before] = await server.outbox()
  const passed = granted(await reset.give(` ${code.toLowerCase().replaceAll('-', ' ').replaceAll('1', 'l')} `))
  assert.deepEqual([passed.state, passed.codesLeft], ['choose-password', 9])
  const told = await server.message(one => one.subject?.includes('recovery code') === true && one !== before)
  assert.match(told.text, /registered@acme\.example/)
  assert.match(told.text, /Recovery codes left: 9/)

  // The repeat of the accepted one changes nothing; another code of the sheet is not found out by it.
  assert.deepEqual(granted(await reset.give(code)).codesLeft, 9)
  refused(await reset.give(other), 410, 'challenge_expired')
  const again = await beginReset('registered')
  refused(await again.give(code), 422, 'code_incorrect')
  assert.equal(granted(await again.give(other)).codesLeft, 8)
  await forgetFailures()
})

test('text that is no recovery code is not counted, and a wrong one is a failed proof', async () => {
  await withCodes('registered')
  const { give } = await beginReset('registered')
  for (const malformed of ['123456', 'ABCD-EFGH', 'ABCD-EFGH-JKMU', 'ABCD-EFGH-JKMN-P', '………'])
    for (let times = 0; times < 3; times++) refused(await give(malformed), 400, 'invalid_request')
  const wrong = (n: number) => `ABCD-EFGH-JKM${n}`
  for (let n = 0; n < 5; n++) refused(await give(wrong(n)), 422, 'code_incorrect')
  refused(await give(wrong(5)), 429, 'blocked')
  await forgetFailures()
})

test('a new sheet ends the old one, also for a challenge that is open', async () => {
  const { browser, sheet } = await withCodes('registered')
  const open = await beginReset('registered')
  const { codes } = granted(await make(browser), 201)
  refused(await open.give(sheet.codes[0]!), 422, 'code_incorrect')
  refused(await open.give(codes[0]), 422, 'code_incorrect')
  const next = await beginReset('registered')
  refused(await next.give(sheet.codes[0]!), 422, 'code_incorrect')
  granted(await next.give(codes[0]))
  await forgetFailures()
})

test('one code that is given in many journeys and sessions at once passes one of them', async () => {
  const { sheet, browser } = await withCodes('registered')
  const resets = await Promise.all(Array.from({ length: 4 }, () => beginReset('registered')))
  const { challenge } = granted(await post(browser, '/session/challenges', { method: sheet.id }), 201)
  const [code = ''] = sheet.codes
  const answers = await Promise.all([
    post(browser, '/session/proofs', { challenge: challenge.id, code }),
    ...resets.map(({ give }) => give(code)),
  ])
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 422, 422, 422, 422])
  const { rows } = await server.store.pool.query(
    'select count(*)::int used from latchkey.recovery_codes where used_at is not null',
  )
  assert.equal(rows[0].used, 1)
  await forgetFailures()
})

test('one challenge that is answered many times at once is passed once', async () => {
  const { sheet } = await withCodes('registered')
  const { give } = await beginReset('registered')
  const answers = await Promise.all(Array.from({ length: 20 }, () => give(sheet.codes[0]!)))
  for (const answer of answers) assert.equal(granted(answer).codesLeft, 9)
})

test('the last code still proves its owner; then none is offered', async () => {
  const { browser, sheet } = await withCodes('registered')
  for (const code of sheet.codes) {
    const { challenge } = granted(await post(browser, '/session/challenges', { method: sheet.id }), 201)
    const answer = granted(await post(browser, '/session/proofs', { challenge: challenge.id, code }))
    assert.equal(answer.codesLeft, 9 - sheet.codes.indexOf(code))
  }
  assert.equal((await methodIn(browser)).left, 0)
  refused(await post(browser, '/session/challenges', { method: sheet.id }), 422, 'method_unavailable')
  const journey = granted(await post(server.browser(), '/reset', { username: 'registered@acme.example' }), 201)
  assert.ok(journey.methods.every((one: Method) => one.kind !== 'recoveryCode'))
  // The last code was a fresh proof.
  assert.equal(granted(await make(browser), 201).left, 10)
})

test('the last code passes the gate of the reset in which it is used', async () => {
  const { sheet, browser: owner } = await withCodes('stale')
  const [last = '', ...others] = sheet.codes
  for (const code of others) {
    const { challenge } = granted(await post(owner, '/session/challenges', { method: sheet.id }), 201)
    granted(await post(owner, '/session/proofs', { challenge: challenge.id, code }))
  }
  const { give, browser, path } = await beginReset('stale')
  const { state, codesLeft } = granted(await give(last))
  assert.deepEqual([state, codesLeft], ['choose-password', 0])
  assert.equal(granted(await get(browser, path)).state, 'choose-password')
  granted(await post(browser, `${path}/password`, { newPassword: 'Quite-another-kestrel-1' }))
})

test('an administrator passes one of two gates by a code, never both', async () => {
  const { sheet } = await withCodes('admin')
  const { give, browser, path } = await beginReset('admin')
  const passed = granted(await give(sheet.codes[0]!))
  assert.deepEqual([passed.state, passed.gates], ['verify', { required: 2, passed: 1 }])
  assert.ok(passed.methods.every((one: Method) => one.kind !== 'recoveryCode'))
  refused(await post(browser, `${path}/password`, { newPassword: 'Quite-another-kestrel-1' }), 409, 'gates_missing')
})

test('a reported use blocks the codes, and a new sheet clears it', async () => {
  const { sheet, browser } = await withCodes('signer')
  const thief = await signIn('signer@acme.example')
  const { challenge } = granted(await post(thief, '/session/challenges', { method: (await methodIn(thief)).id }), 201)
  granted(await post(thief, '/session/proofs', { challenge: challenge.id, code: sheet.codes[0] }))
  const { activity } = granted(await get(browser, '/account/activity'))
  const { id } = activity.find((one: { activity: string }) => one.activity === 'proof.passed')
  const report = granted(await post(browser, `/account/activity/${id}/report`))
  assert.deepEqual(report.methodsBlocked, ['recoveryCode'])
  refused(await get(thief, '/session'), 401, 'not_signed_in')
  const blocked = await methodIn(browser)
  assert.equal((blocked as { blocked?: true }).blocked, true)
  const journey = granted(await post(server.browser(), '/reset', { username: 'signer@acme.example' }), 201)
  assert.ok(journey.methods.every((one: Method) => one.kind !== 'recoveryCode'))
  await prove(browser, 'signer@mail.example')
  const anew = granted(await make(browser), 201)
  assert.deepEqual([(await methodIn(browser)).left, 'blocked' in (await methodIn(browser))], [10, false])
  const next = await beginReset('signer')
  refused(await next.give(sheet.codes[1]!), 422, 'code_incorrect')
  granted(await next.give(anew.codes[0]))
})

test('a first sheet does not take the second step by itself', async context => {
  await chooseSignIn(context, server, acme, { secondStep: 'everyone' })
  const browser = server.browser()
  const { state } = granted(await post(browser, '/signin', { username: 'new@acme.example', password: PASSWORD }))
  assert.equal(state, 'register')
  const { codes } = granted(await make(browser), 201)
  const session = granted(await get(browser, '/session'))
  assert.equal(session.state, 'second-step')
  const [{ id, kind }] = session.methods
  assert.equal(kind, 'recoveryCode')
  const { challenge } = granted(await post(browser, '/session/challenges', { method: id }), 201)
  const stepped = granted(await post(browser, '/session/proofs', { challenge: challenge.id, code: codes[0] }))
  assert.deepEqual([stepped.state, stepped.codesLeft], ['signed-in', 9])
})

test('a sheet that a password alone has made passes no second step beside an older way', async context => {
  await chooseSignIn(context, server, acme, { secondStep: 'everyone' })
  const name = 'prefilled@acme.example'
  await choose({ prefilledDataCounts: true })
  const thief = server.browser()
  granted(await post(thief, '/signin', { username: name, password: PASSWORD }))
  const ways = granted(await get(thief, '/session')).methods
  assert.ok(ways.length > 0 && ways.every((one: Method) => one.kind !== 'recoveryCode'))
  refused(await make(thief), 403, 'session_restricted')
  await chooseSignIn(context, server, acme, { secondStep: 'off' })
  const planting = server.browser()
  granted(await post(planting, '/signin', { username: name, password: PASSWORD }))
  granted(await make(planting), 201)
  await chooseSignIn(context, server, acme, { secondStep: 'everyone' })
  granted(await post(thief, '/signin', { username: name, password: PASSWORD }))
  const asked = granted(await get(thief, '/session'))
  assert.equal(asked.state, 'second-step')
  assert.ok(asked.methods.every((one: Method) => one.kind !== 'recoveryCode'))
})

test('a sheet that is used up still guards security info, and a lost one cannot be replaced by a password', async () => {
  const browser = server.browser()
  granted(await post(browser, '/signin', { username: 'temporary@acme.example', password: PASSWORD }))
  granted(
    await post(browser, '/account/password', { currentPassword: PASSWORD, newPassword: 'Quite-another-kestrel-1' }),
    204,
  )
  const { id, codes } = granted(await make(browser), 201)
  for (const code of codes) {
    const { challenge } = granted(await post(browser, '/session/challenges', { method: id }), 201)
    granted(await post(browser, '/session/proofs', { challenge: challenge.id, code }))
  }
  const later = server.browser()
  const again = { username: 'temporary@acme.example', password: 'Quite-another-kestrel-1' }
  granted(await post(later, '/signin', again))
  refused(await make(later), 403, 'proof_needed')
  refused(await post(later, '/security-info/challenges', { kind: 'authenticatorCode' }), 403, 'proof_needed')
})
