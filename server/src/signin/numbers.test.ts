import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PASSWORD } from '../demo/index.ts'
import { lock } from '../limits/index.ts'
import { inTenant } from '../store/index.ts'
import { get, granted, post, refused } from '../testing/contract.ts'
import { CALLBACK, testProvider } from '../testing/provider.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { languages } from '../words/index.ts'

// A page of a sign-in that refuses says so with a number, and with a code by which the log has it (single sign-on, §5).
const logged: Record<string, unknown>[] = []
const server = await testServer({ log: line => void logged.push(JSON.parse(line)) })
const { tenantId, act, register, ask } = await testProvider(server)
const person = 'registered@acme.example'

const begin = async (
  browser: TestBrowser,
  app: Awaited<ReturnType<typeof register>>,
  more?: Record<string, string>,
) => {
  const { to } = await ask(app, more)
  return (await browser.page(to.pathname + to.search)).headers.get('location')!
}
const signIn = async (username: string) => {
  const browser = server.browser()
  granted(await post(browser, '/signin', { username, password: PASSWORD }))
  return browser
}

/** The number and the support code that a page shows, in that order. */
function shownOn(text: string): [number: number, code: string | undefined] {
  const code = /<code translate="no">([0-9A-HJKMNP-TV-Z]{10})<\/code>/.exec(text)?.[1]
  return [Number(/<code translate="no">AADSTS(\d+)<\/code>/.exec(text)?.[1]), code]
}
const isLogged = (number: unknown, supportCode: unknown) =>
  logged.some(line => line.msg === 'refused' && line.number === number && line.supportCode === supportCode)

test('a sign-in that leads to no application says why by the number that its application gets', async () => {
  const web = await register({ web: [CALLBACK] })
  const unsure = await signIn('new@acme.example')
  granted(await post(unsure, '/security-info/later'))
  const declined = await signIn(person)
  const declinedAt = await begin(declined, web)
  granted(await post(declined, `${declinedAt}/consent`, { accept: false }))
  const needing = await signIn(person)
  const outside = server.browser()
  const assigned = await register({ web: [CALLBACK] }, { assignmentRequired: true })
  const outsideAt = await begin(outside, assigned, { login_hint: person })
  granted(await post(outside, `${outsideAt}/password`, { password: PASSWORD }))
  granted(await post(outside, `${outsideAt}/stay`, { stay: false }))
  const cases: [number, TestBrowser, string][] = [
    [50105, outside, outsideAt],
    [90094, needing, await begin(needing, web, { scope: 'openid User.Read.All' })],
    [65004, declined, declinedAt],
    [50079, unsure, await begin(unsure, web, { acr_values: 'mfa' })],
  ]
  for (const [number, browser, at] of cases) {
    const { refusal, supportCode, next } = granted(await get(browser, at))
    assert.equal(refusal.number, number)
    for (const language of languages) {
      const { text } = await browser.page(`${at}?lang=${language}`)
      assert.deepEqual(shownOn(text), [number, supportCode], language)
    }
    assert.ok(isLogged(number, supportCode), `the log has ${number} by its support code`)
    const told = (await browser.page(new URL(next).pathname)).headers.get('location')!
    assert.match(new URL(told).searchParams.get('error_description')!, new RegExp(`^AADSTS${number}: `))
  }
})

test('a page that refuses nothing shows neither', async () => {
  const browser = server.browser()
  const { id } = granted(await post(browser, '/signin/start', { username: person }), 201)
  assert.deepEqual(shownOn((await browser.page(`/signin/${id}`)).text), [Number.NaN, undefined])
})

test('a sign-in whose hour is over says so', async () => {
  const browser = server.browser()
  const { id, supportCode } = granted(await post(browser, '/signin/start', { username: person }), 201)
  await server.store.pool.query('update sign_ins set expires_at = created_at where id = $1', [id])
  assert.equal(refused(await get(browser, `/signin/${id}`), 410, 'journey_expired').number, 50089)
  assert.deepEqual(shownOn((await browser.page(`/signin/${id}`)).text), [50089, supportCode])
})

/** What the JSON form and the page tell of a password for a name. */
async function tryPassword(username: string, password: string, app?: Awaited<ReturnType<typeof register>>) {
  const browser = server.browser()
  const at = app
    ? await begin(browser, app, { login_hint: username })
    : `/signin/${granted(await post(browser, '/signin/start', { username }), 201).id}`
  const { supportCode } = granted(await get(browser, at))
  const { status, json } = await post(browser, `${at}/password`, { password })
  const page = await browser.follow(await browser.submit(`${at}/password`, { password }))
  const [number, code] = shownOn(page.text)
  assert.deepEqual([code, number], [supportCode, json.number], username)
  assert.ok(isLogged(number, code))
  // What is its own in any two sign-ins.
  const plain = (text: string) =>
    [username, encodeURIComponent(username), at, at.slice('/signin/'.length), code!].reduce(
      (left, own) => left.replaceAll(own, '…'),
      text.replaceAll(/\d+\u00a0(second|minute)s?|(?<=&quot;challenge&quot;:&quot;)[\w-]+/g, '…'),
    )
  return { status, number, json: JSON.stringify(json), page: plain(page.text) }
}

test('lesson 36: a wrong name and a wrong password have one number, and so has an account that is disabled or locked', async () => {
  await inTenant(server.store, tenantId, trx => lock(trx, act(), tenantId, 'signer@acme.example'))
  const told = []
  for (const name of ['nobody@acme.example', person, 'disabled@acme.example', 'signer@acme.example'])
    told.push(await tryPassword(name, 'wrong'))
  told.push(await tryPassword('signer@acme.example', PASSWORD))
  assert.deepEqual([told[0]!.status, told[0]!.number], [401, 50126])
  for (const one of told) assert.deepEqual(one, told[0])
})

test('lesson 36: while the failures of a name are counted out, its number is another, known or not', async () => {
  for (const name of ['nobody-else@acme.example', 'stale@acme.example'])
    for (let n = 0; n < 10; n++) await post(server.browser(), '/signin', { username: name, password: `wrong ${n}` })
  const unknown = await tryPassword('nobody-else@acme.example', 'wrong')
  const known = await tryPassword('stale@acme.example', PASSWORD)
  assert.deepEqual([unknown.status, unknown.number], [401, 50053])
  const timeless = (told: typeof known) => JSON.stringify(told).replaceAll(/(retryAfter\W+)\d+/g, '$1…')
  assert.equal(timeless(known), timeless(unknown))
})

test('only a right password learns that the account is disabled, or of another tenant', async () => {
  const disabled = await tryPassword('disabled@acme.example', PASSWORD)
  assert.deepEqual([disabled.status, disabled.number], [403, 50057])
  const app = await register({ web: [CALLBACK] })
  const elsewhere = await tryPassword('outside@globex.example', PASSWORD, app)
  assert.deepEqual([elsewhere.status, elsewhere.number], [403, 50020])
  const guessed = await tryPassword('outside@globex.example', 'wrong', app)
  assert.deepEqual([guessed.status, guessed.number], [401, 50126])
})

test('a code of a device that is wrong has its number, and one that the log has', async () => {
  const browser = server.browser()
  assert.equal(refused(await post(browser, '/device', { code: 'BCDF-GHJK' }), 400, 'device_code_wrong').number, 70018)
  const page = await browser.follow(await browser.submit('/device', { code: 'BCDF-GHJK' }))
  const [number, code] = shownOn(page.text)
  assert.equal(number, 70018)
  assert.ok(isLogged(number, code))
  await server.store.pool.query("delete from flood_points where key like 'device:%'")
})
