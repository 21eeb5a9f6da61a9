// A long file: the life of one relationship after another on one server, as two companies see it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { templateIds } from '../access/index.ts'
import { DAY, MINUTE } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { addMember, createGroup, findTenantId, findUserByName } from '../directory/index.ts'
import { removeExpired } from '../runtime/cleanup.ts'
import { inPair, inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { granted, refused } from '../testing/contract.ts'
import { makePartner } from '../testing/partners.ts'
import { testServer } from '../testing/server.ts'
import { takeDueStep } from '../testing/steps.ts'
import { moveDueRelationships } from './due.ts'

const server = await testServer()
const { store, services } = server
const { random, keys } = services
const partner = testApi(server)
const customer = testApi(server, 'globex.example')
const third = testApi(server, 'acme-europe.example')
const acme = await makePartner(server, 'acme.example', ['admin@acme.example'])
const globex = await findTenantId(store, 'globex.example')
const R = '/tenantRelationships/delegatedAdminRelationships'
const ids = templateIds
const details = (...names: (keyof typeof templateIds)[]) => ({
  unifiedRoles: names.map(name => ({ roleDefinitionId: ids[name] })),
})
let count = 0
const body = (changes: object = {}) => ({
  displayName: `Care ${count++}`,
  duration: 'P180D',
  accessDetails: details('Helpdesk Administrator', 'User Administrator'),
  customer: { tenantId: globex, displayName: 'Globe' },
  ...changes,
})
const means = () => ({ now: services.clock(), random, keys })
const agentOf = () => partner.as('admin@acme.example')
const deciderOf = () => customer.as('admin@globex.example')
type Ask = Awaited<ReturnType<typeof agentOf>>
const etagOf = async (agent: Ask, id: string) => ({
  'if-match': (await agent('GET', `${R}/${id}`)).headers.get('etag')!,
})

/** An offer that is locked; its id and the secret of its address. */
async function locked(agent: Ask, changes: object = {}) {
  const { json } = await agent('POST', R, body(changes))
  const lock = await agent('POST', `${R}/${json.id}/requests`, { action: 'lockForApproval' })
  assert.equal(lock.status, 201, lock.text)
  return { id: json.id as string, url: lock.json.approvalUrl as string }
}
const approve = (decider: Ask, id: string, chosen: object = {}) =>
  decider('POST', `/tenantRelationships/partnerRequests/${id}/approve`, chosen)
/** An active relationship. */
async function active(changes: object = {}, chosen: object = {}) {
  const { id } = await locked(await agentOf(), changes)
  const { status, text } = await approve(await deciderOf(), id, chosen)
  assert.equal(status, 200, text)
  return id
}
const groupWith = async (displayName: string, member?: string) =>
  inTenant(store, acme, async trx => {
    const id = await createGroup(trx, means(), acme, { displayName })
    const user = member && (await findUserByName(trx, acme, member))
    if (user) await addMember(trx, acme, id, { kind: 'user', id: user.id })
    return id
  })
const mails = async (to: string, subject: RegExp) =>
  server.message(one => one.to === to && subject.test(one.subject ?? ''))

test('cases 1, 2: a relationship has Graph’s members, and its name is the partner’s only one', async () => {
  const agent = await agentOf()
  const made = await agent('POST', R, body({ displayName: 'Globe care' }))
  assert.equal(made.status, 201, made.text)
  const { id, status, duration, autoExtendDuration, customer: asked, accessDetails, requested } = made.json
  assert.match(id, new RegExp(`^[0-9a-f-]{36}-${acme}$`))
  assert.deepEqual([status, duration, autoExtendDuration], ['created', 'P180D', 'PT0S'])
  assert.deepEqual(asked, { tenantId: globex, displayName: 'Globe' })
  assert.deepEqual(requested, { ...accessDetails, duration: 'P180D' })
  assert.ok(made.headers.get('etag'))
  assert.ok(made.headers.get('location')?.endsWith(`${R}/${id}`))
  const again = await agent('POST', R, body({ displayName: 'GLOBE CARE' }))
  assert.deepEqual([again.status, again.code], [400, 'ObjectConflict'])
  const listed = await agent('GET', `${R}?$filter=status eq 'created' and customer/tenantId eq ${globex}&$top=300`)
  assert.ok(
    listed.json.value.some((one: { id: string }) => one.id === id),
    listed.text,
  )
  assert.equal((await agent('GET', `${R}?$top=301`)).status, 400)
  // Nobody else reads it, whoever guesses the id.
  const other = await deciderOf()
  assert.equal((await other('GET', `/tenantRelationships/partnerRequests/${id}`)).status, 404)
  assert.equal((await approve(other, id)).status, 404)
})

test('cases 3, 4: durations, roles and extensions out of range are refused', async () => {
  const agent = await agentOf()
  const code = async (changes: object) => {
    const answer = await agent('POST', R, body(changes))
    return answer.status === 201 ? 'made' : answer.code
  }
  for (const duration of ['P2Y', 'P1D', 'P730D', 'P1Y6M']) assert.equal(await code({ duration }), 'made', duration)
  for (const duration of ['P2Y1D', 'P731D', 'P0D', 'PT24H', 'P', '2Y', 'P-1D'])
    assert.equal(await code({ duration }), 'duration_invalid', duration)
  const unknown = { unifiedRoles: [{ roleDefinitionId: acme }] }
  assert.equal(await code({ accessDetails: unknown }), 'role_unknown')
  assert.equal(await code({ accessDetails: { unifiedRoles: [] } }), 'role_unknown')
  const highest = { accessDetails: details('Global Administrator') }
  assert.equal(await code({ ...highest, autoExtendDuration: 'P180D' }), 'auto_extend_invalid')
  assert.equal(await code({ autoExtendDuration: 'P90D' }), 'auto_extend_invalid')
  assert.equal(await code({ ...highest, autoExtendDuration: 'P0D' }), 'made')
  assert.equal(await code({ customer: { tenantId: acme } }), 'own_tenant')
  assert.equal(await code({ customer: { tenantId: 'globex.example' } }), 'property_invalid')
})

test('cases 5, 6: If-Match guards a change, and a locked request stays as it is', async () => {
  const agent = await agentOf()
  const { json, headers } = await agent('POST', R, body())
  const at = `${R}/${json.id}`
  const patch = (change: object, more = {}) => agent('PATCH', at, change, more)
  assert.equal((await patch({ duration: 'P90D' })).code, 'if_match_required')
  const former = headers.get('etag')!
  const changed = await patch({ duration: 'P90D' }, { 'if-match': former })
  assert.deepEqual([changed.status, changed.json.duration], [200, 'P90D'])
  assert.equal((await patch({ duration: 'P91D' }, { 'if-match': former })).status, 412)
  assert.equal((await patch({ duration: 'P91D' }, { 'if-match': '*' })).status, 200)
  const lock = await agent('POST', `${at}/requests`, { action: 'lockForApproval' })
  assert.match(lock.json.approvalUrl, /\/partner-requests\/.+token=/)
  assert.equal(lock.json.status, 'succeeded')
  assert.equal((await patch({ duration: 'P92D' }, { 'if-match': '*' })).code, 'wrong_status')
  assert.equal((await agent('DELETE', at, undefined, { 'if-match': '*' })).code, 'wrong_status')
  assert.equal((await agent('POST', `${at}/requests`, { action: 'lockForApproval' })).code, 'wrong_status')
  // The secret is told once; what is read later has none.
  const { json: log } = await agent('GET', `${at}/requests`)
  assert.ok(!JSON.stringify(log).includes('token='))
  const gone = await agent('POST', R, body())
  assert.equal((await agent('DELETE', `${R}/${gone.json.id}`)).code, 'if_match_required')
  assert.equal(
    (await agent('DELETE', `${R}/${gone.json.id}`, undefined, await etagOf(agent, gone.json.id))).status,
    204,
  )
  assert.equal((await agent('GET', `${R}/${gone.json.id}`)).status, 404)
})

test('cases 7, 8, 9: the named customer alone decides, on less and never on more', async () => {
  const { id } = await locked(await agentOf(), { autoExtendDuration: 'P180D', displayName: 'Globex care' })
  const decider = await deciderOf()
  const { json: asked } = await decider('GET', `/tenantRelationships/partnerRequests/${id}`)
  assert.deepEqual([asked.partner.displayName, asked.status], ['Acme', 'approvalPending'])
  const stranger = await third.as('admin@acme-europe.example')
  assert.equal((await stranger('GET', `/tenantRelationships/partnerRequests/${id}`)).status, 404)
  assert.equal((await approve(stranger, id)).status, 404)
  assert.equal((await approve(await agentOf(), id)).status, 404)
  assert.equal((await approve(await customer.as('outside@globex.example'), id)).status, 403)
  assert.equal((await approve(await customer.as('admin@globex.example', { ago: 16 }), id)).status, 401)
  const more = details('Helpdesk Administrator', 'Global Reader')
  assert.equal((await approve(decider, id, more)).code, 'role_not_requested')
  assert.equal((await approve(decider, id, { duration: 'P181D' })).code, 'duration_longer')
  const given = await approve(decider, id, { ...details('Helpdesk Administrator'), duration: 'P90D' })
  assert.equal(given.status, 200, given.text)
  assert.equal(given.json.status, 'active')
  assert.deepEqual(given.json.accessDetails, details('Helpdesk Administrator'))
  assert.equal(given.json.requested.duration, 'P180D')
  assert.equal(given.json.requested.unifiedRoles.length, 2)
  const lasts = new Date(given.json.endDateTime).getTime() - new Date(given.json.activatedDateTime).getTime()
  assert.equal(lasts, 90 * DAY)
  assert.equal((await approve(decider, id)).code, 'wrong_status')
  for (const to of ['admin@acme.example', 'admin@globex.example']) await mails(to, /Approved: Globex care/)
  const read = await (await agentOf())('GET', `${R}/${id}`)
  assert.deepEqual([read.json.status, read.json.customer.displayName], ['active', 'Globex'])
  const logs = await store.pool.query(
    "select tenant_id, actor_name, details from latchkey.audit_events where activity = 'relationship.approved' order by tenant_id = $1",
    [acme],
  )
  assert.deepEqual(
    logs.rows.map(row => [row.tenant_id, row.actor_name, row.details.by]),
    [
      [globex, 'admin@globex.example', undefined],
      [acme, null, 'admin@globex.example'],
    ],
  )
})

test('an offer that names nobody is approved by who has the secret of its address, once', async () => {
  const agent = await agentOf()
  const { id, url } = await locked(agent, { customer: undefined })
  const decider = await deciderOf()
  const token = new URL(url).searchParams.get('token')!
  assert.equal((await approve(decider, id)).status, 404)
  assert.equal((await approve(decider, id, { token: `${token.slice(1)}x` })).status, 404)
  const { json } = await agent('POST', `${R}/${id}/approvalLink`)
  assert.equal((await approve(decider, id, { token })).status, 404, 'a newer address ends it')
  const fresh = new URL(json.approvalUrl).searchParams.get('token')!
  assert.equal((await approve(decider, id, { token: fresh })).status, 200)
  const stranger = await third.as('admin@acme-europe.example')
  assert.equal((await approve(stranger, id, { token: fresh })).status, 404)
  assert.equal((await agent('POST', `${R}/${id}/approvalLink`)).code, 'wrong_status')
  assert.equal((await agent('GET', `${R}/${id}`)).json.customer.tenantId, globex)
})

test('of many approvals at once one counts, and a rejection never returns', async () => {
  const { id } = await locked(await agentOf())
  const decider = await deciderOf()
  const answers = await Promise.all(Array.from({ length: 10 }, () => approve(decider, id)))
  assert.deepEqual(answers.filter(({ status }) => status === 200).length, 1)
  const refusedId = (await locked(await agentOf(), { displayName: 'No thanks' })).id
  const reject = () => decider('POST', `/tenantRelationships/partnerRequests/${refusedId}/reject`, {})
  assert.equal((await reject()).status, 204)
  assert.equal((await reject()).code, 'wrong_status')
  assert.equal((await approve(decider, refusedId)).code, 'wrong_status')
  const { json } = await (await agentOf())('GET', `${R}/${refusedId}`)
  assert.deepEqual([json.status, json.endReason], ['terminated', 'rejected'])
  await mails('admin@acme.example', /Rejected: No thanks/)
})

test('case 11: groups are the partner’s own, never the actor’s, with approved roles alone', async () => {
  const id = await active({}, details('Helpdesk Administrator'))
  const agent = await agentOf()
  const care = await groupWith('Customer care', 'registered@acme.example')
  const at = `${R}/${id}/accessAssignments`
  const assign = (accessContainerId: string, roles = details('Helpdesk Administrator')) =>
    agent('POST', at, {
      accessContainer: { accessContainerId, accessContainerType: 'securityGroup' },
      accessDetails: roles,
    })
  assert.equal((await assign(care, details('User Administrator'))).code, 'role_not_approved')
  assert.equal((await assign(globex)).code, 'group_unknown')
  const own = await assign(await groupWith('Own', 'admin@acme.example'))
  assert.deepEqual([own.status, own.code], [403, 'own_rights'])
  const made = await assign(care)
  assert.equal(made.status, 201, made.text)
  assert.equal((await assign(care)).code, 'ObjectConflict')
  const one = `${at}/${made.json.id}`
  const patch = (roles: object, more = {}) => agent('PATCH', one, { accessDetails: roles }, more)
  assert.equal((await patch(details('Helpdesk Administrator'))).code, 'if_match_required')
  assert.equal((await patch(details('Helpdesk Administrator'), { 'if-match': '*' })).status, 200, 'unchanged')
  assert.equal((await patch(details('User Administrator'), { 'if-match': '*' })).code, 'role_not_approved')
  assert.equal((await agent('DELETE', one, undefined, { 'if-match': '"9"' })).status, 412)
  assert.equal((await agent('DELETE', one, undefined, { 'if-match': '*' })).status, 204)
  const pending = (await locked(agent)).id
  const early = await agent('POST', `${R}/${pending}/accessAssignments`, {
    accessContainer: { accessContainerId: care, accessContainerType: 'securityGroup' },
    accessDetails: details('Helpdesk Administrator'),
  })
  assert.equal(early.code, 'wrong_status')
})

test('an active relationship only becomes less, and either side ends it at once', async () => {
  const id = await active({ displayName: 'Less and less', autoExtendDuration: 'P180D' })
  const decider = await deciderOf()
  const at = `/tenantRelationships/partnerRelationships/${id}`
  const end = (days: number) => ({ endDateTime: new Date(services.clock().getTime() + days * DAY).toISOString() })
  assert.equal((await decider('PATCH', at, end(181))).code, 'end_later')
  assert.equal((await decider('PATCH', at, end(-1))).code, 'property_invalid')
  assert.equal((await decider('PATCH', at, details('Global Reader'))).code, 'role_not_requested')
  const less = await decider('PATCH', at, { ...details('User Administrator'), ...end(10), autoExtendDuration: 'PT0S' })
  assert.equal(less.status, 200, less.text)
  assert.deepEqual(less.json.accessDetails, details('User Administrator'))
  assert.equal(less.json.autoExtendDuration, 'PT0S')
  for (const subject of [/Reduced: Less/, /Extension switched off: Less/]) await mails('admin@acme.example', subject)
  const stranger = await third.as('admin@acme-europe.example')
  assert.equal((await stranger('PATCH', at, end(5))).status, 404)
  assert.equal((await stranger('POST', `${at}/terminate`)).status, 404)
  const agent = await agentOf()
  const given = await agent(
    'PATCH',
    `${R}/${id}`,
    { accessDetails: details('Helpdesk Administrator') },
    { 'if-match': '*' },
  )
  assert.equal(given.code, 'role_not_requested')
  assert.equal((await decider('POST', `${at}/terminate`)).status, 204)
  assert.equal((await decider('POST', `${at}/terminate`)).code, 'wrong_status')
  assert.deepEqual((await agent('GET', `${R}/${id}`)).json.endReason, 'terminatedByCustomer')

  const highest = await active({ accessDetails: details('Global Administrator', 'Global Reader') })
  const back = await agent('PATCH', `${R}/${highest}`, { accessDetails: details('Global Reader') }, { 'if-match': '*' })
  assert.equal(back.status, 202, back.text)
  const operation = await agent('GET', new URL(back.headers.get('location')!).pathname.replace('/v1.0', ''))
  assert.equal(operation.json.status, 'succeeded')
  assert.equal((await agent('POST', `${R}/${highest}/requests`, { action: 'terminate' })).json.status, 'succeeded')
  assert.equal((await agent('GET', `${R}/${highest}`)).json.endReason, 'terminatedByPartner')
})

test('case 17: a program by itself has no relationships, and neither has a person without a role', async () => {
  const application = await partner.asApplication(['Directory.ReadWrite.All'])
  assert.equal((await application('GET', R)).status, 403)
  assert.equal((await (await partner.as('registered@acme.example'))('GET', R)).status, 403)
})

test('the customer reads its partners and everybody who may act for them now', async () => {
  const id = await active({ displayName: 'Seen' }, details('User Administrator'))
  const agent = await agentOf()
  const care = await groupWith('Seen care', 'stale@acme.example')
  const given = await agent('POST', `${R}/${id}/accessAssignments`, {
    accessContainer: { accessContainerId: care, accessContainerType: 'securityGroup' },
    accessDetails: details('User Administrator'),
  })
  assert.equal(given.status, 201, given.text)
  const decider = await deciderOf()
  const { json, text, status } = await decider('GET', `/tenantRelationships/partners/${acme}`)
  assert.equal(status, 200, text)
  assert.deepEqual([json.displayName, json.types], ['Acme', ['gdap']])
  assert.deepEqual(
    json.people.map((one: { userPrincipalName: string }) => one.userPrincipalName),
    ['stale@acme.example'],
  )
  const customers = await agent('GET', '/tenantRelationships/delegatedAdminCustomers')
  assert.deepEqual(customers.json.value, [{ id: globex, tenantId: globex, displayName: 'Globex' }])
  assert.equal((await decider('POST', `/tenantRelationships/partners/${acme}/end`)).status, 204)
  assert.deepEqual((await agent('GET', '/tenantRelationships/delegatedAdminCustomers')).json.value, [])
  assert.equal((await decider('POST', `/tenantRelationships/partners/${acme}/end`)).status, 404)
})

test('the page of a request shows the roles unticked that open accounts, and gives what is ticked', async () => {
  const browser = server.browser()
  const signIn = async (username: string, password = PASSWORD) => {
    granted(await browser.post('/signin', { username, password }))
    await takeDueStep(server, browser)
  }
  const { id, url } = await locked(await agentOf(), {
    ...{ displayName: 'By page', accessDetails: details('Helpdesk Administrator', 'Directory Readers') },
    autoExtendDuration: 'P180D',
  })
  const { id: unnamed, url: secret } = await locked(await agentOf(), { customer: undefined })
  assert.ok(new URL(url).pathname.endsWith(id))
  const at = `/partner-requests/${id}`
  await signIn('outside@globex.example')
  refused(await browser.get(at), 403, 'forbidden')
  await signIn('admin@globex.example')
  refused(await browser.get(`/partner-requests/${unnamed}`), 404, 'not_found')
  const path = new URL(secret).pathname + new URL(secret).search
  assert.equal(granted(await browser.get(path)).status, 'approvalPending')
  const page = await browser.page(at)
  const boxes = [...page.text.matchAll(/<input type="checkbox"[^>]*>/g)].map(([tag]) => [
    tag.includes(ids['Helpdesk Administrator']),
    tag.includes('checked'),
  ])
  assert.deepEqual(boxes, [
    [true, false],
    [false, true],
  ])
  const none = await browser.submit(`${at}/approval`, { duration: 'P30D' })
  const { text } = await browser.follow(none)
  assert.match(text, /Tick at least one role/)
  assert.match(text, /<option value="P30D" selected/, 'a shorter time stays chosen')
  const given = await browser.submit(`${at}/approval`, {
    ...{ [`role_${ids['Directory Readers']}`]: 'true', duration: 'P30D' },
  })
  assert.match((await browser.follow(given)).text, /can act in your organization now/)
  const { json } = await (await agentOf())('GET', `${R}/${id}`)
  assert.deepEqual([json.status, json.duration, json.accessDetails], ['active', 'P30D', details('Directory Readers')])
  assert.equal(json.autoExtendDuration, 'PT0S', 'nothing moves the end that the page has told')
  const token = new URL(secret).searchParams.get('token')
  server.clock.advance(16 * MINUTE)
  refused(await browser.post(`/partner-requests/${unnamed}/rejection`, { token }), 403, 'proof_needed')
  await signIn('admin@globex.example')
  await browser.page(secret.slice(services.origin.length))
  const rejected = await browser.submit(`/partner-requests/${unnamed}/rejection`, {})
  assert.match((await browser.follow(rejected)).text, /gives nothing: it was rejected/)
  assert.equal(granted(await browser.get(`/partner-requests/${unnamed}`)).status, 'terminated')
})

test('row-level security lets the other side read what is its matter, and write nothing', async () => {
  const { id } = await locked(await agentOf())
  const unlocked = (await (await agentOf())('POST', R, body())).json.id as string
  const rowsIn = (tenantId: string, offer: string) =>
    inTenant(store, tenantId, trx =>
      trx.selectFrom('gdap_offers').select('id').where('id', '=', offer.slice(0, 36)).execute(),
    )
  const europe = await findTenantId(store, 'acme-europe.example')
  assert.equal((await rowsIn(globex, id)).length, 1)
  assert.equal((await rowsIn(globex, unlocked)).length, 0, 'before it is locked it is the partner’s alone')
  assert.equal((await rowsIn(europe, id)).length, 0)
  const changed = await inTenant(store, globex, trx =>
    trx.updateTable('gdap_offers').set({ display_name: 'x' }).where('id', '=', id.slice(0, 36)).executeTakeFirst(),
  )
  assert.equal(changed.numUpdatedRows, 0n)
  await assert.rejects(
    inPair(store, [acme, globex], async enter => {
      const first = await enter(acme)
      await enter(globex)
      await first.selectFrom('gdap_offers').select('id').execute()
    }),
    /other tenant/,
  )
  await assert.rejects(
    inPair(store, [acme, globex], enter => enter(europe)),
    /none of this pair/,
  )
})

test('cases 15, 16: both sides are reminded 30, 7, 1 days before and on the day; a use extends, and nothing else', async () => {
  const plain = await active({ displayName: 'Comes to its end', duration: 'P40D' })
  const used = await active({ displayName: 'Is in use', duration: 'P40D', autoExtendDuration: 'P180D' })
  const unused = await active({ displayName: 'Is not in use', duration: 'P40D', autoExtendDuration: 'P180D' })
  await store.pool.query('update latchkey.gdap_grants set last_used_at = $1 where id = $2', [
    services.clock(),
    used.slice(0, 36),
  ])
  const told = async () =>
    (
      await store.pool.query(
        "select activity, target_name from latchkey.audit_events where tenant_id = $1 and activity ~ 'reminded|extended|expired' and target_name = any($2) order by at, id",
        [globex, ['Comes to its end', 'Is in use', 'Is not in use']],
      )
    ).rows.map(row => `${row.activity.split('.')[1]} ${row.target_name}`)
  const reminded = ['reminded Comes to its end', 'reminded Is in use', 'reminded Is not in use']
  for (const [advance, rounds] of [
    [9, 0],
    [1, 1],
    [22, 1],
    [1, 2],
    [5, 2],
    [1, 3],
  ] as const) {
    server.clock.advance(advance * DAY)
    await moveDueRelationships(store, means())
    assert.deepEqual(
      (await told()).sort(),
      Array.from({ length: rounds }, () => reminded)
        .flat()
        .sort(),
    )
  }
  server.clock.advance(DAY)
  const agent = await agentOf()
  const statusOf = async (id: string) => (await agent('GET', `${R}/${id}`)).json.status
  // The clock alone ends it: nobody waits for the job.
  assert.deepEqual(
    [await statusOf(plain), await statusOf(used), await statusOf(unused)],
    ['expired', 'active', 'expired'],
  )
  await moveDueRelationships(store, means())
  await moveDueRelationships(store, means())
  assert.deepEqual((await told()).filter(one => !one.startsWith('reminded')).sort(), [
    'expired Comes to its end',
    'expired Is not in use',
    'extended Is in use',
  ])
  assert.deepEqual(
    [await statusOf(plain), await statusOf(used), await statusOf(unused)],
    ['expired', 'active', 'expired'],
  )
  for (const to of ['admin@acme.example', 'admin@globex.example']) await mails(to, /Ended: Comes to its end/)
  const again = await approve(await deciderOf(), plain)
  assert.equal(again.code, 'wrong_status', 'what ended never returns')
})

test('a clock that jumps over every timer at once leaves each at its end, and tells of nothing that is past', async () => {
  const [lapsing, given] = [(await locked(await agentOf(), { displayName: 'Nobody answers' })).id, 'Jumped over']
  const jumped = await active({ displayName: given, duration: 'P40D' })
  server.clock.advance(91 * DAY)
  const agent = await agentOf()
  const read = async (id: string) => {
    const { json } = await agent('GET', `${R}/${id}`)
    return [json.status, json.endReason]
  }
  assert.deepEqual(await read(lapsing), ['expired', 'lapsed'])
  assert.equal((await approve(await deciderOf(), lapsing)).code, 'wrong_status')
  await moveDueRelationships(store, means())
  assert.deepEqual(await read(jumped), ['expired', 'expired'])
  const told = await store.pool.query(
    "select activity from latchkey.audit_events where tenant_id = $1 and target_name = $2 and activity ~ 'reminded|extended|expired'",
    [globex, given],
  )
  assert.deepEqual(told.rows, [{ activity: 'relationship.expired' }])
  const kept = async () => {
    await removeExpired(services)
    const ask = await agentOf()
    return Promise.all([jumped, lapsing].map(async id => (await ask('GET', `${R}/${id}`)).status))
  }
  // A year after its end, which was 51 days ago.
  server.clock.advance(313 * DAY)
  assert.deepEqual(await kept(), [200, 200])
  server.clock.advance(2 * DAY)
  assert.deepEqual(await kept(), [404, 200])
  server.clock.advance(60 * DAY)
  assert.deepEqual(await kept(), [404, 404])
})
