// Long: one provider lets companies back in, by every way and against every no; each test has a company of its own.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Role } from '../access/index.ts'
import type { Act } from '../act.ts'
import { DAY, HOUR, MINUTE, plus } from '../clock.ts'
import {
  addMember,
  assignRole,
  createGroup,
  createTenant,
  createUser,
  findUserByName,
  stopRecovery,
} from '../directory/index.ts'
import { noteServed } from '../relationships/index.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { granted, refused } from '../testing/contract.ts'
import { makePartner } from '../testing/partners.ts'
import type { TestBrowser } from '../testing/server.ts'
import { testServer } from '../testing/server.ts'
import { jobsDone } from '../testing/state.ts'
import { keepProof } from './finish.ts'
import { allowRescue, getRescueOf, listOpenRescues, refuseByOperator } from './index.ts'
import { moveDueRescues } from './look.ts'

const server = await testServer()
const { store, services, clock } = server
const [ONE, TWO, BOSS] = ['signer@acme.example', 'registered@acme.example', 'admin@acme.example']
const acme = await makePartner(server, 'acme.example', [ONE, TWO, BOSS], 'indirectProvider')
const partner = testApi(server)
const NEW = 'Quite-another-kestrel-1'
const means = () => ({ now: clock.now(), random: services.random, keys: services.keys })
const operator = (): Act => ({
  ...means(),
  actor: { kind: 'operator' },
  trail: { correlationId: services.random.uuid(clock.now()) },
})
const rows = async (statement: string, ...values: unknown[]) =>
  (await store.pool.query(statement.replaceAll(/(from|join|update|into) /g, '$1 latchkey.'), values)).rows
const rescuers = await inTenant(store, acme, async trx => {
  const id = await createGroup(trx, means(), acme, { displayName: 'Rescuers' })
  for (const name of [ONE, TWO])
    await addMember(trx, acme, id, { kind: 'user', id: (await findUserByName(trx, acme, name))!.id })
  return id
})

/** A company with an owner, who is its Global Administrator, a User Administrator, and somebody without a role. */
async function company(name: string) {
  const domain = `${name}.example`
  const tenantId = services.random.uuid(clock.now())
  await inTenant(store, tenantId, async trx => {
    await createTenant(trx, means(), tenantId, { displayName: name, domain })
    for (const [who, role] of [['owner', 'Global Administrator'], ['second', 'User Administrator'], ['person']] as [
      string,
      Role?,
    ][]) {
      const mail = `${who}-${name}@mail.example`
      const user = await createUser(trx, means(), tenantId, {
        userPrincipalName: `${who}@${domain}`,
        displayName: who,
        mail,
      })
      if (role) await assignRole(trx, means(), user.id, role)
    }
    await noteServed(trx, means(), acme, { sold_since: clock.now() })
  })
  await rows('update tenants set technical_notification_mails = $2 where tenant_id = $1', tenantId, [`tech@${domain}`])
  const admin = testApi(server, domain)
  return { domain, tenantId, name, admin, idOf: (who: string) => userOf(tenantId, `${who}@${domain}`) }
}
type Company = Awaited<ReturnType<typeof company>>
const userOf = (tenantId: string, name: string) =>
  inTenant(store, tenantId, async trx => (await findUserByName(trx, tenantId, name))!)

/** Gives the provider's group these roles in a company. Returns the relationship. */
async function give({ tenantId, name }: Company, ...roles: Role[]) {
  const id = services.random.uuid(clock.now())
  const [now, until] = [clock.now(), plus(clock.now(), 300 * DAY)]
  await rows(
    `insert into gdap_offers (tenant_id, id, other_tenant_id, customer_name, display_name, display_name_folded, roles, duration, auto_extend, created_at, modified_at, locked_at)
     values ($1, $2, $3, $4, $4, $4, $5, 'P300D', false, $6, $6, $6)`,
    ...[acme, id, tenantId, `${name} rescue`, roles, now],
  )
  await rows(
    `insert into gdap_assignments (tenant_id, id, other_tenant_id, offer_id, group_id, roles, created_at, modified_at)
     values ($1, $2, $3, $2, $4, $5, $6, $6)`,
    ...[acme, id, tenantId, rescuers, roles, now],
  )
  await rows(
    `insert into gdap_grants (tenant_id, id, other_tenant_id, display_name, roles, duration, auto_extend, decided_at, ends_at, modified_at)
     values ($1, $2, $3, $4, $5, 'P300D', false, $6, $7, $6)`,
    ...[tenantId, id, acme, `${name} rescue`, roles, now, until],
  )
  return `${id}-${acme}`
}

/** Opens a case from this mailbox. */
async function openCase(domain: string, address = `owner@${domain}`) {
  const browser = server.browser()
  const [before] = await server.outbox()
  const text = 'Nobody can sign in.'
  const begun = granted(await browser.post('/cases', { kind: 'no-administrator', domain, address, text }), 201)
  const code = await server.code(address, before)
  // An open case of the same mailbox goes on in place of a new one.
  const { number } = granted(
    await browser.post(`/cases/${begun.number}/proofs`, { challenge: begun.challenge.id, code }),
  )
  const ask = (asked: object) => browser.post(`/cases/${number}/rescue`, asked)
  return { browser, number: number as string, address, ask }
}

const forOwner = ({ domain }: Company, more: object = {}) => ({
  act: 'newPassword',
  userName: `owner@${domain}`,
  ...more,
})

/** A rescue that the company's owner asks for. */
async function asked(one: Company, what: object = forOwner(one)) {
  const opened = await openCase(one.domain)
  const { id } = granted(await opened.ask(what), 201)
  const path = `/rescues/${id}`
  const as = async (who: string, step: string, body?: object) =>
    (await partner.as(who))('POST', `/partner/rescues/${id}/${step}`, body)
  return {
    ...{ ...opened, id: id as string, path },
    state: async () => (await opened.browser.get(path)).json.state as string,
    take: (who = ONE) => as(who, 'take', { checked: 'calledKnownNumber', note: 'Called.' }),
    approve: (who = TWO) => as(who, 'approve'),
    step: as,
    read: async (who = ONE) => (await partner.as(who))('GET', `/partner/rescues/${id}`),
  }
}
type Running = Awaited<ReturnType<typeof asked>>

/** One takes it and another approves it. */
async function cooling(one: Company, what?: object) {
  const running = await asked(one, what)
  assert.equal((await running.take()).json.state, 'taken')
  assert.equal((await running.approve()).json.state, 'cooling')
  return running
}
const pass = async (milliseconds: number) => {
  // A job of today would run days later.
  await jobsDone(store.pool)
  clock.advance(milliseconds)
  await moveDueRescues(store, means())
}
const hoursTo = (moment: string) => Math.round((Date.parse(moment) - Number(clock.now())) / HOUR)
/** Proves the mailbox anew. */
async function prove({ browser, path, address }: Running) {
  const [before] = await server.outbox()
  const { challenge } = granted(await browser.post(`${path}/challenges`), 201)
  const proof = { challenge: challenge.id, code: await server.code(address, before) }
  granted(await browser.post(`${path}/proofs`, proof))
  return proof
}
const finish = ({ browser, path }: Running, more: object = {}) =>
  browser.post(`${path}/finish`, { newPassword: NEW, ...more })
async function settling(one: Company, what?: object, more?: object) {
  const running = await cooling(one, what)
  await pass(72 * HOUR)
  await prove(running)
  assert.equal(granted(await finish(running, more)).state, 'settling')
  return running
}
const mailed = (to: string, subject: RegExp) => server.message(one => one.to === to && subject.test(one.subject ?? ''))
/** The browser of somebody who opened the newest link that they were mailed. */
async function told(to: string, subject: RegExp, after?: { id: string }) {
  // One that still waits has a newer link.
  await jobsDone(store.pool)
  const { text } = await server.message(
    one => one.to === to && subject.test(one.subject ?? '') && (!after || one.id > after.id),
  )
  const link = /\/links\/[\w-]{43}/.exec(text)![0]
  const browser = server.browser()
  granted(await browser.get(link))
  return { browser, link, open: async () => granted(await browser.post(link)).next as string }
}
const activities = async (tenantId: string) =>
  (
    await rows(
      "select activity from audit_events where tenant_id = $1 and activity like 'rescue.%' order by at, id",
      tenantId,
    )
  ).map(({ activity }) => activity.slice('rescue.'.length))
const signsIn = async (name: string, password = NEW): Promise<[TestBrowser, number]> => {
  const browser = server.browser()
  return [browser, (await browser.post('/signin', { username: name, password })).status]
}
const byOperator = (decide: typeof allowRescue, { number }: Running) =>
  getRescueOf(store, means(), number).then(one => decide(store, operator(), one))
const signInFully = ({ tenantId, domain }: Company) =>
  inTenant(store, tenantId, async trx =>
    stopRecovery(trx, means(), (await findUserByName(trx, tenantId, `owner@${domain}`))!),
  )
/** Somebody else is the company's technical contact from now on. */
const tellOthers = ({ tenantId, domain }: Company) =>
  rows('update tenants set technical_notification_mails = $2 where tenant_id = $1', tenantId, [`other@${domain}`])
async function until(one: Running, state: string) {
  for (let times = 0; (await one.state()) !== state; times++) {
    assert.ok(times < 3_000, `never came to ${state}`)
    await sleep(20)
  }
}

test('case 34: who proves a mailbox of the company asks for a rescue; nobody else, and of nobody nothing comes', async () => {
  const quill = await company('quill')
  await give(quill, 'Privileged Authentication Administrator', 'User Administrator', 'Privileged Role Administrator')
  const foreign = await openCase(quill.domain, 'somebody@mail.example')
  refused(await foreign.ask(forOwner(quill)), 409, 'proof_missing')
  const below = await openCase(quill.domain, `owner@below.${quill.domain}`)
  refused(await below.ask(forOwner(quill)), 409, 'proof_missing')
  const raised = await openCase(quill.domain, `raised@${quill.domain}`)
  await rows('update cases set raised_by = id where number = $1', raised.number)
  refused(await raised.ask(forOwner(quill)), 409, 'proof_missing')
  const nobodys = await openCase('nowhere.example')
  const none = granted(await nobodys.ask({ act: 'newPassword', userName: 'owner@nowhere.example' }), 201)
  assert.deepEqual([none.state, none.refusal, none.provider], ['refused', 'no_provider', null])
  refused(await nobodys.ask({ act: 'newPassword' }), 422, 'username_required')
  refused(
    await (await openCase('nowhere.example', 'x@mail.example')).ask({ act: 'newAdministrator' }),
    409,
    'proof_missing',
  )
  // A browser sends the fields that nobody filled in, too.
  const form = { act: 'newAdministrator', userName: '', phrase: '' }
  const sent = await nobodys.browser.request('POST', `/cases/${nobodys.number}/rescue`, { page: true, form })
  assert.match(sent.headers.get('location') ?? '', /^\/rescues\//)
  const one = await asked(quill)
  const view = (await one.browser.get(one.path)).json
  assert.deepEqual([view.state, view.people, view.refusal], ['asked', [], null])
  refused(await server.browser().get(one.path), 404, 'not_found')
  refused(await one.ask(forOwner(quill)), 409, 'rescue_open')
  const again = await openCase(quill.domain, `person@${quill.domain}`)
  refused(await again.ask(forOwner(quill)), 409, 'rescue_open')
  const { json } = await one.read()
  assert.deepEqual(
    [json.state, json.company.domain, json.target.userPrincipalName, json.target.isAdministrator, json.text],
    ['asked', 'quill.example', 'owner@quill.example', true, 'Nobody can sign in.'],
  )
  assert.deepEqual(
    [json.missing, json.proofs],
    [
      { roles: [], secondPerson: false },
      { mailbox: true, dns: false },
    ],
  )
  const boss = (await one.read(BOSS)).json.missing
  assert.deepEqual(
    boss.roles.map(({ displayName }: { displayName: string }) => displayName),
    ['Privileged Authentication Administrator'],
    'an agent outside the group reads it, and learns what is missing',
  )
  assert.equal((await (await partner.as(ONE))('GET', '/partner/rescues')).json.value.length, 1)
  await mailed(ONE, /A request to be let back in: quill/)
  granted(await one.browser.post(`${one.path}/withdrawal`))
  assert.equal(await one.state(), 'refused')
  assert.deepEqual([await activities(quill.tenantId), await activities(acme)], [['asked', 'refused'], []])
  await mailed(ONE, /The request was refused: quill/)
  const heard = (await server.outbox()).some(
    ({ to, subject = '' }) => to === 'second-quill@mail.example' && /refused: quill/.test(subject),
  )
  assert.equal(heard, false, 'what no firm has taken concerns nobody else')
  clock.advance(DAY)
  // A name that is nobody's is asked for as any: only the provider learns it.
  const unknown = await asked(quill, { act: 'newPassword', userName: 'nobody@quill.example' })
  assert.equal(await unknown.state(), 'asked')
  assert.equal((await unknown.take()).code, 'target_unknown')
  // What is refused counts for nobody, and one mailbox cannot use up what the company has.
  for (let times = 0; times < 4; times++) refused(await unknown.ask(forOwner(quill)), 409, 'rescue_open')
  granted(await unknown.browser.post(`${unknown.path}/withdrawal`))
  const askAndWithdraw = async ({ browser, ask }: Pick<Running, 'browser' | 'ask'>) =>
    granted(await browser.post(`/rescues/${granted(await ask(forOwner(quill)), 201).id}/withdrawal`))
  await askAndWithdraw(unknown)
  for (let times = 0; times < 2; times++) refused(await unknown.ask(forOwner(quill)), 429, 'throttled')
  await askAndWithdraw(again)
  const third = await openCase(quill.domain, `second@${quill.domain}`)
  refused(await third.ask(forOwner(quill)), 429, 'throttled')
})

test('case 35: one takes, another approves, and none of whom one has made the other; everybody is told', async () => {
  const heron = await company('heron')
  await give(heron, 'Privileged Authentication Administrator')
  const one = await asked(heron)
  assert.equal((await one.take('helpdesk@acme.example')).status, 403)
  assert.equal((await one.take(BOSS)).code, 'role_missing')
  const stale = await partner.as(ONE, { ago: 16 })
  assert.equal((await stale('POST', `/partner/rescues/${one.id}/take`, { checked: 'contract' })).status, 401)
  assert.equal(
    (
      await testApi(server, heron.domain)
        .as(`owner@${heron.domain}`)
        .then(ask => ask('GET', '/partner/rescues'))
    ).status,
    403,
  )
  assert.equal((await one.approve()).code, 'wrong_status', 'nobody has taken it')
  const running = async () =>
    (await (await heron.admin.as(`owner@${heron.domain}`))('GET', '/tenantRelationships/rescues')).json.value
  assert.deepEqual(await running(), [], 'before somebody has taken it there is nothing to hear of')
  const { json: taken } = await one.take()
  assert.deepEqual([taken.taker, taken.takenByYou], ['Signing Person', true])
  assert.equal((await one.read(TWO)).json.takenByYou, false)
  assert.equal((await running())[0].objection, null)
  assert.equal((await one.take(TWO)).code, 'wrong_status')
  assert.equal((await one.approve(ONE)).code, 'same_person')
  assert.equal((await one.approve(BOSS)).code, 'role_missing')
  // One has reset the other lately.
  const [first, second] = [await userOf(acme, ONE), await userOf(acme, TWO)]
  const reset = await rows(
    `insert into audit_events (tenant_id, id, at, activity, result, actor_kind, actor_id, target_id, correlation_id)
     values ($1, $2, $3, 'password.given', 'success', 'user', $4, $5, $2) returning id`,
    ...[acme, services.random.uuid(clock.now()), plus(clock.now(), -6 * DAY), second.id, first.id],
  )
  assert.equal((await one.approve()).code, 'same_person')
  await rows('delete from audit_events where id = $1', reset[0].id)
  // An application did it, which one of the two may hold.
  const made = (target: string) =>
    rows(
      `insert into audit_events (tenant_id, id, at, activity, result, actor_kind, actor_id, target_id, correlation_id)
       values ($1, $2, $3, 'user.created', 'success', 'application', $2, $4, $2) returning id`,
      ...[acme, services.random.uuid(clock.now()), plus(clock.now(), -6 * DAY), target],
    )
  const [byApplication] = await made(second.id)
  assert.equal((await one.approve()).code, 'same_person')
  await rows('delete from audit_events where id = $1', byApplication.id)
  const { json } = await one.approve()
  assert.deepEqual([json.state, hoursTo(json.endDateTime)], ['cooling', 72])
  assert.deepEqual(
    json.steps.map(({ state }: { state: string }) => state),
    ['asked', 'taken', 'cooling'],
  )
  const [heard, ...others] = await running()
  assert.deepEqual(
    [others.length, heard.state, heard.provider, heard.people, heard.asker, heard.objection, heard.url],
    [
      ...[0, 'cooling', 'Acme', ['Signing Person', 'Registered Person'], one.address],
      ...['objection', `${services.origin}${one.path}`],
    ],
  )
  assert.equal(
    (await (await heron.admin.as(`second@${heron.domain}`))('GET', '/tenantRelationships/rescues')).status,
    403,
    'a User Administrator reads no partners',
  )
  const view = (await one.browser.get(one.path)).json
  assert.deepEqual([view.people, view.provider], [['Signing Person', 'Registered Person'], 'Acme'])
  for (const to of ['owner-heron@mail.example', 'second-heron@mail.example', `tech@${heron.domain}`]) {
    const { text } = await mailed(to, /heron is about to be let back in/)
    for (const said of ['Signing Person, Registered Person', 'Acme', 'owner@heron.example', '/links/'])
      assert.ok(text.includes(said), said)
  }
  await mailed(one.address, /is about to be let back in/)
  await mailed(BOSS, /is about to be let back in/)
  assert.equal(
    (await server.outbox()).some(({ to }) => to === 'person-heron@mail.example'),
    false,
    'who has no role hears nothing',
  )
  assert.deepEqual(
    [await activities(heron.tenantId), await activities(acme).then(all => all.slice(-2))],
    [
      ['asked', 'taken', 'approved'],
      ['taken', 'approved'],
    ],
  )
  const [{ details, actor_name }] = await rows(
    "select details, actor_name from audit_events where tenant_id = $1 and activity = 'rescue.approved'",
    heron.tenantId,
  )
  assert.deepEqual([actor_name, details.displayName, details.homeTenantName], [TWO, 'Registered Person', 'Acme'])
})

test('case 36: by a mailed link everybody who is told objects, and the operator decides', async () => {
  const egret = await company('egret')
  await give(egret, 'Global Administrator')
  const one = await cooling(egret)
  const second = await told('second-egret@mail.example', /is about to be let back in/)
  assert.equal(await one.state(), 'cooling', 'opening the link changes nothing')
  refused(await second.browser.get(one.path), 404, 'not_found')
  assert.equal(await second.open(), one.path)
  const view = granted(await second.browser.get(one.path))
  assert.deepEqual(
    [view.asker, view.people, view.acts.map(({ act }: { act: string }) => act)],
    [one.address, ['Signing Person', 'Registered Person'], ['object']],
  )
  for (const step of ['withdrawal', 'challenges', 'finish'])
    refused(
      await second.browser.post(`${one.path}/${step}`, step === 'finish' ? { newPassword: NEW } : undefined),
      404,
      'not_found',
    )
  refused(await second.browser.post(`${one.path}/undo`), 409, 'wrong_state')
  refused(await second.browser.post(`${one.path}/objection`, { reason: '  ' }), 422, 'text_empty')
  assert.equal(granted(await second.browser.post(`${one.path}/objection`, { reason: 'Not us.' })).state, 'disputed')
  assert.equal(await one.state(), 'disputed')
  assert.ok(!JSON.stringify((await one.browser.get(one.path)).json).includes('Not us'), 'who asks does not read it')
  const listed = await listOpenRescues(store, means())
  assert.equal(listed.find(({ id }) => id === one.id)?.reason, 'Not us.')
  await pass(80 * HOUR)
  assert.equal(await one.state(), 'disputed')
  await byOperator(allowRescue, one)
  assert.equal(await one.state(), 'ready', 'its time is over')
  // What the operator has allowed nobody disputes again before it is finished; a technical contact reads it still.
  const tech = await told(`tech@${egret.domain}`, /The password can be set: egret/)
  await tech.open()
  refused(await tech.browser.post(`${one.path}/objection`, { reason: 'No.' }), 409, 'wrong_state')
  // A link ends with what it was mailed for.
  await tellOthers(egret)
  refused(await tech.browser.post(`${one.path}/objection`, { reason: 'No.' }), 404, 'not_found')
  // Another one, on which nobody decides.
  await pass(8 * DAY)
  assert.deepEqual([await one.state(), (await one.browser.get(one.path)).json.refusal], ['ended', 'expired'])
  const [before] = await server.outbox()
  const next = await cooling(egret)
  const person = await signsIn('second@egret.example')
  assert.equal(person[1], 401)
  const again = await told('second-egret@mail.example', /is about to be let back in/, before)
  await again.open()
  granted(await again.browser.post(`${next.path}/objection`, { reason: 'Still not.' }))
  await pass(14 * DAY)
  assert.deepEqual([await next.state(), (await next.browser.get(next.path)).json.refusal], ['refused', 'objection'])
  assert.deepEqual((await activities(egret.tenantId)).slice(-2), ['disputed', 'refused'])
})

test('case 37: after 72 hours who asked sets the password by a fresh proof, which nobody else sees', async () => {
  const ibis = await company('ibis')
  await give(ibis, 'Privileged Authentication Administrator')
  const one = await cooling(ibis, forOwner(ibis, { lostMethods: true }))
  const owner = await ibis.idOf('owner')
  await rows(
    `insert into methods (tenant_id, id, user_id, kind, source, value_sealed, value_hash, created_at, confirmed_at, proved_at)
     values ($1, $2, $3, 'email', 'person', $4, $5, $6, $6, $6)`,
    ...[ibis.tenantId, one.id, owner.id],
    ...[
      services.keys.seal({ purpose: 'method', tenantId: ibis.tenantId, rowId: one.id }, 'lost@mail.example'),
      services.keys.mac('destination', 'x'),
      clock.now(),
    ],
  )
  await pass(71 * HOUR)
  assert.equal(await one.state(), 'cooling')
  refused(await finish(one), 409, 'wrong_state')
  clock.advance(HOUR)
  assert.equal(await one.state(), 'ready', 'also where no job has run')
  refused(await finish(one), 409, 'mailbox_unproved')
  refused(await server.browser().post(`${one.path}/finish`, { newPassword: NEW }), 404, 'not_found')
  await prove(one)
  refused(await finish(one, { newPassword: 'short' }), 422, 'password_too_short')
  clock.advance(16 * MINUTE)
  refused(await finish(one), 409, 'mailbox_unproved')
  // After a crash between the code and the rescue the same code brings its own time, and lengthens nothing.
  const proof = await prove(one)
  const kept = await rows('select proved_at from rescues where id = $1', one.id)
  await rows('update rescues set proved_at = null where id = $1', one.id)
  refused(await finish(one), 409, 'mailbox_unproved')
  clock.advance(MINUTE)
  granted(await one.browser.post(`${one.path}/proofs`, proof))
  assert.deepEqual(await rows('select proved_at from rescues where id = $1', one.id), kept)
  const ended = await Promise.all([finish(one), finish(one), finish(one)])
  assert.deepEqual(ended.map(({ status }) => status).sort(), [200, 409, 409])
  const view = granted(await one.browser.get(one.path))
  assert.equal(view.state, 'settling')
  const late = { tenantId: ibis.tenantId, id: one.id }
  await assert.rejects(keepProof(store, operator(), late, clock.now()), { code: 'wrong_state' })
  const [browser, status] = await signsIn(`owner@${ibis.domain}`)
  assert.equal(status, 200)
  assert.notEqual(granted(await browser.get('/session')).state, 'second-step', 'the lost way sleeps')
  assert.ok(!JSON.stringify([await rows('select * from rescues'), (await one.read()).json]).includes(NEW))
  for (const to of [BOSS, 'second-ibis@mail.example']) await mailed(to, /ibis was let back in/)
  const reader = await told('second-ibis@mail.example', /ibis was let back in/)
  await reader.open()
  granted(await reader.browser.post(`${one.path}/undo`))
  assert.equal((await signsIn(`owner@${ibis.domain}`))[1], 403)
  await byOperator(allowRescue, one)
  assert.equal((await signsIn(`owner@${ibis.domain}`))[1], 200, 'the operator let it go on')
  refused(await reader.browser.post(`${one.path}/undo`), 409, 'wrong_state')
  await pass(6 * DAY)
  assert.equal(await one.state(), 'settling', 'it settles anew')
  await pass(DAY)
  assert.equal(await one.state(), 'done')
  assert.deepEqual(await rows('select id from methods where user_id = $1', owner.id), [], 'what was lost is gone')
  assert.deepEqual((await activities(ibis.tenantId)).slice(-2), ['allowed', 'settled'])
})

test('case 38: while it settles nobody acts on who was there, and an undo shuts the account', async () => {
  const stork = await company('stork')
  await give(stork, 'User Administrator', 'Privileged Role Administrator')
  const names = { givenName: 'New', surname: 'Owner', userName: 'new' }
  const one = await settling(stork, { act: 'newAdministrator' }, names)
  const admin = await stork.admin.as('new@stork.example')
  const second = await stork.idOf('second')
  const reset = `/users/${second.id}/authentication/methods/28c10230-6103-485e-b985-444c60001490/resetPassword`
  assert.equal((await admin('POST', reset, {})).code, 'takeover_settling')
  const agreement = '/tenantRelationships/rescueAgreement'
  const refusing = { providers: [], coolingOffHours: 4, acts: [], dns: false, tell: [], refused: true }
  assert.equal((await admin('PUT', agreement, refusing)).code, 'takeover_settling')
  const other = await admin('POST', '/users', {
    ...{ accountEnabled: true, displayName: 'Later', mailNickname: 'later', userPrincipalName: 'later@stork.example' },
    passwordProfile: { password: NEW, forceChangePasswordNextSignIn: false },
  })
  assert.equal(other.status, 201, other.text)
  const owner = await stork.idOf('owner')
  const [theirs] = await rows('select id from role_assignments where principal_id = $1', owner.id)
  const unassign = await admin('DELETE', `/roleManagement/directory/roleAssignments/${theirs.id}`)
  assert.equal(unassign.code, 'takeover_settling')
  // By whatever way their role goes, for example with their group's, they undo it still, and have it again.
  await rows('delete from role_assignments where principal_id = $1', owner.id)
  const reader = await told('owner-stork@mail.example', /stork was let back in/)
  await reader.open()
  const [undone, twice] = await Promise.all([
    reader.browser.post(`${one.path}/undo`),
    reader.browser.post(`${one.path}/undo`),
  ])
  assert.deepEqual([undone.status, twice.status].sort(), [200, 409])
  assert.equal((await signsIn('new@stork.example'))[1], 403, 'the account is shut')
  assert.equal((await admin('GET', '/users?$top=1')).status, 401)
  await pass(14 * DAY)
  assert.equal(await one.state(), 'undone')
  const held = await rows(
    "select user_principal_name as name, account_enabled as enabled, exists(select from role_assignments held where held.principal_id = users.id and held.role = 'Global Administrator') as global from users where tenant_id = $1 order by 1",
    stork.tenantId,
  )
  assert.deepEqual(
    held.map(({ name, enabled, global }) => [name.split('@')[0], enabled, global]),
    [
      ['later', false, false],
      ['new', false, false],
      ['owner', true, true],
      ['person', true, false],
      ['second', true, false],
    ],
  )
  await mailed('second-stork@mail.example', /It was undone: stork/)
})

test('an undone password is gone with what was registered by it, and what was called lost counts again', async () => {
  const crane = await company('crane')
  await give(crane, 'Privileged Authentication Administrator')
  const owner = await crane.idOf('owner')
  const add = (id: string, at: Date) =>
    rows(
      "insert into methods (tenant_id, id, user_id, kind, source, created_at, confirmed_at) values ($1, $2, $3, $4, 'person', $5, $5)",
      ...[crane.tenantId, id, owner.id, id === owner.id ? 'authenticatorCode' : 'securityQuestions', at],
    )
  await add(owner.id, clock.now())
  const one = await settling(crane, forOwner(crane, { lostMethods: true }))
  const later = services.random.uuid(clock.now())
  await add(later, plus(clock.now(), 1))
  assert.deepEqual(
    await rows('select id from methods where user_id = $1', owner.id),
    [{ id: later }],
    'the lost way sleeps',
  )
  // Whom the account that was let in has taken out of the list objects still.
  await tellOthers(crane)
  const reader = await told(`tech@${crane.domain}`, /crane was let back in/)
  await reader.open()
  granted(await reader.browser.post(`${one.path}/objection`, { reason: 'Not the owner.' }))
  await byOperator(refuseByOperator, one)
  assert.deepEqual([await one.state(), (await one.browser.get(one.path)).json.refusal], ['undone', 'operator'])
  assert.equal((await signsIn(`owner@${crane.domain}`))[1], 401)
  assert.deepEqual(await rows('select id from methods where user_id = $1', owner.id), [{ id: owner.id }])
  assert.equal((await crane.idOf('owner')).accountEnabled, true)
  assert.deepEqual(await rows('select settling_since from tenants where tenant_id = $1', crane.tenantId), [
    { settling_since: null },
  ])
})

test('case 39: a right that is lost ends a rescue, whoever looks first', async () => {
  const dove = await company('dove')
  const relationship = await give(dove, 'Privileged Authentication Administrator')
  const one = await cooling(dove)
  const decider = await dove.admin.as(`owner@${dove.domain}`)
  assert.equal(
    (await decider('POST', `/tenantRelationships/partnerRelationships/${relationship}/terminate`)).status,
    204,
  )
  assert.equal(await one.state(), 'ended')
  assert.equal((await one.read()).status, 404, 'the provider reads it no more')
  await mailed('second-dove@mail.example', /The request has ended: dove/)
  // A person of the two who leaves the firm ends it too; before the second one it is given back.
  const again = await give({ ...dove, name: 'dove again' }, 'Privileged Authentication Administrator')
  const next = await asked(dove)
  await next.take()
  const setEnabled = (name: string, enabled: boolean) =>
    rows('update users set account_enabled = $2 where user_principal_name = $1', name, enabled)
  await setEnabled(ONE, false)
  assert.equal(await next.state(), 'asked')
  await setEnabled(ONE, true)
  await next.take()
  await next.approve()
  await setEnabled(TWO, false)
  assert.equal(await next.state(), 'ended')
  await setEnabled(TWO, true)
  // So does an application of the firm that resets one of the two after the approval.
  clock.advance(DAY)
  const third = await cooling(dove)
  const { id: approver } = await userOf(acme, TWO)
  const event = services.random.uuid(clock.now())
  await rows(
    `insert into audit_events (tenant_id, id, at, activity, result, actor_kind, actor_id, target_id, correlation_id)
     values ($1, $2, $3, 'password.given', 'success', 'application', $2, $4, $2)`,
    ...[acme, event, clock.now(), approver],
  )
  assert.deepEqual(
    [await third.state(), (await third.browser.get(third.path)).json.refusal],
    ['ended', 'authority_lost'],
  )
  await rows('delete from audit_events where id = $1', event)
  // A suspended firm takes nothing new.
  clock.advance(DAY)
  const last = await asked(dove)
  await rows("update partner_accounts set suspended_at = now(), suspension = 'operator' where tenant_id = $1", acme)
  assert.equal((await last.take()).code, 'account_not_active')
  await rows('update partner_accounts set suspended_at = null, suspension = null where tenant_id = $1', acme)
  assert.equal((await last.take()).status, 200)
  assert.equal((await last.step(TWO, 'refuse', { reason: ' ' })).code, 'reason_missing')
  assert.equal((await last.step(TWO, 'release')).json.state, 'asked')
  assert.equal((await last.step(TWO, 'refuse', { reason: 'Nobody answered.' })).status, 204)
  const { state, refusal, reason } = (await last.browser.get(last.path)).json
  assert.deepEqual([state, refusal, reason], ['refused', 'provider', 'Nobody answered.'])
  // What is over shows nothing of today, and to a firm that may no more nothing at all.
  assert.equal((await last.read()).json.target.displayName, null)
  const terminate = `/tenantRelationships/partnerRelationships/${again}/terminate`
  const later = await dove.admin.as(`owner@${dove.domain}`)
  assert.equal((await later('POST', terminate)).status, 204)
  assert.equal((await last.read()).status, 404)
})

test('case 40: an agreement names the firms and the time, and asks for its phrase; it gives no other right', async () => {
  const lark = await company('lark')
  const decider = await lark.admin.as(`owner@${lark.domain}`)
  const agree = async (more: object) => {
    const { status, text } = await decider('PUT', '/tenantRelationships/rescueAgreement', {
      ...{
        providers: [acme],
        coolingOffHours: 24,
        acts: ['newPassword'],
        dns: false,
        tell: ['friend@mail.example'],
        refused: false,
      },
      ...more,
    })
    assert.equal(status, 200, text)
  }
  const without = await openCase(lark.domain)
  assert.equal(granted(await without.ask(forOwner(lark)), 201).refusal, 'no_provider')
  await agree({ phrase: 'Reeds by the river' })
  clock.advance(72 * HOUR)
  const opened = await openCase(lark.domain)
  assert.equal(
    granted(await opened.ask({ act: 'newAdministrator', phrase: 'reeds by the river' }), 201).refusal,
    'no_provider',
  )
  refused(await opened.ask(forOwner(lark)), 422, 'phrase_incorrect')
  // A mailbox that has used its tries up takes none from the others, of whom the company has five.
  for (let times = 0; times < 3; times++)
    refused(await opened.ask(forOwner(lark, { phrase: 'Reeds by the river' })), 429, 'throttled')
  for (const [who, phrases] of [
    ['second', ['x', 'y']],
    ['person', ['z']],
  ] as const) {
    const { ask } = await openCase(lark.domain, `${who}@${lark.domain}`)
    for (const phrase of phrases) refused(await ask(forOwner(lark, { phrase })), 422, 'phrase_incorrect')
  }
  const late = await openCase(lark.domain, `late@${lark.domain}`)
  refused(await late.ask(forOwner(lark, { phrase: 'Reeds by the river' })), 429, 'throttled')
  clock.advance(DAY)
  const one = await cooling(lark, forOwner(lark, { phrase: ' reeds BY the river' }))
  const { endDateTime } = (await one.read()).json
  assert.equal(hoursTo(endDateTime), 24)
  const friend = await told('friend@mail.example', /lark is about to be let back in/)
  await friend.open()
  assert.equal(granted(await friend.browser.get(one.path)).state, 'cooling')
  const into = await partner.asPartner(ONE, lark.domain)
  assert.equal((await into('GET', '/users?$top=1')).code, 'no_relationship')
  // Refused from now on, once that counts.
  await (await lark.admin.as(`owner@${lark.domain}`))('PUT', '/tenantRelationships/rescueAgreement', {
    ...{ providers: [], coolingOffHours: 4, acts: ['newPassword'], dns: true, tell: [], refused: true },
  })
  await pass(23 * HOUR)
  assert.equal(await one.state(), 'cooling')
  await pass(HOUR)
  assert.equal(await one.state(), 'ended')
  refused(await friend.browser.get(one.path), 404, 'not_found')
})

test('case 41: of fifty who take at once one has it, and an approval and an objection come one after the other', async () => {
  const wren = await company('wren')
  await give(wren, 'Privileged Authentication Administrator')
  const one = await asked(wren)
  const asks = [await partner.as(ONE), await partner.as(TWO)]
  const taken = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      asks[n % 2]!('POST', `/partner/rescues/${one.id}/take`, { checked: 'contract' }),
    ),
  )
  assert.equal(taken.filter(({ status }) => status === 200).length, 1)
  assert.deepEqual([...new Set(taken.filter(({ status }) => status !== 200).map(({ code }) => code))], ['wrong_status'])
  const [taker] = taken.filter(({ status }) => status === 200)
  const other = taker!.json.taker === 'Signing Person' ? TWO : ONE
  const approved = await Promise.all([one.approve(other), one.approve(other), one.approve(other)])
  assert.equal(approved.filter(({ status }) => status === 200).length, 1)
  await pass(72 * HOUR)
  await prove(one)
  const reader = await told('second-wren@mail.example', /The password can be set: wren/)
  await reader.open()
  const [finished, objected] = await Promise.all([
    finish(one),
    reader.browser.post(`${one.path}/objection`, { reason: 'No.' }),
  ])
  assert.equal(objected.status, 200, 'an objection counts before and after the last step')
  assert.equal(await one.state(), 'disputed')
  if (finished.status === 200) assert.equal((await signsIn(`owner@${wren.domain}`))[1], 403, 'the account is shut')
})

test('a Global Administrator who signs in with a second step ends a rescue, or lets the operator decide', async () => {
  const rail = await company('rail')
  await give(rail, 'Privileged Authentication Administrator')
  const one = await asked(rail)
  await one.take()
  await signInFully(rail)
  await until(one, 'refused')
  assert.equal((await one.browser.get(one.path)).json.refusal, 'administrator_present')
  const next = await cooling(rail)
  await pass(72 * HOUR)
  await prove(next)
  await signInFully(rail)
  refused(await finish(next), 409, 'wrong_state')
  await until(next, 'disputed')
  await mailed(BOSS, /An administrator is there: rail/)
  await byOperator(allowRescue, next)
  assert.equal(await next.state(), 'ready')
  await signInFully(rail)
  await prove(next)
  // Whoever finishes holds the rescue's row before the company's, as an undo does: neither waits for the other.
  const other = await store.pool.connect()
  try {
    await other.query('begin')
    await other.query('select from latchkey.tenants where tenant_id = $1 for no key update', [rail.tenantId])
    const finishing = finish(next)
    const waits = 'select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))'
    for (let times = 0; (await other.query(waits)).rowCount === 0; times++) {
      assert.ok(times < 6_000, 'never waited')
      await sleep(10)
    }
    await assert.rejects(rows('select from rescues where id = $1 for share nowait', next.id), { code: '55P03' })
    await other.query('commit')
    assert.equal(granted(await finishing).state, 'settling', 'the operator has decided it')
  } finally {
    other.release()
  }
  await signInFully(rail)
  assert.equal(await next.state(), 'settling', 'the account that was let in is an administrator itself')
})

test('timers: nobody takes it for seven days, and nobody approves it for one', async () => {
  const swift = await company('swift')
  await give(swift, 'Privileged Authentication Administrator')
  const one = await asked(swift)
  await pass(6 * DAY)
  await one.take()
  await pass(23 * HOUR)
  assert.equal(await one.state(), 'taken')
  await pass(HOUR)
  assert.equal(await one.state(), 'ended', 'its seven days are over too')
  const next = await asked(swift)
  await next.take()
  await pass(24 * HOUR)
  assert.equal(await next.state(), 'asked')
  assert.equal((await next.approve()).code, 'wrong_status')
  await pass(6 * DAY)
  assert.equal(await next.state(), 'ended')
  await mailed(next.address, /The request has ended: swift/)
})
