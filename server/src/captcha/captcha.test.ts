import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Challenge, Solution } from 'altcha-lib/types'
import { HOUR, MINUTE, plus, SECOND } from '../clock.ts'
import { keyring, type Means } from '../crypto/index.ts'
import { findTenantId, NOBODYS_TENANT } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { solutionOf, solve, written } from '../testing/captcha.ts'
import { granted, refused } from '../testing/contract.ts'
import { testServer } from '../testing/server.ts'
import { issueChallenge, verifySolved } from './challenge.ts'
import { learnUsualRate, removeSpentCaptchas } from './index.ts'
import { findNeededWork, LEAST_WORK, MOST_WORK, workAt } from './work.ts'

const server = await testServer({ roles: ['web'], captcha: true, trustedProxies: ['127.0.0.1'] })
const { store, services } = server
const NAME = 'registered@acme.example'
const acme = await findTenantId(store, 'acme.example')
const foreignKeys = keyring(['the secret of another deployment: 8c1d'])
const meansNow = (): Means => ({ now: server.clock.now(), random: services.random, keys: services.keys })

const ask = async (username = NAME): Promise<Challenge> =>
  granted(await server.get(`/captcha?username=${encodeURIComponent(username)}`))
const begin = (captcha: unknown, username = NAME) => server.browser().post('/reset', { username, captcha })

async function journeysOf(tenantId: string): Promise<number> {
  const rows = await inTenant(store, tenantId, trx => trx.selectFrom('journeys').select('id').execute())
  return rows.length
}

/** As if so many resets had begun just now. */
async function seedJourneys(tenantId: string, count: number) {
  const { now, random, keys } = meansNow()
  const rows = Array.from({ length: count }, () => ({
    tenant_id: tenantId,
    id: random.uuid(now),
    kind: 'reset' as const,
    user_id: null,
    typed_name_sealed: Buffer.alloc(1),
    browser_hash: keys.mac('browser', 'seeded'),
    security_epoch: null,
    may_unlock: false,
    refusal: null,
    language: 'en',
    created_at: now,
    expires_at: plus(now, 15 * MINUTE),
  }))
  for (let at = 0; at < rows.length; at += 1_000)
    await inTenant(store, tenantId, trx =>
      trx
        .insertInto('journeys')
        .values(rows.slice(at, at + 1_000))
        .execute(),
    )
}

test('an onboarding begins behind a captcha too, though it asks for no name', async () => {
  const start = (captcha?: string) => server.browser().post('/start', captcha === undefined ? {} : { captcha })
  const { captcha } = refused(await start(), 400, 'captcha_failed')
  const solved = await solve(captcha)
  granted(await start(solved), 201)
  refused(await start(solved), 400, 'captcha_failed')
})

test('a solved challenge begins one reset, for a known and an unknown name alike', async () => {
  for (const username of [NAME, 'nobody@acme.example', 'somebody@unknown.example', 'no name at all']) {
    const challenge = await ask(username)
    assert.deepEqual(Object.keys(challenge).sort(), ['parameters', 'signature'])
    const captcha = await solve(challenge)
    const { status, headers } = await begin(captcha, username)
    assert.deepEqual([status, headers.get('location')?.slice(0, 7)], [201, '/reset/'])
    refused(await begin(captcha, username), 400, 'captcha_failed')
  }
  // ALTCHA's form and the JSON that it holds are the same solution.
  const challenge = await ask()
  const solution = await solutionOf(challenge)
  granted(await begin(JSON.stringify({ challenge, solution })), 201)
  refused(await begin(written(challenge, solution)), 400, 'captcha_failed')
  refused(await begin(written(challenge, { ...solution, time: 1 })), 400, 'captcha_failed')
})

test('lesson 44: of twenty requests at once with one solved challenge, one begins a reset', async () => {
  const captcha = await solve(await ask())
  const before = await journeysOf(acme)
  const answers = await Promise.all(Array.from({ length: 20 }, () => begin(captcha)))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array<number>(19).fill(400)])
  assert.equal(await journeysOf(acme), before + 1)
})

test('lesson 44: what is missing, unsolved, forged, altered, foreign or expired is refused, and nothing in a request turns the captcha off', async () => {
  const challenge = await ask()
  const solution = await solutionOf(challenge)
  const { parameters } = challenge
  const foreign = await issueChallenge({ ...meansNow(), keys: foreignKeys }, LEAST_WORK)
  const withParameters = (changes: object) =>
    written({ ...challenge, parameters: { ...parameters, ...changes } }, solution)
  const bad: Record<string, unknown> = {
    missing: undefined,
    empty: '',
    'not solved': written(challenge, { counter: 0, derivedKey: parameters.keyPrefix.padEnd(64, '0') }),
    'a solution of another': written(await ask(), solution),
    unsigned: written({ parameters }, solution),
    'an empty signature': written({ parameters, signature: '' }, solution),
    'its signature in capitals': written({ ...challenge, signature: challenge.signature?.toUpperCase() }, solution),
    'made easier': withParameters({ cost: 1 }),
    'said to have been harder': withParameters({ data: { work: MOST_WORK } }),
    'made to last': withParameters({ expiresAt: (parameters.expiresAt ?? 0) + 600 }),
    'without its end': withParameters({ expiresAt: undefined }),
    'without the signature of its key': withParameters({ keySignature: undefined }),
    'of another deployment': await solve(foreign),
    'no base64': '%%%%',
    'base64 of nothing': Buffer.from('null').toString('base64'),
    'base64 of a list': Buffer.from('[1]').toString('base64'),
    'half of it': written(challenge, solution).slice(0, 200),
    'of a server that is not ours': Buffer.from(
      JSON.stringify({ verified: true, verificationData: 'verified=true' }),
    ).toString('base64'),
    deep: '{"a":'.repeat(800),
  }
  const before = await journeysOf(acme)
  for (const [what, captcha] of Object.entries(bad)) {
    const problem = refused(await begin(captcha), 400, 'captcha_failed')
    assert.ok(problem.captcha?.signature, what)
  }
  for (const wrong of [true, false, null, 0, ['x'], { required: false }, 'x'.repeat(4_097)])
    refused(await begin(wrong), 400, 'invalid_request')
  for (const more of [{ captcha_form: 'x' }, { skipCaptcha: true }]) {
    const answer = await server.post('/reset', { username: NAME, ...more })
    refused(answer, 400, 'invalid_request')
  }
  // The form of the body is judged first, and spends nothing.
  refused(await server.post('/reset', { captcha: written(challenge, solution) }), 400, 'invalid_request')
  refused(await server.post('/reset?captcha=off', { username: NAME }), 400, 'captcha_failed')
  assert.equal(await journeysOf(acme), before)
  granted(await begin(written(challenge, solution)), 201)

  const late = await solve(await ask())
  server.clock.advance(10 * MINUTE + SECOND)
  refused(await begin(late), 400, 'captcha_failed')
})

test('a refusal is the same for a known and an unknown name, and carries the next challenge', async () => {
  const answers = []
  for (const username of [NAME, 'nobody@acme.example']) answers.push(await begin('bad', username))
  const [known, unknown] = answers.map(({ status, json: { captcha: _, ...rest } }) => ({ status, ...rest }))
  assert.deepEqual(known, unknown)
  granted(await begin(await solve(answers[0]!.json.captcha)), 201)
})

test('a captcha that was solved under an older secret counts after the secrets were rotated, once', async () => {
  const oldKeys = keyring(['the older secret of this deployment'])
  const means = { ...meansNow(), keys: oldKeys }
  const captcha = await solve(await issueChallenge(means, LEAST_WORK))
  const rotated = {
    ...means,
    keys: keyring(['the newer secret of this deployment', 'the older secret of this deployment']),
  }
  const [before, after] = [await verifySolved(means, captcha), await verifySolved(rotated, captcha)]
  assert.ok(before)
  assert.deepEqual(before, after)
  const gone = { ...means, keys: keyring(['the newer secret of this deployment']) }
  assert.equal(await verifySolved(gone, captcha), undefined)
})

test('the work grows from the usual rate to a hundred times of it, as the logarithm does', () => {
  assert.equal(workAt(0, 0), LEAST_WORK)
  assert.equal(workAt(60, 0), LEAST_WORK)
  assert.equal(workAt(1_000, 1_000), LEAST_WORK)
  assert.equal(workAt(10_000, 1_000), Math.round(LEAST_WORK * Math.sqrt(8)))
  assert.equal(workAt(100_000, 1_000), MOST_WORK)
  assert.equal(workAt(1e9, 1_000), MOST_WORK)
})

test('a challenge takes as many hashes as it says', async () => {
  for (const work of [LEAST_WORK, MOST_WORK]) {
    const guesses: number[] = []
    for (let one = 0; one < 12; one++) {
      const challenge = await issueChallenge(meansNow(), work)
      const { counter }: Solution = await solutionOf(challenge)
      guesses.push(counter * challenge.parameters.cost)
    }
    assert.ok(Math.min(...guesses) >= work / 2 && Math.max(...guesses) <= work * 1.5)
    const mean = guesses.reduce((sum, one) => sum + one, 0) / guesses.length
    assert.ok(Math.abs(mean - work) < work * 0.35, `${mean} of ${work}`)
  }
})

test('in an attack on one company its captchas get harder, cheap ones are refused, and other companies notice nothing', async () => {
  server.clock.advance(HOUR)
  const workOf = ({ parameters }: Challenge) => parameters.data?.work
  const quiet = await ask()
  assert.equal(workOf(quiet), LEAST_WORK)
  const prepared = await solve(quiet)
  const elsewhere = await solve(await ask('someone@initech.example'))
  await seedJourneys(acme, 100)
  server.clock.advance(6 * SECOND)
  const busy = workOf(await ask())
  assert.equal(busy, workAt(600, 0))
  assert.ok(Number(busy) > LEAST_WORK * 2)
  await seedJourneys(acme, 1_000)
  server.clock.advance(6 * SECOND)
  const hard = await ask('nobody-has-this-name@ACME.example ')
  assert.equal(workOf(hard), MOST_WORK)
  assert.equal(workOf(await ask('someone@initech.example')), LEAST_WORK)
  assert.equal(workOf(await ask('')), LEAST_WORK)
  for (const cheap of [prepared, elsewhere, await solve(await ask(''))])
    assert.equal(refused(await begin(cheap), 400, 'captcha_failed').captcha.parameters.data.work, MOST_WORK)
  granted(await begin(await solve(hard)), 201)
  granted(await begin(elsewhere, 'someone@initech.example'), 201)
  server.clock.advance(11 * MINUTE)
  assert.equal(workOf(await ask()), LEAST_WORK)
})

test('the usual rate follows the hours, and no attack teaches that it is usual', async () => {
  const globex = await findTenantId(store, 'globex.example')
  const usual = () =>
    inTenant(store, globex, trx => trx.selectFrom('tenants').select('usual_resets_per_hour').executeTakeFirstOrThrow())
  const learn = () => inTenant(store, globex, trx => learnUsualRate(trx, meansNow(), globex))
  await seedJourneys(globex, 168)
  await learn()
  assert.equal((await usual()).usual_resets_per_hour, 1)
  server.clock.advance(HOUR + MINUTE)
  await learn()
  assert.ok((await usual()).usual_resets_per_hour < 1)
  await seedJourneys(globex, 5_000)
  await learn()
  assert.ok((await usual()).usual_resets_per_hour < 5)
  const setUsual = (rate: number) =>
    inTenant(store, globex, trx => trx.updateTable('tenants').set({ usual_resets_per_hour: rate }).execute())
  await setUsual(3_000)
  assert.equal(await findNeededWork(store, meansNow(), globex), workAt(30_000, 3_000))
  await setUsual(0)
  assert.equal(await findNeededWork(store, meansNow(), globex), MOST_WORK)
  assert.equal(await findNeededWork(store, meansNow(), NOBODYS_TENANT), LEAST_WORK)
})

const tokenIn = (page: string) => /name="captcha_form" value="([^"]+)"/.exec(page)?.[1] ?? ''
const openForm = async () => tokenIn((await server.page('/reset')).text)
const send = async (token: string, address: string, more: Record<string, string> = {}) => {
  const browser = server.browser()
  const answer = await browser.request('POST', '/reset', {
    form: { username: NAME, captcha: '', captcha_form: token, ...more },
    headers: { 'x-forwarded-for': address },
  })
  const to = answer.headers.get('location') ?? ''
  assert.match(to, /^\/reset(\/|$)/, answer.text)
  return { begun: to !== '/reset', page: to === '/reset' ? (await browser.follow(answer)).text : '' }
}

test('lesson 24: without script the form counts from five seconds to ten minutes after it was opened, once', async () => {
  const token = await openForm()
  // A pause of the machine counts as time: four seconds are given back.
  server.clock.advance(-4 * SECOND)
  const early = await send(token, '192.0.2.1')
  assert.match(early.page, /One moment, please.* Wait [1-9]\sseconds?,/s)
  assert.match(early.page, /value="registered@acme\.example"/)
  assert.equal(tokenIn(early.page), token)
  server.clock.advance(9 * SECOND)
  // A mistake in the name costs neither the token nor the wait.
  const mistaken = await send(token, '192.0.2.1', { username: '' })
  assert.deepEqual([mistaken.begun, tokenIn(mistaken.page)], [false, token])
  assert.equal((await send(token, '192.0.2.1')).begun, true)
  const again = await send(token, '192.0.2.1')
  assert.deepEqual([again.begun, /captcha_form/.test(again.page)], [false, true])
  assert.notEqual(tokenIn(again.page), token)

  const atOnce = await openForm()
  server.clock.advance(6 * SECOND)
  const answers = await Promise.all(Array.from({ length: 20 }, () => send(atOnce, '192.0.2.2')))
  assert.equal(answers.filter(({ begun }) => begun).length, 1)

  const old = await openForm()
  server.clock.advance(10 * MINUTE + SECOND)
  assert.equal((await send(old, '192.0.2.3')).begun, false)
})

test('without script nothing but our own token counts, and a bad captcha is not made good by it', async () => {
  const token = await openForm()
  server.clock.advance(6 * SECOND)
  const [issued = '', id = '', signature = ''] = token.split('.')
  const later = (Number.parseInt(issued, 36) + MINUTE).toString(36)
  const foreign = foreignKeys.mac('captcha', 'form', issued, id).toString('base64url')
  const bad = [
    '',
    'x',
    `${later}.${id}.${signature}`,
    `${issued}.${id}x.${signature}`,
    `${issued}.${id}.`,
    `${issued}.${id}.${signature.slice(0, -2)}`,
    `${issued}.${id}.${foreign}`,
    `NaN.${id}.${signature}`,
  ]
  for (const one of bad) assert.equal((await send(one, '192.0.2.10')).begun, false, one)
  assert.equal((await send(token, '192.0.2.10', { captcha: 'bad' })).begun, false)
  const asJson = await server.post('/reset', { username: NAME, captcha: token })
  refused(asJson, 400, 'captcha_failed')
  assert.equal((await send(token, '192.0.2.10')).begun, true)
})

test('an address begins five resets an hour without script, and then reads what helps', async () => {
  const tokens: string[] = []
  for (let one = 0; one < 12; one++) tokens.push(await openForm())
  server.clock.advance(6 * SECOND)
  const next = () => tokens.pop()!
  for (let one = 0; one < 5; one++) assert.equal((await send(next(), `2001:db8:0:1::${one}`)).begun, true)
  const sixth = await send(next(), '2001:db8:0:1:ffff::1')
  assert.equal(sixth.begun, false)
  assert.match(sixth.page, /Please turn on JavaScript.* wait (59|60)\sminutes, .*help desk/s)
  assert.equal((await send(next(), '2001:db8:0:2::1')).begun, true)
  // With a captcha the address is as free as any other.
  const solved = await solve(await ask())
  assert.equal((await send('', '2001:db8:0:1::1', { captcha: solved })).begun, true)
  const { rows } = await store.pool.query("select key from latchkey.flood_points where key like 'form:%'")
  assert.ok(rows.length > 0)
  assert.doesNotMatch(JSON.stringify(rows), /2001|192\.0/)
  server.clock.advance(HOUR)
  const afterwards = await openForm()
  server.clock.advance(6 * SECOND)
  assert.equal((await send(afterwards, '2001:db8:0:1::1')).begun, true)
})

test('spent captchas are forgotten an hour after they could have been used', async () => {
  const count = async () =>
    Number((await store.pool.query('select count(*) from latchkey.spent_captchas')).rows[0].count)
  await begin(await solve(await ask()))
  await removeSpentCaptchas(store, meansNow())
  assert.ok((await count()) > 0)
  await removeSpentCaptchas(store, { now: plus(server.clock.now(), 2 * HOUR) })
  assert.equal(await count(), 0)
})

test('an operator who turns it off is not asked for it, and it is not looked at', async t => {
  const off = await testServer({ roles: ['web'], context: t })
  granted(await off.post('/reset', { username: NAME }), 201)
  granted(await off.post('/reset', { username: NAME, captcha: 'anything' }), 201)
  assert.doesNotMatch((await off.page('/reset')).text, /captcha|<script/)
  assert.ok(granted(await off.get('/captcha')).signature)
})
