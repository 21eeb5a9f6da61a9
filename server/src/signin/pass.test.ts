import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HOUR, MINUTE } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId, findUserByName, raiseSecurityEpoch } from '../directory/index.ts'
import { issuePass } from '../passwords/index.ts'
import { inTenant } from '../store/index.ts'
import { get, granted, post, refused } from '../testing/contract.ts'
import { chooseMethods } from '../testing/methodsPolicy.ts'
import { newTrail } from '../testing/people.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'

// An access pass opens sign-in in place of the password.
const server = await testServer()
const acme = await findTenantId(server.store, 'acme.example')
const NAME = 'registered@acme.example'
const { keys, random } = server.services
const act = () => ({ now: server.clock.now(), random, keys, actor: { kind: 'operator' }, trail: newTrail() }) as const

const issue = (username = NAME, more: { minutes?: number; once?: boolean } = {}) =>
  inTenant(server.store, acme, async trx => {
    const user = (await findUserByName(trx, acme, username))!
    return (await issuePass(trx, act(), user, { minutes: 60, once: true, ...more })).pass
  })
const forget = () => server.store.pool.query('delete from counters')

async function typePass(pass: string, username = NAME, browser = server.browser()) {
  const { id } = granted(await post(browser, '/signin/start', { username }), 201)
  return { browser, id, answer: await post(browser, `/signin/${id}/pass`, { pass }) }
}
const isIn = async (browser: TestBrowser) => (await get(browser, '/session')).status === 200

test('a pass opens sign-in as it is read out, and one for once only once', async () => {
  const pass = await issue()
  assert.match(pass, /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/)
  const { browser, answer } = await typePass(` ${pass.toLowerCase().replaceAll('-', ' ')} `)
  assert.equal(granted(answer).state, 'stay-signed-in')
  assert.ok(await isIn(browser))
  refused((await typePass(pass)).answer, 401, 'invalid_credentials')
  const { rows } = await server.store.pool.query('select access_passes::text as line from access_passes')
  for (const { line } of rows) assert.doesNotMatch(line, new RegExp(pass.replaceAll('-', '-?')))
})

test('of twenty uses of one at once, one opens', async () => {
  const pass = await issue()
  const answers = await Promise.all(Array.from({ length: 20 }, () => typePass(pass)))
  assert.equal(answers.filter(({ answer }) => answer.status === 200).length, 1)
  await forget()
})

test('another pass opens until its end, and ends with the epoch, and with a newer one', async context => {
  await chooseMethods(server, acme, { TemporaryAccessPass: { isUsableOnce: false } })
  context.after(() => chooseMethods(server, acme, { TemporaryAccessPass: { isUsableOnce: true } }))
  const pass = await issue(NAME, { minutes: 10, once: false })
  for (const _ of [1, 2]) granted((await typePass(pass)).answer)
  server.clock.advance(10 * MINUTE)
  refused((await typePass(pass)).answer, 401, 'invalid_credentials')
  const former = await issue()
  const newer = await issue()
  refused((await typePass(former)).answer, 401, 'invalid_credentials')
  await inTenant(server.store, acme, async trx =>
    raiseSecurityEpoch(trx, acme, (await findUserByName(trx, acme, NAME))!.id),
  )
  refused((await typePass(newer)).answer, 401, 'invalid_credentials')
  await forget()
})

test('a pass is one person’s, and the password is none, nor a pass a password', async () => {
  const pass = await issue()
  for (const name of ['stale@acme.example', 'nobody@acme.example', 'outside@globex.example'])
    refused((await typePass(pass, name)).answer, 401, 'invalid_credentials')
  refused((await typePass(PASSWORD)).answer, 401, 'invalid_credentials')
  refused(await post(server.browser(), '/signin', { username: NAME, password: pass }), 401, 'invalid_credentials')
  granted((await typePass(pass)).answer)
  await forget()
})

test('wrong passes and wrong passwords share one counter, and block a right pass too', async () => {
  const name = 'guessed-pass@acme.example'
  for (const username of [NAME, name]) {
    for (let n = 0; n < 5; n++) {
      refused((await typePass(`WRONG-${n}`, username)).answer, 401, 'invalid_credentials')
      refused(await post(server.browser(), '/signin', { username, password: `wrong ${n}` }), 401, 'invalid_credentials')
    }
    const { answer } = await typePass(username === NAME ? await issue() : 'AAAA-BBBB-CCCC', username)
    refused(answer, 401, 'invalid_credentials')
    assert.ok(answer.json.retryAfter > 0, username)
  }
  await forget()
})

test('lesson 50: that an account is switched off is told after a right pass alone', async () => {
  const name = 'disabled@acme.example'
  refused((await typePass('AAAA-BBBB-CCCC', name)).answer, 401, 'invalid_credentials')
  refused((await typePass(await issue(name), name)).answer, 403, 'account_disabled')
})

test('a pass opens the first registration, and asks for no password that its holder does not know', async () => {
  const { browser, answer } = await typePass(await issue('new@acme.example'), 'new@acme.example')
  assert.equal(granted(answer).state, 'register')
  granted(await post(browser, '/security-info/challenges', { kind: 'email', address: 'fresh@mail.example' }), 201)
  const temporary = await typePass(await issue('temporary@acme.example'), 'temporary@acme.example')
  assert.notEqual(granted(temporary.answer).state, 'change-password')
  server.clock.advance(HOUR)
})

test('without script, the page of a pass is one link away, and shows its refusal', async () => {
  const browser = server.browser()
  const { id } = granted(await post(browser, '/signin/start', { username: NAME }), 201)
  assert.match((await browser.page(`/signin/${id}`)).text, new RegExp(`href="/signin/${id}\\?way=pass"`))
  const wrong = await browser.submit(`/signin/${id}/pass`, { pass: 'AAAA-BBBB-CCCC' })
  assert.equal(wrong.headers.get('location'), `/signin/${id}?way=pass`)
  const page = await browser.follow(wrong)
  assert.match(page.text, /error-summary[\s\S]*name="pass"/)
  assert.doesNotMatch(page.text, /AAAA-BBBB/)
  const right = await browser.submit(`/signin/${id}/pass`, { pass: await issue() })
  assert.equal(right.headers.get('location'), `/signin/${id}?way=pass`.split('?')[0])
})
