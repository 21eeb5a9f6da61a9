import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, HOUR, MINUTE } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId, setSettings } from '../directory/index.ts'
import { spendContact } from '../limits/index.ts'
import { inTenant } from '../store/index.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { jobsDone } from '../testing/state.ts'
import { takeDueStep } from '../testing/steps.ts'
import { leaves } from './tree.ts'

const server = await testServer()
const { store } = server
const acme = await findTenantId(store, 'acme.example')
const name = 'registered@acme.example'

/** Begins, and answers what is asked in this order. Gives the last answer. */
async function tell(browser: TestBrowser, answers: readonly string[], username?: string) {
  let last = await browser.post('/help/sign-in', username === undefined ? {} : { username })
  assert.equal(last.status, 201, last.text)
  assert.equal(last.headers.get('location'), `/help/sign-in/${last.json.id}`)
  for (const answer of answers) {
    const { id, question } = last.json
    assert.ok(question, `nothing is asked where ${answer} was to be told: ${last.text}`)
    last = await browser.post(`/help/sign-in/${id}/answers`, { question: question.id, answer })
    assert.equal(last.status, 200, last.text)
  }
  return last
}

/** A browser that was just refused a reset with this code. */
async function refused(username: string, code: string): Promise<TestBrowser> {
  const browser = server.browser()
  const { json } = await browser.post('/reset', { username })
  assert.equal(json.refusal?.code, code)
  return browser
}

/** The table of work accounts on the wire, §1.7: what is told, and where it ends. */
const rows: { after?: [name: string, code: string]; name?: string; told: string; ends: string; acts: string }[] = [
  { told: 'forgot', ends: 'S1', acts: 'reset' },
  { told: 'locked', ends: 'locked', acts: 'unlock' },
  { told: 'lost-method', ends: 'lost-method', acts: 'reset contact' },
  { after: ['someone@initech.example', 'SSPR_0009'], told: 'known', ends: 'S2', acts: 'contact' },
  { after: ['outside@globex.example', 'SSPR_0013'], told: 'known', ends: 'S2', acts: 'contact' },
  { after: ['new@acme.example', 'SSPR_0014'], told: 'known', ends: 'S2', acts: 'contact' },
  { after: ['new@acme.example', 'SSPR_0014'], told: 'unknown', ends: 'S7', acts: 'contact access' },
  { after: ['new@acme.example', 'SSPR_0014'], told: 'left', ends: 'S8', acts: 'contact access' },
  { after: ['new@acme.example', 'SSPR_0014'], told: 'none no yes', ends: 'S3', acts: 'case:no-administrator' },
  { after: ['new@acme.example', 'SSPR_0014'], told: 'none no no', ends: 'S4', acts: 'case:colleague' },
  { after: ['new@acme.example', 'SSPR_0014'], told: 'none yes', ends: 'S6', acts: 'provider case:no-administrator' },
  { told: 'no-administrator known', ends: 'S2', acts: 'contact' },
  { told: 'no-administrator unknown', ends: 'S7', acts: 'contact access' },
  { told: 'no-administrator left', ends: 'S8', acts: 'contact access' },
  { told: 'no-administrator none no', ends: 'S9', acts: 'case:no-administrator' },
  { told: 'no-administrator none yes', ends: 'S6', acts: 'provider case:no-administrator' },
  { told: 'nobody no', ends: 'S10', acts: 'case:no-way-in' },
  { told: 'nobody yes', ends: 'S10', acts: 'case:no-way-in' },
  { name: 'first@umbrella.example', told: 'nobody yes', ends: 'S10', acts: 'take-over case:no-way-in' },
  { name: 'first@umbrella.example', told: 'nobody no', ends: 'S10', acts: 'case:no-way-in' },
  { name: 'first@umbrella.example', told: 'no-administrator none', ends: 'S11', acts: 'take-over' },
  { told: 'sign-up-refused', ends: 'S12', acts: 'contact' },
  { told: 'denied', ends: 'S17', acts: 'contact' },
  { told: 'which-account both', ends: 'S13', acts: 'sign-in' },
  { told: 'which-account several', ends: 'S14', acts: 'tenants' },
  { told: 'missing pages', ends: 'S15', acts: 'access' },
  { told: 'missing offers', ends: 'S16', acts: 'sign-in' },
  { after: ['onpremises@acme.example', 'SSPR_0010'], told: '', ends: 'S18', acts: 'contact' },
  { told: 'domain-taken', ends: 'S19', acts: 'domain' },
  { told: 'message AADSTS50053', ends: 'locked', acts: 'unlock code' },
  { told: 'message 50126', ends: 'S1', acts: 'reset code' },
  { told: 'message sspr_0010', ends: 'S18', acts: 'contact code' },
  { told: 'message 50057 known', ends: 'S2', acts: 'contact code' },
  { told: 'message 70008', ends: 'message', acts: 'sign-in code' },
  { told: 'message 1234', ends: 'message', acts: '' },
]
const actOf = ({ act, href }: { act: string; href: string }) =>
  act === 'case' ? `case:${new URL(href, 'http://localhost').searchParams.get('kind')}` : act

test('each situation is found by four answers at most, and each of its acts answers', async () => {
  const reached = new Set<string>()
  const pages = new Map<string, ReturnType<TestBrowser['page']>>()
  const pageAt = (href: string) => pages.get(href) ?? pages.set(href, server.browser().page(href)).get(href)!
  const walk = async ({ after, name = 'registered@acme.example', told, ends, acts }: (typeof rows)[number]) => {
    const about = `${after?.[1] ?? ''} ${told}`
    const browser = after ? await refused(...after) : server.browser()
    // Where nothing is known the name is asked first.
    const answers = [...(after ? [] : [name]), ...told.split(' ').filter(Boolean)]
    const { json } = await tell(browser, answers)
    assert.ok(answers.length <= 4, about)
    assert.equal(json.state, 'leaf', about)
    assert.equal(json.leaf.situation, ends, about)
    reached.add(json.leaf.situation)
    // Initech does not show that it is here.
    const account = /initech/.test(after?.[0] ?? '') ? 'unknown' : /umbrella/.test(name) ? 'unmanaged' : 'managed'
    assert.deepEqual(json.known, { username: after?.[0] ?? name, account, ...(after && { from: after[1] }) })
    const offered: { act: string; method: string; href: string; title: string }[] = json.leaf.acts
    const wanted = acts.split(' ').filter(act => act !== '')
    assert.deepEqual(
      offered.map(actOf),
      [
        ...wanted.filter(act => !act.startsWith('case')),
        wanted.find(act => act.startsWith('case')) ?? offered.map(actOf).at(-2),
        'support',
      ],
      about,
    )
    for (const { method, href, title } of offered) {
      assert.ok(title)
      const answer = method === 'GET' ? await pageAt(href) : await browser.post(href)
      const isNobody = answer.json?.code === 'nobody_to_ask' && after?.[0] === 'someone@initech.example'
      // Pages of people who are signed in lead to sign-in first.
      const asksFirst =
        answer.status === 303 && answer.headers.get('location') === `/signin?next=${encodeURIComponent(href)}`
      assert.ok(
        isNobody || asksFirst || [200, 202].includes(answer.status),
        `${method} ${href}: ${answer.status} ${answer.text}`,
      )
    }
    assert.equal(typeof json.leaf.help.open, 'boolean')
    assert.match(json.supportCode, /^\w{10}$/)
  }
  await Promise.all(rows.map(walk))
  const all: string[] = Object.values(leaves).map(({ situation }) => situation)
  assert.deepEqual(
    all.filter(one => !reached.has(one) && one !== 'S11'),
    [],
    'each row of the table was walked',
  )
})

test('what is known is not asked: the name, the session, and what this browser was refused', async () => {
  const browser = server.browser()
  const wrong = await browser.post('/signin', { username: name, password: 'Not the password 1' })
  assert.equal(wrong.status, 401)
  const { json: known } = await browser.post('/help/sign-in', {})
  assert.deepEqual(known.known, { username: name, account: 'managed', from: 'invalid_credentials' })
  assert.equal(known.question.id, 'what', 'a wrong password has many reasons')
  // The refusal was of another name.
  const { json: other } = await browser.post('/help/sign-in', { username: 'other@new.example' })
  assert.deepEqual(other.known, { username: 'other@new.example', account: 'unknown' })
  // Nobody else learns of it, not even with the browser's other cookies.
  const stranger = server.browser()
  for (const [cookie, value] of browser.cookies) if (cookie !== 'latchkey_refused') stranger.cookies.set(cookie, value)
  const { json: nothing } = await stranger.post('/help/sign-in', {})
  assert.deepEqual([nothing.known, nothing.question.id], [{}, 'username'])
  assert.equal((await server.browser().get(`/help/sign-in/${known.id}`)).status, 404)
  const held = browser.cookies.get('latchkey_refused') ?? ''
  assert.doesNotMatch(Buffer.from(held, 'base64url').toString('latin1'), /registered|credentials/)
  stranger.cookies.set('latchkey_refused', `${held.slice(0, -4)}AAAA`)
  assert.deepEqual((await stranger.post('/help/sign-in', {})).json.known, {}, 'a forged one tells nothing')

  const resting = server.browser()
  for (let n = 0; n <= 10; n++)
    await resting.post('/signin', { username: 'resting@acme.example', password: `Not the password ${n}` })
  const locked = (await resting.post('/help/sign-in', {})).json
  assert.deepEqual([locked.known.from, locked.leaf.situation], ['AADSTS50053', 'locked'])

  // It goes by after a quarter of an hour, and at a sign-in.
  server.clock.advance(15 * MINUTE)
  assert.deepEqual((await resting.post('/help/sign-in', {})).json.known, {})
  const back = await refused('new@acme.example', 'SSPR_0014')
  await back.post('/signin', { username: name, password: PASSWORD })
  assert.equal(back.cookies.has('latchkey_refused'), false)
  assert.deepEqual((await back.post('/help/sign-in', {})).json.known, { username: name, account: 'managed' })
})

test('lesson 37: on every row of the tree each name of a domain gets the same questions, end and acts', async () => {
  const others = process.env.PROOF === 'long' ? ['new', 'disabled', 'locked', 'onpremises'] : []
  const names = ['registered', 'nobody-there', ...others].map(one => `${one}@acme.example`)
  const plain = (text: string, username: string) =>
    text
      .replaceAll(username, '(name)')
      .replaceAll(encodeURIComponent(username), '(name)')
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '(id)')
      .replace(/"expiresAt":"[^"]+"/, '"expiresAt":"(time)"')
      .replace(/"supportCode":"\w+"/, '"supportCode":"(code)"')
  const asked = rows.filter(({ after, name }) => !after && !name).map(({ told }) => told)
  assert.ok(asked.length >= 18)
  const walk = async (told: string, username: string) => {
    const browser = server.browser()
    const seen: string[] = []
    let last = await browser.post('/help/sign-in', { username })
    seen.push(plain(last.text, username))
    for (const answer of told.split(' ')) {
      const { id, question } = last.json
      last = await browser.post(`/help/sign-in/${id}/answers`, { question: question.id, answer })
      seen.push(plain(last.text, username))
    }
    if (told !== 'denied') return seen
    const page = await browser.page(`/help/sign-in/${last.json.id}`)
    return [...seen, plain(page.text, username).replaceAll(last.json.supportCode, '(code)')]
  }
  const compare = async (told: string) => {
    const [first, ...others] = await Promise.all(names.map(username => walk(told, username)))
    assert.match(first!.join(), /"state":"leaf"/, told)
    for (const [place, other] of others.entries()) assert.deepEqual(other, first, `${told}: ${names[place + 1]}`)
  }
  await Promise.all(asked.map(compare))
})

test('a Global Administrator is led to the settings, and everybody else to one', async () => {
  const admin = server.browser()
  await admin.post('/signin', { username: 'admin@acme.example', password: PASSWORD })
  await takeDueStep(server, admin)
  const { json } = await tell(admin, ['sign-up-refused'])
  assert.equal(json.leaf.acts[0].act, 'settings')
})

test('one goes back to the question, the refusal and the name, and no answer is taken twice', async () => {
  const browser = await refused('new@acme.example', 'SSPR_0014')
  const { json: leaf } = await tell(browser, ['known'])
  const path = `/help/sign-in/${leaf.id}`
  const back = async () => (await browser.post(`${path}/back`)).json
  const again = await browser.post(`${path}/answers`, { question: 'administrator', answer: 'known' })
  assert.deepEqual([again.status, again.json.code], [409, 'wrong_state'])
  assert.equal((await back()).question.id, 'administrator')
  const without = await back()
  assert.deepEqual([without.question.id, without.known.from], ['what', undefined], 'it was about something else')
  const nameless = await back()
  assert.deepEqual([nameless.question.id, nameless.known], ['username', {}])
  assert.equal((await browser.post(`${path}/back`)).status, 409)
  for (const [question, answer, field] of [
    ['username', ' ', 'required'],
    ['username', 'x'.repeat(501), 'too_long'],
    ['nothing', 'x', 'invalid'],
  ]) {
    const { status, json } = await browser.post(`${path}/answers`, { question, answer })
    assert.deepEqual([status, json.errors[0].code], [400, field], `${question} ${answer}`)
  }
  await browser.post(`${path}/answers`, { question: 'username', answer: 'skip' })
  const wrong = await browser.post(`${path}/answers`, { question: 'what', answer: 'yes' })
  assert.deepEqual([wrong.status, wrong.json.errors], [400, [{ field: 'answer', code: 'invalid' }]])
  // Of two at once one counts.
  const both = await Promise.all(
    ['forgot', 'locked'].map(answer => browser.post(`${path}/answers`, { question: 'what', answer })),
  )
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409])
  const { json: now } = await browser.get(path)
  assert.deepEqual(now.answers.length, 2)
  assert.deepEqual(now.leaf.acts[0].href, '/reset', 'no name is sent along that nobody told')
  server.clock.advance(HOUR)
  assert.equal((await browser.get(path)).json.state, 'expired')
  assert.equal((await browser.post(`${path}/back`)).status, 410)
  assert.match((await browser.page(path)).text, /Start again/)
})

test('four answers are the most, whatever was told', async () => {
  const { json } = await tell(server.browser(), ['skip', 'message', 'SSPR_0009', 'none'])
  assert.deepEqual([json.state, json.leaf.situation], ['leaf', 'S3'])
})

test('administrators are asked once for a person, with the counters and the mail of a reset', async () => {
  const [before] = await server.outbox()
  const browser = server.browser()
  const { json } = await tell(browser, ['skip', 'no-administrator', 'unknown'])
  const path = `/help/sign-in/${json.id}/contact`
  const nameless = await browser.post(path)
  assert.deepEqual([nameless.status, nameless.json.errors], [400, [{ field: 'username', code: 'required' }]])
  const asked = await browser.post(path, { username: 'prefilled@acme.example' })
  assert.deepEqual([asked.status, asked.json], [202, { asked: 'now' }])
  const mail = await server.message(one => one.kind === 'request' && one.id > before!.id)
  const { json: named } = await browser.get(`/help/sign-in/${json.id}`)
  assert.equal(named.leaf.situation, 'S7')
  assert.ok(mail.text.includes(named.supportCode), 'the mail has the support code of the page')
  assert.match(mail.text, /prefilled@acme\.example/)
  assert.deepEqual((await browser.post(path)).json, { asked: 'earlier-today' })
  // Not from elsewhere either: strangers would fill the administrators' mailboxes.
  const { json: second } = await tell(server.browser(), ['denied'], 'prefilled@acme.example')
  assert.equal((await browser.post(`/help/sign-in/${second.id}/contact`)).status, 404)
  const third = server.browser()
  const { json: elsewhere } = await tell(third, ['denied'], 'prefilled@acme.example')
  assert.deepEqual((await third.post(`/help/sign-in/${elsewhere.id}/contact`)).json, { asked: 'earlier-today' })
  // The name can be changed no more.
  for (let n = 0; n < 2; n++) assert.equal((await browser.post(`/help/sign-in/${json.id}/back`)).status, 200)
  const stuck = await browser.post(`/help/sign-in/${json.id}/back`)
  assert.deepEqual([stuck.status, stuck.json.code], [409, 'wrong_state'])
  // Before the end nobody is asked, and a help desk replaces the mail.
  const early = server.browser()
  const { json: begun } = await tell(early, [], name)
  assert.equal((await early.post(`/help/sign-in/${begun.id}/contact`)).json.code, 'wrong_state')
  const { json: globex } = await tell(early, ['denied'], 'outside@globex.example')
  const desk = await early.post(`/help/sign-in/${globex.id}/contact`)
  assert.deepEqual([desk.status, desk.json], [202, { helpdesk: 'https://help.globex.example' }])
})

test('the provider is mailed for people of the company alone, and the answer is the same for every name', async () => {
  const ask = async (username: string) => {
    const browser = server.browser()
    const { json } = await tell(browser, ['no-administrator', 'none', 'yes'], username)
    const path = `/help/sign-in/${json.id}/provider`
    const { status, json: answer } = await browser.post(path)
    assert.equal(status, 202)
    return { answer, again: (await browser.post(path)).json, code: json.supportCode }
  }
  const toProvider = async () =>
    (await server.outbox()).filter(one => one.to === 'desk@provider.example' && /asks for help/.test(one.subject ?? ''))
  await inTenant(store, acme, trx => setSettings(trx, { providerContact: 'desk@provider.example' }))
  const nobody = await ask('nobody-there@acme.example')
  const nowhere = await ask('somebody@new.example')
  const known = await ask('stale@acme.example')
  for (const { answer, again } of [nobody, nowhere, known])
    assert.deepEqual([answer, again], [{ asked: 'now' }, { asked: 'earlier-today' }])
  const mail = await server.message(one => one.to === 'desk@provider.example' && /stale@acme/.test(one.text))
  assert.ok(mail.text.includes(known.code))
  assert.equal((await toProvider()).length, 1, 'nobody is mailed about a name that nobody has')
  // Once a day for a name, from whatever browser, and for strangers of a company twenty times an hour.
  assert.deepEqual((await ask('stale@acme.example')).answer, { asked: 'earlier-today' })
  server.clock.advance(DAY - HOUR)
  assert.deepEqual((await ask('stale@acme.example')).answer, { asked: 'earlier-today' })
  server.clock.advance(HOUR + MINUTE)
  assert.deepEqual((await ask('stale@acme.example')).answer, { asked: 'now' })
  const spend = (): Promise<boolean> =>
    inTenant(store, acme, trx =>
      spendContact(trx, { now: server.clock.now(), random: server.services.random, keys: server.services.keys }, [
        { tenantId: acme, kind: 'tenantContacts', name: 'provider', browser: 'other' },
      ]),
    )
  for (let n = 1; n < 20; n++) assert.equal(await spend(), true, `${n}`)
  assert.deepEqual((await ask('prefilled@acme.example')).answer, { asked: 'earlier-today' })
  await jobsDone(store.pool)
  assert.equal((await toProvider()).length, 2)
})

test('the log tells which situations there were, and no name', async () => {
  await tell(server.browser(), ['lost-method'], 'somebody-else@acme.example')
  const { rows: events } = await store.pool.query(
    "select * from latchkey.audit_events where activity = 'assistant.leaf' and tenant_id = $1",
    [acme],
  )
  assert.ok(events.some(({ reason }) => reason === 'lost-method'))
  assert.doesNotMatch(JSON.stringify(events), /somebody-else/)
  const { rows: kept } = await store.pool.query('select * from latchkey.assistants')
  assert.doesNotMatch(JSON.stringify(kept), /somebody-else|lost-method/)
  assert.ok(
    kept.every(({ tenant_id }) => tenant_id !== acme),
    'no row shows whose person it is',
  )
})
