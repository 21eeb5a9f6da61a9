import assert from 'node:assert/strict'
import { test } from 'node:test'
import { templateIds } from '../access/index.ts'
import { DAY, HOUR, plus } from '../clock.ts'
import { addMember, findUserByName, lockTenant } from '../directory/index.ts'
import { removeExpired } from '../runtime/cleanup.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { granted, refused } from '../testing/contract.ts'
import { makePartner } from '../testing/partners.ts'
import { testServer } from '../testing/server.ts'
import { endUnjoined } from './unjoined.ts'

const server = await testServer({ signup: 'invitation' })
const { store } = server
const acme = await makePartner(server, 'acme.example', ['admin@acme.example'])
const partner = testApi(server)
const agentOf = () => partner.as('admin@acme.example')
const body = (changes: object = {}) => ({
  ...{ displayName: 'Fern Trading', label: 'fern-trading', country: 'US', mail: 'nora@mail.example' },
  administrator: { givenName: 'Nora', surname: 'Fern', userName: 'nora' },
  ...changes,
})
const PASSWORD = 'quiet harbour lantern 27'

/** The link of the newest mail of this kind, besides those. */
async function linkTo(to: string, before: readonly string[] = []): Promise<string> {
  const { text } = await server.message(
    one => one.to === to && /Global Administrator/.test(one.text) && !before.some(link => one.text.includes(link)),
  )
  const [first = ''] = /https?:\/\/\S+\/links\/\S+/.exec(text) ?? []
  return new URL(first).pathname
}
async function join(path: string, typed: object = {}) {
  const browser = server.browser()
  const { next } = granted(await browser.post(path, {}))
  const page = await browser.page(next)
  const joined = await browser.post(next, {
    ...{ givenName: 'Nora', surname: 'Fern', userName: 'nora', newPassword: PASSWORD },
    ...typed,
  })
  return { browser, page, joined, next }
}

test('case 32: a new customer has no password, its administrator joins by a link, and gives access by approving', async () => {
  const agent = await agentOf()
  const made = await agent('POST', '/partner/customers', body())
  assert.equal(made.status, 201, made.text)
  const { id, domain, request } = made.json
  assert.equal(domain, 'fern-trading.latchkey.example')
  assert.doesNotMatch(made.text, /[Pp]assword/)
  const listed = (await agent('GET', `/partner/customers/${id}`)).json
  assert.deepEqual([listed.displayName, listed.resale, listed.access.gdap], ['Fern Trading', true, false])
  const accounts = () => store.pool.query('select from latchkey.accounts where tenant_id = $1', [id])
  assert.equal((await accounts()).rowCount, 0)
  const path = await linkTo('nora@mail.example')
  const { page, joined, next } = await join(path)
  assert.match(page.text, /value="Fern"[\s\S]*value="nora"|value="nora"[\s\S]*value="Fern"/)
  assert.match(page.text, /acme/i, 'who invites')
  granted(joined, 201)
  refused(await server.browser().post(path, {}), 410, 'link_expired')
  assert.equal((await server.browser().get(next)).status, 404, 'of another browser')
  const admin = testApi(server, domain)
  const decider = await admin.as(`nora@${domain}`)
  const asked = (await decider('GET', '/tenantRelationships/partnerRequests')).json.value
  assert.deepEqual([asked.length, asked[0].id, asked[0].requested.duration], [1, request.id, 'P1Y'])
  const roles = asked[0].requested.unifiedRoles.map((one: { roleDefinitionId: string }) => one.roleDefinitionId)
  assert.equal(roles.length, 9)
  assert.ok(!roles.includes(templateIds['Global Administrator']))
  assert.ok(new URL(request.approvalUrl).searchParams.get('token'))
  const into = await partner.asPartner('admin@acme.example', domain)
  assert.equal((await into('GET', '/users?$top=1')).status, 403)
  assert.equal((await decider('POST', `/tenantRelationships/partnerRequests/${request.id}/approve`, {})).status, 200)
  assert.equal((await agent('GET', `/partner/customers/${id}`)).json.access.gdap, true)
  // The partner's own group is what reaches them.
  const group = await store.pool.query(
    "select group_id from latchkey.partner_agent_groups where tenant_id = $1 and role = 'Helpdesk agent'",
    [acme],
  )
  const at = `/tenantRelationships/delegatedAdminRelationships/${request.id}/accessAssignments`
  const assigned = await agent('POST', at, {
    accessContainer: { accessContainerId: group.rows[0].group_id, accessContainerType: 'securityGroup' },
    accessDetails: {
      unifiedRoles: [{ roleDefinitionId: templateIds['User Administrator'] }],
    },
  })
  assert.equal(assigned.status, 201, assigned.text)
})

test('a customer’s people are made, and get new passwords, by the customer’s own resources', async () => {
  const helper = 'helpdesk@acme.example'
  await inTenant(store, acme, async trx => {
    const { id } = (await findUserByName(trx, acme, helper))!
    const { rows } = await store.pool.query(
      "select group_id from latchkey.partner_agent_groups where tenant_id = $1 and role = 'Helpdesk agent'",
      [acme],
    )
    await addMember(trx, acme, rows[0].group_id, { kind: 'user', id })
  })
  const domain = 'fern-trading.latchkey.example'
  const ask = await partner.asPartner(helper, domain)
  const created = await ask('POST', '/users', {
    ...{ userPrincipalName: `tom@${domain}`, displayName: 'Tom', accountEnabled: true, mailNickname: 'tom' },
    passwordProfile: { password: PASSWORD, forceChangePasswordNextSignIn: true },
  })
  assert.equal(created.status, 201, created.text)
  assert.equal(created.json.userPrincipalName, `tom@${domain}`)
  assert.equal(
    (await ask('GET', `/users/${created.json.id}`)).status,
    403,
    'who reads no directory made them all the same',
  )
  const METHOD = '28c10230-6103-485e-b985-444c60001490'
  const reset = await ask('POST', `/users/${created.json.id}/authentication/methods/${METHOD}/resetPassword`, {})
  assert.equal(reset.status, 202, reset.text)
  const own = await partner.as('admin@acme.example')
  assert.equal((await own('GET', `/users/tom@${domain}`)).status, 404, 'nothing but the token names a tenant')
})

test('a link to join ends after 72 hours, is mailed anew while nobody has joined, and by nobody else’s partner', async () => {
  const agent = await agentOf()
  const { json } = await agent('POST', '/partner/customers', body({ label: 'moss-trading', mail: 'moss@mail.example' }))
  const old = await linkTo('moss@mail.example')
  const again = (ask = agent, id = json.id) =>
    ask('POST', `/partner/customers/${id}/administratorInvitation`, {
      ...{ mail: 'moss@mail.example', administrator: body().administrator },
    })
  server.clock.advance(73 * HOUR)
  refused(await server.browser().post(old, {}), 410, 'link_expired')
  const fresh = await agentOf()
  assert.equal((await again(fresh)).status, 200)
  const path = await linkTo('moss@mail.example', [old])
  await makePartner(server, 'globex.example', ['admin@globex.example'])
  const other = await testApi(server, 'globex.example').as('admin@globex.example')
  assert.equal((await again(other)).status, 404)
  assert.equal((await again(fresh, acme)).status, 404)
  granted((await join(path)).joined, 201)
  assert.equal((await again(fresh)).code, 'administrator_joined')
})

test('of two who join a company at once as its first one does', async () => {
  const agent = await agentOf()
  const { json } = await agent('POST', '/partner/customers', body({ label: 'oak-trading', mail: 'oak@mail.example' }))
  const one = await linkTo('oak@mail.example')
  await agent('POST', `/partner/customers/${json.id}/administratorInvitation`, {
    ...{ mail: 'oak@mail.example', administrator: body().administrator },
  })
  const other = await linkTo('oak@mail.example', [one])
  // The earlier link goes on, as one does that was opened in the moment before the other was made.
  await store.pool.query('update latchkey.administrator_invitations set expires_at = $1 where tenant_id = $2', [
    plus(server.clock.now(), HOUR),
    json.id,
  ])
  const opened: { browser: ReturnType<typeof server.browser>; next: string }[] = []
  for (const path of [one, other]) {
    const browser = server.browser()
    opened.push({ browser, next: granted(await browser.post(path, {})).next as string })
  }
  const waiting = async () =>
    (
      await store.pool.query(
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      )
    ).rowCount ?? 0
  // Both have come as far as they can before either goes on.
  const joining = await inTenant(store, json.id, async trx => {
    await lockTenant(trx, json.id)
    let settled = 0
    const begun = opened.map(({ browser, next }, place) =>
      browser
        .post(next, { givenName: 'Nora', surname: 'Oak', userName: `nora${place}`, newPassword: PASSWORD })
        .finally(() => settled++),
    )
    while ((await waiting()) + settled < 2);
    return { begun }
  })
  const joined = await Promise.all(joining.begun)
  assert.deepEqual(joined.map(({ status }) => status).sort(), [201, 410])
})

test('a company that nobody joins ends thirty days after its last link, and goes with its log and its label', async () => {
  const agent = await agentOf()
  const make = (ask = agent) =>
    ask('POST', '/partner/customers', body({ label: 'elm-trading', mail: 'elm@mail.example' }))
  const { json } = await make()
  const means = () => ({ now: server.clock.now(), random: server.services.random, keys: server.services.keys })
  const standing = async () => {
    await endUnjoined(store, means())
    return (await (await agentOf())('GET', `/partner/customers/${json.id}`)).status
  }
  server.clock.advance(32 * DAY)
  assert.equal(await standing(), 200)
  server.clock.advance(2 * DAY)
  assert.equal(await standing(), 404)
  await server.message(one => one.to === 'admin@acme.example' && /Reseller relationship ended/.test(one.subject ?? ''))
  const joined = (await (await agentOf())('GET', '/partner/customers')).json.value.map(
    (one: { domain: string }) => one.domain.split('.')[0],
  )
  assert.deepEqual(joined, ['fern-trading', 'moss-trading', 'oak-trading'], 'who was joined stays')
  assert.equal((await make(await agentOf())).code, 'label_taken', 'its name stands until it is gone')
  server.clock.advance(31 * DAY)
  await store.pool.query('delete from latchkey.audit_events where tenant_id = $1', [json.id])
  await removeExpired(server.services)
  const again = await make(await agentOf())
  assert.equal(again.status, 201, again.text)
})

test('lesson 41: a firm mails strangers ten links to join one company in a day, and no more', async () => {
  const agent = await agentOf()
  const { json } = await agent('POST', '/partner/customers', body({ label: 'birch-trading', mail: 'b0@mail.example' }))
  const again = async (place: number) =>
    agent('POST', `/partner/customers/${json.id}/administratorInvitation`, {
      ...{ mail: `b${place}@mail.example`, administrator: body().administrator },
    })
  for (let place = 1; place <= 10; place++) assert.equal((await again(place)).status, 200)
  const eleventh = await again(11)
  assert.deepEqual([eleventh.status, eleventh.code], [429, 'throttled'])
})

test('what would make no company is refused, and leaves nothing', async () => {
  const agent = await agentOf()
  const code = async (changes: object) => (await agent('POST', '/partner/customers', body(changes))).code
  const free = { label: 'reed-trading' }
  assert.equal(await code({}), 'label_taken')
  assert.equal(await code({ label: 'fern-tradlng' }), 'label_taken', 'one that looks alike')
  assert.equal(await code({ ...free, displayName: 'x' }), 'name_invalid')
  assert.equal(await code({ ...free, country: 'XX' }), 'country_invalid')
  assert.equal(await code({ ...free, mail: 'no address' }), 'address_invalid')
  assert.equal(await code({ ...free, resellerTenantId: acme }), 'reseller_unknown')
  const role = { unifiedRoles: [{ roleDefinitionId: acme }], duration: 'P1Y' }
  assert.equal(await code({ ...free, request: role }), 'role_unknown', 'the request is judged with the company')
  const admin = { givenName: 'Nora', surname: 'Fern' }
  assert.equal(await code({ ...free, administrator: { ...admin, userName: 'emergency' } }), 'user_name_invalid')
  // Of many at once each counts those before it.
  await store.pool.query(
    "insert into latchkey.served_companies (tenant_id, other_tenant_id, display_name, display_name_folded, domain, touched_at, made_at) select gen_random_uuid(), $1, 'x', 'x', 'x', $2, $2 from generate_series(1, 100 - (select count(*)::int from latchkey.served_companies where made_at > $2::timestamptz - interval '1 day') - 1)",
    [acme, server.clock.now()],
  )
  const codes = await Promise.all(
    ['ash', 'yew', 'fir', 'box'].map(label => code({ label: `${label}-trading`, mail: `${label}@mail.example` })),
  )
  assert.deepEqual(codes.sort(), ['quota_exceeded', 'quota_exceeded', 'quota_exceeded', undefined])
  await store.pool.query("delete from latchkey.served_companies where domain = 'x'")
  const left = await store.pool.query("select from latchkey.domains where name like 'reed-trading.%'")
  assert.equal(left.rowCount, 0)
  assert.equal(await code(free), undefined)
  const helper = await partner.as('registered@acme.example')
  assert.equal((await helper('POST', '/partner/customers', body({ label: 'sedge-trading' }))).status, 403)
  await store.pool.query(
    "update latchkey.partner_accounts set suspended_at = now(), suspension = 'operator' where tenant_id = $1",
    [acme],
  )
  assert.equal(await code({ label: 'sedge-trading' }), 'account_not_active')
})
