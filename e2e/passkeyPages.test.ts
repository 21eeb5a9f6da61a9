import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PASSWORD } from '../server/src/demo/index.ts'
import { relyingPartyOf } from '../server/src/passkeys/index.ts'
import { testServer } from '../server/src/testing/server.ts'
import { openBrowser, openWindow } from './browser.ts'
import { addAuthenticator } from './passkeys.ts'
import { addPerson } from './people.ts'

// The pages of passkeys in Chromium, with authenticators of its own.
const server = await testServer()
// Chromium names the port of a page; other tests make their answers for a server without one.
server.services.relyingParty = relyingPartyOf(server.services.origin)
const browser = await openBrowser()
const { t } = server.services.words.in('en')

/** A tab in which a new person has signed in and proved who they are, at the page that makes a passkey. */
async function atSetUp(name: string) {
  const username = `${name}@acme.example`
  const email = `${name}@mail.example`
  await addPerson(server, username, PASSWORD, { email })
  const client = server.browser()
  await client.post('/signin', { username, password: PASSWORD })
  const { methods } = (await client.get('/security-info')).json
  const { id: method } = methods.find((one: { kind: string }) => one.kind === 'email')
  const { challenge } = (await client.post('/session/challenges', { method })).json
  const proved = await client.post('/session/proofs', { challenge: challenge.id, code: await server.code(email) })
  assert.equal(proved.status, 200)
  const context = await openWindow(browser, server, { script: true })
  const url = server.services.origin
  await context.addCookies([...client.cookies].map(([name, value]) => ({ name, value, url })))
  const tab = await context.newPage()
  await tab.goto('/security-info/set-up/passkey')
  return { tab, client }
}

test('one press makes a passkey', async () => {
  const { tab } = await atSetUp('maker')
  const device = await addAuthenticator(tab)
  await tab.getByRole('button', { name: t('registration.passkey.make') }).click()
  await tab.getByRole('heading', { level: 1, name: t('registration.thanks.title') }).waitFor()
  assert.equal((await device.held()).length, 1)
})

test('a second one on the same device is refused in plain words', async () => {
  const { tab } = await atSetUp('twice')
  const device = await addAuthenticator(tab)
  const make = tab.getByRole('button', { name: t('registration.passkey.make') })
  await make.click()
  await tab.getByRole('heading', { level: 1, name: t('registration.thanks.title') }).waitFor()
  await tab.goto('/security-info/set-up/passkey')
  await make.click()
  await tab.getByRole('alert').getByText(t('passkey.known')).waitFor()
  assert.ok(await make.isEnabled())
  assert.equal((await device.held()).length, 1)
})

test('a press that was cancelled says so, and the next one works', async () => {
  const { tab } = await atSetUp('canceller')
  const device = await addAuthenticator(tab)
  await device.set({ verified: false })
  const make = tab.getByRole('button', { name: t('registration.passkey.make') })
  await make.click()
  await tab.getByRole('alert').getByText(t('passkey.notMade')).waitFor()
  await device.set({ verified: true })
  await make.click()
  await tab.getByRole('heading', { level: 1, name: t('registration.thanks.title') }).waitFor()
})
