// This file is long because it holds the whole promise of one journey's JSON form, with the answers that have to look
// alike.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import pg from 'pg'
import { createApp } from '../app.ts'
import { createHasher } from '../crypto/index.ts'
import { PASSWORD } from '../demo/index.ts'
import { assignRole, createUser, findTenantId } from '../directory/index.ts'
import { saveMethod } from '../methods/index.ts'
import { changeDefaultPolicy } from '../policies/index.ts'
import { inTenant, openStore } from '../store/index.ts'
import { ask, get, granted, post, refused } from '../testing/contract.ts'
import { whileFull, wrongCode, wrongPassword } from '../testing/people.ts'
import { testBrowser, testServer } from '../testing/server.ts'
import { takeStep } from '../testing/steps.ts'
import { languages } from '../words/index.ts'
import { createLog } from './index.ts'

// The JSON form of the journeys, as clients are promised it.
const server = await testServer()
const { words } = server.services
const NEW_PASSWORD = 'Quite another 1'
const MINUTE = 60_000

async function signIn(username: string, password = PASSWORD) {
  const browser = server.browser()
  const json = granted(await post(browser, '/signin', { username, password }))
  if (json.state === 'second-step') granted(await takeStep(server, browser))
  return { browser, json }
}

async function beginReset(username: string, browser = server.browser()) {
  const answer = await post(browser, '/reset', { username })
  const journey = granted(answer, 201)
  const path = `/reset/${journey.id}`
  assert.equal(answer.headers.get('location'), path)
  const methodOf = (kind: string) => journey.methods.find((one: { kind: string }) => one.kind === kind)?.id as string
  return { browser, journey, path, methodOf }
}

/** Asks for a code by mail, and proves it. */
async function proveByMail({ browser, path, methodOf }: Awaited<ReturnType<typeof beginReset>>, address: string) {
  const [before] = await server.outbox()
  const { challenge } = granted(await post(browser, `${path}/challenges`, { method: methodOf('email') }), 201)
  const proof = { challenge: challenge.id, code: await server.code(address, before) }
  return { proof, journey: granted(await post(browser, `${path}/proofs`, proof)) }
}

test('a reset goes from the name to the new password', async () => {
  const reset = await beginReset('registered@acme.example')
  const { browser, journey, path, methodOf } = reset
  assert.deepEqual(Object.keys(journey).sort(), [
    'challenge',
    'expiresAt',
    'gates',
    'id',
    'kind',
    'methods',
    'problem',
    'refusal',
    'state',
    'supportCode',
  ])
  const { kind, state, problem, gates, challenge, refusal } = journey
  assert.deepEqual(
    { kind, state, problem, gates, challenge, refusal },
    {
      kind: 'reset',
      state: 'verify',
      problem: 'forgot',
      gates: { required: 1, passed: 0 },
      challenge: null,
      refusal: null,
    },
  )
  assert.ok(Math.abs(Date.parse(journey.expiresAt) - Date.now() - 15 * MINUTE) < MINUTE)
  assert.deepEqual(
    journey.methods
      .map(({ id, ...rest }: { id: string }) => rest)
      .sort((a: { kind: string }, b: { kind: string }) => (a.kind < b.kind ? -1 : 1)),
    [
      { kind: 'email', hint: 'r•••••@m•••••' },
      { kind: 'mobilePhone', hint: '••••••••10', channels: ['sms', 'voice'] },
      { kind: 'officePhone', hint: '••••••••11' },
      { kind: 'securityQuestions' },
    ],
  )
  assert.deepEqual(granted(await get(browser, path)), journey)
  const other = await beginReset('registered@acme.example')
  for (const one of journey.methods)
    assert.ok(
      other.journey.methods.every(({ id }: { id: string }) => id !== one.id),
      'ids differ from journey to journey',
    )

  refused(await post(browser, `${path}/problem`, { problem: 'forgot' }), 409, 'wrong_state')
  refused(await post(browser, `${path}/password`, { newPassword: 'x' }), 409, 'gates_missing')
  refused(await post(browser, `${path}/unlock`), 409, 'gates_missing')

  const send = (body: Record<string, unknown>) => post(browser, `${path}/challenges`, body)
  const mobile = methodOf('mobilePhone')
  refused(await send({ method: 'nothing' }), 422, 'method_unavailable')
  refused(await send({ method: other.methodOf('email') }), 422, 'method_unavailable')
  refused(await send({ method: mobile, phoneNumber: '+12065550110' }), 422, 'method_unavailable')
  refused(await send({ method: methodOf('email'), channel: 'sms' }), 422, 'method_unavailable')
  const without = refused(await send({ method: mobile, channel: 'sms' }), 400, 'invalid_request')
  assert.deepEqual(without.errors, [{ field: 'phoneNumber', code: 'required' }])
  refused(await send({ method: mobile, channel: 'sms', phoneNumber: '+12065550199' }), 422, 'phone_mismatch')
  const office = refused(
    await send({ method: methodOf('officePhone'), phoneNumber: '+12065550111' }),
    400,
    'invalid_request',
  )
  assert.deepEqual(office.errors, [{ field: 'phoneNumber', code: 'unknown' }])
  assert.equal((await server.outbox()).filter(({ journey: of }) => of === journey.id).length, 0)

  const texted = granted(await send({ method: mobile, channel: 'sms', phoneNumber: '+12065550110' }), 201)
  assert.deepEqual(Object.keys(texted.challenge).sort(), ['delivery', 'expiresAt', 'hint', 'id', 'kind'])
  assert.equal(texted.challenge.kind, 'mobilePhone')
  const voided = { challenge: texted.challenge.id, code: await server.code('+12065550110') }
  const { proof, journey: proved } = await proveByMail(reset, 'registered@mail.example')
  refused(await post(browser, `${path}/proofs`, voided), 410, 'challenge_expired')
  assert.deepEqual([proved.state, proved.gates], ['choose-password', { required: 1, passed: 1 }])
  assert.ok(
    proved.methods.every((one: { kind: string }) => one.kind !== 'email'),
    'what has passed leaves the list',
  )
  assert.deepEqual(granted(await post(browser, `${path}/proofs`, proof)), proved)
  refused(await post(browser, `${path}/proofs`, { ...proof, code: wrongCode(proof.code) }), 410, 'challenge_expired')
  refused(await send({ method: mobile }), 409, 'wrong_state')

  const choose = (newPassword: string) => post(browser, `${path}/password`, { newPassword })
  refused(await choose('Short 1'), 422, 'password_too_short')
  refused(await choose('x'.repeat(257)), 422, 'password_too_long')
  refused(await choose('only lower case'), 422, 'password_too_simple')
  const finished = granted(await choose(NEW_PASSWORD))
  assert.deepEqual([finished.state, finished.methods, finished.challenge], ['finished', [], null])
  refused(await choose(NEW_PASSWORD), 409, 'already_finished')
  refused(await post(browser, `${path}/proofs`, proof), 409, 'already_finished')
  assert.equal(granted(await get(browser, path)).state, 'finished')
  refused(await get(browser, '/session'), 401, 'not_signed_in')
  refused(
    await post(server.browser(), '/signin', { username: 'registered@acme.example', password: PASSWORD }),
    401,
    'invalid_credentials',
  )
  assert.equal((await signIn('registered@acme.example', NEW_PASSWORD)).json.state, 'signed-in')
})

test('codes and answers that are wrong are counted, and no answer says a code', async () => {
  const { browser, path, methodOf } = await beginReset('stale@acme.example')
  const { challenge } = granted(await post(browser, `${path}/challenges`, { method: methodOf('email') }), 201)
  const code = await server.code('stale@mail.example')
  for (let guesses = 0; guesses < 4; guesses++) {
    const answer = await post(browser, `${path}/proofs`, { challenge: challenge.id, code: wrongCode(code) })
    refused(answer, 422, 'code_incorrect')
    assert.ok(!answer.text.includes(code))
  }
  assert.ok(!(await get(browser, path)).text.includes(code))
  refused(
    await post(browser, `${path}/proofs`, { challenge: challenge.id, code: wrongCode(code) }),
    422,
    'code_incorrect',
  )
  refused(await post(browser, `${path}/proofs`, { challenge: challenge.id, code }), 429, 'blocked')
  assert.equal(granted(await get(browser, path)).state, 'blocked')
  const again = refused(await post(browser, `${path}/challenges`, { method: methodOf('email') }), 429, 'blocked')
  assert.ok(again.retryAfter > 86_000 && again.retryAfter <= 86_400)

  const asked = await beginReset('registered@acme.example')
  const drawn = granted(
    await post(asked.browser, `${asked.path}/challenges`, { method: asked.methodOf('securityQuestions') }),
    201,
  )
  assert.deepEqual(Object.keys(drawn.challenge).sort(), ['expiresAt', 'id', 'kind', 'questions'])
  const { questions, id } = drawn.challenge
  assert.equal(questions.length, 3)
  const answers = questions.map((one: { id: string }) => ({ question: one.id, answer: 'no idea' }))
  const next = refused(
    await post(asked.browser, `${asked.path}/proofs`, { challenge: id, answers }),
    422,
    'answers_incorrect',
  )
  assert.equal(next.challenge.questions.length, 3)
  const choices = granted(await get((await signIn('registered@acme.example', NEW_PASSWORD)).browser, '/security-info'))
    .questions.choices
  const right = next.challenge.questions.map((one: { id: string; text: string }) => ({
    question: one.id,
    answer: `  DEMO answer ${1 + choices.findIndex(({ text }: { text: string }) => text === one.text)}`,
  }))
  const give = (proof: object) => post(asked.browser, `${asked.path}/proofs`, { challenge: id, ...proof })
  const accepted = granted(await give({ answers: right }))
  assert.equal(accepted.state, 'choose-password')
  for (let repeats = 0; repeats < 2; repeats++) assert.deepEqual(granted(await give({ answers: right })), accepted)
  refused(await give({ answers }), 410, 'challenge_expired')
})

test('whole numbers cannot be guessed', async () => {
  const { browser, path, methodOf } = await beginReset('two-gates@globex.example')
  const guess = (phoneNumber?: string) =>
    post(browser, `${path}/challenges`, { method: methodOf('mobilePhone'), channel: 'voice', phoneNumber })
  // A missing or impossible number is no guess.
  for (let slips = 0; slips < 3; slips++) {
    assert.deepEqual(refused(await guess(), 400, 'invalid_request').errors, [
      { field: 'phoneNumber', code: 'required' },
    ])
    for (const phoneNumber of ['00', '0491 570 006', '+6149157'])
      refused(await guess(phoneNumber), 422, 'phone_mismatch')
  }
  for (let guesses = 0; guesses < 5; guesses++) refused(await guess(`+6149157010${guesses}`), 422, 'phone_mismatch')
  const throttled = refused(await guess('+61491570006'), 429, 'throttled')
  assert.ok(throttled.retryAfter > 3_500 && throttled.retryAfter <= 3_600)
})

test('a locked account is unlocked, where the journey asks what is wrong', async () => {
  const reset = await beginReset('locked@acme.example')
  const { browser, journey, path, methodOf } = reset
  assert.equal(journey.state, 'choose-problem')
  refused(await post(browser, `${path}/challenges`, { method: methodOf('email') }), 409, 'wrong_state')
  const chosen = granted(await post(browser, `${path}/problem`, { problem: 'unlock' }))
  assert.deepEqual([chosen.state, chosen.problem], ['verify', 'unlock'])
  await proveByMail(reset, 'locked@mail.example')
  refused(await post(browser, `${path}/password`, { newPassword: NEW_PASSWORD }), 409, 'wrong_state')
  assert.equal(granted(await post(browser, `${path}/unlock`)).state, 'finished')
  refused(await post(browser, `${path}/unlock`), 409, 'already_finished')
  assert.equal((await signIn('locked@acme.example')).json.state, 'signed-in')
})

test('refusals say why, in the reader’s language, and whom to ask', async () => {
  const cases = {
    'someone@initech.example': 'SSPR_0009',
    'onpremises@acme.example': 'SSPR_0010',
    'outside@globex.example': 'SSPR_0013',
    'new@acme.example': 'SSPR_0014',
    'somebody@unknown.example': 'SSPR_0014',
  } as const
  for (const [username, code] of Object.entries(cases))
    for (const language of languages) {
      const answer = await ask(server.browser(), 'POST', '/reset', {
        json: { username },
        headers: { 'accept-language': language },
      })
      const { state, methods, refusal } = granted(answer, 201)
      const { t } = words.in(language)
      assert.deepEqual([state, methods], ['refused', []])
      assert.deepEqual(refusal, {
        code,
        title: t(`reset.refused.${code}.title`),
        detail: t(`reset.refused.${code}.detail`),
        canContactAdministrator: !/unknown|initech/.test(username),
      })
    }
  const helped = await beginReset('outside@globex.example')
  assert.deepEqual(granted(await post(helped.browser, `${helped.path}/contact`), 202), {
    helpdesk: 'https://help.globex.example',
  })
  const mailed = await beginReset('prefilled@acme.example')
  for (const asked of ['now', 'earlier-today'])
    assert.deepEqual(granted(await post(mailed.browser, `${mailed.path}/contact`), 202), { asked })
  const off = await beginReset('someone@initech.example')
  refused(await post(off.browser, `${off.path}/contact`), 409, 'nobody_to_ask')
  await server.message(({ kind }) => kind === 'request')
  assert.equal((await server.outbox()).filter(({ kind }) => kind === 'request').length, 1)
})

test('a journey exists for the browser that began it, and for no other', async () => {
  const { browser, journey, path, methodOf } = await beginReset('registered@acme.example')
  const { challenge } = granted(await post(browser, `${path}/challenges`, { method: methodOf('email') }), 201)
  const code = await server.code('registered@mail.example')
  const another = (await beginReset('registered@acme.example')).browser
  const requests: [string, string, unknown?][] = [
    ['GET', ''],
    ['POST', '/problem', { problem: 'forgot' }],
    ['POST', '/challenges', { method: methodOf('email') }],
    ['POST', '/proofs', { challenge: challenge.id, code }],
    ['POST', '/password', { newPassword: NEW_PASSWORD }],
    ['POST', '/unlock', {}],
    ['POST', '/contact', {}],
  ]
  for (const stranger of [server.browser(), another])
    for (const [method, step, json] of requests)
      refused(await ask(stranger, method, path + step, json === undefined ? {} : { json }), 404, 'not_found')
  const now = granted(await get(browser, path))
  assert.deepEqual([now.state, now.challenge.id, now.id], ['verify', challenge.id, journey.id])
})

test('lesson 36: unknown and switched-off people read like people who never registered, byte by byte', async () => {
  const alike = async (name: string) => {
    const begun = await server.browser().request('POST', '/reset', { json: { username: `${name}@acme.example` } })
    const browser = server.browser()
    await browser.submit('/reset', { username: `${name}@acme.example` })
    const { id } = granted(
      await get(
        browser,
        (await browser.submit('/reset', { username: `${name}@acme.example` })).headers.get('location') ?? '',
      ),
    )
    const page = await browser.page(`/reset/${id}`)
    const hidden = (text: string, own: { id: string; supportCode: string }) =>
      text
        .replaceAll(own.id, 'ID')
        .replaceAll(own.supportCode, 'CODE')
        .replaceAll(name, 'NAME')
        .replace(/"expiresAt":"[^"]+"/, '')
    const { supportCode, gates } = granted(await get(browser, `/reset/${id}`))
    assert.deepEqual(gates, { required: 1, passed: 0 }, 'the number of gates would tell an administrator')
    const headers = Object.fromEntries(
      [...begun.headers].filter(([header]) => !['date', 'set-cookie', 'location'].includes(header)),
    )
    const cookies = begun.headers
      .getSetCookie()
      .map(line => line.replace(/=[\w-]{43}\./, '=SECRET.').replace(/(?<=_refused=)[\w-]+/, 'SEALED'))
    return [begun.status, headers, cookies, hidden(begun.text, begun.json), hidden(page.text, { id, supportCode })]
  }
  const never = await alike('new')
  for (const name of ['disabled', 'nobody', 'temporary', 'helpdesk']) assert.deepEqual(await alike(name), never, name)

  // A sign-in tells nothing either, nor does the lock after ten failures.
  for (const name of ['helpdesk@acme.example', 'nobody@acme.example']) {
    const browser = server.browser()
    let tenth = 0
    for (let failures = 0; failures < 10; failures++) {
      tenth = performance.now()
      const { retryAfter } = refused(
        await post(browser, '/signin', { username: name, password: wrongPassword() }),
        401,
        'invalid_credentials',
      )
      assert.equal(retryAfter, undefined)
    }
    const { retryAfter } = refused(
      await post(browser, '/signin', { username: name, password: wrongPassword() }),
      401,
      'invalid_credentials',
    )
    const passed = (performance.now() - tenth) / 1_000
    assert.ok(retryAfter >= 59 - passed && retryAfter <= 60, `${name}: ${retryAfter} after ${passed}`)
  }
})

test('who is an administrator shows in no reset before something was proved', async () => {
  const acme = await findTenantId(server.store, 'acme.example')
  const globex = await findTenantId(server.store, 'globex.example')
  const initech = await findTenantId(server.store, 'initech.example')
  const { keys, random, clock } = server.services
  const means = { now: clock(), random, keys }
  const person = async (tenantId: string, name: string, address: string | undefined, number?: string) =>
    inTenant(server.store, tenantId, async trx => {
      const user = await createUser(trx, means, tenantId, { userPrincipalName: name, displayName: 'Somebody' })
      const proved = { source: 'person', provedAt: means.now } as const
      if (address) await saveMethod(trx, means, user, { kind: 'email', value: address, ...proved })
      if (number) await saveMethod(trx, means, user, { kind: 'mobilePhone', value: number, ...proved })
      if (name.startsWith('boss')) await assignRole(trx, means, user.id, 'Global Administrator')
    })
  /** The journey in JSON and as a page, without parts that differ from journey to journey. */
  const face = async (name: string) => {
    const { browser, journey, path } = await beginReset(name)
    const page = await browser.page(path)
    const own = [journey.id, journey.supportCode, ...journey.methods.map(({ id }: { id: string }) => id)]
    return own
      .reduce((text, one, n) => text.replaceAll(one, `OWN${n}`), JSON.stringify(journey) + page.text)
      .replaceAll(name.split('@')[0] ?? '', 'NAME')
      .replace(/"expiresAt":"[^"]+"/, '')
  }
  const number = '+12065550150'
  const cases: [tenantId: string, domain: string, address?: string, number?: string][] = [
    [acme, 'acme.example', 'own@mail.example', number],
    [acme, 'acme.example', 'own@mail.example'],
    [acme, 'acme.example'],
    [globex, 'globex.example', 'own@mail.example', number],
    [globex, 'globex.example', 'own@mail.example'],
    [initech, 'initech.example', 'own@mail.example'],
    [initech, 'initech.example'],
  ]
  for (const [place, [tenantId, domain, address, phone]] of cases.entries()) {
    const [boss, plain] = [`boss${place}@${domain}`, `bodo${place}@${domain}`]
    await person(tenantId, boss, address, phone)
    await person(tenantId, plain, address, phone)
    const may = domain === 'globex.example' && phone
    if (may) continue
    assert.equal(await face(boss), await face(plain), `${domain} ${address} ${phone}`)
  }

  // After the first proof the fixed rules show, and the missing second method.
  const able = await beginReset('boss0@acme.example')
  assert.deepEqual(able.journey.gates, { required: 1, passed: 0 })
  const { journey } = await proveByMail(able, 'own@mail.example')
  assert.deepEqual([journey.state, journey.gates], ['verify', { required: 2, passed: 1 }])
  assert.deepEqual(
    journey.methods.map(({ kind }: { kind: string }) => kind),
    ['mobilePhone'],
  )
  const unable = await beginReset('boss1@acme.example')
  assert.deepEqual([unable.journey.state, unable.journey.gates], ['verify', { required: 1, passed: 0 }])
  const proved = await proveByMail(unable, 'own@mail.example')
  assert.deepEqual([proved.journey.state, proved.journey.refusal.code], ['refused', 'SSPR_0014'])
  refused(await post(unable.browser, `${unable.path}/password`, { newPassword: NEW_PASSWORD }), 409, 'gates_missing')
})

test('lesson 37: every step asks the database the same for whoever is unknown, switched off or never registered', async t => {
  const watched = await openStore({ databaseUrl: server.databaseUrl })
  const options = { trustedProxies: [], log: createLog('silent'), checks: {} }
  // The same server once more without its jobs, whose statements would be counted too.
  const { app } = await createApp({ ...server.services, db: watched }, options)
  t.after(() => app.close().then(() => watched.close()))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  let sent: string[] = []
  const listened = new WeakSet<object>()
  watched.pool.on('acquire', client => {
    if (listened.has(client)) return
    listened.add(client)
    const query = client.query
    client.query = function listen(this: unknown, ...args: unknown[]) {
      const [statement] = args
      sent.push(typeof statement === 'string' ? statement : (statement as { text: string }).text)
      return Reflect.apply(query, client, args)
    } as typeof query
  })

  const walk = async (name: string, device: string | undefined) => {
    const browser = testBrowser(url)
    if (device) browser.cookies.set('latchkey_device', device)
    const steps: { step: string; sent: string[] }[] = []
    const step = async (method: string, path: string, request: Parameters<typeof browser.request>[2] = {}) => {
      sent = []
      const answer = await browser.request(method, path, request)
      steps.push({ step: `${method} ${path.split('/')[3] ?? 'journey'} ${answer.status}`, sent })
      return answer
    }
    const { id } = granted(await step('POST', '/reset', { json: { username: name } }), 201)
    const path = `/reset/${id}`
    await step('GET', path)
    await step('GET', path, { page: true })
    await step('GET', `${path}/contact`, { page: true })
    await step('POST', `${path}/problem`, { json: { problem: 'forgot' } })
    await step('POST', `${path}/challenges`, { json: { method: 'some' } })
    await step('POST', `${path}/proofs`, { json: { challenge: id, code: '123456' } })
    const answers = [{ question: 'some', answer: 'any' }]
    await step('POST', `${path}/proofs`, { json: { challenge: id, answers } })
    await step('POST', `${path}/password`, { json: { newPassword: NEW_PASSWORD } })
    await step('POST', `${path}/unlock`, { json: {} })
    await step('POST', `${path}/contact`, { json: {} })
    await step('POST', `${path}/contact`, { json: {} })
    return steps
  }
  const askOf = async (name: string) => {
    const browser = testBrowser(url)
    const steps: string[][] = []
    const step = async (path: string, json: unknown) => {
      sent = []
      const answer = await browser.post(path, json as never)
      steps.push([String(answer.status), ...sent])
      return answer.json
    }
    const { id } = await step('/help/sign-in', { username: name })
    await step(`/help/sign-in/${id}/answers`, { question: 'what', answer: 'denied' })
    await step(`/help/sign-in/${id}/contact`, {})
    return steps
  }
  const signInOf = async (name: string) => {
    sent = []
    const { status } = await testBrowser(url).post('/signin', { username: name, password: wrongPassword() })
    return { status, sent }
  }
  // Somebody who works here has a familiar browser of their own, and may be curious about colleagues.
  const { browser: curious } = await signIn('admin@acme.example')
  const familiar = curious.cookies.get('latchkey_device')
  assert.ok(familiar)
  for (const device of [undefined, familiar]) {
    const never = await walk('new@acme.example', device)
    assert.ok(never.every(one => one.sent.length > 1))
    for (const name of ['nobody', 'disabled', 'helpdesk'])
      assert.deepEqual(await walk(`${name}@acme.example`, device), never, `${name}, ${device ? 'curious' : 'stranger'}`)
  }
  const helped = await askOf('nobody@acme.example') // who were asked for a moment ago, like the others
  assert.deepEqual(
    helped.map(([status]) => status),
    ['201', '200', '202'],
  )
  for (const name of ['new', 'disabled', 'helpdesk'])
    assert.deepEqual(await askOf(`${name}@acme.example`), helped, name)
  const guessed = await signInOf('nobody-else@acme.example') // of whom no other test has counted anything
  assert.ok(guessed.status === 401 && guessed.sent.length > 1)
  for (const name of ['new', 'registered', 'disabled', 'locked', 'onpremises'])
    assert.deepEqual(await signInOf(`${name}@acme.example`), guessed, `sign-in of ${name}`)
})

test('thirty pages of a journey at once wait for no connection that another of them holds', async () => {
  const { browser, path, methodOf } = await beginReset('two-gates@globex.example')
  granted(await post(browser, `${path}/challenges`, { method: methodOf('email') }), 201)
  const refusedOne = await beginReset('outside@globex.example')
  const began = performance.now()
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, at) =>
      at % 3 === 0 ? refusedOne.browser.page(`${refusedOne.path}/contact`) : browser.page(path),
    ),
  )
  for (const { status, text } of answers) {
    assert.equal(status, 200, text)
    assert.match(text, /Globex/)
  }
  // A pool that is drained by its own users answers only when waiting for a connection ends, after ten seconds.
  assert.ok(performance.now() - began < 9_500)
})

test('the addresses of forms lead back to their journey, and to nowhere where that cannot be one', async () => {
  const { browser, path } = await beginReset('new@acme.example')
  for (const step of ['problem', 'challenges', 'proofs', 'password', 'unlock']) {
    const back = await browser.page(`${path}/${step}`)
    assert.deepEqual([back.status, back.headers.get('location')], [303, path])
    refused(await get(browser, `${path}/${step}`), 404, 'not_found')
    for (const id of ['some', '%2f%2fevil.example', `${path.slice('/reset/'.length)}0`]) {
      const nowhere = await browser.page(`/reset/${id}/${step}`)
      assert.deepEqual([nowhere.status, nowhere.headers.get('location')], [404, null], `${id}/${step}`)
    }
  }
})

test('a database that is overloaded, restarting or away is said to be unavailable for now, and nothing else is', async t => {
  const full = new pg.Pool({ connectionString: server.databaseUrl, max: 1, connectionTimeoutMillis: 50 })
  full.on('error', () => {})
  const held = await full.connect()
  held.on('error', () => {})
  t.after(() => {
    held.release(true)
    return full.end()
  })
  const failures: Record<string, () => Promise<unknown>> = {
    full: () => full.connect(),
    ended: () => held.query('select pg_terminate_backend(pg_backend_pid())'),
    away: () => new pg.Client({ host: '127.0.0.1', port: 1 }).connect(),
    'without its socket': () => new pg.Client({ host: '/nowhere', port: 1 }).connect(),
    deadlocked: () => server.store.pool.query("do $$ begin raise exception sqlstate '40P01'; end $$"),
    mistaken: () => server.store.pool.query('select 1 / 0'),
    'named like a refusal': async () => {
      throw Object.assign(new Error('a row of postgres'), { code: 'forbidden', retryAfter: 1 })
    },
  }
  const options = { trustedProxies: [], log: createLog('silent'), checks: {} }
  const { app } = await createApp(server.services, options)
  t.after(() => app.close())
  app.get('/failing/:how', { config: { access: 'anyone' } }, async request =>
    failures[(request.params as { how: string }).how]?.(),
  )
  const browser = testBrowser(await app.listen({ host: '127.0.0.1', port: 0 }))
  for (const how of Object.keys(failures)) {
    const answer = await ask(browser, 'GET', `/failing/${encodeURIComponent(how)}`)
    if (['mistaken', 'named like a refusal'].includes(how)) refused(answer, 500, 'internal')
    else assert.equal(refused(answer, 503, 'unavailable').retryAfter, 2, how)
    assert.doesNotMatch(answer.text, /ECONN|postgres|zero|terminat|57P01/i)
  }
  assert.equal((await browser.page('/failing/full')).headers.get('retry-after'), '2')
})

test('lesson 47: where no more hashes can wait, whoever would need one is told when to come back, and nobody else', async t => {
  const server = await testServer({ context: t, seed: false })
  const places = await createHasher({ atOnce: 1, waiting: 0 })
  const options = { trustedProxies: [], log: createLog('silent'), checks: {} }
  const { app } = await createApp({ ...server.services, hasher: places }, options)
  t.after(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const browser = testBrowser(url)
  const nobody = { username: 'nobody@acme.example', password: 'not the password' }
  await whileFull(places, async () => {
    for (const path of ['/signin', '/account/password', '/reset/a-journey/password']) {
      const answer = await browser.post(path, nobody)
      assert.equal(refused(answer, 503, 'unavailable').retryAfter, 2, path)
      assert.equal(answer.headers.get('retry-after'), '2')
      const page = await browser.submit(path, nobody)
      assert.deepEqual([page.status, page.headers.get('retry-after')], [503, '2'])
    }
    // The body is not even looked at.
    const headers = { 'content-type': 'application/json' }
    const unread = await fetch(`${url}/signin`, { method: 'POST', headers, body: '{' })
    assert.equal(unread.status, 503)
    for (const path of ['/signin', '/reset']) assert.equal((await browser.page(path)).status, 200)
    // Nor is it waited for where it would never end.
    for (const length of ['content-length: 2000000000', 'transfer-encoding: chunked']) {
      const { port } = new URL(url)
      const socket = connect({ host: '127.0.0.1', port: Number(port) })
      socket.write(`POST /signin HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${length}\r\n\r\n`)
      const [answer] = await once(socket, 'data')
      assert.match(String(answer), /^HTTP\/1\.1 503 .+\r\nconnection: close\r\n/is)
      await once(socket.resume(), 'close')
    }
  })
  refused(await browser.post('/signin', nobody), 401, 'invalid_credentials')
  const counted = await server.store.pool.query('select failures from latchkey.counters')
  assert.deepEqual(counted.rows, [{ failures: 1 }])
})

test('a journey that a new password has ended says so, and a refused one reads on as an unknown name’s does', async () => {
  const name = 'registered@acme.example'
  const [one, other] = [await beginReset(name), await beginReset(name)]
  const refusedOne = await beginReset('temporary@acme.example')
  await proveByMail(one, 'registered@mail.example')
  granted(await post(one.browser, `${one.path}/password`, { newPassword: 'Yet another one 1' }))
  const now = granted(await get(other.browser, other.path))
  assert.deepEqual([now.state, now.methods, now.challenge, now.refusal], ['superseded', [], null, null])
  const page = (await other.browser.page(other.path)).text
  const { t } = words.in('en')
  for (const text of [t('reset.superseded.title'), t('reset.superseded.changed'), t('reset.contact.link')])
    assert.ok(page.includes(text), text)
  assert.ok(!page.includes(t('reset.expired.title')))
  refused(await post(other.browser, `${other.path}/password`, { newPassword: NEW_PASSWORD }), 410, 'journey_expired')

  const { browser } = await signIn('temporary@acme.example')
  granted(
    await post(browser, '/account/password', { currentPassword: PASSWORD, newPassword: 'Yet another one 1' }),
    204,
  )
  assert.equal(granted(await get(refusedOne.browser, refusedOne.path)).state, 'refused')

  // Nobody's password was changed by "this wasn't me": another sentence.
  const { browser: reporting } = await signIn('admin@acme.example')
  const third = await beginReset('admin@acme.example')
  await signIn('admin@acme.example')
  const { activity } = granted(await get(reporting, '/account/activity'))
  const signedIn = activity.find(
    (line: { activity: string; reportable: boolean }) => line.activity === 'signin.succeeded' && line.reportable,
  )
  granted(await post(reporting, `/account/activity/${signedIn.id}/report`))
  assert.equal(granted(await get(third.browser, third.path)).state, 'superseded')
  const said = (await third.browser.page(third.path)).text
  assert.ok(said.includes(t('reset.superseded.secured', { action: t('account.report.action') })))
  assert.ok(!said.includes(t('reset.superseded.changed')))
})

test('a finished reset answers with where its session leads, once', async () => {
  const acme = await findTenantId(server.store, 'acme.example')
  const { keys, random, clock } = server.services
  await inTenant(server.store, acme, trx =>
    changeDefaultPolicy(trx, { now: clock(), random, keys }, acme, { signInAfterReset: true }),
  )
  const ends: Record<string, [string, string]> = {
    bodo0: ['signed-in', '/account'],
    prefilled: ['confirm', '/security-info'],
  }
  for (const [name, [state, next]] of Object.entries(ends)) {
    const reset = await beginReset(`${name}@acme.example`)
    const { browser, path } = reset
    await proveByMail(reset, name === 'bodo0' ? 'own@mail.example' : 'prefilled@mail.example')
    const done = granted(await post(browser, `${path}/password`, { newPassword: NEW_PASSWORD }))
    assert.deepEqual([done.state, done.session, done.next], ['finished', state, next])
    const { session, next: _, ...journey } = done
    assert.equal(granted(await get(browser, '/session')).state, session)
    assert.deepEqual(granted(await get(browser, path)), journey, 'only the act itself tells of the session')
    const cookie = browser.cookies.get('latchkey_session')
    refused(await post(browser, `${path}/password`, { newPassword: NEW_PASSWORD }), 409, 'already_finished')
    assert.equal(browser.cookies.get('latchkey_session'), cookie)
    if (session === 'signed-in')
      refused(await post(browser, '/security-info/challenges', { kind: 'authenticatorCode' }), 403, 'proof_needed')
  }
})
