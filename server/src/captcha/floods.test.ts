import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { networkOf } from '../crypto/index.ts'
import { PASSWORD } from '../demo/index.ts'
import { ask, granted, post, refused } from '../testing/contract.ts'
import { type TestServer, testServer } from '../testing/server.ts'
import { createFloods, type FloodKind, removeOldFloodPoints } from './floods.ts'

const server = await testServer({ floodLimits: true, trustedProxies: ['127.0.0.0/8'] })
const database = new pg.Client({ connectionString: server.databaseUrl })
await database.connect()
after(() => database.end())
const name = 'registered@acme.example'

/** A replica that has not seen any flood yet. */
const replica = () => createFloods(server.store, server.services.keys)

/** Makes requests of an address until one is refused. Returns how many were not. */
async function exhaust(kind: FloodKind, address: string, { services }: TestServer = server): Promise<number> {
  for (let passed = 0; passed < 2_000; passed++) if ((await services.floods?.(kind, address)) !== 0) return passed
  return assert.fail('nothing was refused')
}

/** A request that a trusted proxy forwards for this address. */
const from = (address: string) => ({ 'x-forwarded-for': address })
const signIn = (address: string, username = name, password = PASSWORD) =>
  ask(server.browser(), 'POST', '/signin', { json: { username, password }, headers: from(address) })

const rows = async (table: string) =>
  (await database.query(`select * from latchkey.${table} t order by t::text`)).rows as Record<string, unknown>[]

test('an address over its limit is told to wait before anything is looked at, and others go on', async () => {
  const here = '203.0.113.1'
  granted(await signIn(here))
  await exhaust('signin', here)
  const before = [await rows('counters'), await rows('flood_points'), await rows('audit_events')]
  const known = await signIn(here, name, 'wrong')
  const { retryAfter } = refused(known, 429, 'throttled')
  assert.ok(Number.isInteger(retryAfter) && retryAfter > 0 && retryAfter <= 600, `${retryAfter}`)
  for (const answer of [
    await signIn(here, 'nobody@acme.example'),
    await signIn(here, name, PASSWORD),
    await ask(server.browser(), 'POST', '/signin', { json: { unknown: 1 }, headers: from(here) }),
  ]) {
    refused(answer, 429, 'throttled')
    assert.deepEqual({ ...answer.json, retryAfter, detail: '' }, { ...known.json, detail: '' })
    assert.deepEqual(answer.headers.getSetCookie(), [])
  }
  const browser = server.browser()
  const page = await browser.follow(
    await browser.request('POST', '/signin', { form: { username: name, password: PASSWORD }, headers: from(here) }),
  )
  assert.match(page.text, /Too many tries/)
  // Not even its own count: the rest of a flood costs the database nothing.
  assert.deepEqual([await rows('counters'), await rows('flood_points'), await rows('audit_events')], before)
  granted(await signIn('203.0.113.2'))
  const page2 = await server.browser().request('GET', '/signin', { page: true, headers: from(here) })
  assert.equal(page2.status, 200)
})

test('each kind has its own limit, on every address that asks for it', async () => {
  const here = '203.0.113.3'
  const browser = server.browser()
  granted(await post(browser, '/signin', { username: name, password: PASSWORD }))
  const journey = granted(await post(browser, '/reset', { username: name }), 201)
  const places: Record<Exclude<FloodKind, 'open' | 'token'>, string[]> = {
    begin: ['/reset'],
    send: [`/reset/${journey.id}/challenges`, '/security-info/challenges', '/session/challenges'],
    check: ['/account-check'],
    help: [`/reset/${journey.id}/contact`, '/account/activity/some/report'],
    step: ['problem', 'password', 'unlock'].map(step => `/reset/${journey.id}/${step}`),
    prove: [`/reset/${journey.id}/proofs`, '/session/proofs', '/security-info/methods'],
    signin: ['/signin', '/account/password'],
  }
  const limits: Record<string, number> = {}
  for (const [kind, paths] of Object.entries(places) as [FloodKind, string[]][]) {
    const send = (path: string) => ask(browser, 'POST', path, { json: {}, headers: from(here) })
    for (const path of paths) assert.notEqual((await send(path)).status, 429, `${path} before`)
    limits[kind] = (await exhaust(kind, here)) + paths.length
    for (const path of paths) refused(await send(path), 429, 'throttled')
  }
  // Providers' own tests ask until they are refused.
  limits.open = await exhaust('open', here)
  assert.deepEqual(limits, {
    begin: 200,
    send: 300,
    help: 100,
    check: 60,
    prove: 600,
    step: 600,
    signin: 600,
    open: 600,
  })
})

test('lesson 43: replicas count together, also at once, and a window ends', async () => {
  const here = '203.0.113.4'
  const replicas = [replica(), replica(), replica()]
  const all = await Promise.all(Array.from({ length: 300 }, (_, place) => replicas[place % 3]!('begin', here)))
  assert.equal(all.filter(wait => wait === 0).length, 200)
  assert.ok((await replica()('begin', here)) > 0, 'a replica that begins now')
  await replica()('begin', '203.0.113.5')
  await database.query('update latchkey.flood_points set expire = $1', [Date.now() - 1])
  assert.equal(await replica()('begin', here), 0)
  const left = (await rows('flood_points')).length
  await removeOldFloodPoints(server.store, { ...server.services, now: server.clock.now() })
  assert.ok(left > 1)
  assert.equal((await rows('flood_points')).length, 1)
})

test('an address is a keyed hash in the database, and a whole network of IPv6 is one', async () => {
  const networks: Record<string, string> = {
    '203.0.113.9': '203.0.113.9',
    '::ffff:203.0.113.9': '203.0.113.9',
    '::FFFF:CB00:7109': '203.0.113.9',
    '0:0:0:0:0:ffff:203.0.113.9': '203.0.113.9',
    '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
    '2001:DB8:1:2::': '2001:db8:1:2::/64',
    '2001:0db8:0001:0002::ffff': '2001:db8:1:2::/64',
    '2001:db8:1:3::': '2001:db8:1:3::/64',
    '::1': '0:0:0:0::/64',
    'fe80::1%eth0': 'fe80:0:0:0::/64',
  }
  for (const [address, network] of Object.entries(networks)) assert.equal(networkOf(address), network)
  await exhaust('begin', '2001:db8:1:2::1')
  const begin = (address: string) =>
    ask(server.browser(), 'POST', '/reset', { json: { username: name }, headers: from(address) })
  refused(await begin('2001:db8:1:2:ffff:ffff:ffff:ffff'), 429, 'throttled')
  granted(await begin('2001:db8:1:3::1'), 201)
  // A hash may hold the digits of an address by chance: what counts is that nothing stands beside it.
  for (const { key, points, expire, ...more } of await rows('flood_points')) {
    assert.match(String(key), /^[a-z]+:[\w-]{43}$/)
    assert.deepEqual(more, {})
  }
})

test('lesson 2: nobody gets around a limit by what they write into X-Forwarded-For', async t => {
  const plain = await testServer({ context: t, floodLimits: true })
  await exhaust('begin', '127.0.0.1', plain)
  const begin = (to: TestServer, forwarded: string) =>
    to.browser().request('POST', '/reset', { json: { username: name }, headers: { 'x-forwarded-for': forwarded } })
  for (const forwarded of ['203.0.113.20', '203.0.113.21', 'nonsense', ''])
    refused(await begin(plain, forwarded), 429, 'throttled')

  // Behind a listed proxy the last address that is not a proxy's counts; the ones before it do not matter.
  await exhaust('begin', '203.0.113.30')
  const spoofed = ['203.0.113.30', '198.51.100.1, 203.0.113.30', '203.0.113.30, 127.0.0.2', '203.0.113.30:4711']
  const endless = `${Array.from({ length: 700 }, (_, part) => `198.51.100.${part % 250}`).join(', ')}, 203.0.113.30`
  for (const forwarded of [...spoofed, endless, `${','.repeat(5_000)}203.0.113.30`])
    refused(await begin(server, forwarded), 429, 'throttled')
  granted(await begin(server, '203.0.113.30, 203.0.113.31'), 201)
  granted(await begin(server, '[2001:db8:9::1]:4711'), 201)
  // What is no address counts as the proxy's own: refused with it, not let through.
  await exhaust('begin', '127.0.0.1')
  for (const nonsense of ['unknown', '203.0.113.999', '203.0.113.31, _hidden', '999', '-', ' , ,', "'; drop table x"])
    refused(await begin(server, nonsense), 429, 'throttled')
  granted(await begin(server, '203.0.113.31'), 201)
})

test('lesson 9: where nothing can be counted, nothing goes on', async () => {
  const here = '203.0.113.40'
  granted(await signIn(here))
  // The connection breaks while the count is written.
  await database.query('begin; lock table latchkey.flood_points in access exclusive mode')
  const waiting = signIn(here)
  const end = performance.now() + 60_000
  const broken =
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid in (select pid from pg_locks where not granted and relation = 'latchkey.flood_points'::regclass)"
  while ((await database.query(broken)).rowCount === 0 && performance.now() < end) await sleep(10)
  const answer = await waiting
  refused(answer, 503, 'unavailable')
  assert.ok(Number(answer.headers.get('retry-after')) > 0)
  assert.deepEqual(answer.headers.getSetCookie(), [])
  await database.query('rollback')
  granted(await signIn(here))
  await database.query('alter table latchkey.flood_points rename to gone')
  refused(await signIn(here), 500, 'internal')
  await database.query('alter table latchkey.gone rename to flood_points')
  granted(await signIn(here))
})

test('one address that signs in many times at once leaves places for everybody else', async () => {
  const flood = Promise.all(
    Array.from({ length: 60 }, (_, n) => signIn('203.0.113.77', `guessed${n}@acme.example`, 'wrong')),
  )
  const others = await Promise.all(Array.from({ length: 3 }, (_, n) => signIn(`203.0.113.${90 + n}`)))
  for (const other of others) granted(other)
  const answers = await flood
  const busy = answers.filter(({ status }) => status === 503)
  assert.ok(busy.length > 0)
  for (const answer of busy) assert.ok(Number(answer.headers.get('retry-after')) > 0)
  assert.equal(answers.filter(({ status }) => status === 401).length, 60 - busy.length)
})
