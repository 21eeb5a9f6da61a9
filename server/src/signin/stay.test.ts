import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, HOUR, SECOND } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId } from '../directory/index.ts'
import { changeSignInPolicy, type SignInPolicy } from '../policies/index.ts'
import { inTenant } from '../store/index.ts'
import { get, granted, post, refused } from '../testing/contract.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'

// "Stay signed in?", as people and clients meet it.
const server = await testServer()
const acme = await findTenantId(server.store, 'acme.example')
const policy = (changes: Partial<SignInPolicy>) =>
  inTenant(server.store, acme, trx => changeSignInPolicy(trx, acme, changes))
const NAME = 'registered@acme.example'

/** Signs in up to the question. */
async function askedAt(browser: TestBrowser, username = NAME): Promise<string> {
  const { id } = granted(await post(browser, '/signin/start', { username }), 201)
  const asked = granted(await post(browser, `/signin/${id}/password`, { password: PASSWORD }))
  assert.equal(asked.state, 'stay-signed-in')
  return `/signin/${id}`
}
const sessionCookie = (answer: { headers: Headers }) =>
  answer.headers.getSetCookie().find(one => one.startsWith('latchkey_session=')) ?? ''
const isIn = async (browser: TestBrowser) => (await get(browser, '/session')).status === 200

test('yes keeps the cookie and the session for as long as the tenant says, and no until the browser closes', async () => {
  const staying = server.browser()
  const began = server.clock.now()
  const at = await askedAt(staying)
  const yes = await post(staying, `${at}/stay`, { stay: true })
  assert.equal(granted(yes).state, 'finished')
  const lasts = Number(/; Max-Age=(\d+);/.exec(sessionCookie(yes))?.[1])
  const gone = (server.clock.now().getTime() - began.getTime()) / SECOND
  assert.ok(lasts <= 2_592_000 && lasts >= 2_592_000 - gone - 1, `${lasts} after ${gone}`)
  const leaving = server.browser()
  const no = await post(leaving, `${await askedAt(leaving)}/stay`, { stay: false })
  assert.equal(granted(no).state, 'finished')
  assert.doesNotMatch(sessionCookie(no), /Max-Age|Expires/)
  server.clock.advance(13 * HOUR)
  assert.deepEqual([await isIn(staying), await isIn(leaving)], [true, false])
  server.clock.advance(28 * DAY)
  assert.ok(await isIn(staying))
  await policy({ staySignedInDays: 7 })
  assert.equal(await isIn(staying), false, 'a shorter policy counts at once')
  await policy({ staySignedInDays: 30 })
})

test('it is asked once in a sign-in, and by every new one', async () => {
  const browser = server.browser()
  const at = await askedAt(browser)
  granted(await post(browser, `${at}/stay`, { stay: false }))
  refused(await post(browser, `${at}/stay`, { stay: true }), 409, 'wrong_state')
  assert.equal(granted(await get(browser, at)).state, 'finished')
  await askedAt(browser)
  refused(await post(browser, `${at}/stay`, { stay: 'yes' }), 400, 'invalid_request')
})

test('a sign-in of name and password at once is not asked, nor is one where the tenant never lets people stay', async () => {
  const browser = server.browser()
  assert.equal(granted(await post(browser, '/signin', { username: NAME, password: PASSWORD })).state, 'signed-in')
  await policy({ staySignedIn: 'never' })
  const { id } = granted(await post(browser, '/signin/start', { username: NAME }), 201)
  assert.equal(granted(await post(browser, `/signin/${id}/password`, { password: PASSWORD })).state, 'finished')
  refused(await post(browser, `/signin/${id}/stay`, { stay: true }), 409, 'wrong_state')
  await policy({ staySignedIn: 'ask' })
})

test('the page says what it means on a shared computer', async () => {
  const browser = server.browser()
  const page = await browser.page(await askedAt(browser))
  const { t } = server.services.words.in('en')
  for (const words of [t('signin.stay.lead', { count: 30 }), t('signin.stay.shared', { count: 12 })])
    assert.ok(page.text.includes(words), words)
})

test('a session that does not stay never outlives the browser because another one does', async () => {
  const browser = server.browser()
  granted(await post(browser, `${await askedAt(browser)}/stay`, { stay: true }))
  const mixed = await post(browser, '/signin', { username: 'outside@globex.example', password: PASSWORD })
  granted(mixed)
  assert.doesNotMatch(sessionCookie(mixed), /Max-Age/)
  const left = await post(browser, '/signout')
  assert.match(sessionCookie(left), /Max-Age=\d+/)
  assert.equal(granted(await get(browser, '/session')).user.userPrincipalName, NAME)
})

test('of many answers at once, one counts, and the session goes on', async () => {
  const browser = server.browser()
  const at = await askedAt(browser)
  const before = browser.cookies.get('latchkey_session') ?? ''
  const tabs = Array.from({ length: 8 }, () => {
    const tab = server.browser()
    for (const [name, value] of browser.cookies) tab.cookies.set(name, value)
    return tab
  })
  const answers = await Promise.all(tabs.map(tab => post(tab, `${at}/stay`, { stay: true })))
  const granting = answers.filter(({ status }) => status === 200)
  assert.equal(granting.length, 1)
  const winner = tabs[answers.indexOf(granting[0]!)]!
  assert.ok(await isIn(winner))
  const planted = server.browser()
  planted.cookies.set('latchkey_session', before)
  assert.equal(await isIn(planted), false)
})
