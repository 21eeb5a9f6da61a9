import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { addMember, createGroup, createTenant, createUser, findTenantId } from '../directory/index.ts'
import { prepareAnswers, saveAnswers, saveMethod } from '../methods/index.ts'
import {
  addPolicy,
  changeDefaultPolicy,
  changeProtection,
  methodKinds,
  type ResetPolicySettings,
  resetPolicy,
} from '../policies/index.ts'
import { inTenant } from '../store/index.ts'
import { type TestBrowser, type TestResponse, testServer } from '../testing/server.ts'

const server = await testServer()
const QUESTIONS = ['one', 'two', 'three', 'four', 'five']
const acme = await findTenantId(server.store, 'acme.example')
const globex = await findTenantId(server.store, 'globex.example')
for (const tenantId of [acme, globex])
  await inTenant(server.store, tenantId, trx => changeProtection(trx, tenantId, { concealAccounts: true }))
await inTenant(server.store, acme, trx =>
  changeDefaultPolicy(trx, { ...server.services, now: new Date() }, acme, { methods: [...methodKinds] }),
)

// The tests use the same names, and would wait for one another's blocks.
beforeEach(async () => {
  await server.store.pool.query('delete from latchkey.counters')
  await server.store.pool.query('delete from latchkey.sends')
})

/** Of nobody, of people who never registered, may not reset or may, and of an administrator. */
const names = [
  'nobody-at-all@acme.example',
  'new@acme.example',
  'disabled@acme.example',
  'onpremises@acme.example',
  'admin@acme.example',
  'helpdesk@acme.example',
  'locked@acme.example',
  'registered@acme.example',
]

/** An answer without the parts that differ between two journeys of one person. */
function bare(response: TestResponse, name: string) {
  const hidden = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
  const plain = (text: string) =>
    text
      .replaceAll(name, '(name)')
      .replaceAll(encodeURIComponent(name), '(name)')
      .replace(/(latchkey_browser=)[\w-]{43}/, '$1(token)')
      // It is sealed for the browser that typed the name.
      .replace(/(latchkey_refused=)[\w-]+/, '$1(sealed)')
      .replace(hidden, '(id)')
      .replace(/(?<=[":=/])[\w-]{22}(?=["&.])/g, '(id)')
      .replace(/"(expiresAt)":"[^"]+"/g, '"$1":"(time)"')
      .replace(/\b[0-9A-HJKMNP-TV-Z]{10}\b/g, '(support code)')
  const headers = [...response.headers].filter(([key]) => !['date', 'content-length'].includes(key))
  // The clock runs on between two names: a wait of a day is some seconds shorter for the later one.
  const rounded = (seconds: string) => Math.ceil(Number(seconds) / 60) * 60
  return {
    status: response.status,
    text: plain(response.text),
    headers: headers.map(([k, v]) => [k, k === 'retry-after' ? rounded(v) : plain(v)]),
  }
}

/** Runs one visit per name and asserts that no answer tells them apart. */
async function sameForAll(visit: (browser: TestBrowser, name: string) => Promise<TestResponse[]>, those = names) {
  const [first, ...others] = await Promise.all(
    those.map(async name => ({ name, seen: (await visit(server.browser(), name)).map(one => bare(one, name)) })),
  )
  for (const other of others) assert.deepEqual(other.seen, first!.seen, other.name)
  return first!.seen
}

async function begin(browser: TestBrowser, username: string, problem: 'forgot' | 'unlock' = 'forgot') {
  const started = await browser.post('/reset', { username })
  assert.equal(started.status, 201, started.text)
  const chosen = await browser.post(`/reset/${started.json.id}/problem`, { problem })
  return { started, chosen, path: `/reset/${started.json.id}`, methods: chosen.json.methods }
}
const methodOf = (methods: { kind: string; id: string }[], kind: string) => methods.find(one => one.kind === kind)!.id
const everyKind = [...methodKinds]

test('lesson 36: a concealed journey begins alike for every name, with the ways of the policy and no hints', async () => {
  const seen = await sameForAll(async (browser, name) => {
    const { started, chosen, path } = await begin(browser, name)
    return [started, chosen, await browser.get(path), await browser.page(path), await browser.page(`${path}?way=other`)]
  })
  const journey = JSON.parse(seen[1]!.text)
  assert.equal(journey.state, 'verify')
  assert.equal(journey.refusal, null)
  assert.deepEqual(journey.gates, { required: 1, passed: 0 })
  assert.deepEqual(
    journey.methods.map((method: { kind: string }) => method.kind),
    everyKind,
  )
  assert.doesNotMatch(seen.map(one => one.text).join(), /hint":|•|registered@mail|555.?0110/)
  assert.equal(JSON.parse(seen[0]!.text).state, 'choose-problem', 'every name is asked, locked or not')
})

test('lesson 40: each way answers alike, whether its code comes or never does, and so does each proof', async () => {
  const proofs: Record<string, object> = {
    email: { code: '000000' },
    officePhone: { code: '000000' },
    authenticatorCode: { code: '000000' },
    recoveryCode: { code: '0000-0000-0000' },
  }
  for (const kind of ['email', 'officePhone', 'authenticatorCode', 'recoveryCode'])
    await sameForAll(async (browser, name) => {
      const { path, methods } = await begin(browser, name)
      const asked = await browser.post(`${path}/challenges`, { method: methodOf(methods, kind) })
      assert.equal(asked.status, 201, `${name} ${kind} ${asked.text}`)
      await sleep(300)
      const later = await browser.get(path)
      if (kind === 'email' || kind === 'officePhone')
        for (const one of [asked, later]) assert.equal(one.json.challenge.delivery, 'sent', name)
      const challenge = asked.json.challenge.id
      const proved = await browser.post(`${path}/proofs`, { challenge, ...proofs[kind] })
      assert.equal(proved.status, 422)
      return [asked, later, await browser.page(path), proved]
    })
})

test('lesson 36: the same wrong answers in other places are another guess, and counted, for every name', async () => {
  const seen = await sameForAll(
    async (browser, name) => {
      const { path, methods } = await begin(browser, name)
      const asked = await browser.post(`${path}/challenges`, { method: methodOf(methods, 'securityQuestions') })
      const { id: challenge, questions } = asked.json.challenge as { id: string; questions: { id: string }[] }
      const proved: TestResponse[] = []
      for (const round of [0, 1, 2, 3, 4, 5]) {
        const answers = questions.map(({ id }, place) => ({
          question: id,
          answer: `marsh ${round < 3 ? (place + round) % 3 : (round - place) % 3}`,
        }))
        proved.push(await browser.post(`${path}/proofs`, { challenge, answers }))
      }
      // The next draw of questions depends on the name; the answer does not.
      return proved.map(one => ({ ...one, text: String(one.json.code) }))
    },
    ['nobody-at-all@acme.example', 'new@acme.example', 'registered@acme.example'],
  )
  assert.deepEqual(
    seen.map(({ status }) => status),
    [422, 422, 422, 422, 422, 429],
  )
})

test('security questions are asked of every name: the same ones each time, and others after a wrong answer', async () => {
  const visit = async (browser: TestBrowser, name: string) => {
    const { path, methods } = await begin(browser, name)
    const asked = await browser.post(`${path}/challenges`, { method: methodOf(methods, 'securityQuestions') })
    assert.equal(asked.status, 201, name)
    const { questions, id } = asked.json.challenge
    return { path, id, questions: questions as { id: string; text: string }[] }
  }
  // Four draws of three out of five are all the same once in ten thousand times; for two names of a kind, never.
  for (const kind of [
    ['nobody-at-all@acme.example', 'somebody-else@acme.example'],
    ['helpdesk@acme.example', 'admin@acme.example'],
    ['onpremises@acme.example', 'disabled@acme.example'],
  ]) {
    let redrawn = 0
    for (const name of kind) {
      const first = await visit(server.browser(), name)
      const browser = server.browser()
      const again = await visit(browser, name)
      const texts = first.questions.map(question => question.text)
      assert.equal(new Set(texts).size, 3, name)
      assert.ok(texts.every(Boolean))
      assert.deepEqual(
        again.questions.map(question => question.text),
        texts,
        `${name} is asked the same again`,
      )
      const seen = new Set(texts)
      for (let n = 0; n < 4; n++) {
        const { id, path } = again
        // Other answers each time: a repeat draws no other questions.
        const answers = again.questions.map(question => ({ question: question.id, answer: `no answer ${n}` }))
        const wrong = await browser.post(`${path}/proofs`, { challenge: id, answers })
        assert.equal(wrong.status, 422, wrong.text)
        assert.equal(wrong.json.code, 'answers_incorrect')
        again.questions = wrong.json.challenge.questions
        for (const question of again.questions) seen.add(question.text)
      }
      assert.ok(seen.size <= 5, `${name} seems to have answered five, not ${seen.size}`)
      if (seen.size > 3) redrawn++
    }
    assert.ok(redrawn > 0, `${kind} are asked others after wrong answers`)
  }
})

test('a number is right or wrong for nobody to see, and too many are refused for every name', async () => {
  await sameForAll(async (browser, name) => {
    const { path, methods } = await begin(browser, name)
    const ask = (phoneNumber: string) =>
      browser.post(`${path}/challenges`, { method: methodOf(methods, 'mobilePhone'), channel: 'sms', phoneNumber })
    const answers = [await ask('+1'), await ask('+33639980012')]
    assert.deepEqual(
      answers.map(one => one.status),
      [422, 201],
      name,
    )
    // Another code without the number again.
    answers.push(
      await browser.post(`${path}/challenges`, { method: methodOf(methods, 'mobilePhone'), channel: 'voice' }),
    )
    assert.equal(answers.at(-1)!.status, 201)
    return answers
  })
  for (const name of ['nobody-at-all@acme.example', 'registered@acme.example']) {
    const browser = server.browser()
    const { path, methods } = await begin(browser, name)
    const statuses: number[] = []
    for (let n = 0; n < 6; n++) {
      const asked = { method: methodOf(methods, 'mobilePhone'), channel: 'sms', phoneNumber: `+3363998001${n}` }
      statuses.push((await browser.post(`${path}/challenges`, asked)).status)
    }
    assert.deepEqual(statuses.slice(-2), [429, 429], `${name} ${statuses}`)
  }
  const texts = (await server.outbox()).filter(one => one.channel !== 'email' && one.kind === 'code')
  assert.deepEqual(
    texts.map(one => one.to).filter(to => to.startsWith('+336')),
    [],
    'nothing was sent to a number that nobody has on record',
  )
})

test('failures are counted and block alike; help is asked for alike', async () => {
  await sameForAll(
    async (browser, name) => {
      const { path, methods } = await begin(browser, name)
      const asked = await browser.post(`${path}/challenges`, { method: methodOf(methods, 'email') })
      const seen: TestResponse[] = []
      for (let n = 0; n < 6; n++)
        seen.push(
          await browser.post(`${path}/proofs`, {
            challenge: asked.json.challenge.id,
            code: String(n).padStart(6, '1'),
          }),
        )
      seen.push(await browser.get(path), await browser.page(path))
      seen.push(await browser.post(`${path}/contact`), await browser.page(`${path}/contact`))
      assert.equal(seen[6]!.json.state, 'blocked', name)
      // How long it still lasts is said in seconds, which pass between two names.
      return seen.map(one => ({
        ...one,
        text: one.text.replace(/"retryAfter":8\d{4}/, '"retryAfter":86400'),
        headers: new Headers([...one.headers].filter(([key]) => key !== 'retry-after')),
      }))
    },
    ['nobody-two@acme.example', 'stale@acme.example', 'prefilled@acme.example'],
  )
})

test('whoever has what is asked for gets in, and only then learns what is left to prove', async () => {
  const browser = server.browser()
  const before = (await server.outbox())[0]
  const { path, methods } = await begin(browser, 'admin@acme.example')
  await browser.post(`${path}/challenges`, { method: methodOf(methods, 'email') })
  const code = await server.code('admin@mail.example', before)
  const { json } = await browser.get(path)
  const proved = await browser.post(`${path}/proofs`, { challenge: json.challenge.id, code })
  assert.equal(proved.status, 200, proved.text)
  assert.deepEqual(proved.json.gates, { required: 2, passed: 1 })
  assert.deepEqual(
    proved.json.methods.map((method: { kind: string; hint: string }) => [method.kind, method.hint]),
    [['mobilePhone', '••••••••01']],
    'an administrator proves two things, and is shown their own from now on',
  )

  const registered = server.browser()
  const own = await begin(registered, 'registered@acme.example')
  await registered.post(`${own.path}/challenges`, { method: methodOf(own.methods, 'email') })
  const mailed = await server.code('registered@mail.example', before)
  const challenge = (await registered.get(own.path)).json.challenge.id
  assert.equal((await registered.post(`${own.path}/proofs`, { challenge, code: mailed })).json.state, 'choose-password')
  const done = await registered.post(`${own.path}/password`, { newPassword: 'Concealed-kestrel-2031' })
  assert.equal(done.json.state, 'finished', done.text)
})

test('the owner of an account that cannot be reset is told why, once a day', async () => {
  const told = async () =>
    (await server.outbox())
      .filter(one => one.kind === 'notice' && /can’t be reset at the moment/.test(one.subject ?? ''))
      .map(one => one.to)
      .sort()
  for (let n = 0; n < 2; n++)
    for (const name of ['outside@globex.example', 'nobody@globex.example', 'two-gates@globex.example'])
      assert.equal((await server.browser().post('/reset', { username: name })).json.state, 'verify')
  for (const address of ['outside@globex.example', 'onpremises@mail.example'])
    await server.message(one => one.to === address && one.kind === 'notice')
  await sleep(500)
  const all = await told()
  assert.deepEqual(
    all.filter(to => to.includes('globex')),
    ['outside@globex.example'],
  )
  assert.equal(new Set(all).size, all.length, 'nobody twice, however often somebody began')
  assert.ok(all.includes('onpremises@mail.example'))
  assert.ok(!all.some(to => to.includes('disabled')), 'an account that was switched off is nobody’s any more')

  const own = server.browser()
  const password = 'Demo-passphrase-2026!'
  assert.equal((await own.post('/signin', { username: 'outside@globex.example', password })).status, 200)
  const toOwner = async () => (await told()).filter(to => to === 'outside@globex.example').length
  for (let n = 0; n < 2; n++) await own.post('/reset', { username: 'outside@globex.example' })
  for (const end = performance.now() + 60_000; (await toOwner()) < 2 && performance.now() < end; ) await sleep(50)
  await sleep(500)
  assert.equal(await toOwner(), 2, 'strangers have not used up the owner’s day')
})

test('a tenant where nobody may reset says so to every name', async () => {
  const initech = await findTenantId(server.store, 'initech.example')
  await inTenant(server.store, initech, trx => changeProtection(trx, initech, { concealAccounts: true }))
  const [seen] = await sameForAll(
    async (browser, username) => [await browser.post('/reset', { username })],
    ['someone@initech.example', 'nobody@initech.example'],
  )
  assert.equal(JSON.parse(seen!.text).refusal.code, 'SSPR_0009')
})

test('concealing asks nobody for less than their own policy does, and unlocks nobody whom it does not let', async () => {
  const { services } = server
  const means = { now: server.clock.now(), random: services.random, keys: services.keys }
  const tenantId = means.random.uuid(means.now)
  const own: ResetPolicySettings = {
    ...resetPolicy.defaults,
    enabled: true,
    methods: ['email', 'securityQuestions'],
    questions: QUESTIONS.map(id => ({ id, text: `Question ${id}?` })),
    questionsToRegister: 5,
    questionsToReset: 5,
    unlockAllowed: false,
  }
  const people = { 'five@concealed.example': QUESTIONS, 'three@concealed.example': QUESTIONS.slice(0, 3) }
  const answers = await Promise.all(
    Object.values(people).map(ids =>
      prepareAnswers(
        services.hasher,
        { questions: own.questions, questionsToRegister: 3 },
        ids.map(question => ({ question, answer: `answer to ${question}` })),
      ),
    ),
  )
  await inTenant(server.store, tenantId, async trx => {
    await createTenant(trx, means, tenantId, { displayName: 'Concealed', domain: 'concealed.example' })
    await changeDefaultPolicy(trx, means, tenantId, own)
    await changeProtection(trx, tenantId, { concealAccounts: true })
    const group = await createGroup(trx, means, tenantId, { displayName: 'Three are enough' })
    await addPolicy(trx, means, tenantId, {
      displayName: 'Three are enough',
      priority: 1,
      includedGroups: [group],
      excludedGroups: [],
      settings: { ...own, questionsToRegister: 3, questionsToReset: 3, unlockAllowed: true },
    })
    for (const [place, name] of Object.keys(people).entries()) {
      const user = await createUser(trx, means, tenantId, { userPrincipalName: name, displayName: 'Somebody' })
      const value = `${name.split('@')[0]}@mail.example`
      await saveMethod(trx, means, user, { kind: 'email', source: 'person', value })
      await saveMethod(trx, means, user, { kind: 'securityQuestions', source: 'person', value: null })
      await saveAnswers(trx, means, user, answers[place]!)
      if (name.startsWith('three')) await addMember(trx, tenantId, group, { kind: 'user', id: user.id })
    }
  })
  for (const name of [...Object.keys(people), 'nobody@concealed.example']) {
    const browser = server.browser()
    const { path, methods } = await begin(browser, name, 'unlock')
    const asked = await browser.post(`${path}/challenges`, { method: methodOf(methods, 'securityQuestions') })
    assert.equal(asked.json.challenge.questions.length, 5, name)
  }
  const browser = server.browser()
  const { path, methods } = await begin(browser, 'five@concealed.example', 'unlock')
  await browser.post(`${path}/challenges`, { method: methodOf(methods, 'email') })
  const code = await server.code('five@mail.example')
  const { challenge } = (await browser.get(path)).json
  const proved = await browser.post(`${path}/proofs`, { challenge: challenge.id, code })
  assert.deepEqual(
    [proved.json.state, proved.json.problem],
    ['choose-password', 'forgot'],
    'as their own policy has it',
  )
  assert.equal((await browser.post(`${path}/unlock`)).status, 409)
})
