// A long file: one server for every rule of takeovers, as each start costs a second.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { Act } from '../act.ts'
import { addSecret, createApplication } from '../applications/index.ts'
import { DAY, HOUR, MINUTE } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import {
  addMember,
  addOwner,
  createGroup,
  createTenant,
  createUser,
  findTenantId,
  findUserByName,
  removeMember,
  removeOwner,
  setGroupDeleted,
} from '../directory/index.ts'
import { openDns } from '../organization/index.ts'
import { removeExpired } from '../runtime/cleanup.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { granted } from '../testing/contract.ts'
import { nameServer } from '../testing/nameServer.ts'
import { type TestBrowser, type TestResponse, testServer } from '../testing/server.ts'
import { allowTakeover, getTakeoverOf, listOpenTakeovers, refuseTakeover } from './index.ts'
import { checkDueTakeover, moveDueTakeovers } from './move.ts'
import { tellOfTakeover } from './tell.ts'

const zone = await nameServer()
const dns = openDns([zone.address])
const server = await testServer({ floodLimits: true, trustedProxies: ['127.0.0.1'], dns })
const { store, services, clock } = server
const NEW = { givenName: 'New', surname: 'Person', newPassword: 'Quite-another-kestrel-1' }

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

const means = () => ({ now: clock.now(), random: services.random, keys: services.keys })
const operator = (): Act => ({ ...means(), actor: { kind: 'operator' }, trail: { correlationId: 'operator' } })
const rows = async (statement: string, ...values: unknown[]) =>
  (await store.pool.query(statement.replaceAll(/(from|join) /g, '$1 latchkey.'), values)).rows
const refused = ({ status, json }: TestResponse, expected: number, code: string) =>
  assert.deepEqual([status, json?.code], [expected, code])

/** A tenant that nobody administers, with these people. */
async function unmanaged(domain: string, ...names: string[]): Promise<string> {
  const tenantId = services.random.uuid(clock.now())
  await inTenant(store, tenantId, async trx => {
    await createTenant(trx, means(), tenantId, { displayName: domain, domain, unmanaged: true })
    for (const name of names)
      await createUser(trx, means(), tenantId, { userPrincipalName: `${name}@${domain}`, displayName: name })
  })
  return tenantId
}

/**
 * A group and an application that were there before a takeover, in which `change` gives somebody new access as an
 * administrator could.
 */
async function olderThings(tenantId: string) {
  const system: Act = { ...means(), actor: { kind: 'system' }, trail: { correlationId: tenantId } }
  const { group, appId, consented, ids } = await inTenant(store, tenantId, async trx => {
    const [first, second] = await Promise.all(
      ['first', 'second'].map(name => findUserByName(trx, tenantId, `${name}@umbrella.example`)),
    )
    const group = await createGroup(trx, means(), tenantId, { displayName: 'Older' })
    await addMember(trx, tenantId, group, { kind: 'user', id: first!.id })
    await addOwner(trx, group, { kind: 'user', id: second!.id })
    const [{ appId }, { appId: consented }] = [
      await createApplication(trx, system, tenantId, { displayName: 'Older', addresses: {} }),
      await createApplication(trx, system, tenantId, { displayName: 'Consented', addresses: {} }),
    ]
    return { group, appId, consented, ids: [first!.id, second!.id] }
  })
  const things = async () =>
    Promise.all(
      [
        'select group_id, member_id from group_members where tenant_id = $1 order by 2',
        'select group_id, owner_id from group_owners where tenant_id = $1 order by 2',
        'select id, deleted_at from groups where tenant_id = $1 order by 1',
        ...['subscriptions', 'deliveries', 'agents', 'agent_tokens', 'scim_tokens', 'organization_consents'].map(
          table => `select tenant_id from ${table} where tenant_id = $1`,
        ),
        'select id from application_secrets where tenant_id = $1',
      ].map(statement => rows(statement, tenantId)),
    )
  /** Everything that reaches people's data without a session, as it would be given at a moment. */
  const give = async (trx: Trx, { id, at, newer }: { id: string; at: Date; newer: boolean }) => {
    const ends = new Date(at.getTime() + 60 * DAY)
    const own = { tenant_id: tenantId, expires_at: ends }
    const hash = createHash('sha256').update(id).digest()
    // As an administrator may, it is dated back.
    await addSecret(trx, { ...system, ...means(), now: at }, appId, {
      displayName: 'Some',
      startsAt: new Date(at.getTime() - 30 * DAY),
      expiresAt: ends,
    })
    const subscription = { id, created_at: at, creator_kind: 'application' as const, creator_id: appId }
    const about = { app_id: appId, scopes: [], resource: 'users', change_type: 'updated', feeds: ['users.updated'] }
    const sealed = {
      notification_url_sealed: hash,
      lifecycle_url_sealed: null,
      client_state_sealed: null,
      secret_sealed: hash,
    }
    const none = {
      object_id: null,
      former_secret_sealed: null,
      former_secret_ends_at: null,
      removed_at: null,
      rests_until: null,
      calling_until: null,
      security_epoch: null,
    }
    await trx
      .insertInto('subscriptions')
      .values({ ...own, ...subscription, ...about, ...sealed, ...none })
      .execute()
    await trx
      .insertInto('agents')
      .values({
        ...{ tenant_id: tenantId, id, name: 'Some', version: '1', enrolled_at: at, link_id: null },
        ...{ signing_key: '{}', sealing_key: '{}', last_beat_at: null, latency_ms: null },
      })
      .execute()
    const named = { app_id: appId, id, display_name: null, token_hash: hash, created_at: at, last_used_at: null }
    await trx
      .insertInto('scim_tokens')
      .values({ ...own, ...named })
      .execute()
    await trx
      .insertInto('organization_consents')
      .values({
        ...{ tenant_id: tenantId, app_id: newer ? appId : consented, scopes: [], permissions: ['User.ReadWrite.All'] },
        ...{ given_at: at, given_by: null },
      })
      .execute()
    // Of before none is left: they are sent, and a token lasts an hour.
    if (!newer) return
    const delivery = { subscription_id: id, id, at, change: 'updated' as const, object_id: id }
    const unsent = { message_id: null, attempted_at: null, gives_up_at: ends, problem: null }
    await trx
      .insertInto('deliveries')
      .values({ tenant_id: tenantId, ...delivery, ...unsent })
      .execute()
    await trx
      .insertInto('agent_tokens')
      .values({ ...own, token_hash: hash })
      .execute()
  }
  const idOf = (at: Date) => services.random.uuid(at)
  const earlier = new Date(clock.now().getTime() - DAY)
  await inTenant(store, tenantId, trx => give(trx, { id: idOf(earlier), at: earlier, newer: false }))
  const before = await things()
  return {
    async change(later: string) {
      const now = clock.now()
      await inTenant(store, tenantId, async trx => {
        await removeMember(trx, means(), group, ids[0]!)
        await addMember(trx, tenantId, group, { kind: 'user', id: later })
        await removeOwner(trx, group, ids[1]!)
        await addOwner(trx, group, { kind: 'user', id: later })
        await setGroupDeleted(trx, group, now)
        await give(trx, { id: idOf(now), at: now, newer: true })
      })
      const since = await things()
      for (const [place, found] of since.entries())
        assert.notDeepEqual(found, before[place], `there is something to take back: ${place}`)
    },
    areBack: async () =>
      assert.deepEqual(await things(), before, 'groups are as they were, and what gave access is gone'),
  }
}

/** Begins a claim. */
async function begin(domain: string, address = `boss@${domain}`, browser = elsewhere()) {
  const [before] = await server.outbox()
  const begun = await browser.post('/takeovers', { domain, address })
  const json = granted(begun, 201)
  assert.equal(begun.headers.get('location'), `/takeovers/${json.id}`)
  const code = await server.code(address, before)
  const path = `/takeovers/${json.id}`
  const act = (step: string, body: object = {}) => browser.post(`${path}/${step}`, body)
  return { browser, path, json, act, prove: () => act('proofs', { challenge: json.challenge.id, code }) }
}

/** The same, and proves its mailbox. */
async function claim(domain: string, address?: string) {
  const begun = await begin(domain, address)
  return { ...begun, json: granted(await begun.prove()) }
}

/** The same, and its DNS: everybody there is told. */
async function wait(domain: string, address?: string) {
  const begun = await claim(domain, address)
  zone.texts[domain] = [[begun.json.record.value]]
  const json = granted(await begun.act('check'))
  assert.equal(json.state, 'waiting')
  return { ...begun, json }
}

/** Sets the clock forward, and does what fell due. */
async function pass(milliseconds: number, tenantId: string) {
  clock.advance(milliseconds)
  await moveDueTakeovers(store, means())
  for (const { id } of await rows('select id from takeovers where tenant_id = $1 and ended_at is null', tenantId))
    await checkDueTakeover(store, means(), { tenantId, takeoverId: id, dns })
}

/** The link in the newest mail about a claim to this address. */
async function linkTo(address: string, subject: RegExp) {
  const mail = await server.message(one => one.to === address && subject.test(one.subject ?? ''))
  assert.doesNotMatch(mail.text, /\d{6}/)
  return /\/links\/[\w-]+/.exec(mail.text)![0]
}

/** The browser of somebody there, who has opened their own link. */
async function member(address: string, subject: RegExp) {
  const browser = elsewhere()
  const { next } = granted(await browser.post(await linkTo(address, subject), undefined as never))
  return { browser, path: next as string, json: granted(await browser.get(next)) }
}

test('only a mailbox in the domain claims it, and its code alone tells that there is nothing to take', async () => {
  const browser = elsewhere()
  for (const [domain, address, code] of [
    ['umbrella.example', 'new@acme.example', 'address_outside_domain'],
    ['umbrella.example', 'new@mail.umbrella.example', 'address_outside_domain'],
    ['a b', 'new@umbrella.example', 'domain_invalid'],
    ['umbrella.example', 'x', 'address_invalid'],
  ])
    refused(await browser.post('/takeovers', { domain, address }), 422, code!)
  const shape = ({ json }: { json: Record<string, unknown> }) => Object.keys(json).sort().join()
  const all = [await begin('acme.example'), await begin('new.example'), await begin('umbrella.example')]
  assert.deepEqual(new Set(all.map(shape)).size, 1)
  for (const one of all.slice(0, 2)) {
    const { state, refusal, people } = granted(await one.prove())
    assert.deepEqual([state, refusal, people], ['refused', 'not_unmanaged', undefined])
  }
  const other = elsewhere()
  assert.equal((await other.get(all[2]!.path)).status, 404)
  refused(await other.post(`${all[2]!.path}/withdrawal`), 404, 'not_found')
  assert.equal((await other.page(all[2]!.path)).status, 404)
})

test('an unmanaged tenant is taken over: proved twice, told, waited for, settled and undone', async () => {
  const umbrella = await findTenantId(store, 'umbrella.example')
  const people = async () =>
    rows(
      `select user_principal_name, account_enabled, mail, security_epoch from accounts
        where tenant_id = $1 and user_principal_name_folded in ('first@umbrella.example', 'second@umbrella.example')
        order by 1`,
      umbrella,
    )
  const guards = () => rows('select settings from reset_policies where tenant_id = $1 order by id', umbrella)
  const before = [await people(), await guards()]
  const older = await olderThings(umbrella)
  const { act, path, browser, json } = await claim('umbrella.example', 'boss@umbrella.example')
  assert.deepEqual([json.state, json.kind, json.people, json.check], ['prove-dns', 'internal', undefined, null])
  assert.match(json.record.value, /^latchkey-verification=(?!.*\d{6})\w{32}$/)
  const missing = granted(await act('check'))
  assert.deepEqual([missing.state, missing.check.result], ['prove-dns', 'pending'])
  assert.match(missing.check.diagnosis[0].advice, /umbrella\.example/)
  zone.texts['umbrella.example'] = [[json.record.value]]
  /** Whether a time is as long after now as it says, and began since `from`. */
  const lasts = (until: string, long: number, from: number) => {
    const began = Date.parse(until) - long
    assert.ok(began >= from && began <= clock.now().getTime(), until)
  }
  const looked = clock.now().getTime()
  const waiting = granted(await act('check'))
  assert.deepEqual([waiting.state, waiting.people], ['waiting', 2])
  lasts(waiting.waitUntil, 72 * HOUR, looked)
  for (const name of ['first', 'second']) await linkTo(`${name}@umbrella.example`, /wants to administer/)
  refused(await act('finish', NEW), 409, 'wrong_state')
  await pass(71 * HOUR, umbrella)
  refused(await act('finish', NEW), 409, 'wrong_state')
  await pass(HOUR, umbrella)
  assert.equal(granted(await browser.get(path)).state, 'ready')
  refused(await act('finish', {}), 401, 'not_signed_in')
  refused(await act('finish', { ...NEW, newPassword: 'short' }), 422, 'password_too_short')
  const asked = clock.now().getTime()
  const finished = granted(await act('finish', NEW), 201)
  assert.equal(finished.state, 'finished')
  lasts(finished.undoUntil, 7 * DAY, asked)
  refused(await act('finish', NEW), 409, 'wrong_state')
  const session = granted(await browser.get('/session'))
  assert.deepEqual([session.state, session.user.userPrincipalName], ['register', 'boss@umbrella.example'])
  assert.equal((await elsewhere().post('/account-check', { query: 'umbrella.example' })).json.account, 'managed')

  const api = testApi(server, 'umbrella.example')
  const boss = await api.as('boss@umbrella.example')
  const first = await inTenant(store, umbrella, trx => findUserByName(trx, umbrella, 'first@umbrella.example'))
  const user = `/users/${first!.id}`
  const made = await boss('POST', '/users', {
    ...{ accountEnabled: true, displayName: 'Later', userPrincipalName: 'later@umbrella.example' },
    ...{ mailNickname: 'later', passwordProfile: { password: NEW.newPassword } },
  })
  assert.equal(made.status, 201, made.text)
  const acts: [string, string, unknown?][] = [
    ['POST', `${user}/authentication/methods/28c10230-6103-485e-b985-444c60001490/resetPassword`, {}],
    ['PATCH', user, { passwordProfile: { password: NEW.newPassword } }],
    ['PATCH', user, { userPrincipalName: 'renamed@umbrella.example' }],
    ['PATCH', user, { mobilePhone: '+12065550109' }],
    ['PATCH', user, { mail: 'boss2@umbrella.example' }],
    ['PATCH', user, { accountEnabled: false }],
    ['DELETE', user],
    ['POST', `${user}/authentication/phoneMethods`, { phoneNumber: '+1 2065550109', phoneType: 'mobile' }],
    ['POST', `${user}/authentication/temporaryAccessPassMethods`, {}],
    ['POST', `${user}/authentication/resetLink`, { kind: 'mail' }],
    ['POST', '/bulk/jobs?kind=usersExport'],
    ['POST', '/bulk/jobs?kind=registrationExport'],
    ['POST', '/bulk/jobs?kind=auditExport'],
  ]
  for (const [method, to, body] of acts) {
    const { status, code } = await boss(method, to, body)
    assert.deepEqual([status, code], [403, 'takeover_settling'], `${method} ${to} ${JSON.stringify(body)}`)
  }
  assert.equal((await boss('PATCH', user, { department: 'Sales' })).status, 204)
  const later = `/users/${made.json.id}`
  assert.equal((await boss('PATCH', later, { accountEnabled: false })).status, 204, 'who came later is not protected')
  assert.equal((await boss('PATCH', later, { accountEnabled: true })).status, 204)
  await rows(`update latchkey.reset_policies set settings = settings || '{"gates": 2}' where tenant_id = $1`, umbrella)
  await older.change(made.json.id)

  const second = elsewhere()
  await second.post('/signin', { username: 'second@umbrella.example', password: PASSWORD })
  refused(await second.post(`${path}/objection`, { reason: ' \n ' }), 422, 'text_empty')
  const undone = await Promise.all([second.post(`${path}/undo`), second.post(`${path}/undo`)])
  assert.deepEqual(undone.map(({ status }) => status).sort(), [200, 409], 'one statement claims it')
  assert.equal(granted(await second.get(path)).state, 'disputed')
  assert.equal((await browser.get('/account')).status, 401, 'the new administrator’s session has ended')
  assert.equal((await boss('GET', '/users')).status, 401)
  assert.deepEqual(await rows('select role from role_assignments where tenant_id = $1', umbrella), [])
  await pass(14 * DAY - HOUR, umbrella)
  assert.equal((await getTakeoverOf(store, means(), 'umbrella.example')).state, 'disputed')
  await pass(HOUR, umbrella)
  assert.equal((await getTakeoverOf(store, means(), 'umbrella.example')).state, 'undone')
  assert.equal((await elsewhere().post('/account-check', { query: 'umbrella.example' })).json.account, 'unmanaged')
  const after = [await people(), await guards()]
  assert.deepEqual(after, before, 'people and what guards them are as they were')
  await older.areBack()
  const since = await rows(
    `select user_principal_name as name, account_enabled as enabled from accounts
      where tenant_id = $1 and user_principal_name_folded not in ('first@umbrella.example', 'second@umbrella.example') order by 1`,
    umbrella,
  )
  assert.deepEqual(since, [
    { name: 'boss@umbrella.example', enabled: false },
    { name: 'later@umbrella.example', enabled: false },
  ])
  await linkTo('first@umbrella.example', /are as they were/)
  const events = await rows(
    `select activity from audit_events where tenant_id = $1 and activity like 'takeover.%'`,
    umbrella,
  )
  assert.deepEqual(events.map(({ activity }) => activity.slice(9)).sort(), [
    'begun',
    'disputed',
    'finished',
    'proved',
    'ready',
    'undone',
    'waiting',
  ])
})

test('who is there objects by a link of their own, and the operator decides', async () => {
  const tenantId = await unmanaged('hooli.example', 'ann', 'bob')
  const { act, path, browser } = await wait('hooli.example')
  const link = await linkTo('ann@hooli.example', /wants to administer/)
  const reader = elsewhere()
  assert.equal(granted(await reader.get(link)).purpose, 'takeover')
  assert.equal((await reader.get(path)).status, 404, 'a GET binds nothing')
  const { next } = granted(await reader.post(link, undefined as never))
  const seen = granted(await reader.get(next))
  assert.deepEqual(
    [next, seen.state, seen.address, seen.record, seen.acts.map((one: { act: string }) => one.act)],
    [path, 'waiting', 'boss@hooli.example', undefined, ['object']],
  )
  const page = await reader.page(next)
  assert.match(page.text, /boss@hooli\.example/)
  for (const step of ['check', 'withdrawal']) refused(await reader.post(`${path}/${step}`), 404, 'not_found')
  refused(await reader.post(`${path}/undo`), 409, 'wrong_state')
  const disputed = granted(await reader.post(`${path}/objection`, { reason: 'I don’t know\nthem.' }))
  assert.equal(disputed.state, 'disputed')
  refused(await reader.post(`${path}/objection`, { reason: 'Again' }), 409, 'wrong_state')
  refused(await act('check'), 409, 'wrong_state')
  const listed = await listOpenTakeovers(store, means())
  const one = listed.find(({ domain }) => domain === 'hooli.example')!
  assert.deepEqual([one.state, one.reason], ['disputed', 'I don’t know\nthem.'])
  const [kept] = await rows('select takeovers::text as line from takeovers where id = $1', one.id)
  assert.doesNotMatch(kept.line, /know|boss/, 'sealed')
  await pass(HOUR, tenantId)
  await allowTakeover(store, operator(), one)
  await assert.rejects(allowTakeover(store, operator(), one), { code: 'wrong_state' })
  refused(await reader.post(`${path}/objection`, { reason: 'Again' }), 409, 'wrong_state')
  assert.equal(granted(await browser.get(path)).state, 'waiting', 'it waits for what is left of its time')
  await pass(72 * HOUR, tenantId)
  assert.equal(granted(await browser.get(path)).state, 'ready')
  granted(await act('finish', NEW), 201)

  const ann = await member('ann@hooli.example', /have an administrator/)
  assert.ok(ann.json.undoUntil)
  granted(await ann.browser.post(`${path}/undo`))
  const roles = () => rows('select role from role_assignments where tenant_id = $1', tenantId)
  assert.deepEqual(await roles(), [])
  await allowTakeover(store, operator(), one)
  assert.deepEqual(await roles(), [{ role: 'Global Administrator' }])
  await pass(7 * DAY - HOUR, tenantId)
  assert.equal(granted(await browser.get(path)).state, 'finished')
  await pass(HOUR, tenantId)
  const settled = granted(await browser.get(path))
  assert.deepEqual([settled.state, settled.undoUntil], ['finished', undefined])
  refused(await ann.browser.post(`${path}/undo`), 409, 'wrong_state')
  const boss = await testApi(server, 'hooli.example').as('boss@hooli.example')
  const user = await inTenant(store, tenantId, trx => findUserByName(trx, tenantId, 'bob@hooli.example'))
  assert.equal((await boss('PATCH', `/users/${user!.id}`, { accountEnabled: false })).status, 204)
})

test('a dispute that nobody allows in 14 days is refused, and so is one that the operator refuses', async () => {
  for (const refusal of ['objection', 'operator']) {
    const domain = `${refusal}.example`
    const tenantId = await unmanaged(domain, 'ann')
    const { path, browser } = await wait(domain)
    const ann = await member(`ann@${domain}`, /wants to administer/)
    granted(await ann.browser.post(`${path}/objection`, { reason: 'No.' }))
    if (refusal === 'operator') await refuseTakeover(store, operator(), await getTakeoverOf(store, means(), domain))
    else await pass(14 * DAY, tenantId)
    const ended = granted(await browser.get(path))
    assert.deepEqual([ended.state, ended.refusal], ['refused', refusal])
    await linkTo(`ann@${domain}`, /Nobody became/)
    assert.deepEqual(await rows('select role from role_assignments where tenant_id = $1', tenantId), [])
  }
})

test('a record that goes sends a claim back, and one that cannot be looked up does not', async () => {
  const domain = 'raviga.example'
  const tenantId = await unmanaged(domain, 'ann')
  const { path, browser, act, json } = await wait(domain)
  zone.faults[domain] = 'servfail'
  zone.faults[`_latchkey.${domain}`] = 'servfail'
  await pass(DAY, tenantId)
  assert.equal(granted(await browser.get(path)).state, 'waiting')
  await pass(2 * DAY, tenantId)
  assert.equal(granted(await browser.get(path)).state, 'waiting', 'nor does it go on')
  delete zone.faults[domain]
  delete zone.faults[`_latchkey.${domain}`]
  zone.texts[domain] = []
  await pass(HOUR, tenantId)
  assert.equal(granted(await browser.get(path)).state, 'prove-dns')
  zone.texts[domain] = [[json.record.value]]
  assert.equal(granted(await act('check')).state, 'waiting')
  await pass(72 * HOUR, tenantId)
  assert.equal(granted(await browser.get(path)).state, 'ready')
  zone.texts[domain] = []
  refused(await act('finish', NEW), 409, 'wrong_state')
  assert.equal(granted(await browser.get(path)).state, 'prove-dns', 'it is looked up before it is finished too')
  await pass(72 * HOUR, tenantId)
  assert.equal(granted(await browser.get(path)).state, 'expired')
  for (let look = 0; look < 2; look++) await claim(domain, `other${look}@${domain}`)
})

test('of two claims at once one goes on, and a mailbox that claims twice goes on with its first', async () => {
  const domain = 'bachmanity.example'
  const tenantId = await unmanaged(domain, 'ann')
  const all = [await begin(domain, `one@${domain}`), await begin(domain, `two@${domain}`)]
  const proved = await Promise.all(all.map(({ prove }) => prove()))
  assert.deepEqual(proved.map(({ json }) => json.refusal ?? json.state).sort(), ['prove-dns', 'takeover_open'])
  const first = proved.find(({ json }) => json.state === 'prove-dns')!.json
  const again = await begin(domain, first.address.replace('@', '+again@'))
  const same = granted(await again.prove())
  assert.equal(same.id, first.id)
  assert.equal((await again.browser.get(again.path)).status, 404, 'the second is gone')
  const withdrawn = granted(await again.browser.post(`/takeovers/${first.id}/withdrawal`))
  assert.equal(withdrawn.state, 'withdrawn')
  const third = await wait(domain, `three@${domain}`)
  await pass(72 * HOUR, tenantId)
  await pass(7 * DAY, tenantId)
  assert.equal(granted(await third.browser.get(third.path)).state, 'expired', 'nobody finished it')
})

test('who proves the DNS goes before those who did not, however long they have claimed', async () => {
  const domain = 'endframe.example'
  await unmanaged(domain, 'ann')
  const early = await claim(domain, `early@${domain}`)
  clock.advance(15 * MINUTE)
  const late = await claim(domain, `late@${domain}`)
  assert.deepEqual([early.json.state, late.json.state], ['prove-dns', 'prove-dns'])
  const soon = await begin(domain, `soon@${domain}`)
  assert.equal(granted(await soon.prove()).refusal, 'takeover_open', 'of two at once the first goes on')
  clock.advance(15 * MINUTE)
  const last = await claim(domain, `last@${domain}`)
  // Both records are there, and both are looked for at once.
  zone.texts[domain] = [[late.json.record.value], [last.json.record.value]]
  for (const looked of await Promise.all([late.act('check'), last.act('check')])) granted(looked)
  const states = await Promise.all(
    [early, late, last].map(async ({ browser, path }) => {
      const { state, refusal } = granted(await browser.get(path))
      return refusal ?? state
    }),
  )
  assert.equal(states[0], 'takeover_open')
  assert.deepEqual(states.slice(1).sort(), ['takeover_open', 'waiting'])
  const mail = await server.message(one => one.to === `early@${domain}` && /refused/i.test(one.subject ?? ''))
  assert.match(mail.text, /links/)
  clock.advance(15 * MINUTE)
  const after = await begin(domain, `after@${domain}`)
  assert.equal(granted(await after.prove()).refusal, 'takeover_open', 'the DNS is proved')
})

test('the account of the mailbox’s name becomes the administrator where it is there, by its own session', async () => {
  const umbrella = await findTenantId(store, 'umbrella.example')
  const { act, path, browser } = await wait('umbrella.example', 'second@umbrella.example')
  await pass(72 * HOUR, umbrella)
  refused(await act('finish', NEW), 409, 'sign_in_first')
  await browser.post('/signin', { username: 'first@umbrella.example', password: PASSWORD })
  refused(await act('finish', {}), 403, 'forbidden')
  await browser.post('/signin', { username: 'second@umbrella.example', password: PASSWORD })
  const page = await browser.page(path)
  assert.match(page.text, /This account becomes the administrator/)
  granted(await act('finish', {}), 201)
  const { user } = granted(await browser.get('/session'))
  assert.deepEqual(
    await rows(
      `select user_principal_name as name from role_assignments r
        join accounts u on u.tenant_id = r.tenant_id and u.id = r.user_id where r.tenant_id = $1`,
      umbrella,
    ),
    [{ name: user.userPrincipalName }],
  )
  await refuseTakeover(store, operator(), await getTakeoverOf(store, means(), 'umbrella.example')).catch(() => {})
})

test('people whom nobody administers take their data along and leave for ever; others cannot', async () => {
  const umbrella = await findTenantId(store, 'umbrella.example')
  const browser = elsewhere()
  await browser.post('/signin', { username: 'first@umbrella.example', password: PASSWORD })
  const data = granted(await browser.get('/account/export'))
  assert.equal(data.profile.userPrincipalName, 'first@umbrella.example')
  assert.ok(data.activity.some(({ activity }: { activity: string }) => activity === 'signin.succeeded'))
  assert.doesNotMatch(JSON.stringify(data), /argon2|hash|sealed/i)
  assert.match((await browser.page('/account/export')).text, /download="latchkey-account\.json"/)
  assert.match((await browser.page('/account/closure')).text, /first@umbrella\.example/)
  clock.advance(16 * MINUTE)
  refused(await browser.get('/account/export'), 403, 'proof_needed')
  refused(await browser.post('/account/closure'), 403, 'proof_needed')
  await browser.post('/signin', { username: 'first@umbrella.example', password: PASSWORD })
  await store.pool.query(
    "update latchkey.tenants set technical_notification_mails = '{ops@umbrella.example}' where tenant_id = $1",
    [umbrella],
  )
  granted(await browser.post('/account/closure'))
  const closed = await server.message(
    ({ to, subject = '' }) => to === 'first@umbrella.example' && /is closed/.test(subject),
  )
  assert.match(closed.text, /everything that belonged to it is gone/)
  assert.match(closed.text, /http:\/\/localhost:\d+\/cases/)
  assert.equal((await browser.get('/account')).status, 401)
  refused(
    await browser.post('/signin', { username: 'first@umbrella.example', password: PASSWORD }),
    401,
    'invalid_credentials',
  )
  assert.deepEqual(
    await rows(
      "select id from accounts where tenant_id = $1 and user_principal_name_folded = 'first@umbrella.example'",
      umbrella,
    ),
    [],
  )
  const toOps = (await server.outbox()).filter(({ to }) => to === 'ops@umbrella.example')
  assert.deepEqual(toOps, [], 'somebody is left')
  const managed = elsewhere()
  await managed.post('/signin', { username: 'signer@acme.example', password: PASSWORD })
  refused(await managed.get('/account/export'), 404, 'not_found')
  refused(await managed.post('/account/closure'), 404, 'not_found')
  assert.equal((await managed.page('/account/closure')).status, 404)
})

test('a job that runs twice tells nobody twice', async () => {
  const names = Array.from({ length: 60 }, (_, place) => `person${place}`)
  const tenantId = await unmanaged('many.example', ...names)
  const { json } = await wait('many.example')
  const told = { tenantId, takeoverId: json.id }
  const act: Act = { ...means(), actor: { kind: 'system' }, trail: { correlationId: json.id } }
  await Promise.all([tellOfTakeover(store, act, told), tellOfTakeover(store, act, told)])
  const [{ count }] = await rows(
    "select count(*)::int as count from notices where tenant_id = $1 and template = 'takeover'",
    tenantId,
  )
  assert.equal(count, 60)
})

test('a network begins three in a day, and what is over is removed', async () => {
  const browser = elsewhere()
  for (let place = 0; place < 3; place++) await begin('many.example', `x${place}@many.example`, browser)
  const fourth = await browser.post('/takeovers', { domain: 'many.example', address: 'x4@many.example' })
  refused(fourth, 429, 'throttled')
  clock.advance(DAY)
  await removeExpired(services)
  assert.deepEqual(await rows('select id from takeovers where proved_at is null'), [])
  clock.advance(181 * DAY)
  await removeExpired(services)
  assert.deepEqual(await rows('select id from takeovers where ended_at is not null'), [])
})
