import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Challenge } from 'altcha-lib/types'
import { claimFormToken, issueFormToken, removeOldFloodPoints } from '../captcha/index.ts'
import { DAY, SECOND } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { solve } from '../testing/captcha.ts'
import { ask, get, granted, post, refused } from '../testing/contract.ts'
import { testServer } from '../testing/server.ts'
import { jobsDone } from '../testing/state.ts'

// Less than half a year: then people would be asked to confirm what is on record, and no browser becomes familiar.
const AHEAD = 100 * DAY
const NAME = 'registered@acme.example'
const server = await testServer({ captcha: true, floodLimits: true, trustedProxies: ['127.0.0.1'] })
const { store, services } = server

/** Does something while the clock is a hundred days ahead, and sets it back. */
async function farAhead<T>(work: () => Promise<T>): Promise<T> {
  server.clock.advance(AHEAD)
  try {
    return await work()
  } finally {
    server.clock.advance(-AHEAD)
  }
}

const means = () => ({ now: server.clock.now(), random: services.random, keys: services.keys })

const count = async (table: string): Promise<number> =>
  (await store.pool.query(`select count(*)::int from latchkey.${table}`)).rows[0].count

const solved = async () => solve(granted(await server.get(`/captcha?username=${NAME}`)) as Challenge)

test('what began while the clock was far ahead is over once it is right again', async () => {
  const browser = server.browser()
  const { journey, challenge, code, captcha, form } = await farAhead(async () => {
    granted(await post(browser, '/signin', { username: NAME, password: PASSWORD }))
    granted(await get(browser, '/session'))
    const begun = granted(await post(browser, '/reset', { username: NAME, captcha: await solved() }), 201)
    const method = begun.methods.find((one: { kind: string }) => one.kind === 'email')
    const asked = granted(await post(browser, `/reset/${begun.id}/challenges`, { method: method.id }), 201)
    return {
      journey: begun.id,
      challenge: asked.challenge.id,
      code: await server.code('registered@mail.example'),
      captcha: await solved(),
      form: issueFormToken(means()),
    }
  })
  refused(await get(browser, '/session'), 401, 'not_signed_in')
  assert.equal(granted(await get(browser, `/reset/${journey}`)).state, 'expired')
  refused(await post(server.browser(), '/reset', { username: NAME, captcha }), 400, 'captcha_failed')
  await assert.rejects(claimFormToken(store, means(), { token: form, address: '203.0.113.8' }), {
    code: 'captcha_failed',
  })
  const again = granted(await post(browser, '/reset', { username: NAME, captcha: await solved() }), 201)
  assert.equal(again.state, 'verify')

  // The code is over by its own end too, not by its journey's alone.
  await store.pool.query(
    `update latchkey.journeys set expires_at = now() + interval '10 minutes' where created_at > now() + interval '1 day'`,
  )
  assert.equal(granted(await get(browser, `/reset/${journey}`)).state, 'verify')
  const proof = await post(browser, `/reset/${journey}/proofs`, { challenge, code })
  assert.notEqual(proof.status, 200)
  await store.pool.query(
    `update latchkey.journeys set expires_at = now() + interval '1 year' where created_at > now() + interval '1 day'`,
  )

  const tables = ['sessions', 'devices', 'journeys', 'challenges', 'spent_captchas']
  const before = await Promise.all(tables.map(count))
  await store.pool.query("select latchkey_jobs.add_job('remove-expired')")
  await jobsDone(store.pool)
  const after = await Promise.all(tables.map(count))
  assert.deepEqual(
    after,
    before.map(rows => rows - 1),
  )
})

test('a browser that became familiar while the clock was far ahead is a stranger’s once it is right again', async () => {
  const browser = server.browser()
  const name = 'two-gates@globex.example'
  await farAhead(async () => granted(await post(browser, '/signin', { username: name, password: PASSWORD })))
  // Strangers' failures hold for it.
  for (let n = 0; n < 11; n++) await post(server.browser(), '/signin', { username: name, password: `wrong ${n}` })
  refused(await post(browser, '/signin', { username: name, password: PASSWORD }), 401, 'invalid_credentials')
})

test('an address that was counted while the clock was far ahead goes on once it is right again', async () => {
  const headers = { 'x-forwarded-for': '203.0.113.7' }
  const signIn = () =>
    ask(server.browser(), 'POST', '/signin', { json: { username: NAME, password: PASSWORD }, headers })
  granted(await signIn())
  await store.pool.query('update latchkey.flood_points set points = 600, expire = $1', [Date.now() + AHEAD])
  granted(await signIn())
  for (let n = 0; n < 600; n++) await services.floods?.('signin', '203.0.113.7')
  refused(await signIn(), 429, 'throttled')

  await store.pool.query(
    `insert into latchkey.flood_points select 'left-over-' || n, 1, $1 from generate_series(1, 2300) n`,
    [Date.now() + AHEAD],
  )
  const now = server.clock.now()
  await removeOldFloodPoints(store, means())
  const { rows } = await store.pool.query('select expire::float8 as expire from latchkey.flood_points')
  assert.ok(rows.length > 0)
  for (const { expire } of rows) assert.ok(expire < now.getTime() + DAY && expire > now.getTime() - SECOND)
})
