// A long file: one server for everything about people whom a company takes in, as each start costs a second.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { DAY, HOUR, MINUTE } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import {
  addMember,
  assignRole,
  createGroup,
  createTenant,
  createUser,
  findTenantId,
  findUserByName,
  getUser,
  letsMailboxJoin,
  setSettings,
} from '../directory/index.ts'
import { openDns } from '../organization/index.ts'
import { removeExpired } from '../runtime/cleanup.ts'
import { enqueue, inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { granted, refused } from '../testing/contract.ts'
import { nameServer } from '../testing/nameServer.ts'
import { newBrowser } from '../testing/passkeyOwners.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { finishExternal } from './external.ts'
import { allowTakeover, getTakeoverOf, refuseTakeover } from './index.ts'
import { checkDueTakeover, moveDueTakeovers } from './move.ts'
import { protectPeople } from './settling.ts'
import { tellOfTakeover } from './tell.ts'

const zone = await nameServer()
const dns = openDns([zone.address])
const server = await testServer({ dns })
const { store, services, clock } = server
const means = () => ({ now: clock.now(), random: services.random, keys: services.keys })
const operator = (): Act => ({ ...means(), actor: { kind: 'operator' }, trail: { correlationId: 'operator' } })
const rows = async (statement: string, ...values: unknown[]) =>
  (await store.pool.query(statement.replaceAll('@', 'latchkey.'), values)).rows
const acme = await findTenantId(store, 'acme.example')

/** A browser in which somebody of Acme, or of another company, has just proved who they are. */
async function administrator(name = 'admin@acme.example', company = acme): Promise<TestBrowser> {
  const user = (await inTenant(store, company, trx => findUserByName(trx, company, name)))!
  return newBrowser(server, user)
}

/** A tenant that nobody administers, with these people, each with a password of the demonstration's. */
async function unmanaged(domain: string, ...names: string[]) {
  const tenantId = services.random.uuid(clock.now())
  const ids = await inTenant(store, tenantId, async trx => {
    await createTenant(trx, means(), tenantId, { displayName: domain, domain, unmanaged: true })
    const made: string[] = []
    for (const name of names)
      made.push(
        (await createUser(trx, means(), tenantId, { userPrincipalName: `${name}@${domain}`, displayName: name })).id,
      )
    return made
  })
  return { tenantId, ids }
}

/** Acme has the domain on its list, with its record in the DNS, and begins a claim. */
async function begin(domain: string, browser?: TestBrowser) {
  const boss = browser ?? (await administrator())
  const added = granted(await boss.post('/domains', { name: domain }), 201)
  zone.texts[domain] = [[added.record.value]]
  const checked = granted(await boss.post(`/domains/${domain}/check`))
  const [before] = await server.outbox()
  const begun = await boss.post(`/domains/${domain}/takeover`, { address: `boss@${domain}` })
  const json = granted(begun, 201)
  const path = `/takeovers/${json.id}`
  assert.equal(begun.headers.get('location'), path)
  const code = await server.code(`boss@${domain}`, before)
  const act = (step: string, body: object = {}) => boss.post(`${path}/${step}`, body)
  return {
    boss,
    id: json.id as string,
    path,
    act,
    checked,
    prove: () => act('proofs', { challenge: json.challenge.id, code }),
  }
}

/** The same, waited for until it can be finished. */
async function ready(domain: string, source: string) {
  const begun = await begin(domain)
  granted(await begun.prove())
  assert.equal(granted(await begun.act('check')).state, 'waiting')
  await pass(7 * DAY, source)
  const boss = await administrator()
  boss.cookies.set('latchkey_browser', begun.boss.cookies.get('latchkey_browser')!)
  const act = (step: string, body: object = {}) => boss.post(`${begun.path}/${step}`, body)
  return { ...begun, boss, act }
}

/** Sets the clock forward, and does what fell due. */
async function pass(milliseconds: number, tenantId: string) {
  clock.advance(milliseconds)
  await moveDueTakeovers(store, means())
  for (const { id } of await rows('select id from @takeovers where tenant_id = $1 and ended_at is null', tenantId))
    await checkDueTakeover(store, means(), { tenantId, takeoverId: id, dns })
}

const tell = (tenantId: string, takeoverId: string) =>
  tellOfTakeover(store, { ...operator(), trail: { correlationId: takeoverId } }, { tenantId, takeoverId })

/** The browser of somebody there, who has opened the link of the newest such mail. */
async function member(address: string, subject: RegExp) {
  const mail = await server.message(one => one.to === address && subject.test(one.subject ?? ''))
  const browser = server.browser()
  const { next } = granted(await browser.post(/\/links\/[\w-]+/.exec(mail.text)![0], undefined as never))
  return { browser, text: mail.text, json: granted(await browser.get(next)) }
}

/** The tenants in which these people are, as ids. */
const whereAre = async (...ids: string[]) =>
  (await rows('select distinct tenant_id as id from @accounts where id = any($1)', ids)).map(({ id }) => id)

test('a company takes the people of a domain in, with the domain; they bring no role, and undo it whole', async () => {
  const domain = 'umbrella.example'
  const umbrella = await findTenantId(store, domain)
  const [first, second] = await Promise.all(
    ['first', 'second'].map(name =>
      inTenant(store, umbrella, trx => findUserByName(trx, umbrella, `${name}@${domain}`)),
    ),
  )
  const ids = [first!.id, second!.id]
  await inTenant(store, umbrella, async trx => {
    const mixed = await createGroup(trx, means(), umbrella, { displayName: 'Everybody' })
    for (const id of ids) await addMember(trx, umbrella, mixed, { kind: 'user', id })
    const stays = await createGroup(trx, means(), umbrella, { displayName: 'Leaders', isRoleAssignable: true })
    await addMember(trx, umbrella, stays, { kind: 'user', id: second!.id })
    await assignRole(trx, means(), first!.id, 'User Administrator')
  })
  const held = () =>
    Promise.all(
      [
        'select name, is_default, is_initial, is_root, proof, taken_by from @domains where tenant_id = $1 and verified_at is not null order by name',
        'select group_id, member_id from @group_members where tenant_id = $1 order by 2',
        'select principal_id, role from @role_assignments where tenant_id = $1',
        'select id, user_principal_name, account_enabled, settling_until from @accounts where tenant_id = $1 order by 1',
        'select id, display_name, deleted_at from @groups where tenant_id = $1',
        'select unmanaged_since, settling_since, settling_until from @tenants where tenant_id = $1',
      ].map(statement => rows(statement, umbrella)),
    )
  const before = await held()

  const plain = await administrator('registered@acme.example')
  refused(await plain.post(`/domains/${domain}/takeover`, { address: `x@${domain}` }), 403, 'forbidden')
  const early = await administrator()
  refused(await early.post(`/domains/${domain}/takeover`, { address: `x@${domain}` }), 404, 'not_found')
  refused(await early.post('/domains/acme.example/takeover', { address: 'x@acme.example' }), 409, 'already_verified')
  const { checked, boss, act, prove, path, id } = await begin(domain)
  assert.deepEqual(
    [checked.state, checked.conflict.kind, checked.conflict.acts[0].act],
    ['conflict', 'unmanaged', 'take-in'],
  )
  assert.match((await boss.page(`/domains/${domain}`)).text, /action="\/domains\/umbrella\.example\/takeover"/)
  refused(await boss.post(`/domains/${domain}/takeover`, { address: 'x@acme.example' }), 422, 'address_outside_domain')
  const proved = granted(await prove())
  assert.deepEqual([proved.kind, proved.state, proved.record.value], ['external', 'prove-dns', checked.record.value])
  const looked = clock.now().getTime()
  const waiting = granted(await act('check'))
  assert.deepEqual([waiting.state, waiting.people], ['waiting', 2])
  const waits = Date.parse(waiting.waitUntil) - 7 * DAY
  assert.ok(waits >= looked && waits <= clock.now().getTime(), waiting.waitUntil)
  await tell(umbrella, id)
  const told = await member(`second@${domain}`, /A company wants to take in/)
  assert.match(told.text, /Acme.* \(acme\.example\)/)
  assert.deepEqual([told.json.kind, told.json.acts[0].act], ['external', 'object'])
  assert.match((await told.browser.page(path)).text, /A company wants to take your account in/)
  const there = server.browser()
  granted(await there.post('/signin', { username: `second@${domain}`, password: PASSWORD }))

  await pass(7 * DAY - HOUR, umbrella)
  refused(await act('finish'), 409, 'wrong_state')
  await pass(HOUR, umbrella)
  refused(await act('finish'), 401, 'not_signed_in')
  const fresh = await administrator()
  fresh.cookies.set('latchkey_browser', boss.cookies.get('latchkey_browser')!)
  assert.match((await fresh.page(path)).text, /Take them in/)
  // Some sign in, and reset, while it happens: whatever they get, it is no fault and no session of before.
  const others = Array.from({ length: 6 }, () => server.browser())
  const meanwhile = others.map((browser, turn) =>
    turn % 2
      ? browser.post('/signin', { username: `second@${domain}`, password: PASSWORD })
      : browser.post('/reset', { username: `second@${domain}` }),
  )
  const finished = await Promise.all([fresh.post(`${path}/finish`), fresh.post(`${path}/finish`)])
  for (const { status, text } of await Promise.all(meanwhile)) assert.ok([200, 201, 401].includes(status), text)
  assert.deepEqual(
    await rows('select id from @sessions where tenant_id = $1', umbrella),
    [],
    'no session is left there',
  )
  assert.deepEqual(finished.map(({ status }) => status).sort(), [200, 409], 'one request finishes it')
  assert.equal(finished.find(({ status }) => status === 200)!.json.acts[0].href, `/domains/${domain}`)
  assert.equal((await there.get('/account')).status, 401, 'sessions have ended')
  assert.deepEqual(await whereAre(...ids), [acme])
  assert.equal(await findTenantId(store, domain), acme)
  assert.deepEqual(await rows('select role from @role_assignments where user_id = any($1)', ids), [])
  assert.deepEqual(await rows('select name from @domains where tenant_id = $1', umbrella), [])
  const session = granted(await there.post('/signin', { username: `second@${domain}`, password: PASSWORD }))
  assert.ok(session.state)

  const admin = await testApi(server).as('admin@acme.example')
  const user = `/users/${second!.id}`
  const other = await inTenant(store, acme, trx => findUserByName(trx, acme, 'stale@acme.example'))
  for (const [method, to, body] of [
    ['PATCH', user, { accountEnabled: false }],
    ['PATCH', user, { userPrincipalName: 'renamed@acme.example' }],
    ['DELETE', user],
    ['POST', `${user}/authentication/temporaryAccessPassMethods`, {}],
    ['POST', '/bulk/jobs?kind=usersExport'],
  ] as [string, string, unknown?][]) {
    const { status, code } = await admin(method, to, body)
    assert.deepEqual([status, code], [403, 'takeover_settling'], `${method} ${to}`)
  }
  assert.equal(
    (await admin('PATCH', `/users/${other!.id}`, { accountEnabled: false })).status,
    204,
    'nobody else waits',
  )
  const newer = {
    ...{ accountEnabled: true, displayName: 'Newer', userPrincipalName: `newer@${domain}` },
    ...{ mailNickname: 'newer', passwordProfile: { password: 'Quite-another-kestrel-1' } },
  }
  assert.equal((await admin('POST', '/users', newer)).status, 400, 'nobody gets a name there meanwhile')
  refused(await fresh.post(`/domains/${domain}/primary`), 409, 'domain_in_use')
  // Nor does the domain go: its people would be renamed while they can undo it.
  for (const disableUserAccounts of [true, false])
    refused(await fresh.post(`/domains/${domain}/forced-removal`, { disableUserAccounts }), 409, 'domain_in_use')
  refused(await fresh.post('/domains', { name: domain }), 409, 'already_added')
  granted(await there.get('/account/export'))
  await inTenant(store, acme, trx => assignRole(trx, means(), second!.id, 'Global Administrator'))

  await tell(acme, id)
  const mails = "select count(*)::int as many from @notices where tenant_id = $1 and template = 'takeover'"
  assert.deepEqual(await rows(mails, acme), [{ many: 2 }], 'nobody else of the company is told')
  const undoing = await member(`first@${domain}`, /belong to a company/)
  assert.deepEqual(
    undoing.json.acts.map((one: { act: string }) => one.act),
    ['undo'],
  )
  const stranger = await administrator('registered@acme.example')
  refused(await stranger.post(`${path}/undo`), 404, 'not_found')
  granted(await undoing.browser.post(`${path}/undo`))
  // Somebody contests the domain meanwhile: the undo ends that too.
  await rows(
    'update @domains set contested_by = $1, contested_until = $2, former_proof = proof where tenant_id = $3 and name = $4',
    ...[await findTenantId(store, 'globex.example'), new Date(clock.now().getTime() + 60 * DAY), acme, domain],
  )
  assert.equal((await admin('PATCH', user, { accountEnabled: false })).code, 'takeover_settling')
  assert.equal((await admin('GET', '/users')).status, 200, 'the company’s own administrators go on')
  await pass(14 * DAY - HOUR, acme)
  assert.deepEqual(await whereAre(...ids), [acme])
  const later = await testApi(server).as('admin@acme.example')
  assert.equal((await later('PATCH', user, { accountEnabled: false })).code, 'takeover_settling', 'still guarded')
  await pass(HOUR, acme)
  assert.deepEqual(await whereAre(...ids), [umbrella])
  assert.deepEqual(await held(), before, 'everything is as it was')
  assert.deepEqual(
    await rows('select role from @role_assignments where tenant_id = $1 and user_id = any($2)', acme, ids),
    [],
  )
  assert.equal((await getTakeoverOf(store, means(), domain)).state, 'undone')
  granted(await server.browser().post('/signin', { username: `second@${domain}`, password: PASSWORD }))
  assert.equal(granted(await undoing.browser.get(path)).state, 'undone', 'their link leads there as before')
  assert.deepEqual(
    await rows(
      'select verified_at, contested_by, taken_by from @domains where tenant_id = $1 and name = $2',
      acme,
      domain,
    ),
    [{ verified_at: null, contested_by: null, taken_by: null }],
  )
  for (const tenantId of [umbrella, acme])
    assert.deepEqual(
      await rows(
        "select count(*)::int as many from @audit_events where tenant_id = $1 and activity in ('takeover.finished', 'takeover.undone') and correlation_id = $2",
        tenantId,
        id,
      ),
      [{ many: 2 }],
    )
})

test('what was taken in settles, and is the company’s as any; the operator may allow it before', async () => {
  const domain = 'hooli.example'
  const { tenantId, ids } = await unmanaged(domain, 'ann', 'bob')
  const { act, id, path } = await ready(domain, tenantId)
  assert.equal(granted(await act('finish')).state, 'finished')
  await tell(acme, id)
  const { browser } = await member(`ann@${domain}`, /belong to a company/)
  granted(await browser.post(`${path}/undo`))
  await allowTakeover(store, operator(), await getTakeoverOf(store, means(), domain))
  await inTenant(store, acme, trx => setSettings(trx, { emailVerifiedUsersMayJoin: true }))
  const joins = () => inTenant(store, acme, trx => letsMailboxJoin(trx, `joins@${domain}`))
  assert.equal(await joins(), false, 'nor does anybody join')
  await pass(7 * DAY - HOUR, acme)
  const early = await testApi(server).as('admin@acme.example')
  assert.equal((await early('PATCH', `/users/${ids[1]}`, { accountEnabled: false })).code, 'takeover_settling')
  await pass(HOUR, acme)
  const admin = await testApi(server).as('admin@acme.example')
  assert.equal((await admin('PATCH', `/users/${ids[1]}`, { accountEnabled: false })).status, 204)
  assert.equal((await admin('POST', '/bulk/jobs?kind=usersExport')).status, 202)
  assert.deepEqual(await rows('select taken_by from @domains where name = $1', domain), [{ taken_by: null }])
  assert.equal(await joins(), true)
  refused(await browser.post(`${path}/undo`), 409, 'wrong_state')
  await inTenant(store, acme, trx =>
    createUser(trx, means(), acme, { userPrincipalName: `new@${domain}`, displayName: 'New' }),
  )
})

test('an objection stops it before anybody moves, and so does the operator', async () => {
  const domain = 'raviga.example'
  const { tenantId, ids } = await unmanaged(domain, 'ann')
  const { act, id, path } = await ready(domain, tenantId)
  await tell(tenantId, id)
  const { browser } = await member(`ann@${domain}`, /A company wants/)
  granted(await browser.post(`${path}/objection`, { reason: 'No.' }))
  refused(await act('finish'), 409, 'wrong_state')
  await refuseTakeover(store, operator(), await getTakeoverOf(store, means(), domain))
  assert.deepEqual(await whereAre(...ids), [tenantId])
})

test('who may, whether the people are anybody’s, and whether names are free is judged anew at the end', async () => {
  const domain = 'endframe.example'
  const { tenantId, ids } = await unmanaged(domain, 'ann', 'bob')
  const { act, boss, path } = await ready(domain, tenantId)
  const member = await administrator('registered@acme.example')
  member.cookies.set('latchkey_browser', boss.cookies.get('latchkey_browser')!)
  refused(await member.post(`${path}/finish`), 403, 'forbidden')
  const twin = await inTenant(store, acme, trx => findUserByName(trx, acme, 'stale@acme.example'))
  const name = (to: string) =>
    rows('update @accounts set user_principal_name = $1, user_principal_name_folded = $1 where id = $2', to, twin!.id)
  await name(`bob@${domain}`)
  refused(await act('finish'), 409, 'names_taken')
  assert.deepEqual(await whereAre(...ids), [tenantId], 'nothing has moved')
  await name('stale@acme.example')
  const settling = (since: Date | null) =>
    rows('update @tenants set settling_since = $1, settling_until = $1 where tenant_id = $2', since, acme)
  await settling(new Date(clock.now().getTime() + DAY))
  refused(await act('finish'), 403, 'takeover_settling')
  await settling(null)
  clock.advance(16 * MINUTE)
  refused(await act('finish'), 403, 'proof_needed')
  await inTenant(store, tenantId, trx => assignRole(trx, means(), ids[0]!, 'Global Administrator'))
  refused(await act('finish'), 409, 'wrong_state')
  const { state, refusal } = granted(await boss.get(path))
  assert.deepEqual([state, refusal], ['refused', 'not_unmanaged'], 'somebody administers them now')
  assert.deepEqual(await whereAre(...ids), [tenantId])
})

test('a contest passes no domain on whose takeover can be undone, though all who came with it have left', async () => {
  const domain = 'pied-piper.example'
  const { tenantId, ids } = await unmanaged(domain, 'ann')
  const { act, id, path } = await ready(domain, tenantId)
  granted(await act('finish'))
  const second = await unmanaged('maleant.example', 'joe')
  const later = await begin('maleant.example')
  granted(await later.prove())
  assert.equal(granted(await later.act('check')).state, 'waiting')
  const rival = await administrator('admin@globex.example', await findTenantId(store, 'globex.example'))
  const { record } = granted(await rival.post('/domains', { name: domain }), 201)
  zone.texts[domain] = [[record.value]]
  const contested = granted(await rival.post(`/domains/${domain}/contest`), 202)
  assert.equal(contested.state, 'contested')
  await pass(6 * DAY, acme)
  await tell(acme, id)
  const { browser } = await member(`ann@${domain}`, /belong to a company/)
  granted(await browser.post(`${path}/undo`))
  granted(await (await administrator(`ann@${domain}`)).post('/account/closure', {}))
  assert.deepEqual(await whereAre(...ids), [])
  await pass(DAY, second.tenantId)
  const boss = await administrator()
  boss.cookies.set('latchkey_browser', later.boss.cookies.get('latchkey_browser')!)
  granted(await boss.post(`${later.path}/finish`))
  await pass(7 * DAY, acme)
  const until = () => rows('select settling_until from @tenants where tenant_id = $1', acme)
  assert.deepEqual(await until(), [{ settling_until: null }], 'nobody here can undo anything any more')
  const correlationId = services.random.uuid(clock.now())
  await inTenant(store, acme, trx => enqueue(trx, 'decide-contest', { tenantId: acme, domain, correlationId }))
  const statement = 'select removal, contested_until as until from @domains where tenant_id = $1 and name = $2'
  for (const end = performance.now() + 60_000; ; await sleep(25)) {
    const [held] = await rows(statement, acme, domain)
    assert.equal(held?.removal, null, 'it does not pass')
    if (held.until > clock.now()) break
    assert.ok(performance.now() < end)
  }
  await pass(6 * DAY, acme)
  assert.equal(await findTenantId(store, domain), tenantId, 'the undo gives it back')
})

test('people of another domain stay where they are, with theirs; two companies’ claims at once are one', async () => {
  const domain = 'bachmanity.example'
  const { tenantId, ids } = await unmanaged(domain, 'ann')
  const stays = await inTenant(store, tenantId, async trx => {
    await trx
      .insertInto('domains')
      .values({
        tenant_id: tenantId,
        name: 'other-bachmanity.example',
        added_at: clock.now(),
        verified_at: clock.now(),
      })
      .execute()
    const user = await createUser(trx, means(), tenantId, {
      ...{ userPrincipalName: 'eve@other-bachmanity.example', displayName: 'Eve' },
    })
    return getUser(trx, tenantId, user.id)
  })
  const { act, id, path } = await ready(domain, tenantId)
  await server.message(one => one.to === stays.userPrincipalName && /wants to take in/.test(one.subject ?? ''))
  const signingIn = Promise.all(
    Array.from({ length: 4 }, () =>
      server.browser().post('/signin', { username: `ann@${domain}`, password: 'Some-wrong-kestrel-9' }),
    ),
  )
  assert.equal(granted(await act('finish')).state, 'finished')
  for (const { status } of await signingIn) assert.equal(status, 401)
  assert.deepEqual([await whereAre(ids[0]!), await whereAre(stays.id)], [[acme], [tenantId]])
  assert.deepEqual(await rows('select name, is_default, is_initial from @domains where tenant_id = $1', tenantId), [
    { name: 'other-bachmanity.example', is_default: true, is_initial: true },
  ])
  // Who stays hears that the others have gone, once, and that they are back; there is nothing for them to open.
  for (let times = 0; times < 2; times++) await tell(acme, id)
  const left = await server.message(one => one.to === stays.userPrincipalName && /has taken in/.test(one.subject ?? ''))
  assert.match(left.text, /belong to Acme.* \(acme\.example\) now.* eve@other-bachmanity\.example is none of them/)
  assert.doesNotMatch(left.text, /\/links\//)
  const { browser } = await member(`ann@${domain}`, /belong to a company/)
  granted(await browser.post(`${path}/undo`))
  await pass(14 * DAY, acme)
  await tell(tenantId, id)
  const told = async (to: string) =>
    (await server.outbox())
      .filter(one => one.to === to)
      .map(({ subject }) => subject)
      .reverse()
  await server.message(one => one.to === `ann@${domain}` && /as they were/.test(one.subject ?? ''))
  await server.message(one => one.to === stays.userPrincipalName && /are back/.test(one.subject ?? ''))
  assert.deepEqual(await told(stays.userPrincipalName), [
    `A company wants to take in the accounts of ${domain}`,
    `A company has taken in the accounts of ${domain}`,
    `The accounts of ${domain} are back`,
  ])
  const second = await unmanaged('aviato.example', 'ann')
  const ours = await begin('aviato.example')
  granted(await ours.prove())
  assert.equal(granted(await ours.act('check')).state, 'waiting')
  const rival = server.browser()
  const [before] = await server.outbox()
  const begun = granted(await rival.post('/takeovers', { domain: 'aviato.example', address: 'me@aviato.example' }), 201)
  const code = await server.code('me@aviato.example', before)
  const late = granted(await rival.post(`/takeovers/${begun.id}/proofs`, { challenge: begun.challenge.id, code }))
  assert.equal(late.refusal, 'takeover_open')
  assert.ok(second.tenantId)
})

test('more people than can move at once are not taken in, and nobody waits for it', async () => {
  const domain = 'piedpiper.example'
  const { tenantId, ids } = await unmanaged(domain, 'ann')
  const { act, boss, id, path } = await ready(domain, tenantId)
  const takeover = await getTakeoverOf(store, means(), domain)
  await rows(
    `insert into @accounts (tenant_id, id, user_principal_name, user_principal_name_folded, display_name,
       display_name_folded, created_at)
     select $1, gen_random_uuid(), name, name, name, name, $2
     from generate_series(1, 5000) n cross join lateral (select 'somebody-' || n || $3 as name) made`,
    ...[tenantId, clock.now(), `@${domain}`],
  )
  // They came since the last look.
  const admin = (await inTenant(store, acme, trx => findUserByName(trx, acme, 'admin@acme.example')))!
  const asAdmin: Act = {
    ...operator(),
    actor: {
      ...{ kind: 'user', id: admin.id, tenantId: acme, name: admin.userPrincipalName, roles: admin.roles },
      ...{ scopes: ['Domain.ReadWrite.All'], proof: { acr: 'mfa', authTime: clock.now() } },
    },
  }
  await assert.rejects(finishExternal(store, asAdmin, takeover), { code: 'wrong_state' })
  assert.deepEqual(await whereAre(...ids), [tenantId], 'nobody has moved')
  await rows('update @takeovers set waiting_since = null, ready_at = null where id = $1', id)
  const { state, refusal } = granted(await act('check'))
  assert.deepEqual([state, refusal], ['refused', 'too_many_people'])
  assert.match((await boss.page(path)).text, /More people have accounts at .*piedpiper\.example/)
})

test('a company that is taken over itself stays guarded when what it took in has settled', async () => {
  const { tenantId, ids } = await unmanaged('endless.example', 'ann')
  const guarded = async () => (await rows('select settling_until from @tenants where tenant_id = $1', tenantId))[0]
  const own = (since: Date | null, until: Date | null) =>
    rows('update @tenants set settling_since = $2, settling_until = $3 where tenant_id = $1', tenantId, since, until)
  const protectAll = (until: Date | null) => inTenant(store, tenantId, trx => protectPeople(trx, ids, until))
  const [soon, later] = [new Date(clock.now().getTime() + DAY), new Date(clock.now().getTime() + 7 * DAY)]
  await own(clock.now(), later)
  for (const until of [soon, null]) {
    await protectAll(until)
    assert.deepEqual(await guarded(), { settling_until: later }, 'its own time goes on')
  }
  await own(null, null)
  await protectAll(soon)
  assert.deepEqual(await guarded(), { settling_until: soon })
  await protectAll(null)
  assert.deepEqual(await guarded(), { settling_until: null })
})

test('a company that nobody is left in goes with the last of its log, and one with people stays', async () => {
  const [{ id: emptied }] = await rows("select tenant_id as id from @tenants where display_name = 'hooli.example'")
  const umbrella = await findTenantId(store, 'umbrella.example')
  const left = async () => {
    await removeExpired(services)
    const found = await rows('select tenant_id as id from @tenants where tenant_id = any($1)', [emptied, umbrella])
    return found.map(({ id }) => id).sort()
  }
  const both = [emptied, umbrella].sort()
  clock.advance(31 * DAY)
  assert.deepEqual(await left(), both, 'the log is kept')
  await rows('delete from @audit_events where tenant_id = any($1)', [emptied, umbrella])
  const handle = [emptied, services.random.uuid(clock.now()), acme]
  await rows('insert into @moved_passkeys (tenant_id, user_id, now_in) values ($1, $2, $3)', ...handle)
  assert.deepEqual(await left(), both, 'a passkey leads through it')
  await rows('delete from @moved_passkeys where tenant_id = $1', emptied)
  await rows('delete from @audit_events where tenant_id = any($1)', [emptied, umbrella])
  const group = await inTenant(store, emptied, trx => createGroup(trx, means(), emptied, { displayName: 'Of before' }))
  assert.deepEqual(await left(), both, 'an administrator made something there')
  await rows('delete from @groups where id = $1', group)
  assert.deepEqual(await left(), [umbrella])
  const ends = (tenantId: string) =>
    inTenant(store, tenantId, trx => sql`delete from tenants where tenant_id = ${tenantId}`.execute(trx))
  await assert.rejects(ends(umbrella), { code: '23503' }, 'nor does anything else remove people')
  await ends(acme)
  assert.equal((await rows('select from @tenants where tenant_id = $1', acme)).length, 1)
})
