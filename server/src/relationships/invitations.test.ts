// Long: invitations, delegations, partnerships and rescue agreements of one firm and its customers share a server.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, HOUR, MINUTE } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId, findUserByName } from '../directory/index.ts'
import { removeExpired } from '../runtime/cleanup.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { granted, refused } from '../testing/contract.ts'
import { makePartner } from '../testing/partners.ts'
import { testServer } from '../testing/server.ts'
import { askStep, takeDueStep } from '../testing/steps.ts'
import { moveDueRelationships } from './due.ts'

const server = await testServer()
const { store, services } = server
const { random, keys } = services
const acme = await makePartner(server, 'acme.example', ['admin@acme.example'], 'indirectProvider')
const globex = await findTenantId(store, 'globex.example')
const europe = await findTenantId(store, 'acme-europe.example')
const partner = testApi(server)
const customer = testApi(server, 'globex.example')
const reseller = testApi(server, 'acme-europe.example')
const agentOf = () => partner.as('admin@acme.example')
const deciderOf = () => customer.as('admin@globex.example')
const person = (await inTenant(store, globex, trx => findUserByName(trx, globex, 'outside@globex.example')))!.id
const browsers = new Map<string, ReturnType<typeof server.browser>>()

/** The path of a new invitation, with its secret. */
async function invite(body: object) {
  const made = await (await agentOf())('POST', '/partner/invitations', body)
  assert.equal(made.status, 201, made.text)
  const { pathname, search } = new URL(made.json.url)
  return { id: made.json.id as string, at: pathname, path: pathname + search, token: search.slice('?token='.length) }
}
/** A browser in which somebody has just taken their second step. */
async function signedIn(username: string) {
  const browser = browsers.get(username) ?? server.browser()
  browsers.set(username, browser)
  granted(await browser.post('/signin', { username, password: PASSWORD }))
  await takeDueStep(server, browser)
  return browser
}
const mailed = (to: string, subject: RegExp) => server.message(one => one.to === to && subject.test(one.subject ?? ''))
const activities = async (tenantId: string, from: number) =>
  (
    await store.pool.query<{ activity: string }>(
      "select activity from latchkey.audit_events where tenant_id = $1 and activity ~ '^(invitation|resale|partnership|dap)[.]' order by at, activity offset $2",
      [tenantId, from],
    )
  ).rows.map(row => row.activity)
const asAgent = () => partner.asPartner('admin@acme.example', 'globex.example')
const acts = async () => (await (await asAgent())('GET', `/users/${person}`)).status === 200

test('case 28: an invitation gives what was agreed to and ticked, and its address alone gives nothing', async () => {
  const { id, at, path, token } = await invite({ kind: 'reseller', dap: true })
  const browser = await signedIn('admin@globex.example')
  const view = granted(await browser.get(path))
  assert.deepEqual([view.kind, view.dap, view.status, view.partner.domain], ['reseller', true, 'open', 'acme.example'])
  refused(await browser.get(at), 404, 'not_found')
  refused(await browser.get(`${at}?token=${'A'.repeat(43)}`), 404, 'not_found')
  const plain = await signedIn('outside@globex.example')
  refused(await plain.get(path), 403, 'forbidden')
  refused(
    await (await signedIn('admin@acme.example')).post(`${at}/acceptance`, { agree: true, token }),
    409,
    'own_tenant',
  )
  refused(await browser.post(`${at}/acceptance`, { token, dap: true }), 422, 'agree_missing')
  refused(await browser.post(`${at}/acceptance`, { agree: true, dap: true }), 404, 'not_found')
  assert.deepEqual(await activities(globex, 0), [])
  const page = await browser.follow(await browser.page(path))
  const boxes = [...page.text.matchAll(/<input type="checkbox"[^>]*>/g)].map(([tag]) => tag.includes('checked'))
  assert.deepEqual(boxes, [false, false, false], 'nothing is ticked beforehand')
  const unticked = await browser.submit(`${at}/acceptance`, {})
  assert.match((await browser.follow(unticked)).text, /Please confirm that you agree/)
  const accepted = await browser.submit(`${at}/acceptance`, { agree: 'on', rescue: 'on' })
  assert.match((await browser.follow(accepted)).text, /You accepted the invitation/)
  assert.equal(browser.cookies.get('latchkey_handed') ?? '', '', 'what was decided needs no secret')
  const agreement = (await (await deciderOf())('GET', '/tenantRelationships/rescueAgreement')).json
  assert.deepEqual([agreement.providers, agreement.pending.providers], [[], [acme]], 'it counts later')
  assert.equal(agreement.isAgreed, false, 'what holds meanwhile was not agreed on')
  assert.equal(await acts(), false, 'delegated administration was not ticked')
  assert.deepEqual(await activities(globex, 0), ['invitation.accepted', 'resale.begun'])
  assert.deepEqual(await activities(acme, 1), ['invitation.accepted', 'resale.begun'])
  const decider = await deciderOf()
  const { json } = await decider('GET', `/tenantRelationships/partners/${acme}`)
  assert.deepEqual([json.types, json.people, json.dap], [['reseller'], [], null])
  const read = (await (await agentOf())('GET', `/partner/invitations/${id}`)).json
  assert.deepEqual([read.status, read.customerTenantId, read.url], ['accepted', globex, undefined])
  for (const to of ['admin@acme.example', 'admin@globex.example']) await mailed(to, /Reseller relationship agreed/)
})

test('the secret of an invitation stands in no address, and is kept through the sign-in and a fresh proof', async () => {
  const { at, path, token } = await invite({ kind: 'reseller', dap: true })
  const browser = server.browser()
  const moved = await browser.page(path)
  assert.deepEqual([moved.status, moved.headers.get('location')], [303, at])
  const cookie = moved.headers.getSetCookie().find(line => line.startsWith('latchkey_handed='))
  assert.match(cookie ?? '', /; Max-Age=3600;.*; HttpOnly; SameSite=Lax/)
  const sent = await browser.page(at)
  assert.equal(sent.headers.get('location'), `/signin?next=${encodeURIComponent(at)}`)
  assert.equal(sent.text.includes(token), false)
  const begun = granted(await browser.post('/signin/start', { username: 'admin@globex.example', next: at }), 201)
  granted(await browser.post(`/signin/${begun.id}/password`, { password: PASSWORD }))
  const stepped = await browser.submit('/session/proofs', { ...(await askStep(server, browser)) })
  const arrived = async (from: string) => {
    await browser.post(`${from}/stay`, { stay: false })
    return (await browser.page(from)).headers.get('location')
  }
  assert.equal(await arrived(stepped.headers.get('location')!), at)
  const open = await browser.page(at)
  assert.match(open.text, /name="agree"/)
  assert.equal(open.text.includes(token), false, 'nor in the page')
  // Another one that is opened beside it is kept too.
  const beside = await invite({ kind: 'reseller' })
  await browser.page(beside.path)
  assert.match((await browser.page(beside.at)).text, /name="agree"/)
  server.clock.advance(16 * MINUTE)
  const stale = await browser.submit(`${at}/acceptance`, { agree: 'on' })
  assert.equal(stale.headers.get('location'), `/session/proof?next=${encodeURIComponent(at)}`)
  const proof = await browser.page(stale.headers.get('location')!)
  assert.ok(proof.text.includes(encodeURIComponent(at)), 'the proof leads back')
  const away = `/partner-invitations/${'0'.repeat(73)}?token=//evil.example`
  const elsewhere = granted(await browser.post('/signin/start', { username: 'admin@globex.example', next: away }), 201)
  granted(await browser.post(`/signin/${elsewhere.id}/password`, { password: PASSWORD }))
  const ended = await browser.submit('/session/proofs', { ...(await askStep(server, browser)) })
  assert.equal(await arrived(ended.headers.get('location')!), '/account')
})

test('case 29: an invitation is used once, for thirty days, and not after it was taken back', async () => {
  const browser = await signedIn('admin@globex.example')
  const accept = (one: { at: string; token: string }, more = {}) =>
    browser.post(`${one.at}/acceptance`, { agree: true, token: one.token, ...more })
  const again = await invite({ kind: 'reseller' })
  refused(await accept(again), 409, 'already_linked')
  // The page's form has no field: the browser keeps the secret.
  await browser.page(again.path)
  const declined = await browser.submit(`${again.at}/rejection`, {})
  assert.match((await browser.follow(declined)).text, /The invitation was declined/)
  refused(await accept(again), 410, 'link_expired')
  const revoked = await invite({ kind: 'reseller', dap: true })
  const agent = await agentOf()
  assert.equal((await agent('DELETE', `/partner/invitations/${revoked.id}`)).status, 204)
  assert.equal((await agent('DELETE', `/partner/invitations/${revoked.id}`)).code, 'wrong_status')
  refused(await accept(revoked, { dap: true }), 410, 'link_expired')
  refused(await browser.get(revoked.path), 410, 'link_expired')
  const suspended = await invite({ kind: 'reseller', dap: true })
  const suspend = (at: Date | null) =>
    store.pool.query('update latchkey.partner_accounts set suspended_at = $1, suspension = $2', [at, at && 'operator'])
  await suspend(services.clock())
  refused(await accept(suspended, { dap: true }), 410, 'link_expired')
  assert.equal((await agent('POST', '/partner/invitations', { kind: 'reseller' })).code, 'account_not_active')
  await suspend(null)
  const many = await invite({ kind: 'reseller', dap: true })
  const answers = await Promise.all(Array.from({ length: 8 }, () => accept(many, { dap: true })))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 410, 410, 410, 410, 410, 410, 410])
  assert.equal(await acts(), true)
  const late = await invite({ kind: 'reseller', dap: true })
  server.clock.advance(16 * MINUTE)
  refused(await accept(late, { dap: true }), 403, 'proof_needed')
  server.clock.advance(30 * DAY)
  await signedIn('admin@globex.example')
  refused(await accept(late, { dap: true }), 410, 'link_expired')
})

test('case 19: a delegation is reminded of, sleeps, wakes, and ends at once or at its time', async () => {
  const decider = await deciderOf()
  const dap = `/tenantRelationships/dap/${acme}`
  const end = () => decider('DELETE', dap)
  assert.equal((await end()).status, 204)
  assert.equal(await acts(), false)
  assert.equal((await end()).status, 404)
  for (const path of [`/tenantRelationships/dap/${europe}`, '/tenantRelationships/dap/x'])
    assert.equal((await decider('DELETE', path)).status, 404)
  const [before, partnerBefore] = [(await activities(globex, 0)).length, (await activities(acme, 0)).length]
  const { at, token } = await invite({ kind: 'reseller', dap: true })
  const browser = await signedIn('admin@globex.example')
  granted(await browser.post(`${at}/acceptance`, { agree: true, dap: true, token }))
  assert.equal(await acts(), true)
  const agent = await agentOf()
  const watched = async () => (await agent('GET', `/partner/delegations/${globex}`)).json
  const one = await watched()
  assert.deepEqual(
    [
      one.organizationDisplayName,
      one.partnerAgentCount,
      one.partnerSignInCount,
      one.globalAdminSignInCount,
      one.asleep,
    ],
    ['Globex', 1, 1, 1, false],
  )
  assert.ok(one.lastSignInDateTime)
  const pass = async (days: number) => {
    server.clock.advance(days * DAY)
    for (const _ of 'two') await moveDueRelationships(store, { now: services.clock(), random, keys })
  }
  const seen = async () => (await activities(globex, before)).slice(2)
  await pass(59)
  assert.deepEqual(await seen(), [])
  await pass(1)
  assert.deepEqual(await seen(), ['dap.asleep', 'dap.reminded'])
  const freshDecider = await deciderOf()
  assert.equal(await acts(), false)
  assert.equal((await (await agentOf())('GET', `/partner/delegations/${globex}`)).json.asleep, true)
  const given = async () => (await (await deciderOf())('GET', `/tenantRelationships/partners/${acme}`)).json.dap
  assert.equal((await given()).asleep, true)
  const later = new Date(services.clock().getTime() + 40 * DAY).toISOString()
  assert.equal((await freshDecider('PATCH', dap, { endDateTime: later })).code, 'end_later')
  assert.equal(
    (await freshDecider('PATCH', dap, { endDateTime: services.clock().toISOString() })).code,
    'property_invalid',
  )
  assert.equal((await freshDecider('PATCH', dap, { awake: true })).status, 204)
  assert.equal((await given()).asleep, false)
  assert.equal(await acts(), true)
  const sooner = new Date(services.clock().getTime() + 10 * DAY).toISOString()
  assert.equal((await freshDecider('PATCH', dap, { endDateTime: sooner })).status, 204)
  await pass(3)
  await pass(6)
  await pass(1)
  const told = ['asleep', 'reminded', 'woken', 'reduced', 'reminded', 'reminded', 'expired'].map(one => `dap.${one}`)
  assert.deepEqual(await seen(), told)
  assert.deepEqual((await activities(acme, partnerBefore)).slice(3), told)
  assert.equal(await acts(), false)
  assert.equal((await (await deciderOf())('PATCH', dap, { awake: true })).status, 404, 'what ended never returns')
  for (const to of ['admin@acme.example', 'admin@globex.example'])
    for (const subject of [/is asleep/, /is awake again/, /ends earlier/, /ends soon/, /has ended/])
      await mailed(to, subject)
})

test('cases 30, 31: a partnership opens nothing, stands beside customers, and either firm ends it', async () => {
  const agent = await agentOf()
  const { at, token, path } = await invite({ kind: 'both', dap: false })
  const browser = await signedIn('admin@acme-europe.example')
  const accept = () => browser.post(`${at}/acceptance`, { agree: true, token })
  refused(await accept(), 409, 'not_enrolled')
  assert.equal(granted(await browser.get(path)).status, 'open', 'a refusal spends nothing')
  await makePartner(server, 'acme-europe.example', ['admin@acme-europe.example'], 'indirectReseller')
  const renewed = await signedIn('admin@acme-europe.example')
  granted(await renewed.post(`${at}/acceptance`, { agree: true, token }))
  const unticked = await (await reseller.as('admin@acme-europe.example'))('GET', '/tenantRelationships/rescueAgreement')
  assert.equal(unticked.json.isAgreed, false)
  const list = async (ask: Awaited<ReturnType<typeof agentOf>>) =>
    (await ask('GET', '/partner/partnerships')).json.value.map((one: { id: string; role: string }) => [
      one.id,
      one.role,
    ])
  const theirs = await reseller.as('admin@acme-europe.example')
  assert.deepEqual([await list(agent), await list(theirs)], [[[europe, 'reseller']], [[acme, 'provider']]])
  const into = await partner.asPartner('admin@acme.example', 'acme-europe.example')
  assert.equal((await into('GET', '/users?$top=1')).code, 'no_relationship')
  // Who has no resellers invites none; a reseller is named who is one.
  assert.equal((await theirs('POST', '/partner/invitations', { kind: 'partnership' })).code, 'not_a_provider')
  const through = (resellerTenantId: string) =>
    agent('POST', '/partner/invitations', { kind: 'reseller', resellerTenantId })
  assert.equal((await through(globex)).code, 'reseller_unknown')
  assert.equal((await through(europe)).json.resellerTenantId, europe)
  assert.equal(
    (await agent('POST', '/partner/invitations', { kind: 'partnership', dap: true })).code,
    'property_invalid',
  )
  assert.equal((await agent('DELETE', `/partner/partnerships/${globex}`)).status, 404)
  assert.equal((await theirs('DELETE', `/partner/partnerships/${acme}`)).status, 204)
  assert.deepEqual([await list(agent), await list(theirs)], [[], []])
  for (const to of ['admin@acme.example', 'admin@acme-europe.example']) await mailed(to, /Partnership ended/)
  const { json } = await theirs('GET', `/tenantRelationships/partners/${acme}`)
  assert.deepEqual(json.types, ['reseller'], 'its own purchases stay')
  assert.equal((await theirs('POST', `/tenantRelationships/partners/${acme}/end`)).status, 204)
  assert.deepEqual((await theirs('GET', '/tenantRelationships/partners')).json.value, [])
  assert.equal((await theirs('POST', `/tenantRelationships/partners/${acme}/end`)).status, 404)
})

test('customers are listed, tagged, fetched as a file and given up by what they let the firm read', async () => {
  const agent = await agentOf()
  const list = async (query = '', ask = agent) =>
    (await ask('GET', `/partner/customers${query}`)).json.value as { id: string; displayName: string; tags: string[] }[]
  const [only, ...others] = await list()
  assert.deepEqual(
    [only, others],
    [
      {
        ...{ id: globex, displayName: 'Globex', domain: 'globex.example', resale: true, resellerTenantId: null },
        ...{ access: { gdap: false, dap: false, until: null }, tags: [] },
      },
      [],
    ],
  )
  const at = `/partner/customers/${globex}`
  const tag = (tags: readonly string[]) => agent('PATCH', at, { tags })
  assert.deepEqual((await tag(['gold', ' north ', 'gold'])).json.tags, ['gold', 'north'])
  assert.equal((await tag(['two\nlines'])).status, 400)
  for (const id of [europe, acme, 'x'])
    assert.equal((await agent('PATCH', `/partner/customers/${id}`, { tags: [] })).status, 404)
  const ids = async (filter: string) => (await list(`?$filter=${encodeURIComponent(filter)}`)).map(({ id }) => id)
  for (const found of [
    "startswith(displayName,'GLO')",
    "tags/any(t: t eq 'gold')",
    'resale eq true and access/dap eq false',
  ])
    assert.deepEqual(await ids(found), [globex], found)
  for (const none of ["displayName eq 'Globe'", "tags/any(t: t eq 'silver')", 'access/gdap eq true'])
    assert.deepEqual(await ids(none), [], none)
  const file = await agent('GET', '/partner/customers/export?$select=id,displayName,domain,resale,tags')
  assert.equal(file.text, `id,displayName,domain,resale,tags\r\n${globex},Globex,globex.example,true,gold;north\r\n`)
  assert.equal((await (await deciderOf())('GET', '/partner/customers/export')).status, 403)
  const { at: path, token } = await invite({ kind: 'reseller', dap: true })
  granted(await (await signedIn('admin@globex.example')).post(`${path}/acceptance`, { agree: true, dap: true, token }))
  assert.equal((await agent('GET', at)).json.access.dap, true)
  server.clock.advance(61 * DAY)
  const later = await agentOf()
  assert.equal((await later('GET', at)).json.access.dap, false, 'asleep')
  await moveDueRelationships(store, { now: services.clock(), random, keys })
  const told = (await activities(globex, 0)).length
  server.clock.advance(22 * DAY)
  await moveDueRelationships(store, { now: services.clock(), random, keys })
  assert.deepEqual(await activities(globex, told), ['dap.reminded'], 'that it sleeps is told once')
  assert.equal((await (await deciderOf())('PATCH', `/tenantRelationships/dap/${acme}`, { awake: true })).status, 204)
  const last = await agentOf()
  assert.equal((await last('GET', at)).json.access.dap, true)
  assert.equal((await (await partner.as('registered@acme.example'))('DELETE', at)).status, 403)
  assert.equal((await last('DELETE', at)).status, 204)
  assert.deepEqual([(await last('GET', at)).status, (await last('DELETE', at)).status, await acts()], [404, 404, false])
  for (const to of ['admin@acme.example', 'admin@globex.example']) await mailed(to, /Reseller relationship ended/)
  const tags = async () => {
    await removeExpired(services)
    return (await store.pool.query('select tags from latchkey.customer_tags')).rows.length
  }
  server.clock.advance(364 * DAY)
  assert.equal(await tags(), 1)
  server.clock.advance(2 * DAY)
  assert.equal(await tags(), 0, 'words for a customer of before go after a year')
})

test('row-level security lets a firm read what it serves, and write nothing there', async () => {
  const rows = (tenantId: string) =>
    inTenant(store, tenantId, trx => trx.selectFrom('served_companies').select('tenant_id').execute())
  assert.deepEqual((await rows(acme)).length, 2)
  assert.deepEqual(
    (await rows(globex)).map(row => row.tenant_id),
    [globex],
  )
  const changed = await inTenant(store, acme, trx =>
    trx.updateTable('served_companies').set({ display_name: 'x' }).where('tenant_id', '=', globex).executeTakeFirst(),
  )
  assert.equal(changed.numUpdatedRows, 0n)
  assert.equal(
    (await inTenant(store, globex, trx => trx.selectFrom('partner_invitations').select('id').execute())).length,
    0,
    'an invitation is the partner’s alone',
  )
  await inTenant(store, globex, trx =>
    trx.updateTable('tenants').set({ display_name: 'Globe' }).where('tenant_id', '=', globex).execute(),
  )
  const renamed = await inTenant(store, acme, trx =>
    trx.selectFrom('served_companies').select(['display_name', 'domain']).where('tenant_id', '=', globex).execute(),
  )
  assert.deepEqual(renamed, [{ display_name: 'Globe', domain: 'globex.example' }])
})

test('a rescue agreement counts after the longer cooling-off, and nobody learns its phrase', async () => {
  const path = '/tenantRelationships/rescueAgreement'
  const read = async () => (await (await deciderOf())('GET', path)).json
  const terms = { providers: [acme], coolingOffHours: 24, acts: ['newPassword'], dns: false, tell: [], refused: false }
  const write = async (more: object) => (await deciderOf())('PUT', path, { ...terms, ...more })
  const hours = async () => {
    const { isAgreed, providers, coolingOffHours, pending } = await read()
    assert.equal(isAgreed, true)
    const left = pending && Math.round((Date.parse(pending.countsDateTime) - Number(services.clock())) / HOUR)
    return { providers, coolingOffHours, in: left }
  }
  assert.deepEqual(await hours(), { providers: [acme], coolingOffHours: 72, in: null }, 'the box was ticked')
  for (const [code, more] of [
    ['provider_unknown', {}],
    ['provider_unknown', { providers: ['x'] }],
    ['cooling_off_invalid', { providers: [], coolingOffHours: 3 }],
    ['cooling_off_invalid', { providers: [], coolingOffHours: 169 }],
    ['acts_missing', { providers: [], acts: [] }],
    ['tell_invalid', { providers: [], tell: ['nobody'] }],
    ['phrase_invalid', { providers: [], phrase: 'short' }],
  ] as const)
    assert.equal((await write(more)).code, code)
  const plain = await customer.as('outside@globex.example')
  assert.deepEqual([(await plain('GET', path)).status, (await plain('PUT', path, terms)).status], [403, 403])
  const stale = await customer.as('admin@globex.example', { ago: 16 })
  assert.equal((await stale('PUT', path, terms)).status, 401)
  await store.pool.query(
    'update latchkey.daps set starts_at = $3, ends_at = $4, ended_at = null where tenant_id = $1 and other_tenant_id = $2',
    [globex, acme, services.clock(), new Date(Number(services.clock()) + 90 * DAY)],
  )
  const changed = await write({ phrase: 'The heron stands in the reeds', tell: ['Owner@mail.example'] })
  assert.deepEqual(
    [changed.status, changed.json.coolingOffHours, changed.json.pending?.coolingOffHours, changed.json.pending?.tell],
    [200, 72, 24, ['Owner@mail.example']],
    changed.text,
  )
  assert.ok(!changed.text.includes('heron'))
  assert.equal((await hours()).in, 72)
  server.clock.advance(72 * HOUR)
  // Case 40: from 24 to 4 hours, it counts after 24.
  assert.equal((await write({ coolingOffHours: 4 })).json.pending.hasPhrase, true, 'the phrase stays')
  assert.deepEqual(await hours(), { providers: [acme], coolingOffHours: 24, in: 24 })
  server.clock.advance(24 * HOUR)
  assert.deepEqual(await hours(), { providers: [acme], coolingOffHours: 4, in: null })
  assert.equal((await write({ phrase: null })).json.pending.hasPhrase, false)
  await mailed('admin@globex.example', /rescue agreement was changed/)
  const { rows } = await store.pool.query(
    "select details, actor_name from latchkey.audit_events where tenant_id = $1 and activity = 'rescueAgreement.changed' order by at",
    [globex],
  )
  assert.deepEqual([rows.length, rows[0].details.providers, rows[0].actor_name], [4, acme, 'admin@globex.example'])
  assert.ok(!JSON.stringify(rows).includes('mail.example'), 'the log holds no address')
})
