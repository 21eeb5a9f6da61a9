import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId } from '../directory/index.ts'
import {
  changeDefaultPolicy,
  changeSignInPolicy,
  type MethodKind,
  methodKinds,
  type SignInPolicy,
  signInPolicy,
} from '../policies/index.ts'
import { inTenant } from '../store/index.ts'
import { granted, post, refused } from '../testing/contract.ts'
import { wrongCode } from '../testing/people.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { askStep, chooseSignIn, takeStep } from '../testing/steps.ts'

const server = await testServer()
const acme = await findTenantId(server.store, 'acme.example')
const admin = 'admin@acme.example'
const registered = 'registered@acme.example'
const NEW_PASSWORD = 'Kestrel over marsh 43'

/** Signs in. Returns what the session must do first. */
async function signIn(browser: TestBrowser, username: string, password = PASSWORD): Promise<string> {
  return granted(await post(browser, '/signin', { username, password })).state
}
const stateOf = async (browser: TestBrowser): Promise<string> => granted(await browser.get('/session')).state
const cookieOf = (browser: TestBrowser) => browser.cookies.get('latchkey_session') ?? ''
const choose = (context: TestContext, changes: Partial<SignInPolicy>) => chooseSignIn(context, server, acme, changes)
const forget = async (...tables: string[]) => {
  for (const table of tables) await server.store.pool.query(`delete from latchkey.${table}`)
}

test('an administrator with a method on record takes a second step, and until then nothing else opens', async () => {
  const browser = server.browser()
  const begun = granted(await post(browser, '/signin', { username: admin, password: PASSWORD }))
  assert.deepEqual(begun, { state: 'second-step', next: '/session/step' })
  const { state, methods } = granted(await browser.get('/session'))
  assert.equal(state, 'second-step')
  assert.deepEqual(
    methods.map(({ kind }: { kind: string }) => kind),
    ['mobilePhone', 'email'],
  )
  const shown = methods.map(({ id: _, ...one }: { id: string }) => one)
  assert.doesNotMatch(JSON.stringify(shown), /0101|admin@/, 'a password alone learns no number and no address')
  // New recovery codes wait for their page in the browser that made them: it shows nothing of the server's.
  const codes = '/security-info/recovery-codes'
  const open = ['/session', '/session/step', '/session/challenges', '/session/proofs', '/signout', codes]
  const routes = server.routes.filter(({ access, url }) => access !== 'anyone' && !open.includes(url))
  assert.ok(routes.length > 15)
  for (const { method, url } of routes) {
    const path = url.replace(':kind', 'email').replace(':id', 'x')
    const answer = await browser.request(method, path, method === 'GET' ? {} : { json: {} })
    assert.deepEqual([answer.status, answer.json?.code], [403, 'session_restricted'], `${method} ${path}`)
  }
  assert.doesNotMatch((await browser.page(codes)).text, /class="sheet"/)
  assert.equal((await browser.page('/account')).headers.get('location'), '/session/step')
  assert.equal(browser.cookies.has('latchkey_device'), false, 'no browser is familiar by a password alone')

  const before = cookieOf(browser)
  assert.deepEqual(granted(await takeStep(server, browser)), { state: 'signed-in' })
  assert.notEqual(cookieOf(browser), before)
  const thief = server.browser()
  thief.cookies.set('latchkey_session', before)
  refused(await thief.get('/session'), 401, 'not_signed_in')
  assert.equal((await browser.page('/account')).status, 200)
  assert.equal(browser.cookies.has('latchkey_device'), true)
})

test('a wrong code leaves the step due, is counted with other proofs, and in the end blocks it', async context => {
  context.after(() => forget('counters', 'sends'))
  const browser = server.browser()
  await signIn(browser, admin)
  const { challenge, code } = await askStep(server, browser, 'email')
  for (let tries = 0; tries < 5; tries++)
    refused(await post(browser, '/session/proofs', { challenge, code: wrongCode(code) }), 422, 'code_incorrect')
  refused(await post(browser, '/session/proofs', { challenge, code }), 410, 'challenge_expired')
  const again = await askStep(server, browser, 'email')
  refused(await post(browser, '/session/proofs', again), 429, 'blocked')
  assert.equal(await stateOf(browser), 'second-step')
})

test('nobody else takes one, nor an administrator without a method, nor anybody where it is off', async context => {
  assert.equal(await signIn(server.browser(), registered), 'signed-in')
  assert.equal(await signIn(server.browser(), 'helpdesk@acme.example'), 'register')
  await choose(context, { secondStep: 'off' })
  assert.equal(await signIn(server.browser(), admin), 'signed-in')
})

test('a method that was reported as used by somebody else neither passes the step nor lifts it', async context => {
  const block = (at: Date | null) =>
    server.store.pool.query(
      `update latchkey.methods set blocked_at = $1
       where user_id = (select id from latchkey.users where user_principal_name = $2)`,
      [at, admin],
    )
  context.after(() => block(null))
  await block(server.clock.now())
  const browser = server.browser()
  assert.equal(await signIn(browser, admin), 'second-step')
  assert.deepEqual(granted(await browser.get('/session')).methods, [])
  const page = await browser.page('/session/step')
  assert.equal(page.status, 200)
  assert.match(page.text, /Ask your administrator to lift the block/)
})

test('where everyone takes the step, a person without a method registers one first, and that is the step', async context => {
  await choose(context, { secondStep: 'everyone' })
  assert.equal(await signIn(server.browser(), registered), 'second-step')
  const browser = server.browser()
  assert.equal(await signIn(browser, 'new@acme.example'), 'register')
  refused(await post(browser, '/security-info/later'), 409, 'registration_required')
  assert.doesNotMatch((await browser.page('/security-info')).text, /\/security-info\/later/)
  const { questions } = granted(await browser.get('/security-info'))
  const answers = questions.choices
    .slice(0, 5)
    .map(({ id }: { id: string }, place: number) => ({ question: id, answer: `my answer ${place}` }))
  granted(await post(browser, '/security-info/methods', { kind: 'securityQuestions', answers }), 201)
  assert.equal(await stateOf(browser), 'register', 'answers are no second step')
  const said = new Map(answers.map(({ question, answer }: { question: string; answer: string }) => [question, answer]))
  const answerOf = (text: string) =>
    said.get(questions.choices.find((one: { text: string }) => one.text === text).id as string)
  const [method] = granted(await browser.get('/security-info')).methods.filter(({ id }: { id?: string }) => id)
  const { challenge } = granted(await post(browser, '/session/challenges', { method: method.id }), 201)
  const proof = challenge.questions.map(({ id, text }: { id: string; text: string }) => ({
    question: id,
    answer: answerOf(text),
  }))
  granted(await post(browser, '/session/proofs', { challenge: challenge.id, answers: proof }))
  assert.equal(await stateOf(browser), 'register')
  const address = 'new@mail.example'
  const { id } = granted(await post(browser, '/security-info/challenges', { kind: 'email', address }), 201)
  granted(await post(browser, '/security-info/methods', { challenge: id, code: await server.code(address) }), 201)
  assert.equal(await stateOf(browser), 'signed-in')
  const next = server.browser()
  assert.equal(await signIn(next, 'new@acme.example'), 'second-step')
  assert.equal(granted(await takeStep(server, next)).state, 'signed-in')
})

test('a way that resets nothing can be registered for the step where the tenant lets nobody reset', async context => {
  const initech = await findTenantId(server.store, 'initech.example')
  const [person] = (
    await server.store.pool.query<{ name: string }>(
      'select user_principal_name as name from latchkey.users where tenant_id = $1 and account_enabled order by name',
      [initech],
    )
  ).rows.filter(({ name }) => !name.startsWith('admin'))
  const set = (secondStep: SignInPolicy['secondStep']) =>
    inTenant(server.store, initech, async trx => {
      await changeDefaultPolicy(trx, { ...server.services, now: server.clock.now() }, initech, { enabled: false })
      return changeSignInPolicy(trx, initech, { secondStep, secondStepMethods: ['authenticatorCode', 'email'] })
    })
  await set('everyone')
  context.after(() => set('administrators'))
  await server.store.pool.query('delete from latchkey.methods where tenant_id = $1', [initech])
  const browser = server.browser()
  assert.equal(await signIn(browser, person!.name), 'register')
  const { methods } = granted(await browser.get('/security-info'))
  assert.deepEqual(
    methods.map(({ kind }: { kind: string }) => kind),
    ['passkey', 'email', 'authenticatorCode'],
  )
  const address = 'stepper@mail.example'
  const { id } = granted(await post(browser, '/security-info/challenges', { kind: 'email', address }), 201)
  granted(await post(browser, '/security-info/methods', { challenge: id, code: await server.code(address) }), 201)
  assert.equal(await stateOf(browser), 'signed-in')
})

test('a browser is remembered for the days that the tenant chose, for its person and by its method alone', async context => {
  await choose(context, { secondStep: 'everyone' })
  context.after(() => forget('counters', 'sends'))
  const remembering = async (kind: string) => {
    const browser = server.browser()
    await signIn(browser, registered)
    granted(
      await post(browser, '/session/proofs', { ...(await askStep(server, browser, kind)), rememberBrowser: true }),
    )
    granted(await post(browser, '/signout'), 204)
    return browser
  }
  const browser = await remembering('email')
  assert.equal(await signIn(browser, registered), 'signed-in')
  granted(await post(browser, '/signout'), 204)
  assert.equal(await signIn(browser, registered), 'signed-in', 'a sign-in by the memory keeps it')
  assert.equal(await signIn(server.browser(), registered), 'second-step', 'another browser is not remembered')
  const colleague = server.browser()
  colleague.cookies.set('latchkey_device', browser.cookies.get('latchkey_device') ?? '')
  assert.equal(await signIn(colleague, 'stale@acme.example'), 'second-step', 'nor is another person in it')

  // A person who does not tick it is asked again.
  const unasked = server.browser()
  await signIn(unasked, registered)
  granted(await takeStep(server, unasked))
  assert.equal(await signIn(unasked, registered), 'second-step')

  await choose(context, { secondStepMethods: ['mobilePhone'] })
  assert.equal(await signIn(browser, registered), 'second-step', 'its method is no second step any more')
  await choose(context, { secondStepMethods: signInPolicy.defaults.secondStepMethods })
  const again = await remembering('email')
  await server.store.pool.query("update latchkey.devices set step_at = step_at - interval '10 days'")
  await choose(context, { secondStepRememberDays: 11 })
  assert.equal(await signIn(again, registered), 'signed-in')
  await choose(context, { secondStepRememberDays: 9 })
  assert.equal(await signIn(again, registered), 'second-step', 'days that were shortened count at once')
  await choose(context, { secondStepRememberDays: 0 })
  assert.equal(await signIn(await remembering('email'), registered), 'second-step', 'no days: never')
})

test('what a browser is remembered for ends with a password that is changed', async context => {
  context.after(() => forget('counters', 'sends'))
  const name = 'two-gates@globex.example'
  const globex = await findTenantId(server.store, 'globex.example')
  await inTenant(server.store, globex, trx => changeSignInPolicy(trx, globex, { secondStep: 'everyone' }))
  context.after(() =>
    inTenant(server.store, globex, trx => changeSignInPolicy(trx, globex, { secondStep: 'administrators' })),
  )
  const browser = server.browser()
  await signIn(browser, name)
  granted(await takeStep(server, browser, { rememberBrowser: true }))
  granted(await post(browser, '/account/password', { currentPassword: PASSWORD, newPassword: NEW_PASSWORD }), 204)
  assert.equal(await stateOf(browser), 'signed-in', 'the session goes on')
  assert.equal(await signIn(browser, name, NEW_PASSWORD), 'second-step')
})

test('a proof counts in its own session alone', async () => {
  const [one, other] = [server.browser(), server.browser()]
  await signIn(one, admin)
  await signIn(other, admin)
  const asked = await askStep(server, one, 'email')
  refused(await post(other, '/session/proofs', asked), 410, 'challenge_expired')
  assert.equal(granted(await post(one, '/session/proofs', asked)).state, 'signed-in')
  assert.equal(await stateOf(other), 'second-step')
})

test('two proofs at once make one session, and another tab sees that the step was taken', async () => {
  const browser = server.browser()
  await signIn(browser, admin)
  const asked = await askStep(server, browser, 'email')
  const before = cookieOf(browser)
  const tab = () => {
    const one = server.browser()
    one.cookies.set('latchkey_session', before)
    return one
  }
  const tabs = Array.from({ length: 8 }, tab)
  const answers = await Promise.all(tabs.map(one => post(one, '/session/proofs', asked)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  for (const answer of answers.filter(({ status }) => status !== 200)) refused(answer, 401, 'not_signed_in')
  const winner = tabs[answers.findIndex(({ status }) => status === 200)]!
  assert.equal(await stateOf(winner), 'signed-in')
  const left = await winner.page('/session/step')
  assert.deepEqual([left.status, left.headers.get('location')], [303, '/account'])
  const late = await winner.submit('/session/proofs', { challenge: asked.challenge, code: asked.code })
  assert.equal(late.status, 303)
})

test('the step is a page, without script: a way, the code, and the account', async () => {
  const browser = server.browser()
  const begun = await browser.submit('/signin', { username: admin, password: PASSWORD })
  assert.equal(begun.headers.get('location'), '/session/step')
  const page = await browser.follow(begun)
  assert.match(page.text, /<h1[^>]*>Prove it’s you<\/h1>/)
  const method = /name="method" value="([^"]+)"\/><input type="hidden" name="channel" value="sms"/.exec(page.text)?.[1]
  const before = (await server.outbox())[0]
  const sent = await browser.submit('/session/challenges?next=%2Faccount', { method: method!, channel: 'sms' })
  const asked = await browser.follow(sent)
  assert.match(asked.text, /Don’t ask again in this browser for 30 days/)
  const challenge = /name="challenge" value="([^"]+)"/.exec(asked.text)?.[1]
  const code = await server.code('+12065550101', before)
  const wrong = await browser.submit('/session/proofs?next=%2Faccount', {
    challenge: challenge!,
    code: wrongCode(code),
    rememberBrowser: 'true',
  })
  assert.match(String(wrong.headers.get('location')), /^\/session\/step/)
  assert.match((await browser.follow(wrong)).text, /name="rememberBrowser"[^>]*checked/, 'what was ticked stays')
  const done = await browser.submit('/session/proofs?next=%2Faccount', { challenge: challenge!, code })
  assert.equal(done.headers.get('location'), '/account')
})

test('lesson 12: after a reset the step is asked by a method that passed none of its gates', async context => {
  context.after(() => forget('counters', 'sends'))
  await choose(context, { secondStep: 'everyone' })
  const name = 'stale@acme.example'
  const reset = async (kind: string, to: string) => {
    const browser = server.browser()
    const before = (await server.outbox())[0]
    const { id, methods } = granted(await post(browser, '/reset', { username: name }), 201)
    const method = methods.find((one: { kind: string }) => one.kind === kind).id
    const { challenge } = granted(await post(browser, `/reset/${id}/challenges`, { method }), 201)
    granted(
      await post(browser, `/reset/${id}/proofs`, { challenge: challenge.id, code: await server.code(to, before) }),
    )
    granted(await post(browser, `/reset/${id}/password`, { newPassword: NEW_PASSWORD }))
  }
  // What is remembered waits for the rest of a sign-in, and ends with the reset.
  const remembered = server.browser()
  await signIn(remembered, name)
  assert.equal(granted(await takeStep(server, remembered, { rememberBrowser: true })).state, 'confirm')
  granted(await post(remembered, '/security-info/later'))
  assert.equal(await signIn(remembered, name), 'confirm')
  await reset('email', 'stale@mail.example')
  assert.equal(await signIn(remembered, name, NEW_PASSWORD), 'second-step')
  const browser = server.browser()
  assert.equal(await signIn(browser, name, NEW_PASSWORD), 'second-step')
  const kinds = async () => granted(await browser.get('/session')).methods.map(({ kind }: { kind: string }) => kind)
  assert.deepEqual(await kinds(), ['mobilePhone'])
  granted(await takeStep(server, browser))
  granted(await post(browser, '/signout'), 204)
  await signIn(browser, name, NEW_PASSWORD)
  assert.deepEqual(await kinds(), ['mobilePhone', 'email'], 'the other way has proved the owner')

  // With one way on record the same one serves, and the log says so.
  await server.store.pool.query(
    `delete from latchkey.methods where kind = 'mobilePhone'
     and user_id = (select id from latchkey.users where user_principal_name = $1)`,
    [name],
  )
  await reset('email', 'stale@mail.example')
  const alone = server.browser()
  await signIn(alone, name, NEW_PASSWORD)
  granted(await takeStep(server, alone))
  const { rows } = await server.store.pool.query(
    "select details from latchkey.audit_events where activity = 'proof.passed' order by at desc limit 1",
  )
  assert.deepEqual(rows, [{ details: { secondStep: 'by a method of the reset' } }])
})

test('answers are a second step where the tenant says so, and never an administrator’s', async context => {
  await choose(context, { secondStep: 'everyone', secondStepMethods: ['securityQuestions', 'email'] })
  const browser = server.browser()
  await signIn(browser, registered)
  const { methods } = granted(await browser.get('/session'))
  const questions = methods.find(({ kind }: { kind: string }) => kind === 'securityQuestions')
  const { challenge } = granted(await post(browser, '/session/challenges', { method: questions.id }), 201)
  assert.ok(challenge.questions.length > 0)
  // An administrator has answered too, as somebody who got their role later.
  await server.store.pool.query(
    `insert into latchkey.methods (tenant_id, id, user_id, kind, source, created_at)
     select tenant_id, gen_random_uuid(), id, 'securityQuestions', 'person', now()
     from latchkey.users where user_principal_name = $1`,
    [admin],
  )
  await server.store.pool.query(
    `insert into latchkey.security_answers
     select (jsonb_populate_record(answers, jsonb_build_object('user_id', (
       select id from latchkey.users where user_principal_name = $1)))).*
     from latchkey.security_answers answers
     where user_id = (select id from latchkey.users where user_principal_name = $2)`,
    [admin, registered],
  )
  const chief = server.browser()
  await signIn(chief, admin)
  assert.deepEqual(
    granted(await chief.get('/session')).methods.map(({ kind }: { kind: string }) => kind),
    ['email'],
  )
})

test('a step by a method that guards no security info opens no change of it', async context => {
  await choose(context, { secondStep: 'everyone' })
  const guards = (...methods: MethodKind[]) =>
    inTenant(server.store, acme, trx =>
      changeDefaultPolicy(trx, { ...server.services, now: server.clock.now() }, acme, { methods }),
    )
  await guards('email', 'mobilePhone')
  context.after(() => guards(...methodKinds))
  const stepBy = async (kind: string) => {
    const browser = server.browser()
    await signIn(browser, registered)
    granted(await post(browser, '/session/proofs', await askStep(server, browser, kind)))
    return post(browser, '/security-info/challenges', { kind: 'email', address: 'another@mail.example' })
  }
  refused(await stepBy('officePhone'), 403, 'proof_needed')
  granted(await stepBy('email'), 201)
})
