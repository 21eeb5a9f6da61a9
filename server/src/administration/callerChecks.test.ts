import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { HOUR, MINUTE } from '../clock.ts'
import { findTenantId, findUserByName, raiseSecurityEpoch } from '../directory/index.ts'
import { PASSWORD_METHOD } from '../methods/index.ts'
import { removeExpired } from '../runtime/cleanup.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'

const server = await testServer()
const { services, store } = server
const api = testApi(server)
const admin = await api.as('admin@acme.example')
const acme = await findTenantId(store, 'acme.example')
const NAME = 'registered@acme.example'

const reset = (by: typeof admin, body: object, name = NAME) =>
  by('POST', `/users/${name}/authentication/methods/${PASSWORD_METHOD}/resetPassword`, body)
const give = (by: typeof admin, body: object, name = NAME) =>
  by('POST', `/users/${name}/authentication/temporaryAccessPassMethods`, body)
const ask = (by: typeof admin, body: object, name = NAME) => by('POST', `/users/${name}/callerChecks`, body)
const require = (callerCheckRequired: boolean) =>
  admin('PATCH', '/policies/passwordResetPolicy', { settings: { callerCheckRequired } })

const seen: string[] = []

/** Presses the newest link that was mailed to this address, in a browser of its own. */
async function openLink(to = 'registered@mail.example'): Promise<{ browser: TestBrowser; page: string }> {
  const { text, subject } = await server.message(
    one => one.kind === 'link' && one.to === to && !seen.some(path => one.text.includes(path)),
  )
  assert.match(subject ?? '', /did you call the help desk/)
  const path = /\/links\/[\w-]{43}/.exec(text)![0]
  seen.push(path)
  const browser = server.browser()
  const { status, json } = await browser.post(path, {})
  assert.equal(status, 200)
  return { browser, page: json.next }
}

test('where a policy asks for it, no agent gives a password or a pass unchecked, by any door', async () => {
  assert.equal((await require(true)).status, 204)
  const job = (one: Awaited<ReturnType<typeof admin>>) =>
    assert.deepEqual([one.status, one.code], [403, 'caller_check_needed'])
  job(await reset(admin, {}))
  job(await give(admin, {}))
  job(await admin('PATCH', `/users/${NAME}`, { passwordProfile: { password: 'Quite another 1!' } }))
  for (const callerCheckId of [randomUUID(), randomUUID()]) {
    const refused = await reset(admin, { callerCheckId })
    assert.deepEqual([refused.status, refused.code], [403, 'caller_check_invalid'])
  }
  assert.equal((await admin('POST', `/users/${NAME}/revokeSignInSessions`)).status, 200, 'this helps everybody')
  const program = await api.asApplication(['User-PasswordProfile.ReadWrite.All'])
  const profile = { passwordProfile: { password: 'A program gives this 1!' } }
  assert.equal((await program('PATCH', `/users/${NAME}`, profile)).status, 204, 'a program has no callers')
  assert.equal((await require(false)).status, 204)
  assert.equal((await reset(admin, {})).status, 202)
})

test('a caller who names the words is given a password on their own page, which the agent never sees', async () => {
  await require(true)
  const asked = await ask(admin, { means: 'approvalLink' })
  assert.equal(asked.status, 201, asked.text)
  const { id, words, state } = asked.json
  assert.equal(state, 'pending')
  assert.equal(words.split(' ').length, 2)
  assert.equal((await reset(admin, { callerCheckId: id })).code, 'caller_check_invalid', 'nobody has answered')
  const { browser, page } = await openLink()
  const first = await browser.get(page)
  assert.deepEqual(Object.keys(first.json), ['id', 'state', 'expiresAt', 'choices', 'given'])
  assert.equal(first.json.choices.length, 3)
  assert.ok(first.json.choices.includes(words))
  assert.equal(new Set(first.json.choices.join(' ').split(' ')).size, 6, 'no word tells by standing twice')
  assert.deepEqual((await browser.get(page)).json.choices, first.json.choices, 'a reload tells no more')
  const html = await browser.page(page)
  for (const pair of first.json.choices) assert.ok(html.text.includes(pair))
  assert.match(html.text, /I didn’t call/)
  const stranger = server.browser()
  stranger.cookies.set('latchkey_browser', `${'x'.repeat(43)}.${acme}`)
  for (const other of [server.browser(), stranger]) {
    assert.equal((await other.get(page)).status, 404)
    assert.equal((await other.post(page, { words })).status, 404)
  }
  const approved = await browser.post(page, { words })
  assert.deepEqual([approved.status, approved.json.state, approved.json.given], [200, 'approved', null])
  assert.equal((await browser.post(page, { words })).json.state, 'approved', 'an answer that is sent twice is one')
  assert.equal((await browser.post(`${page}/denial`, {})).status, 410)
  const waiting = await browser.page(page)
  assert.equal(waiting.headers.get('refresh'), '5')
  const read = await admin('GET', `/users/${NAME}/callerChecks/${id}`)
  assert.deepEqual([read.status, read.json.state], [200, 'approved'])

  const typed = await reset(admin, { callerCheckId: id, newPassword: 'The agent knows 1!' })
  assert.deepEqual([typed.status, typed.code], [400, 'property_invalid'])
  const given = await reset(admin, { callerCheckId: id })
  assert.equal(given.status, 202, given.text)
  assert.deepEqual(Object.keys(given.json), ['@odata.context'])
  const { json } = await browser.get(page)
  assert.equal(json.given.kind, 'password')
  assert.ok((await browser.page(page)).text.includes(json.given.value.replaceAll('&', '&amp;')))
  const signedIn = await server.browser().post('/signin', { username: NAME, password: json.given.value })
  assert.deepEqual([signedIn.status, signedIn.json.state], [200, 'change-password'])

  const hijacked = await ask(admin, { means: 'inPerson' })
  const pass = await give(admin, { callerCheckId: id })
  assert.deepEqual([pass.status, pass.json.temporaryAccessPass], [201, null])
  assert.equal((await browser.get(page)).json.given.kind, 'pass')
  const { rows } = await store.pool.query(
    "select activity, reason from latchkey.audit_events where activity like 'caller.%' order by id",
  )
  assert.deepEqual(rows, [
    { activity: 'caller.asked', reason: null },
    { activity: 'caller.approved', reason: null },
    { activity: 'caller.asked', reason: null },
  ])
  await inTenant(store, acme, async trx => raiseSecurityEpoch(trx, acme, (await findUserByName(trx, acme, NAME))!.id))
  for (const check of [id, hijacked.json.id]) {
    assert.equal((await admin('GET', `/users/${NAME}/callerChecks/${check}`)).json.state, 'expired')
    assert.equal((await reset(admin, { callerCheckId: check })).code, 'caller_check_invalid', 'from before an end')
  }
  assert.equal((await browser.get(page)).json.given, null)
  await require(false)
})

test('a check is of one agent and one person, and for fifteen minutes', async () => {
  await require(true)
  const { id } = (await ask(admin, { means: 'inPerson' })).json
  const desk = await api.as('helpdesk@acme.example')
  assert.equal((await desk('GET', `/users/${NAME}/callerChecks/${id}`)).status, 404)
  assert.equal((await reset(desk, { callerCheckId: id })).code, 'caller_check_invalid')
  assert.equal((await reset(admin, { callerCheckId: id }, 'new@acme.example')).code, 'caller_check_invalid')
  const seenInPerson = await reset(admin, { callerCheckId: id })
  assert.equal(seenInPerson.status, 202)
  assert.ok(seenInPerson.json.newPassword, 'who stands before the agent is told')
  const ended = (await ask(admin, { means: 'inPerson' })).json.id
  assert.equal((await admin('PATCH', `/users/${NAME}/callerChecks/${ended}`, { outcome: 'resolved' })).status, 204)
  assert.equal((await reset(admin, { callerCheckId: ended })).code, 'caller_check_invalid', 'the call has ended')
  const late = (await ask(admin, { means: 'callBack' })).json.id
  await store.pool.query(
    "update latchkey.caller_checks set expires_at = expires_at - interval '16 minutes' where id = $1",
    [late],
  )
  assert.equal((await admin('GET', `/users/${NAME}/callerChecks/${late}`)).json.state, 'expired')
  assert.equal((await reset(admin, { callerCheckId: late })).code, 'caller_check_invalid')
  await require(false)
  const plain = await api.as('new@acme.example')
  assert.equal((await ask(plain, { means: 'inPerson' })).status, 403)
})

test('an administrator who calls is asked by a link alone', async () => {
  for (const means of ['callBack', 'inPerson']) {
    const refused = await ask(admin, { means }, 'helpdesk@acme.example')
    assert.deepEqual([refused.status, refused.code], [400, 'means_refused'])
  }
})

test('who says that they did not call stops the help desk for an hour, and is told with Security', async () => {
  const settings = { securityComplianceNotificationMails: ['security@mail.example'] }
  assert.equal((await admin('PATCH', `/organization/${acme}`, settings)).status, 204)
  const name = 'signer@acme.example'
  for (const [answer, reason] of [
    [undefined, 'not_called'],
    ['other words', 'wrong_words'],
  ] as const) {
    const { id, words } = (await ask(admin, { means: 'approvalLink', kind: 'email' }, name)).json
    const { browser, page } = await openLink('signer@mail.example')
    const no =
      answer === undefined ? await browser.post(`${page}/denial`, {}) : await browser.post(page, { words: answer })
    assert.deepEqual([no.status, no.json.state], [200, 'denied'])
    assert.equal((await browser.post(page, { words })).status, 410, 'a no is no yes any more')
    assert.equal((await admin('GET', `/users/${name}/callerChecks/${id}`)).json.state, 'denied')
    assert.equal((await reset(admin, { callerCheckId: id }, name)).code, 'caller_check_invalid')
    assert.equal((await reset(admin, {}, name)).code, 'caller_check_needed', 'though the policy asks for no check')
    assert.equal((await give(admin, {}, name)).code, 'caller_check_needed')
    const { rows } = await store.pool.query(
      "select reason from latchkey.audit_events where activity = 'caller.denied' order by id desc limit 1",
    )
    assert.equal(rows[0].reason, reason)
  }
  for (const to of ['signer@mail.example', 'security@mail.example'])
    await server.message(one => one.to === to && /called the help desk as signer/.test(one.subject ?? ''))
  await store.pool.query("update latchkey.caller_checks set denied_at = denied_at - interval '61 minutes'")
  assert.equal((await reset(admin, {}, name)).status, 202)
})

test('fifty presses of a link open it in one browser, and fifty answers are one', async () => {
  const { words } = (await ask(admin, { means: 'approvalLink' })).json
  const { text } = await server.message(
    one => one.kind === 'link' && one.to === 'registered@mail.example' && !seen.some(path => one.text.includes(path)),
  )
  const path = /\/links\/[\w-]{43}/.exec(text)![0]
  seen.push(path)
  const browsers = Array.from({ length: 50 }, () => server.browser())
  const opened = await Promise.all(browsers.map(browser => browser.post(path, {})))
  const winner = opened.findIndex(({ status }) => status === 200)
  assert.equal(opened.filter(({ status }) => status === 410).length, 49)
  const page = opened[winner]!.json.next
  const browser = browsers[winner]!
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => (n % 2 ? browser.post(page, { words }) : browser.post(`${page}/denial`, {}))),
  )
  const { state } = (await browser.get(page)).json
  for (const { status, json } of answers) if (status === 200) assert.equal(json.state, state)
  assert.ok(['approved', 'denied'].includes(state))
})

test('what was given is gone from the page and the database soon after', async () => {
  const { rows } = await store.pool.query(
    'select count(*)::int as kept from latchkey.caller_checks where given_sealed is not null',
  )
  assert.ok(rows[0].kept > 0)
  server.clock.advance(HOUR + 31 * MINUTE)
  await removeExpired(services)
  const left = await store.pool.query('select from latchkey.caller_checks')
  assert.equal(left.rowCount, 0)
})
