// A long file: one server for every rule of cases, as each start costs a second.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { DAY, HOUR } from '../clock.ts'
import { isUuid } from '../crypto/index.ts'
import { PASSWORD } from '../demo/index.ts'
import { assignRole, findTenantId, findUserByName, NOBODYS_TENANT, setSettings } from '../directory/index.ts'
import { openDns } from '../organization/index.ts'
import { removeExpired } from '../runtime/cleanup.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { granted } from '../testing/contract.ts'
import { nameServer } from '../testing/nameServer.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { jobsDone } from '../testing/state.ts'
import { takeDueStep } from '../testing/steps.ts'
import { moveDueCases } from './move.ts'
import { getOpenedCase, listOpenCases } from './operator.ts'
import { writeMessage } from './write.ts'

const zone = await nameServer()
const dns = openDns([zone.address])
const server = await testServer({ floodLimits: true, trustedProxies: ['127.0.0.1'], dns })
const { store, services } = server
const acme = await findTenantId(store, 'acme.example')
const text = 'Nobody answers.\nSee <b>https://evil.example</b>'

let networks = 0
/** A browser in a network of its own. */
function elsewhere(): TestBrowser {
  const browser = server.browser()
  const from = `203.0.${Math.floor(++networks / 250)}.${(networks % 250) + 1}`
  const { request } = browser
  const there: TestBrowser = {
    ...browser,
    request: (method, path, options = {}) =>
      request(method, path, { ...options, headers: { 'x-forwarded-for': from, ...options.headers } }),
    get: path => there.request('GET', path, {}),
    post: (path, json = {}) => there.request('POST', path, { json }),
    page: path => there.request('GET', path, { page: true }),
    submit: (path, form) => there.request('POST', path, { form }),
  }
  return there
}
const asked = (address: string, domain = 'acme.example') => ({ kind: 'no-way-in', domain, address, text })
const rows = async (statement: string, ...values: unknown[]) =>
  (await store.pool.query(statement.replaceAll('from ', 'from latchkey.'), values)).rows

const lastTo = async (address: string) => (await server.outbox()).find(one => one.to === address && one.kind === 'code')

/** Begins a case, and proves its mailbox. */
async function open(browser: TestBrowser, address: string, domain?: string) {
  const last = await lastTo(address)
  const begun = await browser.post('/cases', asked(address, domain))
  assert.equal(begun.status, 201, begun.text)
  const { number, challenge } = begun.json
  const code = await server.code(address, last)
  const proved = await browser.post(`/cases/${number}/proofs`, { challenge: challenge.id, code })
  assert.equal(proved.status, 200, proved.text)
  return { begun, proved }
}
/** An act of the operator. */
const act = () => ({
  ...{ now: server.clock.now(), random: services.random, keys: services.keys },
  actor: { kind: 'operator' } as const,
  trail: { correlationId: services.random.uuid(server.clock.now()) },
})
const linkIn = (mail: { text: string }) => /\/links\/[\w-]+/.exec(mail.text)![0]

test('somebody proves a mailbox, and the case opens with a number and a mailed link', async () => {
  const browser = elsewhere()
  const { begun, proved } = await open(browser, 'ann@private.example')
  const { number } = begun.json
  assert.match(number, /^LK-[B-DF-HJ-NP-TV-XZ]{8}$/)
  assert.equal(begun.headers.get('location'), `/cases/${number}`)
  assert.equal(begun.json.state, 'prove-address')
  assert.equal(proved.status, 200, proved.text)
  assert.deepEqual(
    {
      ...proved.json,
      openedAt: typeof proved.json.openedAt,
      messages: proved.json.messages.map((one: { by: string; text: string }) => [one.by, one.text]),
      next: proved.json.next.who,
      record: typeof proved.json.record.value,
      acts: [],
    },
    {
      ...{ number, kind: 'no-way-in', domain: 'acme.example', address: 'ann@private.example', state: 'administrators' },
      ...{ openedAt: 'string', proved: { inDomain: false, dns: false }, messages: [['asker', text]] },
      ...{ next: 'administrator', record: 'string', check: null, acts: [] },
    },
  )
  assert.equal(new Date(proved.json.next.by).getTime() - new Date(proved.json.openedAt).getTime(), 2 * DAY)
  const page = await browser.page(`/cases/${number}`)
  assert.match(page.text, /Nobody answers\.<br/)
  assert.match(page.text, /&lt;b&gt;https:\/\/evil\.example/)
  assert.doesNotMatch(page.text, /href="https:\/\/evil/)
  assert.doesNotMatch(page.text, /Acme/, 'the page does not name the company')
  const mail = await server.message(one => one.to === 'ann@private.example' && one.kind === 'link')
  assert.match(mail.subject ?? '', new RegExp(number))
  assert.doesNotMatch(mail.text, /evil|acme|\d{6}/)
  const kept = JSON.stringify([
    await rows('select * from cases where number = $1', number),
    await rows('select * from case_messages'),
    await rows("select * from audit_events where activity like 'case.%'"),
    await rows('select * from notices'),
  ])
  assert.doesNotMatch(kept, /private\.example|Nobody answers/, 'address and text are sealed')
  const [event] = await rows('select activity, tenant_id, target_name from audit_events where target_name = $1', number)
  assert.deepEqual(event, { activity: 'case.opened', tenant_id: acme, target_name: number })
})

test('only the browser that began it and those that follow the link read a case, and a newer link voids the older', async () => {
  const browser = elsewhere()
  const { begun } = await open(browser, 'bea@private.example')
  const { number } = begun.json
  const other = elsewhere()
  for (const path of [`/cases/${number}`, '/cases/LK-BBBBBBBB', '/cases/x', `/cases/${number.toLowerCase()}`])
    assert.equal((await other.get(path)).status, 404, path)
  const challenge = begun.json.challenge.id
  assert.equal((await other.post(`/cases/${number}/proofs`, { challenge, code: '123456' })).status, 404)
  const first = linkIn(await server.message(one => one.to === 'bea@private.example' && one.kind === 'link'))
  assert.equal((await other.get(first)).json.purpose, 'case')
  assert.doesNotMatch((await other.page(first)).text, /Acme/)
  assert.equal((await other.get(`/cases/${number}`)).status, 404, 'a GET binds nothing')
  assert.deepEqual((await other.post(first)).json, { next: `/cases/${number}` })
  assert.equal((await other.get(`/cases/${number}`)).json.number, number)
  for (let n = 0; n < 5; n++) assert.equal((await elsewhere().post(first)).status, 200)
  assert.equal((await other.get(`/cases/${number}`)).status, 404, 'five browsers hold a case at most')
  const lost = await elsewhere().post('/cases/links', {
    number: ` ${number.toLowerCase().replace('-', ' ')}`,
    address: 'BEA+x@private.example',
  })
  assert.equal(lost.status, 202, lost.text)
  const second = linkIn(
    await server.message(one => one.to === 'bea@private.example' && /Your link/.test(one.subject ?? '')),
  )
  assert.equal((await other.get(first)).status, 410)
  assert.equal((await other.post(first)).status, 410)
  assert.equal((await other.get(second)).status, 200)
  server.clock.advance(30 * DAY)
  assert.equal((await other.get(second)).status, 410)
})

test('a lost link is answered alike for every number and address, and goes to the mailbox of the case alone', async () => {
  const { begun } = await open(elsewhere(), 'cid@private.example')
  const { number } = begun.json
  const answers = []
  for (const typed of [
    { number, address: 'dan@private.example' },
    { number: 'LK-BBBBBBBB', address: 'eli@private.example' },
    { number, address: 'cid@private.example' },
  ]) {
    const { status, text: body } = await elsewhere().post('/cases/links', typed)
    answers.push([status, body])
  }
  assert.deepEqual(answers, Array(3).fill([202, '{}']))
  const links = async (to: string) =>
    (await server.outbox()).filter(one => one.to === to && /Your link/.test(one.subject ?? '')).length
  await server.message(one => one.to === 'cid@private.example' && /Your link/.test(one.subject ?? ''))
  // The other two jobs may still be on their way.
  const waiting = "select id from latchkey_jobs.jobs where task_identifier = 'mail-case-link'"
  while ((await store.pool.query(waiting)).rows.length > 0) await sleep(20)
  assert.deepEqual(
    [await links('cid@private.example'), await links('dan@private.example'), await links('eli@private.example')],
    [1, 0, 0],
  )
  assert.equal(
    (await elsewhere().post('/cases/links', { number: 'LK-12345678', address: 'a@b.example' })).json.code,
    'case_number_invalid',
  )
})

test('a stranger learns nothing: the same members for every domain and address, and no other cookie', async () => {
  const seen = []
  for (const [address, domain] of [
    ['registered@acme.example', 'acme.example'],
    ['nobody@acme.example', 'acme.example'],
    ['a@new.example', 'new.example'],
    ['b@new.example', 'mail.acme.example'],
  ] as const) {
    const browser = elsewhere()
    const { begun, proved } = await open(browser, address, domain)
    const shapeOf = (json: Record<string, unknown>) => [
      Object.keys(json),
      json.state,
      Object.keys(json.next as object),
      (json.next as { who: string }).who,
    ]
    seen.push([
      begun.status,
      shapeOf(begun.json),
      shapeOf(proved.json),
      browser.cookies.get('latchkey_browser')?.split('.').slice(1).filter(isUuid),
    ])
  }
  for (const one of seen) assert.deepEqual(one, seen[0])
  assert.deepEqual(seen[0]![3], [NOBODYS_TENANT])
  const tenants = await rows(
    "select domain, tenant_id from cases where domain in ('new.example', 'mail.acme.example') order by domain",
  )
  assert.deepEqual(tenants, [
    { domain: 'mail.acme.example', tenant_id: acme },
    { domain: 'new.example', tenant_id: NOBODYS_TENANT },
  ])
})

test('a mailbox has one open case of a domain: what it opens again is written there', async () => {
  const first = await open(elsewhere(), 'fay@private.example')
  const browser = elsewhere()
  const second = await open(browser, 'Fay+tag@private.example')
  assert.equal(second.proved.json.number, first.proved.json.number)
  assert.equal(second.proved.json.messages.length, 2)
  assert.equal((await browser.get(`/cases/${first.proved.json.number}`)).status, 200)
  assert.equal((await browser.get(`/cases/${second.begun.json.number}`)).status, 404)
  const other = await open(elsewhere(), 'fay@private.example', 'globex.example')
  assert.equal(other.proved.json.number, other.begun.json.number, 'of another domain it is another case')
})

/** A browser of somebody of a company. Administrators have a fresh proof. */
async function signIn(username: string) {
  const browser = elsewhere()
  const sent = await browser.post('/signin', { username, password: PASSWORD })
  assert.ok(sent.status < 300, sent.text)
  await takeDueStep(server, browser)
  return browser
}

test('helpers see the cases of their company, answer and close them; nobody else does', async () => {
  const asker = elsewhere()
  const { number } = (await open(asker, 'kim@private.example')).proved.json
  const path = `/cases/${number}`
  const told = await server.message(one => one.to === 'helpdesk@acme.example' && (one.subject ?? '').includes(number))
  assert.match(told.text, new RegExp(`/cases/${number}`))
  assert.match(told.text, /outside your domain/)
  assert.doesNotMatch(told.text, /evil|private\.example/, 'nothing that was typed travels')
  const admin = await signIn('admin@acme.example')
  const { cases } = (await admin.get('/cases')).json
  assert.ok(cases.some((one: { number: string }) => one.number === number))
  assert.ok(cases.every((one: { domain: string }) => /acme\.example$/.test(one.domain)))
  assert.match((await admin.page('/cases')).text, new RegExp(`href="${path}"`))
  const page = await admin.page(path)
  assert.match(page.text, /kim@private\.example/)
  assert.match(page.text, /&lt;b&gt;https/)
  const answered = await admin.post(`${path}/messages`, { text: 'Who is this?' })
  assert.equal(answered.status, 200, answered.text)
  assert.deepEqual(
    [answered.json.state, answered.json.next.who, answered.json.messages[1].by],
    ['asker', 'asker', 'administrator'],
  )
  assert.equal(Date.parse(answered.json.next.by) - Date.parse(answered.json.messages[1].at), 14 * DAY)
  await admin.post(`${path}/messages`, { text: 'Please reply.' })
  const mails = async () =>
    (await server.outbox()).filter(one => one.to === 'kim@private.example' && /An answer/.test(one.subject ?? ''))
  await server.message(one => one.to === 'kim@private.example' && /An answer/.test(one.subject ?? ''))
  const replied = await asker.post(`${path}/messages`, { text: 'It is Kim.' })
  assert.deepEqual([replied.json.state, replied.json.messages.length], ['administrators', 4])
  await server.message(one => one.to === 'helpdesk@acme.example' && /a reply/.test(one.subject ?? ''))
  assert.equal((await mails()).length, 1, 'one mail tells of an answer until there is a reply')
  const globexId = await findTenantId(store, 'globex.example')
  await inTenant(store, globexId, async trx => {
    const user = await findUserByName(trx, globexId, 'two-gates@globex.example')
    const means = { now: server.clock.now(), random: services.random, keys: services.keys }
    await assignRole(trx, means, user!.id, 'Global Administrator')
  })
  const globex = await signIn('two-gates@globex.example')
  const theirs = (await globex.get('/cases')).json.cases.map((one: { domain: string }) => one.domain)
  assert.deepEqual(theirs, ['globex.example'])
  const plain = await signIn('registered@acme.example')
  for (const other of [globex, plain]) {
    assert.equal((await other.get(path)).status, 404)
    assert.equal((await other.post(`${path}/messages`, { text: 'x' })).status, 404)
  }
  assert.equal((await plain.get('/cases')).json.code, 'forbidden')
  // Whoever may no longer is judged once more on the locked row.
  const one = await getOpenedCase(store, act(), number)
  const late = { by: 'administrator', holds: () => false, text: 'x' } as const
  await assert.rejects(writeMessage(store, act(), one, late), { code: 'not_found' })
  assert.equal((await elsewhere().get('/cases')).json.code, 'not_signed_in')
  assert.equal((await globex.post(`${path}/closing`, { result: 'resolved' })).status, 404)
  assert.equal((await plain.post(`${path}/closing`, { result: 'resolved' })).status, 403)
  assert.equal((await asker.post(`${path}/closing`, { result: 'resolved' })).status, 401, 'who asks closes nothing')
  const closed = await admin.submit(`${path}/closing`, { result: 'resolved', text: '' })
  assert.equal(closed.headers.get('location'), path)
  const { state, result, next } = (await asker.get(path)).json
  assert.deepEqual([state, result, next], ['closed', 'resolved', { who: null, by: null }])
  await server.message(one => one.to === 'kim@private.example' && /is closed/.test(one.subject ?? ''))
  for (const [browser, step] of [
    [asker, 'messages'],
    [admin, 'messages'],
  ] as const)
    assert.equal((await browser.post(`${path}/${step}`, { text: 'x' })).status, 409)
  const events = await rows(
    'select activity, actor_kind, actor_name from audit_events where target_name = $1 and activity like $2 order by id',
    number,
    'case.%',
  )
  assert.deepEqual(
    events.map(one => [one.activity, one.actor_name]),
    [
      ['case.opened', null],
      ['case.answered', 'admin@acme.example'],
      ['case.answered', 'admin@acme.example'],
      ['case.closed', 'admin@acme.example'],
    ],
  )
})

test('programs of helpers list, read, answer and close the cases of their company, and others do not', async () => {
  const asker = elsewhere()
  const { number } = (await open(asker, 'ola@private.example')).proved.json
  const unproved = (await elsewhere().post('/cases', asked('una@private.example'))).json.number
  const api = testApi(server)
  const desk = await api.as('helpdesk@acme.example')
  const listed = (await desk('GET', "/cases?$filter=state eq 'administrators'&$count=true")).json
  const [newest] = listed.value
  assert.deepEqual(
    [newest.number, newest.address, newest.state, newest.closedDateTime],
    [number, 'ola@private.example', 'administrators', null],
  )
  assert.equal(listed['@odata.count'], listed.value.length)
  assert.ok(listed.value.every((one: { domain: string }) => /acme\.example$/.test(one.domain)))
  const every: { number: string }[] = (await desk('GET', '/cases')).json.value
  assert.ok(every.every(one => one.number !== unproved))
  assert.equal((await desk('GET', `/cases/${unproved}`)).status, 404)
  const waiting = async (by = desk) =>
    (await by('GET', '/reports/attention')).json.value.find((one: { code: string }) => one.code === 'cases_waiting')
  const before = await waiting()
  assert.deepEqual([before.count, before.targets[0].id], [listed.value.length, number])

  const path = `/cases/${number}`
  const one = (await desk('GET', path.toLowerCase())).json
  assert.deepEqual(
    [one.number, one.isAddressInDomain, one.isDomainProven, one.messages.map((each: { text: string }) => each.text)],
    [number, false, false, [text]],
  )
  for (const [username, domain, status] of [
    ['registered@acme.example', 'acme.example', 403],
    ['admin@globex.example', 'globex.example', 404],
  ] as const) {
    const other = await testApi(server, domain).as(username)
    assert.equal((await other('GET', path)).status, status, username)
    assert.equal((await other('POST', `${path}/messages`, { text: 'x' })).status, status, username)
    assert.equal((await other('POST', `${path}/close`, { result: 'refused' })).status, status, username)
  }
  const old = await api.as('helpdesk@acme.example', { ago: 16 })
  assert.equal((await old('GET', path)).status, 200)
  assert.equal((await old('POST', `${path}/messages`, { text: 'x' })).status, 401)
  assert.equal((await old('POST', `${path}/close`, { result: 'refused' })).status, 401)
  for (const wrong of [' \n', 'a\u0007', 'a'.repeat(2_001)])
    assert.equal((await desk('POST', `${path}/messages`, { text: wrong })).status, 400, JSON.stringify(wrong))
  assert.equal((await asker.get(path)).json.messages.length, 1, 'who was refused has changed nothing')

  const sent = await desk('POST', `${path}/messages`, { text: 'Who is this?\nCall us.' })
  assert.equal(sent.status, 204, sent.text)
  await server.message(mail => mail.to === 'ola@private.example' && /An answer/.test(mail.subject ?? ''))
  const read = (await asker.get(path)).json
  assert.deepEqual([read.state, read.messages[1].by], ['asker', 'administrator'])
  assert.equal((await waiting())?.count ?? 0, before.count - 1)
  assert.equal((await desk('GET', `/cases?$filter=number eq '${number}'`)).json.value[0].state, 'asker')
  assert.equal((await desk('POST', `${path}/close`, { result: 'resolved', text: 'Done.' })).status, 204)
  assert.equal((await desk('POST', `${path}/messages`, { text: 'x' })).code, 'wrong_state')
  const { result, messages } = (await desk('GET', path)).json
  assert.deepEqual([result, messages.length], ['resolved', 3])
  const [event] = await rows(
    "select actor_name, correlation_id = target_id as own from audit_events where target_name = $1 and activity = 'case.closed'",
    number,
  )
  assert.deepEqual(event, { actor_name: 'helpdesk@acme.example', own: true })
})

test('a helper opens a case for a caller, whose mailbox is proved by its link alone, and once', async () => {
  const api = testApi(server)
  const desk = await api.as('helpdesk@acme.example')
  const { id: userId } = (await desk('GET', '/users/new@acme.example')).json
  const address = 'ivy@acme.example'
  const check = async (of: string) =>
    (await desk('POST', `/users/${of}/callerChecks`, { means: 'callBack' })).json.id as string
  const callerCheckId = await check(userId)
  const wanted = { userId, address, text: 'Lost her phone.', finding: 'neverRegistered', callerCheckId }
  const old = await api.as('helpdesk@acme.example', { ago: 16 })
  assert.equal((await old('POST', '/cases', wanted)).status, 401)
  assert.equal((await (await api.as('registered@acme.example'))('POST', '/cases', wanted)).status, 403)
  const globex = await testApi(server, 'globex.example').as('admin@globex.example')
  assert.equal((await globex('POST', '/cases', wanted)).status, 404, 'a user of another company is nobody')
  assert.equal((await desk('POST', '/cases', { ...wanted, address: 'nobody' })).code, 'email_invalid')
  const another = await check((await desk('GET', '/users/prefilled@acme.example')).json.id)
  assert.equal(
    (await desk('POST', '/cases', { ...wanted, address: 'jan@mail.example', callerCheckId: another })).code,
    'caller_check_invalid',
  )
  const owner = await inTenant(store, acme, trx => findUserByName(trx, acme, 'admin@acme.example'))
  assert.equal(
    (await desk('POST', '/cases', { ...wanted, userId: owner!.id, address: 'boss@mail.example' })).status,
    404,
    'beyond the help desk',
  )

  const again = { 'idempotency-key': 'call-1' }
  const made = await desk('POST', '/cases', wanted, again)
  assert.equal(made.status, 201, made.text)
  const { number, id } = made.json
  assert.equal((await desk('POST', '/cases', wanted, again)).json.number, number, 'the same call is one case')
  assert.equal((await desk('GET', `/cases/${id}`)).json.number, number)
  assert.equal((await desk('POST', '/cases', wanted)).code, 'case_open')
  assert.deepEqual(
    [made.json.state, made.json.userId, made.json.isAddressProven, made.json.isAddressInDomain],
    ['administrators', userId, false, false],
  )
  assert.equal(made.json.messages[0].by, 'administrator')
  const { finding, checkedBy, checkedDateTime } = made.json.handedOver
  assert.deepEqual([finding, checkedBy, typeof checkedDateTime], ['neverRegistered', 'callBack', 'string'])
  const found = (await desk('POST', '/helpDesk/lookups', { query: number })).json.value
  assert.deepEqual(
    found.map((one: { id: string; matchedBy: string }) => [one.id, one.matchedBy]),
    [[userId, 'raisedCase']],
    'its number leads to the person of the call, and proves nobody',
  )
  const told = await server.message(one => /recovery case/.test(one.subject ?? '') && one.text.includes(number))
  assert.match(told.text, /A helper of your organization has opened the case/)
  assert.match(told.text, /Nothing is proved yet/)
  assert.doesNotMatch(told.text, /Proved:/)
  const admin = await signIn('admin@acme.example')
  assert.match((await admin.page(`/cases/${number}`)).text, /not proved: a helper wrote it down/)
  const mail = await server.message(one => one.to === address && /opened case/.test(one.subject ?? ''))
  assert.doesNotMatch(mail.text, /phone|Acme/)
  const person = elsewhere()
  assert.equal((await person.get(`/cases/${number}`)).status, 404)
  await person.post(linkIn(mail))
  const theirs = await person.get(`/cases/${number}`)
  assert.deepEqual(theirs.json.proved, { inDomain: true, dns: false })
  assert.doesNotMatch(theirs.text, /neverRegistered|callBack/, 'what the helper found is the helpers’')
  assert.equal((await desk('GET', `/cases/${number}`)).json.isAddressProven, true)
  assert.match((await admin.page(`/cases/${number}`)).text, /\(in your domain\)/)
  const second = { userId, address: 'joy@acme.example', text: wanted.text }
  const merged = (await desk('POST', '/cases', second)).json.number
  assert.equal((await open(elsewhere(), second.address)).proved.json.number, merged)
  assert.equal((await desk('GET', `/cases/${merged}`)).json.isAddressProven, true, 'a code proves it as a link does')
  const third = (await desk('POST', '/cases', { ...second, address: 'kit@private.example' })).json.number
  const state = async (one: string) => (await getOpenedCase(store, act(), one)).state
  server.clock.advance(2 * DAY + HOUR)
  await moveDueCases(store, act())
  assert.deepEqual([await state(number), await state(third)], ['provider', 'administrators'], 'unproved it stays here')
  server.clock.advance(12 * DAY)
  await moveDueCases(store, act())
  assert.equal(await state(third), 'closed')
  const [event] = await rows(
    "select actor_name, details->>'user' as \"user\" from audit_events where target_name = $1 and activity = 'case.opened'",
    number,
  )
  assert.deepEqual(event, { actor_name: 'helpdesk@acme.example', user: 'new@acme.example' })
})

test('a helper answers with a fresh proof alone, and who asks can withdraw', async () => {
  const asker = elsewhere()
  const { number } = (await open(asker, 'lea@acme.example')).proved.json
  const path = `/cases/${number}`
  const admin = await signIn('admin@acme.example')
  assert.equal((await asker.get(path)).json.proved.inDomain, true)
  server.clock.advance(16 * 60_000)
  const late = await admin.post(`${path}/messages`, { text: 'Hello' })
  assert.deepEqual([late.status, late.json.code], [403, 'proof_needed'])
  assert.equal((await admin.post(`${path}/closing`, { result: 'refused' })).json.code, 'proof_needed')
  assert.match((await admin.page(path)).text, /\/session\/proof\?next=\/cases\/LK-/)
  assert.equal((await elsewhere().post(`${path}/withdrawal`)).status, 404)
  const withdrawn = await asker.post(`${path}/withdrawal`)
  assert.deepEqual([withdrawn.json.state, withdrawn.json.result], ['closed', 'withdrawn'])
  const again = await open(asker, 'lea@acme.example')
  assert.equal(again.proved.json.number, again.begun.json.number, 'a closed case is followed by another')
})

test('the domain of a case is proved by its own record, once, and helpers see it', async () => {
  const asker = elsewhere()
  const { record, ...opened } = (await open(asker, 'nia@acme.example')).proved.json
  const path = `/cases/${opened.number}`
  assert.match(record.value, /^latchkey-verification=(?!.*\d{6})\w{32}$/)
  assert.deepEqual([record.type, record.hosts], ['TXT', ['@', '_latchkey']])
  assert.equal((await elsewhere().post(`${path}/check`)).status, 404)
  const admin = await signIn('admin@acme.example')
  assert.equal((await admin.get(path)).json.record, undefined, 'who asks proves it, and nobody else')
  assert.equal((await admin.post(`${path}/check`)).status, 404)
  const other = (await open(elsewhere(), 'oda@acme.example')).proved.json
  zone.texts['acme.example'] = [[other.record.value]]
  const missing = await asker.post(`${path}/check`)
  assert.deepEqual([missing.status, missing.json.proved.dns, missing.json.check.result], [200, false, 'pending'])
  assert.match(missing.json.check.diagnosis[0].advice, /another value/)
  assert.match((await asker.page(path)).text, /another value/)
  zone.texts['acme.example'].push([record.value])
  const form = await asker.submit(`${path}/check`, {})
  assert.equal(form.headers.get('location'), path)
  const proved = (await asker.get(path)).json
  assert.deepEqual([proved.proved, proved.record], [{ inDomain: true, dns: true }, undefined])
  assert.deepEqual((await admin.get(path)).json.proved, { inDomain: true, dns: true })
  assert.match((await admin.page(path)).text, /held our record on/)
  zone.texts['acme.example'] = []
  const asked = zone.asked.length
  assert.equal((await asker.post(`${path}/check`)).json.proved.dns, true, 'what was proved stays so')
  assert.equal(zone.asked.length, asked)
  const events = await rows(
    "select activity from audit_events where target_name = $1 and activity = 'case.proved'",
    opened.number,
  )
  assert.equal(events.length, 1)
  await admin.post(`${path}/closing`, { result: 'resolved' })
  assert.equal((await asker.post(`${path}/check`)).status, 409)
})

test('a case is looked up six times a minute, and only once it is open', async () => {
  const browser = elsewhere()
  const begun = await browser.post('/cases', asked('pam@private.example', 'look.example'))
  assert.equal(begun.json.record, undefined)
  assert.equal((await browser.post(`/cases/${begun.json.number}/check`)).status, 409)
  const { number } = (await open(browser, 'quin@private.example', 'look.example')).proved.json
  const statuses = []
  for (let n = 0; n < 7; n++) statuses.push((await browser.post(`/cases/${number}/check`)).status)
  assert.deepEqual(statuses, [...Array(6).fill(200), 429])
})

test('a case moves on after two days, waits for who asks for fourteen, and ends without an answer', async () => {
  const asker = elsewhere()
  const { number } = (await open(asker, 'max@new.example', 'new.example')).proved.json
  const path = `/cases/${number}`
  const stateAt = async () => {
    // Of two jobs at once the second finds that nothing is due.
    await Promise.all([moveDueCases(store, act()), moveDueCases(store, act())])
    return (await asker.get(path)).json
  }
  const listed = async () => (await listOpenCases(store, act())).find(one => one.number === number)
  server.clock.advance(2 * DAY - HOUR)
  assert.equal((await stateAt()).state, 'administrators')
  assert.equal((await listed())?.isOurs, true, 'nobody has the domain, so the operator sees it at once')
  server.clock.advance(HOUR)
  const before = server.clock.now().getTime()
  const handed = await stateAt()
  assert.deepEqual([handed.state, handed.next.who], ['provider', 'provider'], 'also where there is none')
  assert.ok(Date.parse(handed.next.by) >= before + 2 * DAY)
  assert.ok(Date.parse(handed.next.by) <= server.clock.now().getTime() + 2 * DAY)
  assert.equal((await listed())?.isOurs, true)
  server.clock.advance(2 * DAY)
  const moved = await stateAt()
  assert.deepEqual([moved.state, moved.next], ['operator', { who: 'operator', by: null }])
  await server.message(one => one.to === 'max@new.example' && /has moved on/.test(one.subject ?? ''))
  const operator = { by: 'operator', holds: () => true } as const
  const one = await getOpenedCase(store, act(), number.toLowerCase())
  await writeMessage(store, act(), one, { ...operator, text: 'Who are you?' })
  assert.equal((await stateAt()).next.who, 'asker')
  assert.equal(
    (await asker.post(`${path}/messages`, { text: 'Max' })).json.state,
    'operator',
    'a reply goes back to who answered',
  )
  await writeMessage(store, act(), one, { ...operator, text: 'Which Max?' })
  server.clock.advance(14 * DAY - HOUR)
  assert.equal((await stateAt()).state, 'asker')
  server.clock.advance(HOUR)
  const ended = await stateAt()
  assert.deepEqual([ended.state, ended.result], ['closed', 'unanswered'])
  await assert.rejects(writeMessage(store, act(), one, { ...operator, text: 'x' }), { code: 'wrong_state' })
  await moveDueCases(store, act())
  const events = await rows(
    'select activity from audit_events where target_name = $1 and activity like $2 order by id',
    number,
    'case.%',
  )
  assert.deepEqual(
    events.map(({ activity }) => activity),
    ['case.opened', 'case.moved', 'case.moved', 'case.answered', 'case.answered', 'case.closed'],
  )
})

test('the provider whom a company names is mailed after two days, and answers as nobody else', async () => {
  const name = (providerContact: string | null) => inTenant(store, acme, trx => setSettings(trx, { providerContact }))
  await name('desk@provider.example')
  const asker = elsewhere()
  const { number } = (await open(asker, 'rik@private.example')).proved.json
  const path = `/cases/${number}`
  // A job of today that ran in two days would tell the provider too.
  await jobsDone(store.pool)
  server.clock.advance(2 * DAY)
  await moveDueCases(store, act())
  const toProvider = (about: RegExp, to = 'desk@provider.example') =>
    server.message(
      one => one.to === to && one.kind === 'link' && about.test(one.subject ?? '') && one.text.includes(number),
    )
  const mail = await toProvider(/recovery case/)
  assert.match(mail.text, /Acme has named you as its provider/)
  assert.match(mail.text, /outside the domains of Acme/)
  assert.doesNotMatch(mail.text, /evil|private\.example|\d{6}/, 'nothing that was typed travels')
  const isOurs = async () => (await listOpenCases(store, act())).find(one => one.number === number)?.isOurs
  assert.equal(await isOurs(), false, 'somebody else can answer')
  const provider = elsewhere()
  assert.equal((await provider.get(path)).status, 404)
  assert.deepEqual((await provider.post(linkIn(mail))).json, { next: path })
  const read = (await provider.get(path)).json
  assert.deepEqual([read.state, read.address, read.record], ['provider', 'rik@private.example', undefined])
  assert.deepEqual(
    read.acts.map((one: { act: string }) => one.act),
    ['write'],
  )
  assert.match((await provider.page(path)).text, /Acme/)
  for (const [step, body] of [
    ['withdrawal', undefined],
    ['check', undefined],
    ['closing', { result: 'refused' }],
  ] as const)
    assert.ok([401, 404].includes((await provider.post(`${path}/${step}`, body)).status), step)
  const answered = (await provider.post(`${path}/messages`, { text: 'We call your office.' })).json
  assert.deepEqual([answered.state, answered.messages[1].by], ['asker', 'provider'])
  const toAsker = await server.message(one => one.to === 'rik@private.example' && /An answer/.test(one.subject ?? ''))
  assert.equal((await asker.get(path)).json.messages[1].by, 'provider')
  assert.equal((await asker.post(`${path}/messages`, { text: 'Thanks' })).json.state, 'provider')
  const second = await toProvider(/a reply/)
  assert.equal((await elsewhere().post(linkIn(mail))).status, 410, 'a newer mail’s link replaces it')
  assert.equal((await elsewhere().post(linkIn(toAsker))).status, 200, 'and leaves the asker’s own')
  await name('other@provider.example')
  assert.equal((await provider.get(path)).status, 404, 'whom the company names no more reads no more')
  assert.equal((await provider.post(`${path}/messages`, { text: 'x' })).status, 404)
  await asker.post(`${path}/messages`, { text: 'Anybody?' })
  await name('desk@provider.example')
  assert.equal((await provider.get(path)).status, 200)
  // Once another provider has the case, the browsers of the one before hold nothing.
  granted(await provider.post(`${path}/messages`, { text: 'We look at it.' }))
  await name('other@provider.example')
  granted(await asker.post(`${path}/messages`, { text: 'Who are you?' }))
  const toOther = await server.message(one => one.to === 'other@provider.example')
  assert.equal((await provider.get(path)).status, 404)
  const other = elsewhere()
  granted(await other.post(linkIn(toOther)))
  assert.equal((await other.get(path)).status, 200)
  assert.equal((await elsewhere().post(linkIn(second))).status, 410, 'nor does their link')
  await name(null)
  assert.equal((await provider.get(path)).status, 404)
  assert.equal(await isOurs(), true)
})

test('a case that the assistant led to carries what it was told, to those whose concern it is', async () => {
  const asker = elsewhere()
  const username = 'registered@acme.example'
  const begun = await asker.post('/help/sign-in', { username })
  const { id: assistant } = begun.json
  let leaf = begun
  for (const [question, answer] of [
    ['what', 'no-administrator'],
    ['administrator', 'none'],
    ['provider', 'no'],
  ])
    leaf = await asker.post(`/help/sign-in/${assistant}/answers`, { question, answer })
  const href: string = leaf.json.leaf.acts.find((one: { act: string }) => one.act === 'case').href
  assert.equal(new URLSearchParams(href.split('?')[1]).get('assistant'), assistant)
  const form = await asker.page(href)
  assert.match(form.text, new RegExp(`name="assistant" value="${assistant}"`))
  for (const words of [username, 'We have none any more', 'Open a case for a new administrator'])
    assert.ok(form.text.includes(words), words)
  // Elsewhere the same address shows nothing, and nothing goes along.
  assert.doesNotMatch((await elsewhere().page(href)).text, /registered@|name="assistant"/)
  for (const unknown of [services.random.uuid(server.clock.now()), assistant]) {
    const strange = await elsewhere().post('/cases', { ...asked('lou@private.example'), assistant: unknown })
    assert.deepEqual([strange.status, strange.json.code], [422, 'assistant_unknown'])
  }
  const answers = leaf.json.answers
  const told = { situation: 'S9', known: { username }, answers }
  const seen = []
  for (const domain of ['acme.example', 'globex.example']) {
    const last = await lastTo('lou@private.example')
    const opened = await asker.post('/cases', { ...asked('lou@private.example', domain), assistant })
    const { number, challenge } = opened.json
    const code = await server.code('lou@private.example', last)
    const { json } = await asker.post(`/cases/${number}/proofs`, { challenge: challenge.id, code })
    assert.deepEqual(json.messages[0].assistant, told, 'the asker sees all of it')
    seen.push(number)
  }
  const admin = await signIn('admin@acme.example')
  assert.deepEqual((await admin.get(`/cases/${seen[0]}`)).json.messages[0].assistant, told)
  const page = await admin.page(`/cases/${seen[0]}`)
  assert.match(page.text, /Do you know an administrator of your company\?/)
  const globex = await signIn('admin@globex.example')
  assert.deepEqual(
    (await globex.get(`/cases/${seen[1]}`)).json.messages[0].assistant,
    { situation: 'S9', known: {}, answers },
    'a name at Acme is no concern of Globex',
  )
  assert.doesNotMatch((await globex.page(`/cases/${seen[1]}`)).text, /registered@acme/)
  assert.doesNotMatch(JSON.stringify(await rows('select * from case_messages')), /no-administrator/)
  // After a day the form is told that it cannot, and the case opens without it.
  server.clock.advance(DAY + 2 * HOUR)
  await removeExpired(services)
  const late = await asker.submit('/cases', { ...asked('lou@private.example'), assistant, captcha_form: '' })
  const again = await asker.page(late.headers.get('location')!)
  assert.match(again.text, /no longer kept/)
  assert.doesNotMatch(again.text, /name="assistant"/)
})

test('what is no domain, address or text is refused, and a network begins five cases a day', async () => {
  const browser = elsewhere()
  const refused = async (change: object) =>
    (await browser.post('/cases', { ...asked('gus@private.example'), ...change })).json.code
  assert.equal(await refused({ domain: 'acme' }), 'domain_invalid')
  assert.equal(await refused({ address: 'gus' }), 'address_invalid')
  assert.equal(await refused({ text: ' \n ' }), 'text_empty')
  assert.equal(await refused({ text: 'x'.repeat(2_001) }), 'invalid_request')
  assert.equal(await refused({ text: 'a\u0000b' }), 'invalid_request')
  assert.equal(await refused({ kind: 'x' }), 'invalid_request')
  for (let n = 0; n < 5; n++) assert.equal((await browser.post('/cases', asked(`gus${n}@private.example`))).status, 201)
  const sixth = await browser.post('/cases', asked('gus5@private.example'))
  assert.deepEqual([sixth.status, sixth.json.code], [429, 'throttled'])
})

test('forms do the same without script, and keep a long text where they refuse', async () => {
  const browser = elsewhere()
  const long = 'y'.repeat(1_500)
  const wrong = await browser.submit('/cases', {
    ...asked('hal@private.example'),
    domain: 'x',
    text: long,
    captcha_form: '',
  })
  const again = await browser.page(wrong.headers.get('location')!)
  assert.match(again.text, /This isn’t a domain/)
  assert.ok(again.text.includes(long))
  const sent = await browser.submit('/cases', { ...asked('hal@private.example'), text: 'one\r\ntwo' })
  const path = sent.headers.get('location')!
  const { text: page } = await browser.page(path)
  const challenge = /name="challenge" value="([^"]+)"/.exec(page)![1]!
  const proved = await browser.submit(`${path}/proofs`, { challenge, code: await server.code('hal@private.example') })
  assert.equal(proved.headers.get('location'), path)
  assert.equal((await browser.get(path)).json.messages[0].text, 'one\ntwo')
  const lost = await browser.submit('/cases/links', { number: path.split('/')[2]!, address: 'hal@private.example' })
  assert.match(
    (await browser.page(lost.headers.get('location')!)).text,
    /If the number and the address belong together/,
  )
})

test('a case whose mailbox nobody proves is gone after a day, and a closed one after 180', async () => {
  const browser = elsewhere()
  const begun = await browser.post('/cases', asked('ida@private.example'))
  const { number } = (await open(elsewhere(), 'jon@private.example')).proved.json
  const left = async () =>
    (await rows('select number from cases where number = any($1)', [begun.json.number, number])).length
  server.clock.advance(DAY)
  assert.equal((await browser.get(`/cases/${begun.json.number}`)).status, 404)
  await removeExpired(services)
  assert.equal(await left(), 1)
  await store.pool.query('update latchkey.cases set closed_at = $2 where number = $1', [number, server.clock.now()])
  server.clock.advance(180 * DAY - HOUR)
  await removeExpired(services)
  assert.equal(await left(), 1)
  server.clock.advance(HOUR)
  await removeExpired(services)
  assert.equal(await left(), 0)
  const [{ count }] = await rows(
    'select count(*)::int as count from case_messages where case_id not in (select id from cases)',
  )
  assert.equal(count, 0)
})
