import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret, TOTP } from 'otpauth'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId } from '../directory/index.ts'
import { changeDefaultPolicy } from '../policies/index.ts'
import { inTenant } from '../store/index.ts'
import { ask, get, granted, post, refused } from '../testing/contract.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { languages } from '../words/index.ts'

// The JSON form of sign-in, security info and the account, as clients are promised it.
const server = await testServer()
const NEW_PASSWORD = 'Quite another 1'

async function signIn(username: string, password = PASSWORD) {
  const browser = server.browser()
  return { browser, json: granted(await post(browser, '/signin', { username, password })) }
}

const methodsOf = async (browser: TestBrowser) => granted(await get(browser, '/security-info')).methods
const idOf = async (browser: TestBrowser, kind: string): Promise<string> =>
  (await methodsOf(browser)).find((one: { kind: string }) => one.kind === kind).id

/** Gives a fresh proof by mail. */
async function prove(browser: TestBrowser, address: string) {
  const [before] = await server.outbox()
  const { challenge } = granted(
    await post(browser, '/session/challenges', { method: await idOf(browser, 'email') }),
    201,
  )
  const code = await server.code(address, before)
  granted(await post(browser, '/session/proofs', { challenge: challenge.id, code }))
}

test('signing in says what comes next', async () => {
  const states = {
    'registered@acme.example': { state: 'signed-in', next: '/account' },
    'new@acme.example': { state: 'register', next: '/security-info' },
    'prefilled@acme.example': { state: 'confirm', next: '/security-info' },
    'temporary@acme.example': { state: 'change-password', next: '/account/password' },
  }
  for (const [name, expected] of Object.entries(states)) {
    const { browser, json } = await signIn(name)
    assert.deepEqual(json, expected)
    const { state, user } = granted(await get(browser, '/session'))
    assert.equal(state, expected.state)
    assert.deepEqual(Object.keys(user).sort(), ['displayName', 'id', 'tenantId', 'userPrincipalName'])
    assert.equal(user.userPrincipalName, name)
  }
  const { browser } = await signIn('REGISTERED@Acme.Example')
  const cookie = browser.cookies.get('latchkey_session') ?? ''
  granted(await post(browser, '/signout'), 204)
  assert.equal(browser.cookies.has('latchkey_session'), false)
  browser.cookies.set('latchkey_session', cookie)
  refused(await get(browser, '/session'), 401, 'not_signed_in')
  refused(await post(browser, '/signout'), 401, 'not_signed_in')

  const disabled = 'disabled@acme.example'
  const tell = (password: string) => post(server.browser(), '/signin', { username: disabled, password })
  refused(await tell('wrong'), 401, 'invalid_credentials')
  refused(await tell(PASSWORD), 403, 'account_disabled')
  const locked = refused(
    await post(server.browser(), '/signin', { username: 'locked@acme.example', password: PASSWORD }),
    401,
    'invalid_credentials',
  )
  assert.equal(locked.retryAfter, undefined, 'as for a wrong password: that somebody is locked is nobody’s business')
})

test('a refusal reads in the language that is asked for', async () => {
  for (const language of languages) {
    const headers = { 'accept-language': `${language}, xx;q=0.5` }
    const answer = await ask(server.browser(), 'POST', '/signin', {
      json: { username: 'nobody@acme.example', password: 'x' },
      headers,
    })
    const { title, detail } = refused(answer, 401, 'invalid_credentials')
    const { t } = server.services.words.in(language)
    assert.deepEqual(
      [title, detail],
      [t('problems.invalid_credentials.title'), t('problems.invalid_credentials.detail')],
    )
  }
})

test('a session that has something to do first opens nothing else', async () => {
  const steps: [string, string][] = [
    ['new@acme.example', 'register'],
    ['prefilled@acme.example', 'confirm'],
    ['temporary@acme.example', 'change-password'],
  ]
  for (const [name, step] of steps) {
    const { browser } = await signIn(name)
    let restricted = 0
    for (const { method, url, access, hasJson } of server.routes) {
      if (access === 'anyone' || !hasJson) continue
      const answer = await ask(browser, method, url.replace(/:\w+/g, 'some'), method === 'GET' ? {} : { json: {} })
      const open = access !== 'signed-in' && (access as readonly string[]).includes(step)
      if (open) assert.notEqual(answer.json?.code, 'session_restricted', `${step}: ${method} ${url}`)
      else {
        refused(answer, 403, 'session_restricted')
        restricted++
      }
      if (url === '/signout' || url === '/security-info/later')
        granted(await post(browser, '/signin', { username: name, password: PASSWORD }))
    }
    assert.ok(restricted >= 3, `${step}: ${restricted} routes are closed`)
  }
  for (const { method, url, access, hasJson } of server.routes)
    if (access !== 'anyone' && hasJson)
      refused(
        await ask(server.browser(), method, url.replace(/:\w+/g, 'some'), method === 'GET' ? {} : { json: {} }),
        401,
        'not_signed_in',
      )
})

test('registration can be put off where the policy allows it, and the session goes on under a new id', async () => {
  const acme = await findTenantId(server.store, 'acme.example')
  const allow = (registrationMayBePutOff: boolean) =>
    inTenant(server.store, acme, trx =>
      changeDefaultPolicy(trx, { ...server.services, now: server.clock.now() }, acme, { registrationMayBePutOff }),
    )
  const { browser } = await signIn('new@acme.example')
  await allow(false)
  refused(await post(browser, '/security-info/later'), 409, 'registration_required')
  await allow(true)
  const old = browser.cookies.get('latchkey_session') ?? ''
  assert.deepEqual(granted(await post(browser, '/security-info/later')), { state: 'signed-in', next: '/account' })
  assert.notEqual(browser.cookies.get('latchkey_session'), old)
  assert.equal(granted(await get(browser, '/session')).state, 'signed-in')
  refused(await post(browser, '/security-info/later'), 409, 'wrong_state')
  const planted = server.browser()
  planted.cookies.set('latchkey_session', old)
  refused(await get(planted, '/session'), 401, 'not_signed_in')
})

test('security info is registered, confirmed and removed', async () => {
  const { browser } = await signIn('new@acme.example')
  const info = granted(await get(browser, '/security-info'))
  assert.deepEqual(Object.keys(info).sort(), ['methods', 'questions', 'reconfirmDue', 'registered', 'required'])
  assert.deepEqual([info.required, info.registered, info.reconfirmDue, info.questions.toRegister], [1, 0, false, 5])
  assert.deepEqual(
    info.methods,
    ['passkey', 'mobilePhone', 'email', 'securityQuestions', 'authenticatorCode'].map(kind => ({
      kind,
      state: 'missing',
      editable: true,
    })),
  )
  const begin = (body: unknown) => post(browser, '/security-info/challenges', body)
  refused(await begin({ kind: 'mobilePhone', phoneNumber: '+1206', channel: 'sms' }), 422, 'phone_invalid')
  refused(await begin({ kind: 'email', address: 'no address' }), 422, 'email_invalid')
  for (const address of ['new@acme.example', 'NEW@acme.example'])
    refused(await begin({ kind: 'email', address }), 422, 'email_is_this_account')
  refused(await begin({ kind: 'officePhone', phoneNumber: '+12065550111' }), 400, 'invalid_request')
  refused(await begin({ kind: 'mobilePhone', phoneNumber: '+12065550188' }), 400, 'invalid_request')

  const save = (body: unknown) => post(browser, '/security-info/methods', body)
  const questions = info.questions.choices
    .slice(0, 5)
    .map(({ id }: { id: string }, place: number) => ({ question: id, answer: `my answer ${place}` }))
  const answers = (change: Record<number, object>) => ({
    kind: 'securityQuestions',
    answers: questions.map((one: object, place: number) => ({ ...one, ...change[place] })),
  })
  for (const [body, code] of [
    [{ kind: 'securityQuestions', answers: questions.slice(0, 4) }, 'questions_too_few'],
    [answers({ 1: { question: questions[0].question } }), 'question_repeated'],
    [answers({ 1: { answer: '  MY  answer 0' } }), 'answer_repeated'],
    [answers({ 2: { answer: 'ab' } }), 'answer_too_short'],
    [answers({ 2: { answer: 'x'.repeat(41) } }), 'answer_too_long'],
    [answers({ 2: { question: 'first-kiss' } }), 'question_unknown'],
  ] as const)
    refused(await save(body), 422, code)

  // A code that was sent to one address registers that one; an older challenge registers nothing.
  const phone = granted(await begin({ kind: 'mobilePhone', phoneNumber: '+12065550188', channel: 'sms' }), 201)
  assert.deepEqual(Object.keys(phone).sort(), ['delivery', 'expiresAt', 'id', 'kind'])
  const texted = await server.code('+12065550188')
  const mail = granted(await begin({ kind: 'email', address: 'new@mail.example' }), 201)
  const mailed = await server.code('new@mail.example')
  refused(await save({ challenge: phone.id, code: texted }), 410, 'challenge_expired')
  refused(await save({ challenge: mail.id, code: mailed === '000000' ? '111111' : '000000' }), 422, 'code_incorrect')
  const old = browser.cookies.get('latchkey_session')
  const saved = granted(await save({ challenge: mail.id, code: mailed }), 201)
  assert.deepEqual(Object.keys(saved).sort(), ['confirmedAt', 'editable', 'hint', 'id', 'kind', 'state'])
  assert.deepEqual([saved.kind, saved.state, saved.hint], ['email', 'registered', 'n•••••@m•••••'])
  assert.notEqual(browser.cookies.get('latchkey_session'), old, 'finishing the step renews the session')
  assert.equal(granted(await get(browser, '/session')).state, 'signed-in')

  // Once something is on record, only its owner changes anything.
  refused(await begin({ kind: 'authenticatorCode' }), 403, 'proof_needed')
  refused(await save(answers({})), 403, 'proof_needed')
  refused(await ask(browser, 'DELETE', `/security-info/methods/${saved.id}`), 403, 'proof_needed')
  await prove(browser, 'new@mail.example')
  const app = granted(await begin({ kind: 'authenticatorCode' }), 201)
  assert.deepEqual(Object.keys(app).sort(), ['expiresAt', 'id', 'kind', 'otpauthUri'])
  const key = new URL(app.otpauthUri).searchParams.get('secret') ?? ''
  const code = new TOTP({ secret: Secret.fromBase32(key) }).generate({ timestamp: server.clock.now().getTime() })
  granted(await save({ challenge: app.id, code }), 201)
  assert.equal(granted(await save(answers({})), 201).kind, 'securityQuestions')
  assert.equal(granted(await get(browser, '/security-info')).registered, 3)
  refused(await ask(browser, 'DELETE', '/security-info/methods/some'), 404, 'not_found')
  granted(await ask(browser, 'DELETE', `/security-info/methods/${await idOf(browser, 'email')}`), 204)
  refused(await ask(browser, 'DELETE', `/security-info/methods/${saved.id}`), 404, 'not_found')
  await server.message(({ to, kind }) => to === 'new@mail.example' && kind === 'notice')
  assert.deepEqual(
    (await methodsOf(browser)).find((one: { kind: string }) => one.kind === 'email'),
    { kind: 'email', state: 'missing', editable: true },
  )
  server.clock.advance(16 * 60_000)
  refused(await begin({ kind: 'email', address: 'new@mail.example' }), 403, 'proof_needed')

  const prefilled = await signIn('prefilled@acme.example')
  const methods = await methodsOf(prefilled.browser)
  const ids = methods.filter((one: { state: string }) => one.state === 'prefilled').map(({ id }: { id: string }) => id)
  assert.equal(ids.length, 2)
  refused(await post(prefilled.browser, '/security-info/confirmations', { methods: ['some'] }), 404, 'not_found')
  const stranger = (await signIn('stale@acme.example')).browser
  refused(await post(stranger, '/security-info/confirmations', { methods: ids }), 404, 'not_found')
  const confirmed = granted(await post(prefilled.browser, '/security-info/confirmations', { methods: ids }))
  assert.deepEqual(Object.keys(confirmed).sort(), Object.keys(info).sort())
  assert.equal(confirmed.registered, 2)
  assert.equal(granted(await get(prefilled.browser, '/session')).state, 'signed-in')
})

test('a proof that was accepted is fine again, by a code and by answers', async () => {
  const { browser } = await signIn('registered@acme.example')
  const issue = async (kind: string) =>
    granted(await post(browser, '/session/challenges', { method: await idOf(browser, kind) }), 201).challenge
  const [before] = await server.outbox()
  const { id: mailed } = await issue('email')
  const code = await server.code('registered@mail.example', before)
  const give = (proof: object) => post(browser, '/session/proofs', proof)
  for (let times = 0; times < 3; times++)
    assert.deepEqual(granted(await give({ challenge: mailed, code })), { state: 'signed-in' })
  const { id, questions } = await issue('securityQuestions')
  const { choices } = granted(await get(browser, '/security-info')).questions
  const answers = questions.map((one: { id: string; text: string }) => ({
    question: one.id,
    answer: `demo answer ${1 + choices.findIndex(({ text }: { text: string }) => text === one.text)}`,
  }))
  for (let times = 0; times < 3; times++)
    assert.deepEqual(granted(await give({ challenge: id, answers })), { state: 'signed-in' })
  const other = answers.map((one: { question: string }) => ({ ...one, answer: 'no idea' }))
  refused(await give({ challenge: id, answers: other }), 410, 'challenge_expired')
})

test('a changed or reset password ends every other session, and the browser’s own goes on under a new id', async () => {
  const name = 'registered@acme.example'
  const elsewhere = await signIn(name)
  const { browser } = await signIn(name)
  const change = (currentPassword: string, newPassword: string) =>
    post(browser, '/account/password', { currentPassword, newPassword })
  refused(await change('wrong', NEW_PASSWORD), 422, 'current_password_incorrect')
  refused(await change(PASSWORD, 'Short 1'), 422, 'password_too_short')
  refused(await change(PASSWORD, 'lower case only'), 422, 'password_too_simple')
  refused(await change(PASSWORD, 'x'.repeat(257)), 422, 'password_too_long')
  refused(await change(PASSWORD, PASSWORD), 422, 'password_same')
  granted(await get(elsewhere.browser, '/session'))
  const before = new Map(browser.cookies)
  granted(await change(PASSWORD, NEW_PASSWORD), 204)
  for (const cookie of ['latchkey_session', 'latchkey_device'])
    assert.notEqual(browser.cookies.get(cookie), before.get(cookie))
  granted(await get(browser, '/session'))
  refused(await get(elsewhere.browser, '/session'), 401, 'not_signed_in')
  const planted = server.browser()
  planted.cookies.set('latchkey_session', before.get('latchkey_session') ?? '')
  refused(await get(planted, '/session'), 401, 'not_signed_in')

  const reset = server.browser()
  const journey = granted(await post(reset, '/reset', { username: name }), 201)
  const method = journey.methods.find((one: { kind: string }) => one.kind === 'email').id
  const [earlier] = await server.outbox()
  const { challenge } = granted(await post(reset, `/reset/${journey.id}/challenges`, { method }), 201)
  const code = await server.code('registered@mail.example', earlier)
  granted(await post(reset, `/reset/${journey.id}/proofs`, { challenge: challenge.id, code }))
  granted(await post(reset, `/reset/${journey.id}/password`, { newPassword: 'And one more 2' }))
  refused(await get(browser, '/session'), 401, 'not_signed_in')
  assert.equal(reset.cookies.has('latchkey_session'), false)
})

test('what another site’s page causes is refused before anything is done', async () => {
  const json = { username: 'stale@acme.example', password: PASSWORD }
  const send = (headers: Record<string, string>) => ask(server.browser(), 'POST', '/signin', { json, headers })
  const { origin } = server.services
  const foreign: Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-site': 'cross-site', origin },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: origin.replace('http:', 'https:') },
  ]
  for (const headers of foreign) {
    const answer = await send(headers)
    refused(answer, 403, 'cross_site')
    assert.deepEqual(answer.headers.getSetCookie(), [])
  }
  const { browser } = await signIn('stale@acme.example')
  for (const headers of foreign)
    refused(await ask(browser, 'DELETE', '/security-info/methods/some', { headers }), 403, 'cross_site')
  const own: Record<string, string>[] = [
    {},
    { 'sec-fetch-site': 'same-origin', origin: 'null' },
    { 'sec-fetch-site': 'same-origin' },
    { origin },
  ]
  for (const headers of own) granted(await send(headers))
})
