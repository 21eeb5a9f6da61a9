import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, HOUR, MINUTE } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { assignRole, createUser } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { get, granted, post, refused } from '../testing/contract.ts'
import { readEvents } from '../testing/people.ts'
import { CALLBACK, testProvider } from '../testing/provider.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { askForApproval, isUnapproved } from './approval.ts'
import { openSignIn } from './signIns.ts'

// What only an administrator can agree to is asked for by a mail: once a day for an application.
const server = await testServer()
const acme = await testProvider(server)
const person = 'registered@acme.example'
const admin = 'admin@acme.example'
const READ_ALL = { scope: 'openid User.Read.All' }

const signIn = async (username: string, password = PASSWORD) => {
  const browser = server.browser()
  granted(await post(browser, '/signin', { username, password }))
  return browser
}
/** A sign-in that stops because an administrator has to agree. */
async function stopped(
  browser: TestBrowser,
  app: Awaited<ReturnType<typeof acme.register>>,
  { more = READ_ALL, provider = acme } = {},
): Promise<string> {
  const { to } = await provider.ask(app, more)
  const at = (await browser.page(to.pathname + to.search)).headers.get('location')!
  assert.equal(granted(await get(browser, at)).refusal.code, 'needs_administrator')
  return at
}
const contact = (browser: TestBrowser, at: string) => post(browser, `${at}/contact`)
/** How many mails were queued to administrators of a tenant. */
const countMails = async (tenantId = acme.tenantId): Promise<number> => {
  const sql = "select count(*)::int as count from latchkey.notices where tenant_id = $1 and template = 'approval'"
  return (await server.store.pool.query(sql, [tenantId])).rows[0].count
}
const idOf = (at: string) => at.split('/').at(-1)!

test('the administrator is mailed who asks for which application and permissions, and where to agree', async () => {
  const homePageUrl = 'https://expenses.example/'
  const app = await acme.register({ web: [CALLBACK] }, { displayName: 'Expenses <b>', homePageUrl })
  const browser = await signIn(person)
  const at = await stopped(browser, app)
  assert.match((await browser.page(at)).text, /<form[^>]*action="\/signin\/[\w-]+\/contact"/)
  const asked = await contact(browser, at)
  assert.deepEqual([asked.status, asked.json], [202, { asked: 'now' }])
  const { to, subject, text } = await server.message(one => one.text.includes('Expenses'))
  const { supportCode } = granted(await get(browser, at))
  assert.deepEqual([to, subject], [admin, 'Acme: Expenses <b> needs approval'])
  for (const part of [person, '• Read everybody’s profile', homePageUrl, supportCode])
    assert.ok(text.includes(part), `${part} in ${text}`)
  assert.doesNotMatch(text, /\{\{/, 'every variable is filled in')
  assert.match((await browser.page(at)).text, /<h1[^>]*>Message sent</)
  assert.deepEqual(await readEvents(server.store, acme.tenantId, idOf(at)), ['consent.asked success'])
})

test('administrators are asked once a day for an application, also where other people ask', async () => {
  const app = await acme.register({ web: [CALLBACK] })
  const before = await countMails()
  const first = await signIn(person)
  const at = await stopped(first, app)
  assert.deepEqual(granted(await contact(first, at), 202), { asked: 'now' })
  assert.deepEqual(granted(await contact(first, at), 202), { asked: 'earlier-today' })
  const other = await signIn('signer@acme.example')
  const theirs = await stopped(other, app)
  assert.match((await other.page(theirs)).text, /<h1[^>]*>Your administrators were already asked today</)
  assert.deepEqual(granted(await contact(other, theirs), 202), { asked: 'earlier-today' })
  assert.deepEqual(await readEvents(server.store, acme.tenantId, idOf(theirs)), [
    'consent.asked failure asked earlier today',
  ])
  assert.equal((await countMails()) - before, 1)
  const another = await stopped(other, await acme.register({ web: [CALLBACK] }))
  assert.deepEqual(granted(await contact(other, another), 202), { asked: 'now' }, 'for another application')
  server.clock.advance(DAY + HOUR)
  const later = await signIn(person)
  assert.deepEqual(granted(await contact(later, await stopped(later, app)), 202), { asked: 'now' }, 'on another day')
  assert.equal((await countMails()) - before, 3)
})

test('of twenty who ask at once, one asks', async () => {
  const app = await acme.register({ web: [CALLBACK] })
  const before = await countMails()
  const browser = await signIn(person)
  const all: string[] = []
  for (let n = 0; n < 20; n++) all.push(await stopped(browser, app))
  const answers = await Promise.all(all.map(async at => granted(await contact(browser, at), 202).asked))
  assert.deepEqual(answers.sort(), [...Array(19).fill('earlier-today'), 'now'])
  assert.equal((await countMails()) - before, 1)
})

test('one person writes for twenty applications an hour, and what was not sent can be asked later', async () => {
  server.clock.advance(DAY + HOUR)
  const browser = await signIn(person)
  const ask = async (app: Awaited<ReturnType<typeof acme.register>>) => {
    const at = await stopped(browser, app)
    return [
      granted(await contact(browser, at), 202).asked,
      /<h1[^>]*>([^<]+)</.exec((await browser.page(at)).text)?.[1],
    ]
  }
  const before = await countMails()
  for (let n = 0; n < 20; n++)
    assert.deepEqual(await ask(await acme.register({ web: [CALLBACK] })), ['now', 'Message sent'])
  const app = await acme.register({ web: [CALLBACK] })
  assert.deepEqual(await ask(app), ['earlier-today', 'Your administrators were already asked today'])
  assert.equal((await countMails()) - before, 20)
  server.clock.advance(HOUR + MINUTE)
  assert.deepEqual(await ask(app), ['now', 'Message sent'])
})

test('those are asked who may agree: application administrators, and others where rights could be raised', async () => {
  const manager = 'applications@acme.example'
  await inTenant(server.store, acme.tenantId, async trx => {
    const given = { userPrincipalName: manager, displayName: 'Application Administrator', preferredLanguage: 'fr' }
    const { id } = await createUser(trx, acme.act(), acme.tenantId, given)
    await assignRole(trx, acme.act(), id, 'Application Administrator')
  })
  const browser = await signIn(person)
  const told = async (scope: string) => {
    const displayName = `For ${scope}`
    const at = await stopped(browser, await acme.register({ web: [CALLBACK] }, { displayName }), { more: { scope } })
    granted(await contact(browser, at), 202)
    const { to, subject } = await server.message(one => one.subject?.includes(displayName) === true)
    return [to, subject]
  }
  const [first, others] = ['openid User.Read.All', 'openid RoleManagement.ReadWrite.Directory']
  assert.deepEqual(await told(first), [manager, `Acme\u00a0: For ${first} doit être approuvée`])
  assert.deepEqual(await told(others), [admin, `Acme: For ${others} needs approval`])
})

test('a help desk takes the place of the mail, and without anybody the page says so', async () => {
  const globex = await testProvider(server, 'globex.example')
  const browser = await signIn('outside@globex.example')
  const at = await stopped(browser, await globex.register({ web: [CALLBACK] }), { provider: globex })
  assert.deepEqual(granted(await contact(browser, at), 202), { helpdesk: 'https://help.globex.example' })
  assert.match((await browser.page(at)).text, /href="https:\/\/help\.globex\.example"/)
  assert.equal(await countMails(globex.tenantId), 0)
  const initech = await testProvider(server, 'initech.example')
  const alone = await signIn('someone@initech.example')
  const unheard = await stopped(alone, await initech.register({ web: [CALLBACK] }), { provider: initech })
  refused(await contact(alone, unheard), 409, 'nobody_to_ask')
  const { text } = await alone.page(unheard)
  assert.match(text, /hasn’t named anybody we could write to/)
  assert.doesNotMatch(text, /\/contact"/)
})

test('nobody asks from another browser, in another state, or after the session has ended', async () => {
  const app = await acme.register({ web: [CALLBACK] })
  const browser = await signIn(person)
  const at = await stopped(browser, app)
  refused(await contact(server.browser(), at), 404, 'not_found')
  const { id } = granted(await post(server.browser(), '/signin/start', { username: person }), 201)
  refused(await contact(browser, `/signin/${id}`), 404, 'not_found')
  const consenting = await acme.ask(app, { scope: 'openid' })
  const open = (await browser.page(consenting.to.pathname + consenting.to.search)).headers.get('location')!
  refused(await contact(browser, open), 409, 'wrong_state')
  const visitor = {
    browserToken: browser.cookies.get('latchkey_browser')?.split('.')[0],
    ticket: browser.cookies.get('latchkey_session'),
    accounts: 0,
  }
  const { tenantId, act } = acme
  const asking = { tenantId, by: { id: idOf(at) }, visitor, origin: server.services.origin }
  const { signIn: opened } = (await openSignIn(server.store, act(), asking))!
  assert.ok(isUnapproved(opened))
  granted(await post(browser, '/signout'), 204)
  await assert.rejects(askForApproval(server.store, act(), opened), { code: 'wrong_state' })
  refused(await contact(browser, at), 409, 'wrong_state')
})

test('a device’s person asks too, and nobody for what the built-in application may never do', async () => {
  const app = await acme.register({ publicClient: ['http://127.0.0.1/callback'] }, { displayName: 'Room screen' })
  const form = new URLSearchParams({ client_id: app.appId, ...READ_ALL })
  const answer = await fetch(`${acme.issuer.href}/devicecode`, { method: 'POST', body: form })
  const { user_code: code } = (await answer.json()) as { user_code: string }
  const browser = await signIn(person)
  const { id, refusal } = granted(await post(browser, '/device', { code }), 201)
  assert.equal(refusal.code, 'needs_administrator')
  assert.match((await browser.page(`/signin/${id}`)).text, /\/contact"/)
  const sent = await browser.submit(`/signin/${id}/contact`, {})
  assert.deepEqual([sent.status, sent.headers.get('location')], [303, `/signin/${id}`])
  assert.match((await browser.follow(sent)).text, /<h1[^>]*>Message sent</)
  assert.ok((await server.message(one => one.subject?.includes('Room screen') === true)).text.includes(person))
  const builtIn = { appId: 'latchkey-admin', secret: '' }
  const more = { scope: 'openid User.Read', redirect_uri: `${server.services.origin}/admin/callback` }
  const { to } = await acme.ask(builtIn, more)
  const at = (await browser.page(to.pathname + to.search)).headers.get('location')!
  assert.equal(granted(await get(browser, at)).refusal.code, 'needs_administrator')
  assert.doesNotMatch((await browser.page(at)).text, /\/contact"/)
  refused(await contact(browser, at), 409, 'wrong_state')
})
