// A long file: one server for every rule of onboardings, as each start costs a second.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, MINUTE } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { assignRole, createUser, findTenantId, findUserByName } from '../directory/index.ts'
import { openDns } from '../organization/index.ts'
import { removeExpired } from '../runtime/cleanup.ts'
import { inTenant } from '../store/index.ts'
import { get, granted, post, refused } from '../testing/contract.ts'
import { nameServer } from '../testing/nameServer.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { askProof, takeDueStep } from '../testing/steps.ts'

const zone = await nameServer()
const server = await testServer({
  ...{ signup: 'open', floodLimits: true, trustedProxies: ['127.0.0.1'] },
  dns: openDns([zone.address]),
})
const { store, services } = server
const acme = await findTenantId(store, 'acme.example')
const NEW_PASSWORD = 'Quite-another-heron-1'
const rows = async (statement: string, ...values: unknown[]) => (await store.pool.query(statement, values)).rows

let networks = 0
/** A browser in a network of its own. */
function elsewhere(): TestBrowser {
  const browser = server.browser()
  const from = `203.0.113.${++networks}`
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

const answer = (browser: TestBrowser, path: string, question: string, said: string) =>
  post(browser, `${path}/answers`, { question, answer: said })

/** Begins an onboarding and answers its questions. */
async function begin(browser: TestBrowser, ...said: [question: string, answer: string][]) {
  const { id } = granted(await post(browser, '/start'), 201)
  const path = `/start/${id}`
  for (const [question, answered] of said) granted(await answer(browser, path, question, answered))
  return path
}
const hasDomain: [string, string] = ['has-domain', 'yes']
const domain = (name: string): [string, string] => ['domain', name]
const usedHere = (said: 'yes' | 'no'): [string, string] => ['used-here', said]

const stand = ({ steps }: { steps: { id: string; state: string }[] }) => steps.map(({ id, state }) => `${id} ${state}`)
const where = async (browser: TestBrowser, path: string) => stand(granted(await get(browser, path)))

/** Signs somebody in, with a fresh proof. */
async function signIn(browser: TestBrowser, username: string, password = PASSWORD) {
  granted(await browser.post('/signin', { username, password }))
  await takeDueStep(server, browser)
}
async function prove(browser: TestBrowser) {
  const { methods } = granted(await browser.get('/security-info'))
  const email = methods.find(({ kind }: { kind: string }) => kind === 'email')
  granted(await browser.post('/session/proofs', await askProof(server, browser, email)))
}

/** Signs a company up, as a step of this onboarding. */
async function signUp(browser: TestBrowser, label: string, start: string) {
  const address = `ann@${label}.example`
  const { id, challenge } = granted(await post(browser, '/signup', { address, start: start.slice(7) }), 201)
  const path = `/signup/${id}`
  granted(await post(browser, `${path}/proofs`, { challenge: challenge.id, code: await server.code(address) }))
  granted(await post(browser, `${path}/organization`, { displayName: `Marmot ${label}`, country: 'GB', label }))
  const administrator = { givenName: 'Ann', surname: 'Lee', userName: 'ann', newPassword: NEW_PASSWORD }
  granted(await post(browser, `${path}/administrator`, administrator), 201)
  return granted(await post(browser, `${path}/codes`, { kept: true }))
}

const linkIn = ({ text }: { text: string }) => /\/links\/[\w-]+/.exec(text)![0]
const linkTo = (to: string, after = '') => server.message(one => one.to === to && one.kind === 'link' && one.id > after)

test('four outcomes follow from three answers, each with its steps, through reload and back', async () => {
  const browser = elsewhere()
  const begun = await post(browser, '/start')
  const { id, expiresAt } = granted(begun, 201)
  const path = `/start/${id}`
  assert.equal(begun.headers.get('location'), path)
  assert.ok(Math.abs(Date.parse(expiresAt) - services.clock().getTime() - 14 * DAY) < MINUTE)
  const { state, question, answers, outcome, steps, acts } = begun.json
  assert.deepEqual([state, question.id, answers, outcome, steps], ['ask', 'has-domain', [], null, []])
  assert.deepEqual(
    question.options.map((one: { id: string }) => one.id),
    ['yes', 'no'],
  )
  assert.deepEqual(
    acts.map((one: { act: string; href: string }) => [one.act, one.href]),
    [
      ['answer', `${path}/answers`],
      ['link', `${path}/link`],
    ],
  )
  const back = async () => granted(await post(browser, `${path}/back`))
  const say = async (asked: string, said: string) => granted(await answer(browser, path, asked, said))

  const create = await say('has-domain', 'no')
  assert.deepEqual([create.state, create.outcome, create.question], ['do', 'create', null])
  assert.deepEqual(stand(create), ['create now'])
  assert.deepEqual(create.steps[0].act, {
    ...{ act: 'create', method: 'GET', href: `/signup?start=${id}`, title: 'Create a work account' },
  })
  assert.deepEqual((await back()).question.id, 'has-domain')

  await say('has-domain', 'yes')
  const known = await say('domain', 'nobody@Acme.example')
  assert.deepEqual([known.outcome, stand(known)], ['sign-in', ['sign-in now']])
  assert.deepEqual(known.answers, [
    { question: 'has-domain', answer: 'yes' },
    { question: 'domain', answer: 'acme.example' },
  ])
  assert.equal(known.steps[0].act.href, `/signin?whr=acme.example&next=${encodeURIComponent(path)}`)
  assert.equal((await back()).question.id, 'domain')

  const unknown = await say('domain', 'https://new.example/about')
  assert.deepEqual([unknown.state, unknown.question.id], ['ask', 'used-here'])
  const elsewhereUsed = await say('used-here', 'yes')
  assert.equal(elsewhereUsed.outcome, 'prove-then-sign-in')
  assert.deepEqual(stand(elsewhereUsed), [
    ...['sign-in-existing now', 'add-domain later', 'prove-domain later', 'sign-in-with-domain later'],
  ])
  assert.equal(elsewhereUsed.advice, undefined)
  assert.equal((await back()).question.id, 'used-here')

  const unused = await say('used-here', 'no')
  assert.equal(unused.outcome, 'create-then-prove')
  assert.deepEqual(stand(unused), ['create now', 'add-domain later', 'prove-domain later', 'sign-in-with-domain later'])
  assert.deepEqual(granted(await get(browser, path)), unused, 'a reload tells the same')
  const page = await browser.page(path)
  assert.match(page.text, /<li[^>]*aria-current="step"[^>]*>.*Create a work account.*Now/)
  assert.match(page.text, /Prove that new\.example is yours.*Later/)
  assert.match((await browser.page('/start')).text, new RegExp(`href="${path}"`), 'the first page leads on')
  const unmanaged = await begin(browser, hasDomain, domain('umbrella.example'))
  const { outcome: open, acts: ways } = granted(await get(browser, unmanaged))
  assert.equal(open, 'sign-in')
  const { href } = ways.find(({ act }: { act: string }) => act === 'take-over')
  assert.equal(href, '/takeovers?domain=umbrella.example')
  assert.ok((await browser.page(unmanaged)).text.includes(`href="${href}"`))
  assert.ok(
    !known.acts.some(({ act }: { act: string }) => act === 'take-over'),
    'what is administered is taken over by nobody',
  )
})

test('another question than the one that is due is refused, a repeated answer changes nothing, and nothing else is read', async () => {
  const browser = elsewhere()
  const path = await begin(browser)
  refused(await post(browser, `${path}/back`), 409, 'wrong_state')
  refused(await answer(browser, path, 'domain', 'new.example'), 409, 'wrong_state')
  refused(await answer(browser, path, 'used-here', 'no'), 409, 'wrong_state')
  granted(await answer(browser, path, 'has-domain', 'yes'))
  granted(await answer(browser, path, 'has-domain', 'yes'))
  refused(await answer(browser, path, 'has-domain', 'no'), 409, 'wrong_state')
  for (const typed of ['x', 'a b.example', '127.0.0.1'])
    refused(await answer(browser, path, 'domain', typed), 422, 'domain_invalid')
  granted(await answer(browser, path, 'domain', 'acme.example'))
  refused(await answer(browser, path, 'used-here', 'no'), 409, 'wrong_state')
  refused(await answer(browser, path, 'has-domain', 'perhaps'), 400, 'invalid_request')
  refused(await answer(browser, path, 'colour', 'blue'), 400, 'invalid_request')
  granted(await post(browser, `${path}/back`))
  const mistyped = await browser.submit(`${path}/answers`, { question: 'domain', answer: 'no domain' })
  assert.match((await browser.follow(mistyped)).text, /href="#field-answer".*value="no domain"/s)
  const form = await browser.submit(`${path}/answers`, { question: 'has-domain', answer: 'no' })
  assert.equal(form.headers.get('location'), path)
  assert.match((await browser.follow(form)).text, /This step is no longer open/)
})

test('of answers at once one counts', async () => {
  const browser = elsewhere()
  const path = await begin(browser)
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) => answer(browser, path, 'has-domain', n % 2 ? 'yes' : 'no')),
  )
  const { answers: kept } = granted(await get(browser, path))
  const said = (status: number) => answers.flatMap((one, n) => (one.status === status ? [n % 2 ? 'yes' : 'no'] : []))
  assert.deepEqual([...new Set(said(200))], [kept[0].answer])
  assert.equal(said(409).length, 6)
  const other = await begin(browser, hasDomain)
  const names = Array.from({ length: 12 }, (_, n) => `at-once-${n}.example`)
  const looked = await Promise.all(names.map(name => answer(browser, other, 'domain', name)))
  assert.equal(looked.filter(({ status }) => status === 200).length, 1)
  const [{ lookups }] = await rows('select lookups from latchkey.onboardings where id = $1', other.slice(7))
  assert.equal(lookups, 1)
})

test('an onboarding looks up ten domains, and a network sixty in ten minutes', async () => {
  const browser = elsewhere()
  const path = await begin(browser, hasDomain)
  for (let n = 0; n < 10; n++) {
    granted(await answer(browser, path, 'domain', `looked-${n}.example`))
    granted(await post(browser, `${path}/back`))
  }
  const { question } = granted(await get(browser, path))
  assert.equal(question.id, 'domain')
  refused(await answer(browser, path, 'domain', 'acme.example'), 429, 'lookups_used_up')
  assert.equal(granted(await get(browser, path)).question.id, 'domain')
  for (let n = 11; n < 60; n++) await services.floods!('check', `203.0.113.${networks}`)
  refused(await answer(browser, path, 'domain', 'acme.example'), 429, 'throttled')
})

test('other browsers get nothing of it, until its mailed link is pressed there', async () => {
  const browser = elsewhere()
  const path = await begin(browser, hasDomain, domain('new.example'), usedHere('no'))
  const other = elsewhere()
  await begin(other)
  const tries: [string, object][] = [
    [`${path}/answers`, { question: 'has-domain', answer: 'no' }],
    [`${path}/back`, {}],
    [`${path}/link`, { address: 'eve@private.example' }],
  ]
  refused(await get(other, path), 404, 'not_found')
  for (const [url, body] of tries) refused(await post(other, url, body), 404, 'not_found')
  refused(await post(other, '/signup', { address: 'ann@new.example', start: path.slice(7) }), 404, 'not_found')
  assert.doesNotMatch((await other.page(`/signup?start=${path.slice(7)}`)).text, /name="start"/)
  assert.match((await browser.page(`/signup?start=${path.slice(7)}`)).text, /name="start"/)

  refused(await post(browser, `${path}/link`, { address: 'nobody' }), 422, 'address_invalid')
  granted(await post(browser, `${path}/link`, { address: 'ann+desk@private.example' }), 202)
  const mail = await linkTo('ann+desk@private.example')
  const link = linkIn(mail)
  assert.ok(mail.text.indexOf(link) < mail.text.lastIndexOf('/links/'), 'the link to stop such mails comes after')
  assert.doesNotMatch(mail.text, /new\.example|\d{6}/)
  assert.deepEqual(granted(await get(other, link)).purpose, 'start')
  assert.match((await other.page(link)).text, /Go on where you were/)
  refused(await get(other, path), 404, 'not_found')
  assert.deepEqual(granted(await post(other, link)), { next: path })
  assert.deepEqual(granted(await get(other, path)), granted(await get(browser, path)), 'both see the same')
  assert.deepEqual(granted(await post(elsewhere(), link)), { next: path }, 'it works more than once')
  const opened = await rows(
    "select sum(count)::int as times from latchkey.audit_events where activity = 'link.opened' and details ->> 'purpose' = 'start'",
  )
  assert.deepEqual(opened, [{ times: 2 }])

  granted(await post(browser, `${path}/link`, { address: 'ann+desk@private.example' }), 202)
  const newer = linkIn(await linkTo('ann+desk@private.example', mail.id))
  refused(await get(other, link), 410, 'link_expired')
  refused(await post(other, link), 410, 'link_expired')
  for (let n = 0; n < 5; n++) granted(await post(elsewhere(), newer))
  refused(await get(browser, path), 404, 'not_found')
  const kept =
    JSON.stringify(await rows('select * from latchkey.onboarding_links')) +
    JSON.stringify(await rows('select * from latchkey.notices'))
  assert.ok(!kept.includes('private.example') && !kept.includes(newer.slice(7)))
})

test('five links are mailed in a day, and none to a mailbox that wants none', async () => {
  const browser = elsewhere()
  const path = await begin(browser)
  const send = (address: string) => post(browser, `${path}/link`, { address })
  granted(await send('bob@stopped.example'), 202)
  const mail = await linkTo('bob@stopped.example')
  const [, stop = ''] = [...mail.text.matchAll(/\/links\/[\w-]+/g)].map(([found]) => found)
  granted(await post(elsewhere(), stop))
  granted(await send('bob@stopped.example'), 202)
  assert.equal(granted(await get(browser, linkIn(mail))).purpose, 'start', 'what was not mailed voids nothing')
  const many = ['a', 'b', 'c', 'd', 'e', 'f'].map(name => `${name}@many.example`)
  const answers = await Promise.all(many.map(send))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [202, 202, 202, 202, 429, 429])
  const { retryAfter } = refused(await send('g@many.example'), 429, 'throttled')
  assert.ok(retryAfter > 86_000 && retryAfter <= 86_400)
  await Promise.all(many.filter((_address, place) => answers[place]!.status === 202).map(address => linkTo(address)))
  const sent = (await server.outbox()).filter(({ to }) => to.endsWith('@stopped.example'))
  assert.equal(sent.length, 1)
})

test('of a company’s twelve people three will work here: a dedicated tenant is advised', async () => {
  const browser = elsewhere()
  const path = await begin(browser, hasDomain, domain('acme-europe.example'))
  granted(await browser.post('/signin', { username: 'admin@acme-europe.example', password: PASSWORD }))
  assert.equal(granted(await get(browser, path)).advice, undefined, 'the second step comes first')
  await takeDueStep(server, browser)
  await post(browser, '/security-info/later')
  const { outcome, advice } = granted(await post(browser, `${path}/tenant`, { use: 'dedicated', willUse: 3 }))
  assert.deepEqual([outcome, advice], ['create', { users: 12, willUse: 3, recommend: 'dedicated' }])
})

test('create, then prove: over a week the steps follow the facts, whichever device does them', async () => {
  const desk = elsewhere()
  const path = await begin(desk, hasDomain, domain('marmot.example'), usedHere('no'))
  granted(await post(desk, `${path}/link`, { address: 'ann@private2.example' }), 202)
  const phone = elsewhere()
  granted(await post(phone, linkIn(await linkTo('ann@private2.example'))))
  const finished = await signUp(phone, 'marmot', path)
  assert.deepEqual(finished.acts[0], {
    ...{ act: 'start', method: 'GET', href: path, title: 'Go on with the next step' },
  })
  const made = ['create done', 'add-domain now', 'prove-domain later', 'sign-in-with-domain later']
  assert.deepEqual(await where(desk, path), made)
  assert.deepEqual(await where(phone, path), made)
  assert.match(
    phone.cookies.get('latchkey_browser')!.split('.').at(-1)!,
    /^u/,
    'a shorter journey leaves the end of the longer one',
  )
  await post(phone, '/security-info/later')
  const own = await begin(phone, hasDomain, domain('another.example'), usedHere('yes'))
  assert.equal(granted(await get(phone, own)).advice.users, 1, 'the emergency account is nobody')
  const { href } = granted(await get(phone, path)).steps[1].act
  assert.match((await phone.page(href)).text, /name="name"[^>]*value="marmot\.example"/)
  const added = granted(await post(phone, '/domains', { name: 'marmot.example' }), 201)
  const waits = ['create done', 'add-domain done', 'prove-domain waiting', 'sign-in-with-domain later']
  assert.deepEqual(await where(desk, path), waits)
  const { steps } = granted(await get(desk, path))
  assert.equal(steps[2].act.href, '/domains/marmot.example')
  assert.match((await desk.page(path)).text, /Waiting.*We look for it by ourselves/)
  // Another company's proof is nothing that waiting mends.
  await rows(`update latchkey.domains set last_check = '{"result":"conflict"}' where name = 'marmot.example'`)
  assert.deepEqual((await where(desk, path))[2], 'prove-domain now')
  await rows("update latchkey.domains set last_check = null where name = 'marmot.example'")
  assert.deepEqual((await where(desk, path))[2], 'prove-domain waiting')
  // Nobody looks by themselves after three days: there is something to do again.
  await rows("update latchkey.domains set next_check_at = null where name = 'marmot.example'")
  assert.deepEqual((await where(desk, path))[2], 'prove-domain now')
  server.clock.advance(7 * DAY)
  await signIn(phone, 'ann@marmot.latchkey.example', NEW_PASSWORD)
  await post(phone, '/security-info/later')
  zone.texts['marmot.example'] = [[added.record.value]]
  assert.equal(granted(await post(phone, '/domains/marmot.example/check')).state, 'verified')
  const proven = ['create done', 'add-domain done', 'prove-domain done', 'sign-in-with-domain now']
  assert.deepEqual(await where(desk, path), proven)
  const tenantId = await findTenantId(store, 'marmot.example')
  const means = { now: services.clock(), random: services.random, keys: services.keys }
  const act = {
    ...means,
    actor: { kind: 'system' as const },
    trail: { correlationId: services.random.uuid(means.now) },
  }
  await inTenant(store, tenantId, trx =>
    createUser(trx, act, tenantId, { userPrincipalName: 'ann@marmot.example', displayName: 'Ann Lee' }),
  )
  const end = granted(await get(desk, path))
  assert.deepEqual([end.state, end.outcome], ['finished', 'create-then-prove'], 'though its domain is known by now')
  assert.match((await desk.page(path)).text, /You’ve arrived/)
  await rows("update latchkey.accounts set account_enabled = false where user_principal_name = 'ann@marmot.example'")
  assert.deepEqual(await where(desk, path), proven)
})

test('a tenant is chosen by its Global Administrator alone, advised by counts of this moment', async () => {
  const browser = elsewhere()
  const path = await begin(browser, hasDomain, domain('second.example'), usedHere('yes'))
  const choose = (there: TestBrowser, use: string, willUse: unknown = 3, at = path) =>
    post(there, `${at}/tenant`, { use, willUse })
  refused(await choose(browser, 'this'), 401, 'not_signed_in')
  await signIn(browser, 'registered@acme.example')
  assert.equal(granted(await get(browser, path)).advice, undefined)
  await prove(browser)
  refused(await choose(browser, 'this'), 403, 'forbidden')
  await signIn(browser, 'admin@acme.example')
  const [{ users }] = await rows(
    'select count(*)::int as users from latchkey.users where tenant_id = $1 and account_enabled',
    acme,
  )
  const open = granted(await get(browser, path))
  assert.deepEqual(open.advice, { users, willUse: null, recommend: null })
  assert.deepEqual(open.steps[0].act.href, `${path}/tenant`)
  assert.deepEqual(granted(await get(browser, `${path}?willUse=3`)).advice, {
    users,
    willUse: 3,
    recommend: 'dedicated',
  })
  assert.match((await browser.page(path)).text, new RegExp(`${users} people have enabled accounts at Acme`))
  server.clock.advance(16 * MINUTE)
  refused(await choose(browser, 'this'), 403, 'proof_needed')
  const away = await browser.submit(`${path}/tenant`, { use: 'this', willUse: '3' })
  assert.equal(away.headers.get('location'), `/session/proof?next=${encodeURIComponent(path)}`)
  for (const next of [path, '/organization/branding']) {
    const { methods } = granted(await browser.get('/security-info'))
    const proof = await askProof(
      server,
      browser,
      methods.find(({ kind }: { kind: string }) => kind === 'email'),
    )
    const proven = await browser.submit(`/session/proofs?next=${encodeURIComponent(next)}`, { ...proof })
    assert.equal(proven.headers.get('location'), next)
  }
  for (const wrong of [0, 1.5, '3', -1, 1_000_001])
    refused(await choose(browser, 'this', wrong), 400, 'invalid_request')
  refused(await choose(browser, 'both'), 400, 'invalid_request')
  const used = granted(await choose(browser, 'this', users))
  assert.deepEqual(used.advice, { users, willUse: users, recommend: 'this' })
  assert.deepEqual(stand(used), [
    ...['sign-in-existing done', 'add-domain now', 'prove-domain later', 'sign-in-with-domain later'],
  ])
  const form = await browser.submit(`${path}/tenant`, { use: 'dedicated', willUse: '3' })
  assert.equal(form.headers.get('location'), path)
  const dedicated = granted(await get(browser, path))
  assert.deepEqual(
    [dedicated.outcome, stand(dedicated), dedicated.advice],
    ['create', ['create now'], { users, willUse: 3, recommend: 'dedicated' }],
  )
  const events = await rows(
    "select actor_name, details from latchkey.audit_events where activity = 'onboarding.tenant_chosen' and tenant_id = $1 order by at",
    acme,
  )
  assert.deepEqual(
    events.map(({ actor_name, details }) => [actor_name, details.use, details.users]),
    [
      ['admin@acme.example', 'this', String(users)],
      ['admin@acme.example', 'dedicated', String(users)],
    ],
  )
  assert.equal(granted(await post(browser, `${path}/back`)).outcome, 'prove-then-sign-in')
  granted(await choose(browser, 'dedicated'))
  await signUp(browser, 'second-home', path)
  const alone = granted(await get(browser, path))
  assert.deepEqual([alone.state, stand(alone)], ['finished', ['create done']])
  assert.equal(alone.advice, undefined, 'the session is of the new tenant now')
})

test('of two tenants that are chosen at once one is, and the advice is of a tenant that could be it', async () => {
  const [one, other] = [elsewhere(), elsewhere()]
  const path = await begin(one, hasDomain, domain('third.example'), usedHere('yes'))
  granted(await post(one, `${path}/link`, { address: 'ann@private3.example' }), 202)
  granted(await post(other, linkIn(await linkTo('ann@private3.example'))))
  const globex = await findTenantId(store, 'globex.example')
  const means = { now: services.clock(), random: services.random, keys: services.keys }
  const act = {
    ...means,
    actor: { kind: 'system' as const },
    trail: { correlationId: services.random.uuid(means.now) },
  }
  await inTenant(store, globex, async trx =>
    assignRole(trx, act, (await findUserByName(trx, globex, 'two-gates@globex.example'))!.id, 'Global Administrator'),
  )
  await signIn(one, 'admin@acme.example')
  await signIn(other, 'two-gates@globex.example')
  for (const there of [one, other]) {
    const known = await begin(there, hasDomain, domain(there === one ? 'globex.example' : 'acme.example'))
    assert.equal(granted(await get(there, known)).advice, undefined)
    refused(await post(there, `${known}/tenant`, { use: 'this', willUse: 3 }), 409, 'wrong_state')
    const create = await begin(there, ['has-domain', 'no'])
    refused(await post(there, `${create}/tenant`, { use: 'this', willUse: 3 }), 409, 'wrong_state')
  }
  const own = await begin(one, hasDomain, domain('acme.example'))
  const signedIn = granted(await get(one, own))
  assert.deepEqual([signedIn.state, signedIn.advice.willUse], ['finished', null], 'one’s own company: nothing is left')
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, n) => post(n % 2 ? one : other, `${path}/tenant`, { use: 'this', willUse: 3 })),
  )
  const granting = new Set(answers.flatMap(({ status }, n) => (status === 200 ? [n % 2] : [])))
  assert.equal(granting.size, 1)
  assert.equal(answers.filter(({ status }) => status === 200).length, 4)
  const chosen = await rows('select tenant_id from latchkey.onboarding_tenants where onboarding_id = $1', path.slice(7))
  assert.deepEqual(chosen, [{ tenant_id: granting.has(1) ? acme : globex }])
  const loser = granting.has(1) ? other : one
  assert.equal(granted(await get(loser, path)).advice, undefined, 'of another tenant nobody learns a count')
  assert.equal((await where(loser, path))[0], 'sign-in-existing done')
})

test('a sign-in leads back to its onboarding, and to no other address', async () => {
  const browser = elsewhere()
  const path = await begin(browser, hasDomain, domain('acme.example'))
  const sign = (next: string) =>
    browser.post(`/signin?next=${encodeURIComponent(next)}`, { username: 'signer@acme.example', password: PASSWORD })
  assert.equal(granted(await sign(path)).next, path)
  for (const wrong of ['//evil.example', `${path}/back`, `https://evil.example${path}`, `${path}?x`, '/start'])
    assert.equal(granted(await sign(wrong)).next, '/account', wrong)
  assert.deepEqual(await where(browser, path), ['sign-in done'])
})

test('after two weeks it is over, and a month later gone', async () => {
  const browser = elsewhere()
  const path = await begin(browser, hasDomain)
  granted(await post(browser, `${path}/link`, { address: 'ann@private4.example' }), 202)
  const link = linkIn(await linkTo('ann@private4.example'))
  server.clock.advance(14 * DAY)
  const over = granted(await get(browser, path))
  assert.deepEqual([over.state, over.question, over.steps], ['expired', null, []])
  assert.deepEqual(
    over.acts.map(({ act }: { act: string }) => act),
    ['start'],
  )
  refused(await answer(browser, path, 'domain', 'new.example'), 410, 'journey_expired')
  refused(await post(browser, `${path}/back`), 410, 'journey_expired')
  refused(await post(browser, `${path}/link`, { address: 'ann@private4.example' }), 410, 'journey_expired')
  refused(await post(browser, '/signup', { address: 'ann@new.example', start: path.slice(7) }), 404, 'not_found')
  refused(await get(elsewhere(), link), 410, 'link_expired')
  assert.match((await browser.page(path)).text, /These two weeks are over/)
  assert.doesNotMatch((await browser.page('/start')).text, /Go on where you were/)
  const left = async () => {
    await removeExpired(services)
    const counts = []
    for (const table of ['onboardings', 'onboarding_links', 'onboarding_tenants'])
      counts.push((await rows(`select count(*)::int as left from latchkey.${table}`))[0].left)
    return counts
  }
  assert.ok((await left()).every(count => count > 0))
  server.clock.advance(30 * DAY)
  assert.deepEqual(await left(), [0, 0, 0])
})
