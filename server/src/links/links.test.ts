import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { DAY } from '../clock.ts'
import { findTenantId, findUserByName, raiseSecurityEpoch } from '../directory/index.ts'
import { removeExpired } from '../runtime/cleanup.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { testServer } from '../testing/server.ts'
import { jobsDone, readState } from '../testing/state.ts'

const server = await testServer()
const { services, store } = server
const acme = await findTenantId(store, 'acme.example')
const api = testApi(server)
const admin = await api.as('admin@acme.example')

const ask = (name: string, kind = 'email', asker = admin) =>
  asker('POST', `/users/${name}/authentication/resetLink`, { kind })

/** The path of the newest link that was mailed to this address. */
async function linkTo(to: string, before: readonly string[] = []): Promise<string> {
  const { text } = await server.message(
    one => one.kind === 'link' && one.to === to && !before.some(path => one.text.includes(path)),
  )
  const [first = ''] = /https?:\/\/\S+/.exec(text) ?? []
  assert.ok(first.startsWith(`${services.origin}/links/`), text)
  return first.slice(services.origin.length)
}

async function mailed(name: string, to: string, before: readonly string[] = []): Promise<string> {
  const { status, text } = await ask(name)
  assert.equal(status, 202, text)
  return linkTo(to, before)
}

const eventsOf = (activity: string) =>
  inTenant(store, acme, trx =>
    trx
      .selectFrom('audit_events')
      .select(['actor_id', 'actor_name', 'target_name', 'details'])
      .where('tenant_id', '=', acme)
      .where('activity', '=', activity)
      .orderBy('id')
      .execute(),
  )

test('lesson 5: a link that a mail scanner opens shows a button, and changes nothing', async t => {
  const path = await mailed('registered@acme.example', 'registered@mail.example')
  const database = new pg.Client({ connectionString: server.databaseUrl })
  await database.connect()
  t.after(() => database.end())
  const before = await readState(database)
  for (const method of ['GET', 'HEAD'])
    for (const request of [{}, { page: true } as const]) {
      const browser = server.browser()
      const answer = await browser.request(method, path, { ...request, headers: { 'sec-fetch-site': 'cross-site' } })
      assert.equal(answer.status, 200)
      assert.equal(browser.cookies.size, 0)
    }
  const { json } = await server.browser().get(path)
  assert.deepEqual(Object.keys(json), ['purpose', 'expiresAt'])
  assert.equal(json.purpose, 'reset')
  const left = new Date(json.expiresAt).getTime() - services.clock().getTime()
  assert.ok(left > DAY - 60_000 && left <= DAY, json.expiresAt)
  const page = await server.browser().page(path)
  assert.match(page.text, new RegExp(`<form [^>]*action="${path}"`))
  assert.deepEqual(await readState(database), before)
  assert.deepEqual(await eventsOf('link.opened'), [])
})

test('a press begins a reset in that browser, which asks for every proof, and works once', async () => {
  const path = await linkTo('registered@mail.example')
  const browser = server.browser()
  const { status, json } = await browser.post(path, {})
  assert.equal(status, 200)
  const journey = await browser.get(json.next)
  assert.deepEqual([journey.json.state, journey.json.gates.passed], ['verify', 0])
  assert.equal((await server.browser().get(json.next)).status, 404, 'of another browser')
  for (const again of [await browser.post(path, {}), await browser.get(path), await server.browser().get(path)])
    assert.deepEqual([again.status, again.json.code], [410, 'link_expired'])
  const page = await browser.page(path)
  assert.equal(page.status, 410)
  assert.match(page.text, /This link no longer works/)
  const [opened] = await eventsOf('link.opened')
  assert.deepEqual(
    [opened?.actor_id, opened?.actor_name, opened?.target_name, opened?.details],
    [null, 'registered@acme.example', 'registered@acme.example', { purpose: 'reset' }],
  )
})

test('the form of the page leads to the reset, and fifty presses at once begin one', async () => {
  const first = await mailed('two-gates@globex.example', 'two-gates@mail.example').catch(() => undefined)
  assert.equal(first, undefined, 'nobody reaches another tenant')
  const path = await mailed('signer@acme.example', 'signer@mail.example')
  const begun = await Promise.all(Array.from({ length: 50 }, () => server.browser().post(path, {})))
  const statuses = begun.map(({ status }) => status)
  assert.equal(statuses.filter(status => status === 200).length, 1)
  assert.equal(statuses.filter(status => status === 410).length, 49)
  const next = await mailed('signer@acme.example', 'signer@mail.example', [path])
  const browser = server.browser()
  const { status, headers } = await browser.request('POST', next, { form: {} })
  assert.equal(status, 303)
  assert.match(headers.get('location') ?? '', /^\/reset\/[0-9a-f-]{36}$/)
})

test('a newer link voids the older one, and a change of the password voids both', async () => {
  const name = 'stale@acme.example'
  const older = await mailed(name, 'stale@mail.example')
  const newer = await mailed(name, 'stale@mail.example', [older])
  const browser = server.browser()
  assert.deepEqual([(await browser.post(older, {})).status, (await browser.get(newer)).status], [410, 200])
  await inTenant(store, acme, async trx => {
    const user = await findUserByName(trx, acme, name)
    await raiseSecurityEpoch(trx, acme, user?.id ?? '')
  })
  for (const { status, json } of [await browser.get(newer), await browser.post(newer, {})])
    assert.deepEqual([status, json.code], [410, 'link_expired'])
  for (const unknown of ['A'.repeat(43), 'x', '%00', `${newer.slice(7)}x`])
    for (const { status } of [await browser.get(`/links/${unknown}`), await browser.post(`/links/${unknown}`, {})])
      assert.equal(status, 404, unknown)
})

test('nothing that is kept opens a link, and no token holds what a phone takes for a code', async () => {
  const path = await mailed('locked@acme.example', 'locked@mail.example')
  const token = path.slice('/links/'.length)
  // A mail has left before its notice is closed.
  await jobsDone(store.pool)
  assert.match(token, /^[\w-]{43}$/)
  assert.doesNotMatch(token, /\d{6}/)
  const kept = await inTenant(store, acme, async trx => ({
    links: await trx.selectFrom('mailed_links').selectAll().where('tenant_id', '=', acme).execute(),
    notices: await trx.selectFrom('notices').selectAll().where('tenant_id', '=', acme).execute(),
    events: await trx.selectFrom('audit_events').selectAll().where('tenant_id', '=', acme).execute(),
  }))
  assert.ok(kept.links.length > 0)
  assert.equal(JSON.stringify(kept).includes(token), false)
  for (const { sent_at, secret_sealed, template } of kept.notices)
    if (template === 'link') assert.deepEqual([sent_at !== null, secret_sealed], [true, null])
})

test('who may reset somebody may send the link, to an address on record, five times an hour; the other addresses are told', async () => {
  const stranger = await api.as('registered@acme.example')
  assert.equal((await ask('stale@acme.example', 'email', stranger)).status, 403)
  assert.equal((await ask('nobody@acme.example')).status, 404)
  assert.equal((await ask('registered@acme.example', 'mobilePhone')).status, 400)
  const none = await ask('new@acme.example')
  assert.deepEqual([none.status, none.code], [400, 'mailbox_missing'])
  assert.equal((await ask('stale@acme.example', 'mail')).code, 'mailbox_missing')
  assert.equal((await admin('PATCH', '/users/stale@acme.example', { mail: 'stale@acme.example' })).status, 204)
  const statuses: number[] = []
  for (let times = 0; times < 5; times++)
    statuses.push((await ask('stale@acme.example', times === 1 ? 'mail' : 'email')).status)
  assert.deepEqual(statuses, [202, 202, 202, 429, 429], 'two were sent before')
  const told = await server.message(
    ({ to, subject = '' }) => to === 'stale@acme.example' && /a link to reset your password was sent/.test(subject),
  )
  assert.match(told.text, /If you haven’t asked your administrator for help/)
  assert.doesNotMatch(told.text, /\/links\//)
  assert.match(await linkTo('stale@acme.example'), /^\/links\//)
  const sent = await eventsOf('link.sent')
  assert.deepEqual(
    sent
      .filter(({ target_name }) => target_name === 'stale@acme.example')
      .map(({ actor_name, details }) => [actor_name, details]),
    ['email', 'email', 'email', 'mail', 'email'].map(kind => ['admin@acme.example', { purpose: 'reset', kind }]),
  )
})

// Last: what the later clock removes, sign-ins of the others are too.
test('a link lasts a day, is told from an unknown one for a month more, and then its row is gone', async t => {
  const path = await mailed('registered@acme.example', 'registered@mail.example', [
    await linkTo('registered@mail.example'),
  ])
  const later = await testServer({ context: t, beside: server })
  const statusAfter = async (milliseconds: number) => {
    later.clock.advance(milliseconds)
    return (await later.browser().get(path)).status
  }
  assert.equal(await statusAfter(DAY - 60_000), 200)
  assert.equal(await statusAfter(2 * 60_000), 410)
  await removeExpired(later.services)
  assert.equal(await statusAfter(29 * DAY), 410)
  later.clock.advance(2 * DAY)
  await removeExpired(later.services)
  assert.equal((await later.browser().get(path)).status, 404)
})
