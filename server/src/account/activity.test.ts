import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { sql } from 'kysely'
import { openPlaces, record } from '../audit/index.ts'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId, findUserByName } from '../directory/index.ts'
import { isReported } from '../passwords/index.ts'
import { findSession } from '../sessions/index.ts'
import { inTenant } from '../store/index.ts'
import { newAuthenticator, registerPasskey } from '../testing/authenticator.ts'
import { get, granted, post, refused } from '../testing/contract.ts'
import { meansAt } from '../testing/people.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { takeDueStep } from '../testing/steps.ts'
import { listOwnActivity, listTried } from './activity.ts'

const server = await testServer()
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0'
const NAME = 'registered@acme.example'
const ORIGIN = server.services.origin

async function signIn(username = NAME, headers: Record<string, string> = {}) {
  const browser = server.browser()
  granted(await browser.request('POST', '/signin', { json: { username, password: PASSWORD }, headers }))
  await takeDueStep(server, browser)
  return browser
}

interface Line {
  id: string
  at: string
  activity: string
  address: string | null
  place?: string
  browser: { name: string; system?: string } | null
  here?: true
  reportable: boolean
  reported: boolean
  count?: number
  firstAt?: string
}
const activityOf = async (browser: TestBrowser, query = ''): Promise<{ activity: Line[]; older?: string }> =>
  granted(await get(browser, `/account/activity${query}`))

test('one’s own activity says what, when, from where and in which browser, and marks the sign-in that one looks from', async () => {
  await signIn(NAME, { 'user-agent': FIREFOX })
  refused(
    await server.browser().request('POST', '/signin', { json: { username: NAME, password: 'wrong' } }),
    401,
    'invalid_credentials',
  )
  const mine = await signIn()
  const { activity, older } = await activityOf(mine)
  assert.equal(older, undefined)
  assert.deepEqual(
    activity.map(line => [line.activity, line.browser?.name, line.here, line.reportable]),
    [
      ['signin.succeeded', undefined, true, false],
      ['signin.succeeded', 'Firefox', undefined, true],
      ['user.created', undefined, undefined, false],
      ['signin.failed', undefined, undefined, false],
    ],
  )
  const [here, other, , failed] = activity
  assert.equal(here?.address, '127.0.0.1')
  assert.ok(Math.abs(new Date(failed?.at ?? 0).getTime() - Date.now()) < 60_000)
  assert.ok(failed && !('count' in failed), 'one is one')
  assert.deepEqual(other?.browser, { name: 'Firefox', system: 'Windows' })

  const page = (await mine.page('/account/activity')).text
  for (const words of ['Firefox on Windows', 'unknown browser', 'This browser', '127.0.0.1'])
    assert.ok(page.includes(words))
  assert.equal(page.split('/report"').length, 2, 'one event can be reported')
  assert.ok((await mine.page('/account')).text.includes(`/account/activity/${other?.id}/report`))
})

test('a page of events leads on to the older ones, so that nobody can push an event out of sight', async () => {
  const name = 'stale@acme.example'
  const mine = await signIn(name)
  const acme = await findTenantId(server.store, 'acme.example')
  await inTenant(server.store, acme, async trx => {
    const user = (await findUserByName(trx, acme, name))!
    const target = { id: user.id, name }
    const event = { activity: 'proof.passed', result: 'success', target } as const
    const { random, keys } = server.services
    const now = server.clock.now()
    const act = {
      now,
      random,
      keys,
      actor: { kind: 'user', ...target },
      trail: { correlationId: random.uuid(now) },
    } as const
    await record(trx, act, ...Array.from({ length: 130 }, () => event))
  })
  // Stale info has to be confirmed before other pages.
  granted(await post(mine, '/security-info/later'))
  const first = await activityOf(mine)
  assert.equal(first.activity.length, 100)
  assert.equal(first.older, first.activity.at(-1)?.id)
  const second = await activityOf(mine, `?before=${first.older}`)
  assert.equal(second.older, undefined)
  const all = [...first.activity, ...second.activity]
  assert.equal(new Set(all.map(({ id }) => id)).size, all.length)
  assert.ok(all.some(({ activity }) => activity === 'signin.succeeded'))
  assert.ok((await mine.page('/account/activity')).text.includes(`?before=${first.older}`))
  for (const wrong of ['1', 'x', first.older?.slice(1)])
    refused(await get(mine, `/account/activity?before=${wrong}`), 404, 'not_found')
  assert.deepEqual((await activityOf(mine, '?before=00000000-0000-7000-8000-000000000000')).activity, [])
  assert.equal((await activityOf(mine, '?before=ffffffff-ffff-7fff-bfff-ffffffffffff')).activity.length, 100)
})

test('what strangers try is one line for each kind, and pushes no sign-in out of sight', async () => {
  const name = 'signer@acme.example'
  await signIn(name, { 'user-agent': FIREFOX })
  const acme = await findTenantId(server.store, 'acme.example')
  const means = { now: server.clock.now(), random: server.services.random, keys: server.services.keys }
  const user = (await inTenant(server.store, acme, trx => findUserByName(trx, acme, name)))!
  await server.store.pool.query(
    `insert into latchkey.audit_events (tenant_id, at, id, activity, result, actor_kind, target_id, target_name, correlation_id, address)
     select $1, now() - n * interval '1 second', gen_random_uuid(), (array['signin.failed', 'signin.blocked', 'reset.started'])[1 + n % 3],
       'failure', 'user', $2, $3, gen_random_uuid(), '192.0.2.' || n % 200
     from generate_series(1, 30000) n`,
    [acme, user.id, name],
  )
  await server.store.pool.query('analyze latchkey.audit_events')
  const mine = await signIn(name)
  const { activity, older } = await activityOf(mine)
  assert.equal(older, undefined)
  assert.deepEqual(
    activity.map(one => [one.activity, one.count, one.reportable]),
    [
      ['signin.succeeded', undefined, false],
      ['signin.succeeded', undefined, true],
      ['user.created', undefined, false],
      ['signin.blocked', 1_000, false],
      ['reset.started', 1_000, false],
      ['signin.failed', 1_000, false],
    ],
  )
  const folded = activity[3]!
  assert.equal(Date.parse(folded.at) - Date.parse(folded.firstAt!), 3 * 999_000)
  for (const path of ['/account', '/account/activity']) {
    const { text } = await mine.page(path)
    assert.match(text, /1,000\+ times since /)
    assert.ok(
      text.indexOf('Firefox on Windows') < text.indexOf('times since'),
      `${path}: what got through stands first`,
    )
    assert.match(text, /Firefox on Windows.*<h[23]>Recent attempts<\/h[23]>.*times since/s, path)
  }

  // Of each kind, no more events are read than are counted.
  const session = (await findSession(server.store, { ...meansAt(), ...means }, mine.cookies.get('latchkey_session')))!
  const read = await inTenant(server.store, acme, async trx => {
    // The figures include reads of the connection's last transactions.
    const readSoFar = async () => {
      const { rows } = await sql<{ n: number }>`
        select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::integer as n from pg_stat_xact_user_tables
        where relname like 'audit_events%'`.execute(trx)
      return rows[0]?.n ?? 0
    }
    const before = await readSoFar()
    await listOwnActivity(trx, session, 101)
    await listTried(trx, { ...meansAt(), now: means.now }, session)
    await isReported(trx, session.user)
    return (await readSoFar()) - before
  })
  assert.ok(read > 0 && read < 7_000, `${read} rows`)
})

test('where the operator gives a file of places, an address has its city: on the page, in JSON and in mails', async t => {
  const places = await openPlaces(join(import.meta.dirname, '../audit/GeoLite2-City-Test.mmdb'))
  const placed = await testServer({ context: t, trustedProxies: ['127.0.0.1'], places })
  const signInFrom = async (address: string) => {
    const browser = placed.browser()
    const headers = { 'x-forwarded-for': address, 'user-agent': FIREFOX }
    granted(await browser.request('POST', '/signin', { json: { username: NAME, password: PASSWORD }, headers }))
    return browser
  }
  await signInFrom('2.125.160.216')
  await signInFrom('2001:218::1')
  await signInFrom('10.1.2.3')
  const mine = await signInFrom('81.2.69.160')
  const [here, near, country, city] = (await activityOf(mine)).activity
  assert.deepEqual([here?.address, here?.place], ['81.2.69.160', 'London, United Kingdom'])
  assert.deepEqual([country?.place, city?.place], ['Japan', 'Boxford, United Kingdom'])
  assert.ok(near?.address === '10.1.2.3' && !('place' in near))

  const page = (await mine.page('/account/activity')).text
  assert.ok(page.includes('>2.125.160.216 · Boxford, United Kingdom · Firefox on Windows<'))
  assert.ok(page.includes('>10.1.2.3 · Firefox on Windows<'))
  assert.ok(
    (await mine.page(`/account/activity/${city?.id}/report`)).text.includes('2.125.160.216 · Boxford, United Kingdom<'),
  )
  const headers = { 'x-forwarded-for': '81.2.69.160' }
  granted(await mine.request('POST', `/account/activity/${city?.id}/report`, { headers }))
  const { text } = await placed.message(one => one.kind === 'notice' && one.to === 'registered@mail.example')
  assert.deepEqual(text.match(/^From: .*$/gm), [
    'From: 81.2.69.160 · London, United Kingdom',
    'From: 2.125.160.216 · Boxford, United Kingdom',
  ])

  assert.equal((await activityOf(mine, '?lang=fr')).activity[1]?.place, 'Londres (Royaume-Uni)')
  assert.ok((await mine.page('/account/activity?lang=ja')).text.includes('81.2.69.160 · イギリス ロンドン · '))
})

test('“this wasn’t me”: the page says what will happen, the form does it, and leads on to a new password', async () => {
  const other = await signIn(NAME, { 'user-agent': FIREFOX })
  const mine = await signIn()
  const before = mine.cookies.get('latchkey_session')
  const { activity } = await activityOf(mine)
  const line = activity.find(one => one.activity === 'signin.succeeded' && one.browser?.name === 'Firefox')!
  const path = `/account/activity/${line.id}/report`
  assert.deepEqual(granted(await get(mine, path)), {
    id: line.id,
    reported: false,
    passwordBlocked: true,
    methodsBlocked: [],
    canReset: true,
  })
  const page = await mine.page(path)
  assert.match(page.text, /Your password stops working at once/)
  assert.equal(page.text.split('<button').length, 2, 'one thing to do')

  const [newest] = await server.outbox()
  const answer = await mine.submit(path, {})
  assert.deepEqual([answer.status, answer.headers.get('location')], [303, path])
  assert.notEqual(mine.cookies.get('latchkey_session'), before)
  const done = await mine.page(path)
  assert.match(done.text, /\/reset\?username=registered%40acme\.example/)
  assert.equal((await get(other, '/session')).status, 401)
  assert.equal((await get(mine, '/session')).status, 200)
  const locked = await post(server.browser(), '/signin', { username: NAME, password: PASSWORD })
  assert.equal(refused(locked, 401, 'invalid_credentials').retryAfter, undefined)

  const fresh = (to: string) =>
    server.message(one => one.to === to && one.kind === 'notice' && (newest === undefined || one.id > newest.id))
  const own = await fresh('registered@mail.example')
  assert.match(own.text, /Reported: Signed in/)
  assert.match(own.text, /^Blocked: Password$/m)
  assert.ok(own.text.includes(`${server.services.origin}/reset?username=registered%40acme.example\n`))
  const alert = await fresh('admin@acme.example')
  assert.match(`${alert.subject} ${alert.text}`, /registered@acme\.example.*make sure in another way/s)

  const repeated = granted(await post(mine, path))
  assert.deepEqual([repeated.reported, repeated.passwordBlocked], [true, true])
  assert.equal((await get(mine, '/session')).status, 200, 'and the session is the same')
  assert.equal((await activityOf(mine)).activity.find(({ id }) => id === line.id)?.reported, true)
})

test('lesson 14: somebody else’s event, another tenant’s and an unknown one are the same', async () => {
  const mine = await signIn('admin@acme.example')
  const others = [await signIn('helpdesk@acme.example'), await signIn('two-gates@globex.example')]
  granted(await post(others[0]!, '/security-info/later'))
  const ids = ['01a1fa0f-a10a-75f1-8694-58aa85d70b7d', 'x']
  // Sign-ins among them, which their owners could report.
  for (const one of others) ids.push(...(await activityOf(one)).activity.map(({ id }) => id))
  const answers = []
  for (const id of ids)
    for (const method of ['GET', 'POST']) answers.push(await mine.request(method, `/account/activity/${id}/report`, {}))
  for (const answer of answers) {
    refused(answer, 404, 'not_found')
    assert.equal(answer.text, answers[0]?.text)
  }
  for (const one of others) assert.equal((await get(one, '/session')).status, 200)
  const own = (await activityOf(mine)).activity.find(({ activity }) => activity === 'signin.succeeded')
  refused(await post(mine, `/account/activity/${own?.id}/report`), 404, 'not_found')
  const elsewhere = await mine.request('POST', `/account/activity/${own?.id}/report`, {
    form: {},
    headers: { 'sec-fetch-site': 'cross-site' },
  })
  assert.equal(elsewhere.status, 403)
})

test('a sign-in by passkey is named so, and its report stops the passkeys and leaves the password', async () => {
  const username = 'new@acme.example'
  const mine = server.browser()
  granted(await post(mine, '/signin', { username, password: PASSWORD }))
  const device = newAuthenticator()
  await registerPasskey(mine, device)
  const signInByPasskey = async (browser: TestBrowser) => {
    const { options } = granted(await get(browser, '/signin/passkey'))
    return post(browser, '/signin/passkey', { credential: device.getJSON(ORIGIN, options) })
  }
  const theirs = server.browser()
  granted(await signInByPasskey(theirs))

  const [line] = (await activityOf(mine)).activity
  assert.ok(line?.activity === 'signin.succeeded' && line.reportable)
  const page = (await mine.page('/account/activity')).text
  assert.match(page, /Signed in<.{0,200}Passkey · 127\.0\.0\.1/s)
  assert.equal(page.match(/Passkey · /g)?.length, 2, 'its registration and that sign-in, not the one by password')

  const path = `/account/activity/${line.id}/report`
  assert.deepEqual(granted(await post(mine, path)), {
    id: line.id,
    reported: true,
    passwordBlocked: false,
    methodsBlocked: ['passkey'],
    canReset: false,
  })
  assert.equal((await get(theirs, '/session')).status, 401)
  refused(await signInByPasskey(server.browser()), 422, 'passkey_incorrect')
  granted(await post(server.browser(), '/signin', { username, password: PASSWORD }))
})
