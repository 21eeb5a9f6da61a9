import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changeDefaultPolicy, changeSignInPolicy } from '../policies/index.ts'
import { inTenant } from '../store/index.ts'
import { CALLBACK, redeem, testProvider } from '../testing/provider.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'

const server = await testServer()
const { store } = server
const { tenantId, act, register, ask } = await testProvider(server)
// Whether to stay signed in is another page’s question.
await inTenant(store, tenantId, trx => changeSignInPolicy(trx, tenantId, { staySignedIn: 'never' }))
const person = 'signer@acme.example'
const address = 'signer@mail.example'
let passwords = 0
const newPassword = () => `Quite another kestrel ${++passwords}`

/** A sign-in to an application, in a browser of its own. */
async function begin(more: Record<string, string> = {}) {
  const app = await register({ web: [CALLBACK] }, { homePageUrl: 'https://expenses.example/' })
  const asked = await ask(app, more)
  const browser = server.browser()
  const at = (await browser.page(asked.to.pathname + asked.to.search)).headers.get('location')!
  return { app, asked, browser, at, signin: at.split('/').at(-1)! }
}

/** Resets the password by mail and text message, up to the answer of the last step. */
async function reset(browser: TestBrowser, body: object, password = newPassword()) {
  const { id, methods, ...begun } = (await browser.post('/reset', body)).json
  const pass = async (kind: string, to: string, more: object = {}) => {
    const [before] = await server.outbox()
    const method = methods.find((one: { kind: string }) => one.kind === kind).id
    const { challenge } = (await browser.post(`/reset/${id}/challenges`, { method, ...more })).json
    return (await browser.post(`/reset/${id}/proofs`, { challenge: challenge.id, code: await server.code(to, before) }))
      .json
  }
  let journey = await pass('email', address)
  if (journey.state === 'verify')
    journey = await pass('mobilePhone', '+12065550114', { channel: 'sms', phoneNumber: '+12065550114' })
  assert.equal(journey.state, 'choose-password', JSON.stringify({ begun, journey }))
  return { id, password, send: () => browser.post(`/reset/${id}/password`, { newPassword: password }) }
}

test('a reset that was begun at a sign-in leads back to it, with its name, and the application is answered', async () => {
  const { app, asked, browser, at, signin } = await begin()
  assert.equal((await browser.get(at)).json.reset, `/reset?signin=${signin}`)
  assert.match((await browser.page(at)).text, new RegExp(`href="/reset\\?signin=${signin}"`))
  const { id, password, send } = await reset(browser, { username: person, signin })
  const done = (await send()).json
  const onward = { application: { id: app.appId, displayName: 'Expenses' }, next: at }
  assert.deepEqual([done.state, done.continue], ['finished', onward])
  assert.deepEqual((await browser.get(`/reset/${id}`)).json.continue, onward)
  assert.match((await browser.page(`/reset/${id}`)).text, new RegExp(`href="${at}"[^>]*><span>Continue to Expenses`))
  const view = (await browser.get(at)).json
  assert.deepEqual([view.state, view.username], ['password', person])
  await browser.post(`${at}/password`, { password })
  const { next } = (await browser.post(`${at}/consent`, { accept: true })).json
  const answer = new URL((await browser.page(new URL(next).pathname)).headers.get('location')!)
  assert.equal(answer.searchParams.get('state'), 'the state')
  assert.ok((await redeem(asked, answer)).access_token)
  const back = await browser.page(at)
  assert.deepEqual([back.status, back.headers.get('location')], [303, 'https://expenses.example/'])
})

test('a name that was typed at the sign-in is filled in at the reset', async () => {
  const { browser, at, signin } = await begin()
  await browser.post(`${at}/name`, { username: person })
  const { text } = await browser.page(`/reset?signin=${signin}`)
  assert.match(text, new RegExp(`value="${person}"`))
  assert.match(text, new RegExp(`name="signin" value="${signin}"`))
})

test('a reset that signs in goes on to the application at once', async () => {
  await inTenant(store, tenantId, trx => changeDefaultPolicy(trx, act(), tenantId, { signInAfterReset: true }))
  try {
    const { browser, at, signin } = await begin()
    const { send } = await reset(browser, { username: person, signin })
    const { next, session, continue: onward } = (await send()).json
    assert.deepEqual([next, onward.next], [at, at], session)
    assert.equal((await browser.get(at)).json.state, 'consent')
  } finally {
    await inTenant(store, tenantId, trx => changeDefaultPolicy(trx, act(), tenantId, { signInAfterReset: false }))
  }
})

test('a reset knows no sign-in of another browser, and one of another tenant leads nowhere', async () => {
  const { signin } = await begin()
  const foreign = server.browser()
  const elsewhere = await reset(foreign, { username: person, signin })
  assert.equal((await elsewhere.send()).json.continue, null)
  const other = await testProvider(server, 'globex.example')
  const app = await other.register({ web: [CALLBACK] })
  const browser = server.browser()
  const { to } = await other.ask(app)
  const at = (await browser.page(to.pathname + to.search)).headers.get('location')!
  const done = await reset(browser, { username: person, signin: at.split('/').at(-1)! })
  assert.equal((await done.send()).json.continue, null)
  const plain = await reset(server.browser(), { username: person })
  assert.equal((await plain.send()).json.continue, null)
})

test('a sign-in whose time is over starts again after the reset', async () => {
  const { browser, at, signin } = await begin()
  const { send } = await reset(browser, { username: person, signin })
  await inTenant(store, tenantId, trx =>
    trx
      .updateTable('sign_ins')
      .set({ expires_at: server.clock.now() })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', signin)
      .execute(),
  )
  assert.equal((await send()).json.continue.next, at)
  assert.equal((await browser.get(at)).status, 410)
  const again = /href="([^"]*\/authorize\?[^"]*)"/.exec((await browser.page(at)).text)![1]!.replaceAll('&amp;', '&')
  const { pathname, search, searchParams } = new URL(again)
  assert.deepEqual(
    [searchParams.get('state'), searchParams.get('scope')?.includes('offline_access')],
    ['the state', true],
  )
  assert.match((await browser.page(pathname + search)).headers.get('location')!, /^\/signin\//)
})
