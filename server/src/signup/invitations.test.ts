import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, HOUR, MINUTE } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId } from '../directory/index.ts'
import { removeExpired } from '../runtime/cleanup.ts'
import { granted, post, refused } from '../testing/contract.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { askForSecondAdministrators } from './nudges.ts'

const server = await testServer({ signup: 'open' })
const { store, services, clock } = server
const NEW_PASSWORD = 'Quite-another-marmot-1'
const URL = '/administrators/invitations'
const ask = (sql: string, values: unknown[] = []) => store.pool.query(sql, values).then(({ rows }) => rows)
const means = () => ({ now: clock.now(), random: services.random, keys: services.keys })

/** Signs a company up. Returns the browser of its administrator, whose mailbox was just proved. */
async function signUp(label: string, second?: string) {
  const browser = server.browser()
  const address = `ann.lee@${label}.example`
  const { id, challenge } = granted(await post(browser, '/signup', { address }), 201)
  const path = `/signup/${id}`
  granted(await post(browser, `${path}/proofs`, { challenge: challenge.id, code: await server.code(address) }))
  granted(await post(browser, `${path}/organization`, { displayName: 'Kestrel Marsh', country: 'GB', label }))
  const administrator = { givenName: 'Ann', surname: 'Lee', userName: 'ann', newPassword: NEW_PASSWORD }
  granted(await post(browser, `${path}/administrator`, administrator), 201)
  if (second !== undefined)
    refused(await post(browser, `${path}/codes`, { kept: true, secondAdministrator: 'x' }), 422, 'address_invalid')
  granted(await post(browser, `${path}/codes`, { kept: true, ...(second && { secondAdministrator: second }) }))
  return { browser, address, tenantId: await findTenantId(store, `${label}.latchkey.example`) }
}

/** The path of the invitation's link that was mailed to this address. */
async function linkTo(to: string): Promise<string> {
  const { text } = await server.message(one => one.kind === 'link' && one.to === to)
  return /https?:\/\/\S+?(\/links\/[\w-]+)/.exec(text)![1]!
}
const join = (browser: TestBrowser, path: string, changes: object = {}) =>
  post(browser, path, { givenName: 'Bo', surname: 'Ray', userName: 'bo', newPassword: NEW_PASSWORD, ...changes })

test('a second administrator who is named at once joins by the link, once, and the first one is mailed', async () => {
  const second = 'bo.ray@kestrel.example'
  const { address, tenantId } = await signUp('kestrel', second)
  const link = await linkTo(second)
  const { text } = await server.message(({ to }) => to === second)
  assert.match(text, /Ann Lee \(ann@kestrel\.latchkey\.example\) invites you/)
  assert.match(text, /stops them for 90 days/)
  const browser = server.browser()
  assert.equal(granted(await browser.get(link)).purpose, 'join')
  const { next } = granted(await post(browser, link, {}))
  refused(await server.browser().get(next), 404, 'not_found')
  assert.deepEqual(granted(await browser.get(next)).organization, 'Kestrel Marsh')
  assert.match((await browser.page(next)).text, /Ann Lee has invited you/)
  refused(await join(browser, next, { userName: 'ann' }), 422, 'user_name_taken')
  refused(await join(browser, next, { userName: 'emergency' }), 422, 'user_name_invalid')
  refused(await join(browser, next, { newPassword: 'Kestrel Marsh is 1 place' }), 422, 'password_contains_name')
  const answers = await Promise.all([join(browser, next), join(browser, next, { userName: 'bo2' })])
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 410])
  const session = granted(await browser.get('/session'))
  assert.match(session.user.userPrincipalName, /^bo2?@kestrel\.latchkey\.example$/)
  assert.equal(session.state, 'register')
  const holders = "select from latchkey.role_assignments where tenant_id = $1 and role = 'Global Administrator'"
  assert.equal((await ask(holders, [tenantId])).length, 3, 'the two and the emergency account')
  await server.message(one => one.to === address && /Global Administrator/.test(one.subject ?? ''))
  for (const answer of [await server.browser().get(link), await browser.get(next)]) refused(answer, 410, 'link_expired')
})

test('only a Global Administrator invites, after a fresh proof, ten at once, and for 72 hours', async () => {
  const member = server.browser()
  granted(await post(member, '/signin', { username: 'signer@acme.example', password: PASSWORD }))
  refused(await post(member, URL, { address: 'x@new.example' }), 403, 'forbidden')
  const { browser, tenantId } = await signUp('heron')
  refused(await post(browser, URL, { address: 'x@new.example' }), 403, 'session_restricted')
  granted(await post(browser, '/security-info/later', {}))
  refused(await post(browser, URL, { address: 'x' }), 422, 'address_invalid')
  for (let n = 0; n < 10; n++) granted(await post(browser, URL, { address: `second${n}@heron.example` }), 201)
  refused(await post(browser, URL, { address: 'second10@heron.example' }), 409, 'invitations_open')
  assert.match((await browser.page(URL)).text, /Invite an administrator/)
  const reader = server.browser()
  const link = await linkTo('second0@heron.example')
  const { next } = granted(await post(reader, link, {}))
  for (let n = 0; n < 4; n++) granted(await post(server.browser(), link, {}))
  refused(await post(server.browser(), link, {}), 410, 'link_expired')
  granted(await post(reader, link, {}), 200)
  clock.advance(16 * MINUTE)
  refused(await post(browser, URL, { address: 'later@heron.example' }), 403, 'proof_needed')
  // An administrator who is switched off has invited nobody.
  const [{ user_id: userId }] = await ask('select user_id from latchkey.signup_tenants where tenant_id = $1', [
    tenantId,
  ])
  const enable = (on: boolean) => ask('update latchkey.accounts set account_enabled = $2 where id = $1', [userId, on])
  await enable(false)
  refused(await join(reader, next), 410, 'link_expired')
  await enable(true)
  granted(await reader.get(next))
  clock.advance(72 * HOUR)
  for (const answer of [await join(reader, next), await server.browser().get(link)])
    refused(answer, 410, 'link_expired')
  clock.advance(31 * DAY)
  await removeExpired(services)
  assert.deepEqual(await ask('select from latchkey.administrator_invitations where tenant_id = $1', [tenantId]), [])
})

test('a single administrator is asked for a second after a day, a week, a month and each quarter', async () => {
  const { address, tenantId } = await signUp('osprey')
  const mails = "select from latchkey.notices where tenant_id = $1 and template = 'second_administrator'"
  const asked = async () => {
    await askForSecondAdministrators(store, means(), services.origin)
    await askForSecondAdministrators(store, means(), services.origin)
    return (await ask(mails, [tenantId])).length
  }
  const counts = []
  for (const days of [0, 1, 5, 1, 22, 1, 60, 31, 90, 1]) {
    clock.advance(days * DAY)
    counts.push(await asked())
  }
  assert.deepEqual(counts, [0, 1, 1, 2, 2, 3, 3, 4, 4, 5])
  await server.message(one => one.to === address && one.subject === 'Kestrel Marsh has a single administrator')
  const two = await signUp('dunlin', 'bo.ray@dunlin.example')
  const reader = server.browser()
  granted(await join(reader, granted(await post(reader, await linkTo('bo.ray@dunlin.example'), {})).next), 201)
  clock.advance(2 * DAY)
  await asked()
  assert.deepEqual(await ask(mails, [two.tenantId]), [])
})
