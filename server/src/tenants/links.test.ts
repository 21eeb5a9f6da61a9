import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { MINUTE } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { granted, refused } from '../testing/contract.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { takeDueStep } from '../testing/steps.ts'

const server = await testServer()
const { store, services } = server
const [acme, europe] = await Promise.all(
  ['acme.example', 'acme-europe.example'].map(domain => findTenantId(store, domain)),
)
const signIn = async (username: string, browser = server.browser()) => {
  granted(await browser.post('/signin', { username, password: PASSWORD }))
  await takeDueStep(server, browser)
  return browser
}
const begin = async (browser: TestBrowser) => granted(await browser.post('/tenants/links'), 201)
const confirm = (browser: TestBrowser, id: string, willUse = 3) =>
  browser.post(`/tenants/links/${id}/confirmation`, { willUse })
/** Links a tenant as its administrator, in the browser of another's. */
const linkTo = async (first: string, second: string) => {
  const browser = await signIn(first)
  const { id } = await begin(browser)
  return confirm(await signIn(second, browser), id)
}
const listOf = async (browser: TestBrowser) =>
  granted(await browser.get('/tenants')).tenants.map(
    (one: { domain: string; isPrimary: boolean; isCurrent: boolean }) =>
      `${one.domain}${one.isPrimary ? ' primary' : ''}${one.isCurrent ? ' current' : ''}`,
  )
const eventsOf = async (tenantId: string | undefined, activity: string) =>
  (
    await store.pool.query(
      'select actor_name, target_name, details from latchkey.audit_events where tenant_id = $1 and activity = $2 order by at, id',
      [tenantId, activity],
    )
  ).rows.map(row => [row.actor_name, row.target_name, row.details])
const sessions = async () => (await store.pool.query('select id, user_id from latchkey.sessions order by id')).rows

test('case 39: an administrator of each links two tenants in one browser, and nobody gets a right by it', async () => {
  const browser = await signIn('admin@acme.example')
  assert.deepEqual(await listOf(browser), ['acme.example primary current'])
  const begun = await begin(browser)
  assert.deepEqual(
    [begun.state, begun.organization, begun.other],
    ['sign-in', { displayName: 'Acme', domain: 'acme.example' }, undefined],
  )
  refused(await confirm(browser, begun.id), 409, 'tenant_current')
  // Another browser does not see it, whoever is signed in there.
  const elsewhere = await signIn('admin@acme-europe.example')
  refused(await elsewhere.get(`/tenants/links/${begun.id}`), 404, 'not_found')
  refused(await confirm(elsewhere, begun.id), 404, 'not_found')
  // Nor does one in which the same administrator has begun another.
  const second = await signIn('admin@acme.example')
  await begin(second)
  refused(await second.get(`/tenants/links/${begun.id}`), 404, 'not_found')
  // Nobody but an administrator of the other tenant confirms it, or is told of that tenant.
  await signIn('colleague-1@acme-europe.example', browser)
  assert.equal(granted(await browser.get(`/tenants/links/${begun.id}`)).state, 'sign-in')
  await store.pool.query('update latchkey.sessions set proved_at = $1', [server.clock.now()])
  refused(await confirm(browser, begun.id), 403, 'forbidden')

  await signIn('admin@acme-europe.example', browser)
  const due = granted(await browser.get(`/tenants/links/${begun.id}`))
  assert.deepEqual(
    [due.state, due.other],
    ['confirm', { displayName: 'Acme Europe', domain: 'acme-europe.example', users: 12 }],
  )
  const before = await sessions()
  const done = granted(await confirm(browser, begun.id))
  assert.deepEqual([done.state, done.advice], ['finished', { users: 12, willUse: 3, recommend: 'dedicated' }])
  assert.deepEqual(await sessions(), before, 'no session rises')
  assert.deepEqual(await listOf(browser), ['acme.example primary', 'acme-europe.example current'])
  refused(await confirm(browser, begun.id), 409, 'tenant_linked')
  for (const to of ['admin@acme.example', 'admin@acme-europe.example']) {
    const { text } = await server.message(one => one.to === to && / linked/.test(one.subject ?? ''))
    assert.match(text, /Done by: admin@acme-europe\.example/)
  }
  const linked = 'tenant.linked'
  assert.deepEqual(await eventsOf(europe, linked), [['admin@acme-europe.example', 'Acme', { willUse: '3' }]])
  assert.deepEqual(await eventsOf(acme, linked), [[null, 'Acme Europe', { by: 'admin@acme-europe.example' }]])
  // A colleague of the other tenant has no way into this one's pages.
  const colleague = await signIn('colleague-2@acme-europe.example')
  refused(await colleague.get('/tenants'), 403, 'forbidden')
  await store.pool.query('update latchkey.sessions set proved_at = $1', [server.clock.now()])
  refused(await colleague.post('/tenants/links'), 403, 'forbidden')
})

test('case 39: a third tenant neither links nor removes one that is linked; the primary one and the current one stay', async () => {
  refused(await linkTo('admin@globex.example', 'admin@acme-europe.example'), 409, 'tenant_linked')
  const stranger = await signIn('admin@globex.example')
  for (const path of [`/tenants/${europe}`, `/tenants/${acme}`])
    refused(await stranger.request('DELETE', path), 404, 'not_found')
  refused(await stranger.get(`/tenants/${europe}/uses`), 404, 'not_found')
  for (const act of ['primary', 'switch']) refused(await stranger.post(`/tenants/${europe}/${act}`), 404, 'not_found')
  const member = await signIn('admin@acme-europe.example')
  refused(await member.request('DELETE', `/tenants/${acme}`), 409, 'tenant_primary')
  refused(await member.request('DELETE', `/tenants/${europe}`), 409, 'tenant_current')
  const primary = await signIn('admin@acme.example')
  refused(await primary.request('DELETE', `/tenants/${acme}`), 409, 'tenant_current')
  assert.deepEqual(await listOf(primary), ['acme.example primary current', 'acme-europe.example'])
})

test('the functions that change links judge by themselves, whatever the code above them asks for', async () => {
  const globex = await findTenantId(store, 'globex.example')
  const links = async () =>
    (
      await store.pool.query(
        'select member, company, primary_since is not null as first from latchkey.tenant_links order by 1',
      )
    ).rows
  const before = await links()
  assert.deepEqual(
    before.map(({ member, first }) => [member, first]).sort(),
    [
      [acme, true],
      [europe, false],
    ].sort(),
  )
  const ask = (tenantId: string | undefined, call: ReturnType<typeof sql>) =>
    inTenant(store, tenantId!, async trx => {
      const { rows } = await sql<{ done: boolean }>`select ${call} as done`.execute(trx)
      return rows[0]?.done
    })
  const now = server.clock.now()
  // A stranger to the company, a tenant itself, the primary one, and a tenant that is alone.
  for (const [tenantId, call] of [
    [globex, sql`make_tenant_primary(${europe}::uuid, ${now})`],
    [globex, sql`unlink_tenant(${europe}::uuid)`],
    [europe, sql`unlink_tenant(${europe}::uuid)`],
    [europe, sql`unlink_tenant(${acme}::uuid)`],
    [europe, sql`make_tenant_primary(${globex}::uuid, ${now})`],
    [europe, sql`link_tenant(${globex}::uuid, ${now})`],
    [globex, sql`link_tenant(${globex}::uuid, ${now})`],
  ] as const)
    assert.equal(await ask(tenantId, call), false, tenantId)
  assert.deepEqual(await links(), before)
  // A company of its own, which the others' acts do not reach.
  const [one, other] = [services.random.uuid(now), services.random.uuid(now)]
  await store.pool.query(
    'insert into latchkey.tenants (tenant_id, display_name, created_at) values ($1, $3, $4), ($2, $3, $4)',
    [...[one, other, 'Of another company', now]],
  )
  assert.equal(await ask(one, sql`link_tenant(${other}::uuid, ${now})`), true)
  assert.equal(await ask(europe, sql`unlink_tenant(${one}::uuid)`), false)
  assert.equal(await ask(europe, sql`make_tenant_primary(${one}::uuid, ${now})`), false)
  assert.equal(await ask(other, sql`unlink_tenant(${one}::uuid)`), true)
  assert.deepEqual(await links(), before)
})

test('another tenant becomes the primary one, and all of them hear of it', async () => {
  const browser = await signIn('admin@acme.example')
  const { tenants } = granted(await browser.post(`/tenants/${europe}/primary`))
  assert.deepEqual(
    tenants.map((one: { id: string; isPrimary: boolean }) => [one.id, one.isPrimary]),
    [
      [europe, true],
      [acme, false],
    ],
  )
  granted(await browser.post(`/tenants/${europe}/primary`))
  assert.deepEqual(await eventsOf(acme, 'tenant.primary'), [['admin@acme.example', 'Acme Europe', {}]], 'once')
  await server.message(one => one.to === 'admin@acme-europe.example' && /primary tenant/.test(one.subject ?? ''))
  assert.deepEqual(await eventsOf(europe, 'tenant.primary'), [[null, 'Acme Europe', { by: 'admin@acme.example' }]])
  // To switch is to sign in there: the name of the domain goes along, and nothing else.
  const { next } = granted(await browser.post(`/tenants/${europe}/switch`))
  assert.equal(next, '/signin?username=%40acme-europe.example')
  assert.match((await browser.page(next)).text, /value="@acme-europe\.example"/)
})

test('what hangs on a link is shown before it is taken away, and who is taken out is told', async () => {
  const browser = await signIn('admin@acme-europe.example')
  const uses = granted(await browser.get(`/tenants/${acme}/uses`))
  assert.deepEqual([uses.displayName, uses.counts], ['Acme', { users: 10, domains: 1 }])
  assert.match((await browser.page(`/tenants/${acme}/uses`)).text, /10 people can sign in there/)
  server.clock.advance(16 * MINUTE)
  refused(await browser.request('DELETE', `/tenants/${acme}`), 403, 'proof_needed')
  refused(await browser.post(`/tenants/${acme}/primary`), 403, 'proof_needed')
  refused(await browser.post('/tenants/links'), 403, 'proof_needed')
  const sent = await browser.submit(`/tenants/${acme}/removal`, {})
  assert.equal(sent.headers.get('location'), '/session/proof?next=%2Ftenants')
  const again = await signIn('admin@acme-europe.example')
  const removed = await again.submit(`/tenants/${acme}/removal`, {})
  assert.match((await again.follow(removed)).text, /The tenant was removed/)
  assert.deepEqual(await listOf(again), ['acme-europe.example primary current'])
  await server.message(one => one.to === 'admin@acme.example' && /no longer linked/.test(one.subject ?? ''))
  assert.deepEqual(await eventsOf(acme, 'tenant.unlinked'), [
    [null, 'Acme Europe', { by: 'admin@acme-europe.example' }],
  ])
  assert.equal((await store.pool.query('select from latchkey.tenant_links')).rowCount, 0, 'one alone has no link')
})

test('of several who change links at once each is judged by what the others have left', async () => {
  const browsers = []
  for (const first of ['admin@acme.example', 'admin@globex.example']) {
    const browser = await signIn(first)
    const { id } = await begin(browser)
    browsers.push({ browser: await signIn('admin@acme-europe.example', browser), id })
  }
  // One request, sent twice, and another company's at the same time.
  const [one, other] = browsers
  const answers = await Promise.all([
    confirm(one!.browser, one!.id),
    confirm(one!.browser, one!.id),
    confirm(other!.browser, other!.id),
  ])
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409])
  const { rows } = await store.pool.query(
    'select company, count(*)::int as members, count(primary_since)::int as primaries from latchkey.tenant_links group by company',
  )
  assert.deepEqual(
    rows.map(({ members, primaries }) => [members, primaries]),
    [[2, 1]],
  )
  // To make it primary and to take it out: either order ends with one primary tenant.
  const owner = answers[2]!.status === 200 ? 'admin@globex.example' : 'admin@acme.example'
  const [taking, choosing] = [await signIn(owner), await signIn(owner)]
  const both = await Promise.all([
    taking.request('DELETE', `/tenants/${europe}`),
    choosing.post(`/tenants/${europe}/primary`),
  ])
  assert.ok([204, 404, 409].includes(both[0].status) && [200, 404].includes(both[1].status))
  const left = await store.pool.query('select primary_since from latchkey.tenant_links')
  assert.equal(left.rows.filter(row => row.primary_since).length, left.rowCount === 0 ? 0 : 1)
  await store.pool.query('delete from latchkey.tenant_links')
  // What is finished links nothing again, though the link is gone.
  const won = answers[2]!.status === 200 ? other! : one!
  refused(await confirm(won.browser, won.id), 409, 'tenant_linked')
  // Taken out twice at once, it is taken out once.
  await store.pool.query(
    'insert into latchkey.tenant_links (member, company, primary_since, linked_at) values ($1, $1, $3, $3), ($2, $1, null, $3)',
    [acme, europe, server.clock.now()],
  )
  const before = (await eventsOf(acme, 'tenant.unlinked')).length
  const owners = [await signIn('admin@acme.example'), await signIn('admin@acme.example')]
  const removed = await Promise.all(owners.map(browser => browser.request('DELETE', `/tenants/${europe}`)))
  assert.deepEqual(removed.map(({ status }) => status).sort(), [204, 404])
  assert.equal((await eventsOf(acme, 'tenant.unlinked')).length, before + 1)
})

test('a request ends in time, and with the rights of who began it', async () => {
  const browser = await signIn('admin@acme.example')
  const { id } = await begin(browser)
  await signIn('admin@acme-europe.example', browser)
  assert.equal((await browser.page('/tenants/links')).headers.get('location'), `/tenants/links/${id}`)
  const role = "role = 'Global Administrator' and tenant_id = $1"
  await store.pool.query(`update latchkey.role_assignments set role = 'Reports Reader' where ${role}`, [acme])
  refused(await confirm(browser, id), 410, 'journey_expired')
  assert.equal(granted(await browser.get(`/tenants/links/${id}`)).state, 'expired')
  await store.pool.query(
    "update latchkey.role_assignments set role = 'Global Administrator' where role = 'Reports Reader' and tenant_id = $1",
    [acme],
  )
  assert.equal(granted(await browser.get(`/tenants/links/${id}`)).state, 'confirm')
  server.clock.advance(14 * MINUTE)
  await signIn('admin@acme-europe.example', browser)
  server.clock.advance(MINUTE)
  refused(await confirm(browser, id), 410, 'journey_expired')
  assert.equal((await browser.page('/tenants/links')).headers.get('location'), '/tenants')
})
