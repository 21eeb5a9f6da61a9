// A long file: one server that is started once serves every case of the journey.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Act } from '../act.ts'
import { demandAnotherGlobalAdministrator } from '../administration/index.ts'
import { DAY, HOUR, MINUTE } from '../clock.ts'
import { PASSWORD as DEMO_PASSWORD } from '../demo/index.ts'
import { findTenantId, setSettings } from '../directory/index.ts'
import { removeExpired } from '../runtime/cleanup.ts'
import { inTenant } from '../store/index.ts'
import { granted, post, refused } from '../testing/contract.ts'
import { firstLoad } from '../testing/firstLoad.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { takeDueStep } from '../testing/steps.ts'
import { countSignup } from './limits.ts'
import { joinAsPerson } from './person.ts'
import type { Signup } from './signup.ts'
import { inviteSignup, revokeSignupInvitation } from './signupInvitations.ts'

const server = await testServer({
  signup: 'open',
  mailDomains: async domain => (domain === 'null.example' ? 'none' : 'found'),
})
const { store, clock } = server
const PASSWORD = 'Quite-another-marmot-1'
const ask = (sql: string, values: unknown[] = []) => store.pool.query(sql, values).then(({ rows }) => rows)

let people = 0
/** An address that nobody has used yet: a mailbox gets three mails an hour. */
const newAddress = (domain = `new${people++}.example`) => `ann.lee${people++}@${domain}`

async function begin(address = newAddress(), browser = server.browser(), whom = 'company') {
  const begun = await post(browser, '/signup', { address, for: whom })
  const journey = granted(begun, 201)
  return { browser, address, journey, path: begun.headers.get('location')! }
}

async function proved(address?: string, whom?: string) {
  const begun = await begin(address, undefined, whom)
  const code = await server.code(begun.address)
  const journey = granted(
    await post(begun.browser, `${begun.path}/proofs`, { challenge: begun.journey.challenge.id, code }),
  )
  return { ...begun, journey, code }
}

const name = (browser: TestBrowser, path: string, changes: object = {}) =>
  post(browser, `${path}/organization`, {
    displayName: 'Kestrel Works',
    country: 'FR',
    label: `kestrel-${people++}x`,
    ...changes,
  })

const administrate = (browser: TestBrowser, path: string, changes: object = {}) =>
  post(browser, `${path}/administrator`, {
    ...{ givenName: 'Ann', surname: 'Lee', userName: 'ann', newPassword: PASSWORD },
    ...changes,
  })

async function made(label: string, changes: object = {}) {
  const begun = await proved()
  granted(await name(begun.browser, begun.path, { label, ...changes }))
  const journey = granted(await administrate(begun.browser, begun.path), 201)
  return { ...begun, journey, tenantId: await findTenantId(store, `${label}.latchkey.example`) }
}

test('the address rules answer with their codes, and anybody learns whether sign-up is open', async () => {
  const browser = server.browser()
  assert.deepEqual(granted(await browser.get('/signup')), { open: 'open', suffix: 'latchkey.example' })
  for (const [address, code] of Object.entries({
    'ann@gmail.com': 'address_personal',
    'info@new.example': 'address_role',
    'ann@mailinator.com': 'address_disposable',
    'x@acme.latchkey.example': 'address_initial_domain',
    x: 'address_invalid',
  }))
    refused(await post(browser, '/signup', { address, for: 'company' }), 422, code)
  assert.equal((await server.outbox()).length, 0)
})

test('lesson 37: a known address begins as an unknown one, and its code alone tells what its domain has', async () => {
  const addresses = ['registered@acme.example', 'nobody@acme.example', 'nobody@umbrella.example', 'a@new.example']
  const all: Awaited<ReturnType<typeof begin>>[] = []
  for (const address of addresses) all.push(await begin(address))
  const shape = ({ journey }: (typeof all)[number]) => ({
    ...{ ...journey, id: '', expiresAt: '' },
    challenge: { ...journey.challenge, id: '', expiresAt: '', hint: '', delivery: '' },
    acts: journey.acts.map((act: { href: string }) => ({ ...act, href: '' })),
  })
  for (const one of all) assert.deepEqual(shape(one), shape(all[0]!))
  assert.equal(all[0]!.journey.state, 'prove-address')
  const ends = []
  for (const { browser, address, journey, path } of all) {
    const code = await server.code(address)
    const { state, exists, acts } = granted(
      await post(browser, `${path}/proofs`, { challenge: journey.challenge.id, code }),
    )
    ends.push([state, exists, acts.map(({ act }: { act: string }) => act).join(' ')])
    granted(await post(browser, `${path}/proofs`, { challenge: journey.challenge.id, code }))
  }
  assert.deepEqual(ends, [
    ['exists', { account: 'managed', you: true }, 'sign-in reset anyway'],
    ['exists', { account: 'managed', you: false }, 'sign-in anyway'],
    ['exists', { account: 'unmanaged', you: false }, 'sign-in take-over anyway'],
    ['organization', undefined, 'organization'],
  ])
  const { browser, path } = all[1]!
  refused(await name(browser, path), 409, 'wrong_state')
  assert.equal(granted(await post(browser, `${path}/anyway`, {})).state, 'organization')
  const onPremises = await proved('onpremises@acme.example')
  assert.deepEqual(onPremises.journey.exists, { account: 'directory', you: true })
})

test('a journey is its browser’s, its code takes five tries, and it ends after a quarter of an hour', async () => {
  const { browser, address, journey, path } = await begin()
  const elsewhere = server.browser()
  for (const answer of [await elsewhere.get(path), await post(elsewhere, `${path}/challenges`, {})])
    refused(answer, 404, 'not_found')
  const code = await server.code(address)
  const give = (typed: string) => post(browser, `${path}/proofs`, { challenge: journey.challenge.id, code: typed })
  for (let n = 1; n <= 5; n++)
    refused(await give(String((Number(code) + n) % 1_000_000).padStart(6, '0')), 422, 'code_incorrect')
  refused(await give(code), 410, 'challenge_expired')
  refused(await name(browser, path), 409, 'wrong_state')
  refused(await administrate(browser, path), 409, 'wrong_state')
  granted(await post(browser, `${path}/challenges`, {}), 201)
  clock.advance(15 * MINUTE)
  assert.equal(granted(await browser.get(path)).state, 'expired')
  for (const step of ['challenges', 'anyway'])
    refused(await post(browser, `${path}/${step}`, {}), 410, 'journey_expired')
})

test('the fourth mail in an hour waits, and begins nothing', async () => {
  const address = newAddress()
  for (let n = 0; n < 3; n++) await begin(address)
  const [{ count }] = await ask('select count(*)::int from latchkey.signups')
  const { retryAfter } = refused(await post(server.browser(), '/signup', { address, for: 'company' }), 429, 'throttled')
  assert.ok(retryAfter > 3_000)
  assert.deepEqual(await ask('select count(*)::int from latchkey.signups'), [{ count }])
})

test('whoever has stopped such mails begins a sign-up as anybody, and gets no mail', async () => {
  const { browser, address, journey, path } = await begin()
  const { text } = await server.message(({ to }) => to === address)
  const stop = text.match(/\/links\/[\w-]+/g)!.at(-1)!
  granted(await server.browser().post(stop, {}))
  const mails = async () => (await server.outbox()).filter(({ to }) => to === address).length
  const before = await mails()
  const again = await begin(address)
  assert.equal(again.journey.state, 'prove-address')
  assert.deepEqual(Object.keys(again.journey), Object.keys(journey))
  granted(await post(browser, `${path}/challenges`, {}), 201)
  for (const asked of [again, { browser, path }]) {
    const delivery = async () => granted(await asked.browser.get(asked.path)).challenge.delivery
    while ((await delivery()) === 'pending') await sleep(20)
    assert.equal(await delivery(), 'sent', 'nothing says so')
  }
  assert.equal(await mails(), before)
})

test('nobody adds a domain of the operator’s own, or one below it', async () => {
  const admin = server.browser()
  await admin.post('/signin', { username: 'admin@acme.example', password: DEMO_PASSWORD })
  await takeDueStep(server, admin)
  for (const reserved of ['latchkey.example', 'Shop.Latchkey.example'])
    refused(await post(admin, '/domains', { name: reserved }), 422, 'domain_reserved')
})

test('a domain without mail is told with its reason', async () => {
  const { browser, path } = await begin('ann@null.example')
  for (;;) {
    const { challenge } = granted(await browser.get(path))
    if (challenge.delivery === 'pending') continue
    assert.deepEqual([challenge.delivery, challenge.reason], ['failed', 'domain_without_mail'])
    break
  }
  assert.match((await browser.page(path)).text, /No mail can be delivered to this domain/)
})

test('names and labels answer with their codes, and a label with free ones', async () => {
  const { browser, path } = await proved(newAddress('sparrow.example'))
  for (const [displayName, code] of Object.entries({
    A: 'name_invalid',
    '...': 'name_invalid',
    GmbH: 'name_invalid',
    'www.x.example': 'name_is_address',
    'Shop.com': 'name_doubtful',
  }))
    refused(await name(browser, path, { displayName }), 422, code)
  refused(await name(browser, path, { country: 'ZZ' }), 422, 'country_invalid')
  refused(await name(browser, path, { technicalContact: 'x' }), 422, 'address_invalid')
  await made('sparrow')
  for (const [label, code] of Object.entries({
    ab: 'label_invalid',
    'xn--x': 'label_invalid',
    'a--b': 'label_invalid',
    admin1: 'label_reserved',
    sparrow: 'label_taken',
    'sparr-0w': 'label_taken',
  })) {
    const { suggestions, field } = {
      field: '',
      ...refused(await name(browser, path, { label, displayName: 'Sparrow' }), 422, code),
    }
    assert.ok(suggestions.length > 0 && suggestions.every((one: string) => one !== 'sparrow'), label)
    assert.equal(field, '')
    granted(await name(browser, path, { label: suggestions[0] }))
  }
  const { state, organization } = granted(
    await name(browser, path, { displayName: 'Shop.com', sure: true, label: 'Shop-Com' }),
  )
  assert.deepEqual(
    [state, organization.label, organization.initialDomain],
    ['administrator', 'shop-com', 'shop-com.latchkey.example'],
  )
})

test('a whole sign-up makes a tenant, its administrator with a session, and codes that are shown until they are kept', async () => {
  const { browser, address, path, journey, tenantId } = await made('kestrel', {
    technicalContact: 'tech@kestrel.example',
  })
  assert.equal(journey.state, 'keep-codes')
  const { userPrincipalName, codes } = journey.emergency
  assert.equal(userPrincipalName, 'emergency@kestrel.latchkey.example')
  assert.deepEqual([codes.A.length, codes.B.length, new Set([...codes.A, ...codes.B]).size], [4, 4, 8])
  const session = granted(await browser.get('/session'))
  assert.equal(session.user.userPrincipalName, 'ann@kestrel.latchkey.example')
  // The mailbox is the first way; the session asks for a second.
  assert.equal(session.state, 'register')
  const [tenant] = await ask(
    `select t.display_name, t.country, t.technical_notification_mails, d.name, d.is_initial from latchkey.tenants t
     join latchkey.domains d using (tenant_id) where tenant_id = $1`,
    [tenantId],
  )
  assert.deepEqual(tenant, {
    display_name: 'Kestrel Works',
    country: 'FR',
    technical_notification_mails: ['tech@kestrel.example'],
    name: 'kestrel.latchkey.example',
    is_initial: true,
  })
  const roles = await ask(
    `select user_principal_name as name, role, exists (select from latchkey.passwords p where p.user_id = u.id) as password,
       (select array_agg(kind) from latchkey.methods m where m.user_id = u.id and proved_at is not null) as kinds
     from latchkey.users u join latchkey.role_assignments r on r.principal_id = u.id where u.tenant_id = $1 order by 1`,
    [tenantId],
  )
  assert.deepEqual(roles, [
    { name: 'ann@kestrel.latchkey.example', role: 'Global Administrator', password: true, kinds: ['email'] },
    { name: userPrincipalName, role: 'Global Administrator', password: false, kinds: ['recoveryCode'] },
  ])
  for (const to of [address, 'tech@kestrel.example']) {
    const { text, subject } = await server.message(one => one.to === to && one.kind === 'notice')
    assert.match(
      `${subject} ${text}`,
      /Kestrel Works has a work account[\s\S]*kestrel\.latchkey\.example[\s\S]*ann@kestrel/,
    )
    assert.equal(/stops them for 90 days/.test(text), to !== address, 'who did not ask can stop such mails')
  }
  assert.deepEqual(granted(await browser.get(path)).emergency, journey.emergency)
  const [{ codes_sealed: sealed }] = await ask(
    'select codes_sealed from latchkey.signup_tenants where tenant_id = $1',
    [tenantId],
  )
  assert.ok(!sealed.toString('latin1').includes(codes.A[0]))
  refused(await name(browser, path), 409, 'wrong_state')
  refused(await administrate(browser, path, { userName: 'eve' }), 409, 'wrong_state')
  const finished = granted(await post(browser, `${path}/codes`, { kept: true }))
  assert.deepEqual([finished.state, finished.next, finished.emergency], ['finished', '/account', undefined])
  refused(await post(browser, `${path}/codes`, { kept: true }), 409, 'wrong_state')
  assert.equal(granted(await browser.get(path)).emergency, undefined)
  const events = await ask('select activity from latchkey.audit_events where tenant_id = $1 order by id', [tenantId])
  for (const activity of [
    'tenant.created',
    'user.created',
    'recovery_codes.issued',
    'signin.succeeded',
    'signup.finished',
  ])
    assert.ok(
      events.some(one => one.activity === activity),
      activity,
    )
  // Anybody else signs in by the name and the password.
  const later = server.browser()
  granted(await post(later, '/signin', { username: 'ann@kestrel.latchkey.example', password: PASSWORD }))
  // Reset begins on: the mailbox is a way.
  assert.equal(
    granted(await post(server.browser(), '/account-check', { query: 'kestrel.latchkey.example' })).account,
    'managed',
  )
})

test('the emergency account is opened by a code of each sheet, and every administrator is mailed', async () => {
  const { address, journey, tenantId } = await made('petrel', { technicalContact: 'tech@petrel.example' })
  const { userPrincipalName, codes } = journey.emergency
  const browser = server.browser()
  const begun = granted(await post(browser, '/reset', { username: userPrincipalName }), 201)
  assert.deepEqual(
    begun.methods.map(({ kind }: { kind: string }) => kind),
    ['recoveryCode'],
  )
  const path = `/reset/${begun.id}`
  const give = async (code: string) => {
    const { methods } = granted(await browser.get(path))
    const { challenge } = granted(await post(browser, `${path}/challenges`, { method: methods[0].id }), 201)
    return granted(await post(browser, `${path}/proofs`, { challenge: challenge.id, code }))
  }
  const shown = ({ state, gates }: { state: string; gates: object }) => [state, gates]
  assert.deepEqual(shown(await give(codes.A[0])), ['verify', { required: 2, passed: 1 }])
  assert.deepEqual(
    shown(await give(codes.A[1])),
    ['verify', { required: 2, passed: 1 }],
    'two of one sheet are one gate',
  )
  refused(await post(browser, `${path}/password`, { newPassword: 'Wandering-tern-of-1' }), 409, 'gates_missing')
  const opened = await give(codes.B[0])
  assert.deepEqual(shown(opened), ['choose-password', { required: 2, passed: 2 }])
  granted(await post(browser, `${path}/password`, { newPassword: 'Wandering-tern-of-1' }))
  granted(await post(server.browser(), '/signin', { username: userPrincipalName, password: 'Wandering-tern-of-1' }))
  for (const to of [address, 'tech@petrel.example'])
    await server.message(one => one.to === to && one.subject?.includes('an emergency code was used') === true)
  // With a password too it is not the second Global Administrator.
  const [{ user_id: userId }] = await ask('select user_id from latchkey.signup_tenants where tenant_id = $1', [
    tenantId,
  ])
  await assert.rejects(
    inTenant(store, tenantId, trx => demandAnotherGlobalAdministrator(trx, userId)),
    { code: 'last_global_administrator' },
  )
})

test('what the administrator types is judged, and nothing is made by what is refused', async () => {
  const { browser, path } = await proved()
  granted(await name(browser, path, { label: 'heron', displayName: 'Heronmarsh' }))
  for (const [changes, code] of [
    [{ userName: 'a b' }, 'user_name_invalid'],
    [{ userName: 'ann@x' }, 'user_name_invalid'],
    [{ userName: 'Emergency' }, 'user_name_invalid'],
    [{ givenName: '...' }, 'name_invalid'],
    [{ surname: 'www.x' }, 'name_is_address'],
    [{ newPassword: 'short' }, 'password_too_short'],
    [{ newPassword: 'Heronmarsh-is-great-1' }, 'password_contains_name'],
    [{ newPassword: 'My-heron-is-great-1' }, 'password_contains_name'],
  ] as const)
    refused(await administrate(browser, path, changes), 422, code)
  assert.deepEqual(await ask("select from latchkey.domains where name = 'heron.latchkey.example'"), [])
  granted(await administrate(browser, path), 201)
})

test('two that finish one label at once, or one that finishes twice, make one tenant', async () => {
  const pair = [await proved(), await proved()]
  for (const { browser, path } of pair) granted(await name(browser, path, { label: 'osprey' }))
  const answers = await Promise.all([
    ...pair.map(({ browser, path }) => administrate(browser, path)),
    administrate(pair[0]!.browser, pair[0]!.path),
  ])
  assert.deepEqual(answers.filter(({ status }) => status === 201).length, 1)
  for (const { status, json } of answers.filter(one => one.status !== 201))
    assert.ok(['409 wrong_state', '422 label_taken'].includes(`${status} ${json.code}`), `${status} ${json.code}`)
  assert.equal((await ask("select from latchkey.domains where name = 'osprey.latchkey.example'")).length, 1)
  const loser = answers[1]!.status === 201 ? pair[0]! : pair[1]!
  granted(await name(loser.browser, loser.path, { label: 'osprey-two' }))
  granted(await administrate(loser.browser, loser.path), 201)
})

test('without script the forms lead from page to page in three languages, each small', async () => {
  const browser = server.browser()
  const begun = await browser.submit('/signup', { address: 'info@heron.example' })
  const page = await browser.follow(begun)
  assert.match(page.text, /Several people may read this mailbox/)
  assert.match(page.text, /value="info@heron.example"/)
  const address = newAddress()
  const sent = await browser.submit('/signup', { address })
  const path = sent.headers.get('location')!
  const pages = [await browser.page('/signup'), await browser.page(path)]
  const goOn = async (step: string, form: Record<string, string>) => {
    const answer = await browser.submit(`${path}/${step}`, form)
    assert.deepEqual([answer.status, answer.headers.get('location')], [303, path], 'no page comes between')
    pages.push(await browser.page(path))
  }
  const { challenge } = granted(await browser.get(path))
  await goOn('proofs', { challenge: challenge.id, code: await server.code(address) })
  const wrong = await browser.submit(`${path}/organization`, {
    displayName: 'Shop.com',
    country: 'FR',
    label: 'plover',
    technicalContact: '',
  })
  const doubtful = await browser.follow(wrong)
  assert.match(doubtful.text, /name="sure"/)
  const organization = { displayName: 'Shop.com', country: 'FR', label: 'plover', technicalContact: '' }
  await goOn('organization', { ...organization, sure: 'true' })
  const typed = { givenName: 'Ann', surname: 'Lee', userName: 'ann', newPassword: PASSWORD }
  const differ = await browser.submit(`${path}/administrator`, { ...typed, password2: 'x' })
  assert.match((await browser.follow(differ)).text, /id="field-password2-error"/)
  await goOn('administrator', { ...typed, password2: PASSWORD })
  assert.match(pages.at(-1)!.text, /Sheet A[\s\S]*Sheet B/)
  await goOn('codes', { kept: 'true' })
  assert.match(pages.at(-1)!.text, /Shop\.com is ready/)
  assert.equal(pages.length, 6, 'the promise of the sign-up')
  const bytes = await firstLoad(server.url, '/signup')
  assert.ok(bytes > 5_000 && bytes < 40_000, `${bytes}`)
  for (const { status, text } of pages) assert.ok(status === 200 && text.length < 16_000, `${status} ${text.length}`)
  for (const [language, word] of Object.entries({ fr: 'est prête', ja: '準備ができました' }))
    assert.match((await browser.page(`${path}?lang=${language}`)).text, new RegExp(word))
})

const PERSON = { givenName: 'Bo', surname: 'Ray', newPassword: PASSWORD }
const myself = (address: string) => proved(address, 'myself')
const join = ({ browser, path }: { browser: TestBrowser; path: string }, changes: object = {}) =>
  post(browser, `${path}/person`, { ...PERSON, ...changes })

test('a person gets an account named by their mailbox, where nobody administers one or the company lets them join', async () => {
  const known = await begin('bo.ray@acme.example', undefined, 'myself')
  assert.equal(known.journey.state, 'prove-address', 'the code alone tells')
  const you = await myself('signer+x@acme.example')
  assert.deepEqual([you.journey.state, you.journey.exists], ['exists', { account: 'managed', you: true }])
  assert.ok(!you.journey.acts.some(({ act }: { act: string }) => act === 'anyway'))
  refused(await post(you.browser, `${you.path}/anyway`, {}), 409, 'wrong_state')
  refused(await join(you), 409, 'wrong_state')

  const outside = await myself('cy.ray@acme.example')
  assert.deepEqual([outside.journey.state, outside.journey.refusal], ['refused', 'signup_off_for_tenant'])
  assert.match((await outside.browser.page(outside.path)).text, /adds its people itself/)
  refused(await join(outside), 409, 'wrong_state')
  const acme = await findTenantId(store, 'acme.example')
  await inTenant(store, acme, trx => setSettings(trx, { emailVerifiedUsersMayJoin: true }))
  const shown = granted(await outside.browser.get(outside.path))
  assert.deepEqual([shown.state, shown.person], ['person', { userPrincipalName: 'cy.ray@acme.example' }])
  const below = await myself('cy@below.acme.example')
  assert.equal(below.journey.state, 'refused', 'what stands below a domain may be somebody else’s')
  for (const [changes, code] of [
    [{ givenName: '...' }, 'name_invalid'],
    [{ newPassword: 'short' }, 'password_too_short'],
    [{ newPassword: 'My-acme-is-great-1' }, 'password_contains_name'],
  ] as const)
    refused(await join(outside, changes), 422, code)
  assert.equal(granted(await join(outside), 201).state, 'finished')
  assert.deepEqual(granted(await outside.browser.get(outside.path)).acts.at(-1).act, 'account')
  refused(await join(outside), 409, 'wrong_state')
  const { user, state } = granted(await outside.browser.get('/session'))
  assert.deepEqual([user.userPrincipalName, state], ['cy.ray@acme.example', 'register'])
  const [{ mail, roles, kinds }] = await ask(
    `select mail, (select count(*)::int from latchkey.role_assignments where principal_id = u.id) as roles,
       (select count(*)::int from latchkey.methods where user_id = u.id) as kinds
     from latchkey.users u where user_principal_name = 'cy.ray@acme.example'`,
  )
  assert.deepEqual([mail, roles, kinds], ['cy.ray@acme.example', 0, 0], 'no role, and one’s own mailbox is no method')
  const events = await ask('select activity from latchkey.audit_events where correlation_id = $1', [outside.journey.id])
  for (const one of ['user.created', 'signup.finished', 'signin.succeeded'])
    assert.ok(
      events.some(({ activity }) => activity === one),
      one,
    )

  // Switched off while the password was hashed: the choice is read again.
  const late = await myself('dee.ray@acme.example')
  assert.equal(late.journey.state, 'person')
  const means = { now: clock.now(), random: server.services.random, keys: server.services.keys }
  const act: Act = { ...means, actor: { kind: 'anyone' }, trail: { correlationId: 'x' } }
  const address = 'dee.ray@acme.example'
  const signup: Signup = {
    ...{ id: late.journey.id, for: 'myself', address, domain: 'acme.example', language: 'en', expiresAt: clock.now() },
    ...{ organization: undefined, onboardingId: undefined, invitationId: undefined },
    ...{ state: 'person', userPrincipalName: address },
  }
  await inTenant(store, acme, trx => setSettings(trx, { emailVerifiedUsersMayJoin: false }))
  const joining = { checks: server.services.passwordChecks, signup }
  const browser = { suffix: undefined, language: 'en', deviceCookie: undefined }
  await assert.rejects(joinAsPerson(store, act, { ...joining, browser }, PERSON), { code: 'signup_off_for_tenant' })
})

test('an account that an administrator deleted is not its owner’s to make again', async () => {
  const acme = await findTenantId(store, 'acme.example')
  await inTenant(store, acme, trx => setSettings(trx, { emailVerifiedUsersMayJoin: true }))
  const gone = await myself('gil.ray@acme.example')
  granted(await join(gone), 201)
  await ask(`update latchkey.accounts set deleted_at = now() where user_principal_name = 'gil.ray@acme.example'`)
  const [before] = await server.outbox()
  const again = await begin('gil.ray@acme.example', undefined, 'myself')
  const code = await server.code('gil.ray@acme.example', before)
  granted(await post(again.browser, `${again.path}/proofs`, { challenge: again.journey.challenge.id, code }))
  assert.equal(granted(await again.browser.get(again.path)).state, 'refused')
  refused(await join(again), 409, 'wrong_state')
  await inTenant(store, acme, trx => setSettings(trx, { emailVerifiedUsersMayJoin: false }))
})

test('the first person of a domain makes a tenant that nobody administers, and of two at once both get in', async () => {
  const pair = [await myself('ann@siskin.example'), await myself('bo+post@siskin.example')]
  for (const { journey } of pair) assert.equal(journey.state, 'person')
  const answers = await Promise.all(pair.map(one => join(one)))
  for (const answer of answers) assert.equal(granted(answer, 201).state, 'finished')
  const tenantId = await findTenantId(store, 'siskin.example')
  const people = await ask('select user_principal_name as name from latchkey.users where tenant_id = $1 order by 1', [
    tenantId,
  ])
  assert.deepEqual(people, [{ name: 'ann@siskin.example' }, { name: 'bo@siskin.example' }])
  const checked = granted(await post(server.browser(), '/account-check', { query: 'siskin.example' }))
  assert.equal(checked.account, 'unmanaged')
  // A repeat at once makes nothing twice.
  const third = await myself('cy@siskin.example')
  const twice = await Promise.all([join(third), join(third)])
  assert.deepEqual(twice.map(({ status }) => status).sort(), [201, 409])
})

test('people sign themselves up where the operator lets them, whatever companies may', async context => {
  const { signup } = server.services
  context.after(() => {
    server.services.signup = signup
  })
  const begun = await myself(newAddress())
  server.services.signup = { ...signup, persons: false }
  refused(await post(server.browser(), '/signup', { address: newAddress(), for: 'myself' }), 403, 'signup_closed')
  refused(await join(begun), 403, 'signup_closed')
  assert.doesNotMatch((await server.browser().page('/signup')).text, /name="for"/)
  server.services.signup = { ...signup, open: 'closed' }
  refused(await post(server.browser(), '/signup', { address: newAddress(), for: 'company' }), 403, 'signup_closed')
  const page = await server.browser().page('/signup')
  assert.match(page.text, /<input type="hidden" name="for" value="myself"/)
  const browser = server.browser()
  const address = newAddress()
  const path = (await browser.submit('/signup', { address, for: 'myself' })).headers.get('location')!
  const { challenge } = granted(await browser.get(path))
  await browser.submit(`${path}/proofs`, { challenge: challenge.id, code: await server.code(address) })
  const form = await browser.page(path)
  assert.ok(form.text.length < 16_000 && form.text.includes(address))
  const differ = await browser.submit(`${path}/person`, { ...PERSON, password2: 'x' })
  assert.match((await browser.follow(differ)).text, /id="field-password2-error"/)
  await browser.submit(`${path}/person`, { ...PERSON, password2: PASSWORD })
  assert.match((await browser.page(path)).text, /Your account is ready/)
})

test('time takes the address of what nobody proved, the codes that nobody kept, and then the journeys', async () => {
  const { path } = await begin()
  const { tenantId, path: kept, browser } = await made('curlew')
  const rowOf = async (of: string) =>
    (await ask('select * from latchkey.signups where id = $1', [of.split('/').at(-1)]))[0]
  clock.advance(DAY - HOUR)
  await removeExpired(server.services)
  assert.ok((await rowOf(path)).address_sealed)
  clock.advance(HOUR)
  await removeExpired(server.services)
  assert.equal((await rowOf(path)).address_sealed, null)
  assert.equal(granted(await browser.get(kept)).state, 'finished')
  assert.deepEqual(await ask('select codes_sealed from latchkey.signup_tenants where tenant_id = $1', [tenantId]), [
    { codes_sealed: null },
  ])
  clock.advance(30 * DAY)
  await removeExpired(server.services)
  assert.equal(await rowOf(path), undefined)
})

test('where sign-up is closed every way in is refused, also the end of a journey that was begun before', async context => {
  const { browser, path } = await proved()
  granted(await name(browser, path, { label: 'dunlin' }))
  const { signup } = server.services
  context.after(() => {
    server.services.signup = signup
  })
  server.services.signup = { ...signup, open: 'closed', persons: false }
  refused(await post(browser, '/signup', { address: newAddress(), for: 'company' }), 403, 'signup_closed')
  refused(await administrate(browser, path), 403, 'signup_closed')
  const form = await browser.submit('/signup', { address: newAddress() })
  assert.match((await browser.follow(form)).text, /Sign-up is closed/)
  assert.equal(granted(await browser.get('/signup')).open, 'closed')
  const ways = async () =>
    granted(await post(browser, '/account-check', { query: 'new.example' })).acts.map(
      ({ href }: { href: string }) => href,
    )
  assert.deepEqual(await ways(), ['/start'])
  server.services.signup = signup
  assert.deepEqual(await ways(), ['/signup', '/start'])
})

test('a deployment takes so many sign-ups a day, a domain fifty', async context => {
  const { signup } = server.services
  context.after(() => {
    server.services.signup = signup
  })
  const domain = 'busy.example'
  let begun = 0
  for (; begun < 60; begun++)
    if ((await post(server.browser(), '/signup', { address: newAddress(domain), for: 'company' })).status !== 201) break
  assert.equal(begun, 50)
  await begin()
  server.services.signup = { ...signup, perDay: 3 }
  refused(await post(server.browser(), '/signup', { address: newAddress(), for: 'company' }), 429, 'throttled')
  clock.advance(DAY)
  await begin()
})

test('a network begins twenty sign-ups an hour, and others go on', async () => {
  const count = (network: string | undefined) =>
    countSignup(
      store,
      { now: clock.now(), random: server.services.random, keys: server.services.keys },
      {
        network,
        domain: newAddress().split('@')[1]!,
        perDay: 100_000,
      },
    )
  for (let n = 0; n < 20; n++) await count('203.0.113.77')
  await assert.rejects(count('203.0.113.77'), { code: 'throttled' })
  await count('198.51.100.7')
  await count(undefined)
  clock.advance(HOUR)
  await count('203.0.113.77')
})

test('by invitation signs up who was invited alone, once, from the mailbox that was mailed', async context => {
  const { signup } = server.services
  context.after(() => {
    server.services.signup = signup
  })
  server.services.signup = { ...signup, open: 'invitation', persons: false }
  const address = newAddress('invited.example')
  const operator = () =>
    ({
      now: clock.now(),
      random: server.services.random,
      keys: server.services.keys,
      actor: { kind: 'operator' },
      trail: { correlationId: 'x' },
    }) as const
  const invite = (to: string) =>
    inviteSignup(store, operator(), { address: to, language: 'fr', suffix: 'latchkey.example' })
  const linkTo = async (to: string, except?: string) => {
    const { text } = await server.message(
      one => one.kind === 'link' && one.to === to && !(except && one.text.includes(except)),
    )
    return /\/links\/([\w-]+)/.exec(text)![1]!
  }
  const send = (invitation: string | undefined, to = address, browser = server.browser()) =>
    post(browser, '/signup', { address: to, for: 'company', ...(invitation !== undefined && { invitation }) })
  assert.equal(granted(await server.browser().get('/signup')).open, 'invitation')
  refused(await send(undefined), 403, 'signup_closed')
  refused(await send('x'.repeat(43)), 403, 'invitation_invalid')
  assert.match((await server.browser().page('/signup')).text, /Sign-up is by invitation/)
  await assert.rejects(invite('info@invited.example'), { code: 'address_role' })

  await invite(address)
  const older = await linkTo(address)
  assert.match((await server.message(({ to }) => to === address)).text, /Vous êtes invité[\s\S]*90 jours/)
  await invite(address)
  const token = await linkTo(address, older)
  refused(await send(older), 403, 'invitation_invalid')
  refused(await server.browser().get(`/links/${older}`), 410, 'link_expired')
  refused(await send(token, newAddress('invited.example')), 403, 'invitation_invalid')
  granted(await send(token, address.replace('@', '+tag@')), 201)

  const browser = server.browser()
  assert.equal(granted(await browser.get(`/links/${token}`)).purpose, 'signup')
  assert.match((await browser.page('/signup')).text, /by invitation/, 'a look binds nothing')
  assert.equal(granted(await post(browser, `/links/${token}`, {})).next, '/signup')
  assert.ok((await browser.page('/signup')).text.includes(`value="${address}"`))
  for (let n = 0; n < 4; n++) granted(await post(server.browser(), `/links/${token}`, {}))
  refused(await post(server.browser(), `/links/${token}`, {}), 410, 'link_expired')

  // The mailbox has had its mails of this hour.
  clock.advance(HOUR)
  const pair: Awaited<ReturnType<typeof begin>>[] = []
  for (const _ of 'ab') {
    const [before] = await server.outbox()
    const begun = await begin(address, browser)
    const code = await server.code(address, before)
    granted(await post(browser, `${begun.path}/proofs`, { challenge: begun.journey.challenge.id, code }))
    granted(await name(browser, begun.path))
    pair.push(begun)
  }
  await assert.doesNotReject(revokeSignupInvitation(store, operator(), { address, suffix: undefined }))
  refused(await administrate(browser, pair[0]!.path), 403, 'invitation_invalid')
  await ask(
    'update latchkey.signup_invitations set voided_at = null where subject = (select subject from latchkey.signup_invitations order by created_at desc limit 1)',
  )
  const answers = await Promise.all(pair.map(({ path }) => administrate(browser, path)))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409])
  const loser = pair[answers[0]!.status === 201 ? 1 : 0]!
  refused(await administrate(browser, loser.path), 403, 'invitation_invalid')
  refused(await send(token), 403, 'invitation_invalid')
  refused(await server.browser().get(`/links/${token}`), 410, 'link_expired')
  assert.match((await browser.page('/signup')).text, /by invitation/, 'a used one opens nothing')

  const late = newAddress('late.example')
  await invite(late)
  const lateToken = await linkTo(late)
  clock.advance(72 * HOUR)
  refused(await send(lateToken, late), 403, 'invitation_invalid')
  const kept = 'select from latchkey.signup_invitations'
  assert.ok((await ask(kept)).length > 0)
  clock.advance(31 * DAY)
  await removeExpired(server.services)
  assert.deepEqual(await ask(kept), [])
})
