import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readName } from '../directory/index.ts'
import { type TestBrowser, type TestResponse, type TestServer, testServer } from '../testing/server.ts'

// Requests that arrive at once must gain nothing. Each race runs on one server and on two that share a database, half
// of the requests at each.

const AT_ONCE = 50
const PASSWORD = 'Demo-passphrase-2026!'

const one = await testServer()
const two = await testServer({ beside: one })
const sides: [string, TestServer[]][] = [
  ['one server', [one]],
  ['two servers', [one, two]],
]

/** The same browser at each server: they share its cookies. */
const everywhere = (servers: TestServer[]): TestBrowser[] => {
  const browsers = servers.map(server => server.browser())
  for (const browser of browsers) Object.assign(browser, { cookies: browsers[0]!.cookies })
  return browsers
}
const atOnce = (browsers: TestBrowser[], ask: (browser: TestBrowser, n: number) => Promise<TestResponse>) =>
  Promise.all(Array.from({ length: AT_ONCE }, (_, n) => ask(browsers[n % browsers.length]!, n)))
const tally = (answers: TestResponse[]) => {
  const counts: Record<string, number> = {}
  for (const { status, json } of answers) {
    const key = `${status} ${json?.code ?? json?.state ?? ''}`.trim()
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}
const forget = async () => {
  for (const table of ['counters', 'sends']) await one.store.pool.query(`delete from latchkey.${table}`)
}

/** A journey with a code on its way, in a browser that every one of the servers knows. */
async function asked(servers: TestServer[], name = 'registered') {
  const [home] = servers
  const browser = home!.browser()
  const before = (await home!.outbox())[0]
  const started = await browser.post('/reset', { username: `${name}@acme.example` })
  const path = `/reset/${started.json.id}`
  const method = started.json.methods.find((way: { kind: string }) => way.kind === 'email').id
  const { json } = await browser.post(`${path}/challenges`, { method })
  const code = await home!.code(`${name}@mail.example`, before)
  const cookie = [...browser.cookies].map(([key, value]) => `${key}=${value}`).join('; ')
  const post = (there: TestBrowser, step: string, body: unknown) =>
    there.request('POST', `${path}/${step}`, { json: body, headers: { cookie } })
  return { browser, path, challenge: json.challenge.id as string, code, post }
}

for (const [where, servers] of sides) {
  test(`lesson 20: fifty uses of one right code at once, on ${where}, pass one gate once`, async () => {
    await forget()
    const journey = await asked(servers)
    const body = { challenge: journey.challenge, code: journey.code }
    const answers = await atOnce(everywhere(servers), browser => journey.post(browser, 'proofs', body))
    assert.deepEqual(tally(answers), { '200 choose-password': AT_ONCE })
    const { rows } = await one.store.pool.query(
      "select count(*)::int as passed from latchkey.audit_events where correlation_id = $1 and activity = 'reset.proof_passed'",
      [journey.path.split('/')[2]],
    )
    assert.equal(rows[0].passed, 1, 'one event for one proof')
    assert.equal((await journey.browser.get(journey.path)).json.gates.passed, 1)
    const again = await journey.post(servers.at(-1)!.browser(), 'proofs', body)
    assert.equal(again.status, 200)
  })

  test(`lesson 21: fifty guesses of one code at once, on ${where}, are judged five times`, async () => {
    await forget()
    const journey = await asked(servers)
    const guess = (n: number) => String((Number(journey.code) + 1 + n) % 1_000_000).padStart(6, '0')
    const answers = await atOnce(everywhere(servers), (browser, n) =>
      journey.post(browser, 'proofs', { challenge: journey.challenge, code: guess(n) }),
    )
    const counts = tally(answers)
    assert.equal(counts['422 code_incorrect'], 5, JSON.stringify(counts))
    assert.equal(counts['200 choose-password'], undefined)
    assert.equal((counts['429 blocked'] ?? 0) + (counts['410 challenge_expired'] ?? 0), AT_ONCE - 5)
    const right = await journey.post(servers[0]!.browser(), 'proofs', {
      challenge: journey.challenge,
      code: journey.code,
    })
    assert.notEqual(right.status, 200, 'the right code comes too late')
  })

  test(`lesson 43: fifty wrong passwords at once, on ${where}, are judged ten times, for a known name and for an unknown one`, async () => {
    for (const username of ['stale@acme.example', 'nobody-here@acme.example']) {
      await forget()
      const browsers = everywhere(servers)
      const began = performance.now()
      const answers = await atOnce(browsers, (browser, n) =>
        browser.post('/signin', { username, password: `Wrong-guess-number-${n}` }),
      )
      const passed = (performance.now() - began) / 1_000
      const waiting = answers.filter(answer => answer.json.retryAfter !== undefined)
      assert.ok(answers.every(answer => answer.status === 401 && answer.json.code === 'invalid_credentials'))
      assert.equal(answers.length - waiting.length, 10, username)
      for (const { json } of waiting) assert.ok(json.retryAfter >= 59 - passed && json.retryAfter <= 61)
      const right = await browsers.at(-1)!.post('/signin', { username, password: PASSWORD })
      assert.equal(right.status, 401, 'the right one waits too')
    }
  })

  test(`fifty times the same wrong password at once, on ${where}, is one mistake`, async () => {
    await forget()
    const username = 'stale@acme.example'
    const browsers = everywhere(servers)
    const wrong = await atOnce(browsers, browser =>
      browser.post('/signin', { username, password: 'My-old-password-1' }),
    )
    assert.deepEqual(tally(wrong), { '401 invalid_credentials': AT_ONCE })
    assert.ok(wrong.every(answer => answer.json.retryAfter === undefined))
    const right = await atOnce(browsers, browser => browser.post('/signin', { username, password: PASSWORD }))
    assert.deepEqual(tally(right), { '200 confirm': AT_ONCE }, 'nor do fifty right ones stand in one another’s way')
  })

  test(`fifty codes asked for at once, on ${where}, are ten mails`, async () => {
    await forget()
    const name = readName('stale@acme.example').folded
    const journeys = await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, n) => {
        const browser = servers[n % servers.length]!.browser()
        const { json } = await browser.post('/reset', { username: name })
        const method = json.methods.find((way: { kind: string }) => way.kind === 'email').id
        return { browser, method, path: `/reset/${json.id}/challenges` }
      }),
    )
    const answers = await Promise.all(journeys.map(({ browser, path, method }) => browser.post(path, { method })))
    assert.deepEqual(tally(answers), { '201 verify': 10, '429 throttled': AT_ONCE - 10 })
  })
}
