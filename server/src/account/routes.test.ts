import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { actions } from '../access/index.ts'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId } from '../directory/index.ts'
import { changeDefaultPolicy, changeProtection } from '../policies/index.ts'
import { inTenant } from '../store/index.ts'
import { get, granted, post, refused } from '../testing/contract.ts'
import { meansAt, wrongPassword } from '../testing/people.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { ASKED } from './access.ts'

const username = 'registered@acme.example'

/** The whole server, and a person signed in in two browsers who reports the other one from `mine`. */
async function served(context: TestContext) {
  const server = await testServer({ context })
  const tenantId = await findTenantId(server.store, 'acme.example')
  const signedIn = async (password: string) => {
    const browser = server.browser()
    granted(await post(browser, '/signin', { username, password }))
    return browser
  }
  await signedIn(PASSWORD)
  const mine = await signedIn(PASSWORD)
  const reportOther = async () => {
    const { activity } = granted(await get(mine, '/account/activity'))
    const { id } = activity.find((line: { reportable: boolean }) => line.reportable)
    granted(await post(mine, `/account/activity/${id}/report`))
  }
  return { server, tenantId, mine, signedIn, reportOther }
}

test('a reported password is neither changed nor unlocked, and every page leads to a reset instead', async t => {
  const { server, tenantId, mine, signedIn, reportOther } = await served(t)
  const NEW = 'Quite-another-kestrel-1'
  const resetLink = 'href="/reset?username=registered%40acme.example"'
  const change = (browser: TestBrowser, currentPassword: string) =>
    post(browser, '/account/password', { currentPassword, newPassword: NEW })
  const begin = async (browser: TestBrowser) => granted(await post(browser, '/reset', { username }), 201)

  for (const path of ['/account', '/account/password']) {
    const { text } = await mine.page(path)
    assert.equal(text.includes(resetLink), false, `nothing is reported: ${path}`)
  }
  await reportOther()

  // Sign-ins with it are counted until they have to wait. Its owner must hear of the report all the same.
  for (let n = 0; n < 12; n++) await post(server.browser(), '/signin', { username, password: wrongPassword() })
  for (const current of [PASSWORD, wrongPassword()])
    assert.equal(refused(await change(mine, current), 409, 'password_reported').retryAfter, undefined)
  const form = { currentPassword: PASSWORD, newPassword: NEW, password2: NEW }
  const answer = await mine.submit('/account/password', form)
  for (const text of [(await mine.follow(answer)).text, (await mine.page('/account/password')).text]) {
    assert.match(text, /Please choose a new password.*Reset it, then sign in/s)
    assert.ok(text.includes(resetLink))
    assert.doesNotMatch(text, /name="currentPassword"/)
  }
  const account = (await mine.page('/account')).text
  assert.match(account, /banner-warning.*It no longer works/s)
  assert.ok(account.includes(resetLink))

  assert.equal((await begin(server.browser())).state, 'verify', 'an unlock is not offered')
  assert.equal(
    granted(await post(server.browser(), '/reset', { username: 'locked@acme.example' }), 201).state,
    'choose-problem',
    'where nothing was reported it is',
  )
  // Where accounts are concealed every name is offered it, and the proof has to come first.
  await inTenant(server.store, tenantId, trx => changeProtection(trx, tenantId, { concealAccounts: true }))
  const browser = server.browser()
  const begun = await begin(browser)
  assert.equal(begun.state, 'choose-problem')
  const path = `/reset/${begun.id}`
  const { methods } = granted(await post(browser, `${path}/problem`, { problem: 'unlock' }))
  const [before] = await server.outbox()
  const method = methods.find(({ kind }: { kind: string }) => kind === 'email').id
  const { challenge } = granted(await post(browser, `${path}/challenges`, { method }), 201)
  const code = await server.code('registered@mail.example', before)
  granted(await post(browser, `${path}/proofs`, { challenge: challenge.id, code }))
  refused(await post(browser, `${path}/unlock`), 409, 'password_reported')
  granted(await post(browser, `${path}/password`, { newPassword: NEW }))

  const again = await signedIn(NEW)
  assert.equal((await again.page('/account')).text.includes(resetLink), false, 'it is over')
  granted(await post(again, '/account/password', { currentPassword: NEW, newPassword: `${NEW}2` }), 204)
})

test('whoever cannot reset a reported password is sent to an administrator, not to a reset', async t => {
  const { server, tenantId, mine, reportOther } = await served(t)
  await reportOther()
  await inTenant(server.store, tenantId, trx => changeDefaultPolicy(trx, meansAt(), tenantId, { enabled: false }))
  const { text } = await mine.page('/account')
  assert.match(text, /banner-warning.*Contact your administrator before you sign out/s)
  assert.doesNotMatch(text, /\/reset\?username/)
})

test('a report says that administrators are told only where there is one', async t => {
  const { server } = await served(t)
  const username = 'someone@initech.example'
  const [theirs, mine] = [server.browser(), server.browser()]
  for (const browser of [theirs, mine]) granted(await post(browser, '/signin', { username, password: PASSWORD }))
  const { activity } = granted(await get(mine, '/account/activity'))
  const { id } = activity.find((line: { reportable: boolean }) => line.reportable)
  const path = `/account/activity/${id}/report`
  const before = (await mine.page(path)).text
  granted(await post(mine, path))
  const after = (await mine.page(path)).text
  const { t: say } = server.services.words.in('en')
  assert.ok(before.includes(say('account.report.toldAlone')) && after.includes(say('account.report.done.leadAlone')))
  assert.ok(!before.includes(say('account.report.told')) && !after.includes(say('account.report.done.lead')))
})

test('people learn their roles and whom to ask, by name; the emergency account and those who cannot sign in are nobody to ask', async t => {
  const server = await testServer({ context: t })
  const accessOf = async (username: string) => {
    const browser = server.browser()
    const { state } = granted(await post(browser, '/signin', { username, password: PASSWORD }))
    if (state === 'register') granted(await post(browser, '/security-info/later'))
    return { browser, access: granted(await get(browser, '/account/access')) }
  }
  const { browser, access } = await accessOf('registered@acme.example')
  assert.deepEqual(access.roles, [])
  assert.deepEqual(
    access.ask.map(({ role, people }: { role: string; people: { userPrincipalName: string }[] }) => [
      role,
      people.map(one => one.userPrincipalName),
    ]),
    [
      ['Global Administrator', ['admin@acme.example']],
      ['Helpdesk Administrator', ['helpdesk@acme.example']],
    ],
  )
  assert.deepEqual(Object.keys(access.ask[0].people[0]).sort(), ['displayName', 'mail', 'userPrincipalName'])
  assert.match((await browser.page('/account/access')).text, /admin@acme\.example/)
  assert.deepEqual((await accessOf('helpdesk@acme.example')).access.roles, ['Helpdesk Administrator'])
  const unmanaged = await accessOf('first@umbrella.example')
  assert.deepEqual(unmanaged.access, { roles: [], ask: [] })
  assert.match((await unmanaged.browser.page('/account/access')).text, /Nobody administers[\s\S]*href="\/cases"/)
  await server.store.pool.query(`
    update latchkey.tenants t set emergency_user_id = u.id from latchkey.users u
      where u.tenant_id = t.tenant_id and user_principal_name = 'admin@acme.example';
    update latchkey.users set account_enabled = false where user_principal_name = 'helpdesk@acme.example'`)
  assert.deepEqual(granted(await get(browser, '/account/access')).ask, [])
  assert.equal((await server.browser().get('/account/access')).status, 401)
})

test('those who are asked for roles are those who may give them', () => {
  for (const role of actions['roles.assign'].roles) assert.ok((ASKED as readonly string[]).includes(role))
})
