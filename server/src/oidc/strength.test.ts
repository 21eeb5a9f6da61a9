import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import * as client from 'openid-client'
import { MINUTE } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import type { SignInPolicy } from '../policies/index.ts'
import { granted, post, refused } from '../testing/contract.ts'
import { type Asked, CALLBACK, payloadOf, redeem, testProvider } from '../testing/provider.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { answerSignIn } from '../testing/signIns.ts'
import { askProof, askStep, chooseSignIn, takeStep } from '../testing/steps.ts'

const server = await testServer()
const { tenantId, register, ask, signInTo } = await testProvider(server)
const person = 'registered@acme.example'
const admin = 'admin@acme.example'
const app = await register({ web: [CALLBACK] })
const get = (browser: TestBrowser, { pathname, search }: URL) => browser.page(pathname + search)

const choose = (context: TestContext, changes: Partial<SignInPolicy>) =>
  chooseSignIn(context, server, tenantId, changes)
/** Makes the password of a browser's session five minutes older. The library has a clock of its own. */
const age = (browser: TestBrowser) =>
  server.store.pool.query(
    "update latchkey.sessions set password_at = password_at - interval '5 minutes' where id = $1",
    [browser.cookies.get('latchkey_session')?.split('.')[1]],
  )
/** What the tokens say of the proof. */
async function proofOf(asked: Asked, answer: URL) {
  const { id_token, access_token, refresh_token } = await redeem(asked, answer)
  const { acr, amr, auth_time } = payloadOf(id_token!)
  const access = payloadOf(access_token)
  assert.deepEqual([access.acr, access.amr, access.auth_time], [acr, amr, auth_time], 'both tokens say the same')
  return { acr, amr, auth_time, refresh_token: refresh_token! }
}
/** Asks for tokens and follows the browser through every step. */
async function prove(browser: TestBrowser, username: string, more: Record<string, string> = {}) {
  const asked = await ask(app, more)
  return { asked, ...(await proofOf(asked, await signInTo(browser, asked.to, username, PASSWORD))) }
}
/** What a request without a page is answered with. */
async function silently(browser: TestBrowser, more: Record<string, string> = {}): Promise<URLSearchParams> {
  const { to } = await ask(app, { prompt: 'none', ...more })
  return new URL((await get(browser, to)).headers.get('location')!).searchParams
}
const told = (answer: URLSearchParams) => [
  answer.get('error'),
  Number(/^AADSTS(\d+):/.exec(answer.get('error_description') ?? '')?.[1]),
]
const MFA = { acr_values: 'mfa' }

test('an application that asks for a second step gets it, also of somebody who is signed in', async () => {
  const browser = server.browser()
  assert.deepEqual(await prove(browser, person).then(({ acr, amr }) => [acr, amr]), ['pwd', ['pwd']])
  // No password again: the session goes on with the step.
  const { to } = await ask(app, MFA)
  const at = (await get(browser, to)).headers.get('location')!
  const { state, methods } = granted(await browser.get(at))
  assert.deepEqual([state, methods[0].kind], ['second-step', 'mobilePhone'])
  assert.equal((await browser.page(at)).headers.get('location'), `/session/step?next=${at}`)
  const before = browser.cookies.get('latchkey_session')
  const { acr, amr } = await prove(browser, person, MFA)
  assert.deepEqual([acr, amr], ['mfa', ['pwd', 'otp', 'mfa']])
  assert.notEqual(browser.cookies.get('latchkey_session'), before)
  assert.equal((await silently(browser, MFA)).has('code'), true, 'from now on without a page')
  // A tab that was open at the step is led on, without another code.
  const left = await browser.page(`/session/step?next=${at}`)
  assert.equal(left.headers.get('location'), at)
  assert.equal(granted(await browser.get(at)).state, 'finished')
})

test('claims ask for the step as acr_values do, essential or not; the first known value decides', async () => {
  const claims = (acr: object) => ({ claims: JSON.stringify({ id_token: { acr } }) })
  const asks = async (more: Record<string, string>) => {
    const browser = server.browser()
    granted(await post(browser, '/signin', { username: person, password: PASSWORD }))
    return told(await silently(browser, more))[1] === 50076
  }
  // The first sign-in agreed to what the application asks for.
  assert.equal(await asks(claims({ value: 'mfa' })), true)
  assert.equal(await asks(claims({ values: ['urn:other', 'mfa', 'pwd'] })), true)
  assert.equal(await asks(claims({ value: 'mfa', essential: true })), true)
  assert.equal(await asks({ acr_values: 'pwd mfa' }), false)
  assert.equal(await asks({ acr_values: 'urn:other' }), false)
  assert.equal(await asks(claims({ essential: true })), false)
  const browser = server.browser()
  granted(await post(browser, '/signin', { username: person, password: PASSWORD }))
  const unknown = told(await silently(browser, claims({ value: 'urn:other', essential: true })))
  assert.deepEqual(unknown, ['unmet_authentication_requirements', 50079])
  const { acr } = await prove(server.browser(), person, claims({ value: 'mfa', essential: true }))
  assert.equal(acr, 'mfa')
})

test('who has no method for a step is told so, and the application too; a password does where it takes one', async () => {
  const name = 'new@acme.example'
  const browser = server.browser()
  granted(await post(browser, '/signin', { username: name, password: PASSWORD }))
  granted(await post(browser, '/security-info/later'))
  const { to } = await ask(app, MFA)
  const at = (await get(browser, to)).headers.get('location')!
  const { state, refusal, next } = granted(await browser.get(at))
  assert.deepEqual([state, refusal.code], ['refused', 'no_second_step'])
  assert.match((await browser.page(at)).text, /asks for a second proof/)
  const answer = await browser.page(new URL(next).pathname)
  assert.deepEqual(told(new URL(answer.headers.get('location')!).searchParams), [
    'unmet_authentication_requirements',
    50079,
  ])
  assert.equal((await prove(browser, name, { acr_values: 'mfa pwd' })).acr, 'pwd')
})

test('the time of a proof is the older one of what it claims, and a refresh keeps all of it', async () => {
  const browser = server.browser()
  const first = await prove(browser, person)
  await age(browser)
  const { asked, acr, amr, auth_time, refresh_token } = await prove(browser, person, MFA)
  assert.equal(auth_time, first.auth_time - 300, 'the password was typed then')
  const renewed = await client.refreshTokenGrant(asked.config, refresh_token)
  const claims = payloadOf(renewed.id_token!)
  assert.deepEqual([claims.acr, claims.amr, claims.auth_time], [acr, amr, auth_time])
  const access = payloadOf(renewed.access_token)
  assert.deepEqual([access.acr, access.amr, access.auth_time], [acr, amr, auth_time])

  // A request for a younger proof asks for both anew.
  const anew = await ask(app, { ...MFA, max_age: '60' })
  const at = (await get(browser, anew.to)).headers.get('location')!
  assert.equal(granted(await browser.get(at)).state, 'name')
  const again = await proofOf(anew, await signInTo(browser, anew.to, person, PASSWORD))
  assert.deepEqual([again.acr, again.auth_time >= auth_time + 300], ['mfa', true])
})

test('a sign-in that lies at a page until its proof is too old begins anew with the password', async () => {
  const other = await register({ web: [CALLBACK] })
  const browser = server.browser()
  granted(await post(browser, '/signin', { username: person, password: PASSWORD }))
  const asked = await ask(other, { max_age: '120' })
  const at = (await get(browser, asked.to)).headers.get('location')!
  const stateOf = async () => granted(await browser.get(at)).state
  assert.equal(await stateOf(), 'consent')
  await age(browser)
  assert.equal(await stateOf(), 'consent')
  assert.equal(granted(await post(browser, `${at}/consent`, { accept: true })).state, 'password')
  const typed = Date.now()
  granted(await post(browser, `${at}/password`, { password: PASSWORD }))
  const { next } = granted(await post(browser, `${at}/stay`, { stay: false }))
  const answer = await get(browser, new URL(next, server.services.origin))
  const { auth_time } = await proofOf(asked, new URL(answer.headers.get('location')!))
  assert.ok(auth_time >= Math.floor(typed / 1000))
})

test('a code that takes long makes no sign-in too old for max_age, and lying at a page after it does', async () => {
  const browser = server.browser()
  const asked = await ask(app, { ...MFA, max_age: '30' })
  const at = (await get(browser, asked.to)).headers.get('location')!
  const answers = { username: person, outbox: server }
  const { methods } = await answerSignIn(browser, at, answers, 'second-step')
  const proof = await askProof(
    server,
    browser,
    methods.find(({ kind }: { kind: string }) => kind === 'email'),
  )
  await age(browser)
  granted(await post(browser, '/session/proofs', proof))
  assert.equal((await answerSignIn(browser, at, answers)).state, 'finished')
  await server.store.pool.query(
    "update latchkey.sessions set proofs = jsonb_set(proofs, '{0,at}', to_jsonb(now() - interval '5 minutes')) where id = $1",
    [browser.cookies.get('latchkey_session')?.split('.')[1]],
  )
  assert.equal(granted(await browser.get(at)).state, 'password')
  const { next } = await answerSignIn(browser, at, answers)
  const answer = await get(browser, new URL(next))
  assert.equal((await proofOf(asked, new URL(answer.headers.get('location')!))).acr, 'mfa')
})

test('a session is too old for max_age by the clock that it began by, also where that is ahead of the system’s', async () => {
  const browser = server.browser()
  granted(await post(browser, '/signin', { username: person, password: PASSWORD }))
  server.clock.advance(4 * MINUTE)
  assert.ok((await silently(browser, { max_age: '300' })).has('code'))
  assert.deepEqual(told(await silently(browser, { max_age: '180' })), ['interaction_required', 50078])
  const asked = await ask(app, { max_age: '180' })
  const at = (await get(browser, asked.to)).headers.get('location')!
  assert.equal(granted(await browser.get(at)).state, 'name')
  granted(await post(browser, '/signin', { username: person, password: PASSWORD }))
  assert.ok((await silently(browser, { max_age: '180' })).has('code'), 'a session of now is young')
})

test('without a page, an application is told which step is missing, and which claims ask for it', async () => {
  const browser = server.browser()
  granted(await post(browser, '/signin', { username: person, password: PASSWORD }))
  assert.deepEqual(told(await silently(browser, MFA)), ['interaction_required', 50076])
  await age(browser)
  const old = await silently(browser, { ...MFA, max_age: '60' })
  assert.deepEqual(told(old), ['interaction_required', 50078])
  assert.deepEqual(JSON.parse(old.get('claims')!), {
    id_token: { auth_time: { essential: true }, acr: { essential: true, value: 'mfa' } },
  })
  assert.equal(old.get('state'), 'the state')

  const restricted = async (username: string) => {
    const one = server.browser()
    const { state } = granted(await post(one, '/signin', { username, password: PASSWORD }))
    return [state, ...told(await silently(one))]
  }
  assert.deepEqual(await restricted(admin), ['second-step', 'interaction_required', 50076])
  assert.deepEqual(await restricted('temporary@acme.example'), ['change-password', 'interaction_required', 50055])
  assert.deepEqual(await restricted('new@acme.example'), ['register', 'interaction_required', 50072])
  assert.deepEqual(told(await silently(server.browser())), ['login_required', 50058])
})

test('the step that the tenant asks for is taken inside the sign-in, and tells no more than it was', async context => {
  const asked = await ask(app)
  const browser = server.browser()
  const at = (await get(browser, asked.to)).headers.get('location')!
  granted(await post(browser, `${at}/name`, { username: admin }))
  const { state, methods } = granted(await post(browser, `${at}/password`, { password: PASSWORD }))
  assert.equal(state, 'second-step')
  assert.equal(methods.length, 2)
  granted(await takeStep(server, browser))
  const { acr } = await proofOf(asked, await signInTo(browser, asked.to, admin, PASSWORD))
  assert.equal(acr, 'mfa')

  await choose(context, { secondStep: 'everyone' })
  const remembering = server.browser()
  granted(await post(remembering, '/signin', { username: person, password: PASSWORD }))
  const given = { ...(await askStep(server, remembering)), rememberBrowser: true }
  granted(await post(remembering, '/session/proofs', given))
  granted(await post(remembering, '/signout'), 204)
  assert.deepEqual(
    await prove(remembering, person).then(one => [one.acr, one.amr]),
    ['pwd', ['pwd']],
    'a browser that is remembered proves nothing',
  )
  assert.equal((await prove(remembering, person, MFA)).acr, 'mfa')
})

test('a step is no longer told where the tenant has taken its method away', async context => {
  const browser = server.browser()
  assert.equal((await prove(browser, person, MFA)).acr, 'mfa')
  await choose(context, { secondStepMethods: ['mobilePhone'] })
  assert.deepEqual(told(await silently(browser, MFA)), ['interaction_required', 50076])
})

test('everything that a session must do first is done inside the sign-in, and then the application is answered', async () => {
  const walk = async (username: string, steps: Record<string, (browser: TestBrowser) => Promise<unknown>>) => {
    const asked = await ask(app, { login_hint: username })
    const browser = server.browser()
    const at = (await get(browser, asked.to)).headers.get('location')!
    granted(await post(browser, `${at}/password`, { password: PASSWORD }))
    const done: string[] = []
    for (;;) {
      const { state } = granted(await browser.get(at))
      const step = steps[state]
      if (!step) break
      done.push(state)
      await step(browser)
    }
    assert.deepEqual(done, Object.keys(steps))
    assert.equal((await proofOf(asked, await signInTo(browser, asked.to, username, PASSWORD))).acr, 'pwd')
  }
  const later = async (browser: TestBrowser) => granted(await post(browser, '/security-info/later'))
  await walk('new@acme.example', { register: later })
  await walk('temporary@acme.example', {
    'change-password': async browser =>
      granted(
        await post(browser, '/account/password', { currentPassword: PASSWORD, newPassword: 'Kestrel over marsh 43' }),
        204,
      ),
    register: later,
  })
})

test('no proof is taken by a method that has just reset the password, while there is another', async () => {
  const name = 'stale@acme.example'
  const browser = server.browser()
  granted(await post(browser, '/signin', { username: name, password: PASSWORD }))
  granted(await post(browser, '/security-info/later'))
  const { methods } = granted(await browser.get('/security-info'))
  const email = methods.find(({ kind }: { kind: string }) => kind === 'email')
  const isStep = async () => {
    granted(await post(browser, '/session/proofs', await askProof(server, browser, email)))
    return (await silently(browser, MFA)).has('code')
  }
  await prove(browser, name)
  // As a reset by this email leaves it.
  await server.store.pool.query(
    `update latchkey.users set step_methods = array(select id from latchkey.methods where user_id = users.id and kind <> 'email')
     where user_principal_name = $1`,
    [name],
  )
  refused(await post(browser, '/session/challenges', { method: email.id }), 422, 'method_unavailable')
  assert.equal((await silently(browser, MFA)).has('code'), false)
  await server.store.pool.query('update latchkey.users set step_methods = null where user_principal_name = $1', [name])
  assert.equal(await isStep(), true)
})

test('a person whom an id token does not name is not told of to the application that hints at it', async () => {
  const browser = server.browser()
  const asked = await ask(app)
  const { id_token: hint } = await redeem(asked, await signInTo(browser, asked.to, person, PASSWORD))
  const hinted = { id_token_hint: hint! }
  assert.equal((await silently(browser, hinted)).has('code'), true)
  const other = server.browser()
  await prove(other, 'signer@acme.example')
  assert.deepEqual(told(await silently(other, hinted)), ['login_required', 50058])
  const { to } = await ask(app, hinted)
  assert.match((await get(other, to)).headers.get('location')!, /^\/signin\//, 'their own sign-in is asked for')
})
