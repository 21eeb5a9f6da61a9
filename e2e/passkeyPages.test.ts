import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { PASSWORD } from '../server/src/demo/index.ts'
import { newAuthenticator, registerPasskey } from '../server/src/testing/authenticator.ts'
import { type TestBrowser, testServer } from '../server/src/testing/server.ts'
import { openBrowser, openWindow } from './browser.ts'
import { keyboard } from './hands.ts'
import { addAuthenticator } from './passkeys.ts'
import { addPerson } from './people.ts'

// The pages of passkeys in Chromium, with authenticators of its own.
const server = await testServer()
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
  const tab = await (await windowOf(client)).newPage()
  await tab.goto('/security-info/set-up/passkey')
  return { tab, client, username }
}

/** A window with the cookies of this client. */
async function windowOf(client: TestBrowser, { script = true } = {}) {
  const context = await openWindow(browser, server, { script })
  const url = server.services.origin
  await context.addCookies([...client.cookies].map(([name, value]) => ({ name, value, url })))
  return context
}

const make = (tab: Page) => tab.getByRole('button', { name: t('registration.passkey.make') })
const at = (tab: Page, name: string) => tab.getByRole('heading', { level: 1, name, exact: true }).waitFor()
const told = (tab: Page, words: string) => tab.getByRole('alert').getByText(words).waitFor()
const row = (tab: Page, name: string) => tab.locator('.method').filter({ hasText: name })

/** Makes a passkey of this name, and comes to the overview. */
async function makeNamed(tab: Page, name: string) {
  await make(tab).click()
  await at(tab, t('registration.passkey.madeTitle'))
  await tab.getByLabel(t('registration.passkey.name')).fill(name)
  await tab.getByRole('button', { name: t('registration.passkey.save') }).click()
  await at(tab, t('registration.title'))
}

test('a person makes a passkey in the device and one on a key, names, renames and removes them', async () => {
  const { tab, username } = await atSetUp('owner')
  const device = await addAuthenticator(tab)
  await makeNamed(tab, 'My laptop')
  const [first] = await device.held()
  await device.remove()

  const key = await addAuthenticator(tab, { kind: 'roaming' })
  await tab.getByRole('link', { name: t('registration.passkey.another') }).click()
  await makeNamed(tab, 'Key in the drawer')
  assert.equal((await key.held()).length, 1)
  for (const name of ['My laptop', 'Key in the drawer'])
    assert.match((await row(tab, name).textContent()) ?? '', /Only on the device.*Created on .* · not used yet/)

  await row(tab, 'Key in the drawer')
    .getByRole('link', { name: t('registration.passkey.rename') })
    .click()
  await tab.getByLabel(t('registration.passkey.name')).fill('Blue key')
  await tab.keyboard.press('Enter')
  await row(tab, 'Blue key').waitFor()

  await row(tab, 'Blue key')
    .getByRole('link', { name: t('registration.remove') })
    .click()
  await at(tab, t('registration.passkey.removalTitle'))
  await tab.getByText('“Blue key”').waitFor()
  await tab.getByRole('button', { name: t('registration.removal.remove') }).click()
  await at(tab, t('registration.title'))
  await row(tab, 'My laptop').waitFor()
  assert.equal(await row(tab, 'Blue key').count(), 0)
  // The browser was told which passkeys are left, and dropped the other one from the key that it holds.
  for (const end = performance.now() + 60_000; (await key.held()).length > 0; await sleep(20))
    assert.ok(performance.now() < end, 'the key still holds it after a minute')
  const list = JSON.parse((await tab.locator('[data-passkeys]').getAttribute('data-passkeys')) ?? '')
  assert.deepEqual([list.rpId, list.allAcceptedCredentialIds], ['localhost', [first]])
  const { text } = await server.message(
    one => one.to === `${username.split('@')[0]}@mail.example` && /removed/.test(one.subject ?? ''),
  )
  assert.match(text, /removed from the security info of your account: Passkey\./)
})

test('a second passkey on the same device is refused in plain words, and the page stays usable', async () => {
  const { tab } = await atSetUp('twice')
  const device = await addAuthenticator(tab)
  await makeNamed(tab, 'My laptop')
  await tab.goto('/security-info/set-up/passkey')
  await make(tab).click()
  await told(tab, t('passkey.known'))
  assert.equal((await device.held()).length, 1)
  assert.ok(await make(tab).isEnabled())
})

test('a press that was cancelled says so, and the next one works, by the keyboard', async () => {
  const { tab } = await atSetUp('canceller')
  const device = await addAuthenticator(tab, { verified: false })
  const { press } = keyboard(tab)
  await press(t('registration.passkey.make'))
  await told(tab, t('passkey.notMade'))
  await device.set({ verified: true })
  await tab.keyboard.press('Enter')
  await at(tab, t('registration.passkey.madeTitle'))
})

test('a device that cannot recognize its person says what to do', async () => {
  const { tab } = await atSetUp('unverified')
  await addAuthenticator(tab, { verifies: false })
  await make(tab).click()
  await told(tab, t('passkey.notMade'))
})

test('a domain that the browser refuses has words of its own', async () => {
  const { tab } = await atSetUp('elsewhere')
  await addAuthenticator(tab)
  server.services.passkeyRpId = 'id.acme.example'
  await make(tab).click()
  await told(tab, t('passkey.site'))
  server.services.passkeyRpId = undefined
})

test('without a network the press says so, and works once it is back', async () => {
  const { tab } = await atSetUp('offline')
  await addAuthenticator(tab)
  await tab.context().setOffline(true)
  await make(tab).click()
  await told(tab, t('passkey.network'))
  await tab.context().setOffline(false)
  await make(tab).click()
  await at(tab, t('registration.passkey.madeTitle'))
})

test('a press that nobody answers can be pressed again, and the page tells of no failure', async () => {
  const { tab } = await atSetUp('patient')
  const device = await addAuthenticator(tab)
  await device.set({ present: false })
  // The answer alone does not say that the page has read it and asks the device: until then it takes no press.
  await tab.evaluate(() => {
    const { credentials } = navigator
    const create = credentials.create.bind(credentials)
    credentials.create = asked => {
      document.body.dataset.asked = `${Number(document.body.dataset.asked ?? 0) + 1}`
      return create(asked)
    }
  })
  for (let presses = 1; presses <= 3; presses++) {
    await make(tab).click()
    await tab.locator(`body[data-asked="${presses}"]`).waitFor()
  }
  assert.equal(await tab.locator('[data-reason]:visible').count(), 0)
  await tab.reload()
  await device.set({ present: true })
  await make(tab).click()
  await at(tab, t('registration.passkey.madeTitle'))
  assert.equal((await device.held()).length, 1)
})

test('presses while one is on its way to the server ask for nothing more, and none is voided', async () => {
  const { tab } = await atSetUp('quick')
  await addAuthenticator(tab)
  const asked: string[] = []
  tab.on('request', request => {
    if (request.method() === 'POST') asked.push(new URL(request.url()).pathname)
  })
  for (const path of ['**/security-info/challenges', '**/security-info/methods'])
    await tab.route(path, async route => {
      await sleep(300)
      await route.continue()
    })
  // By the page itself: Playwright waits with a click until a page that is under way has come.
  await tab.evaluate(() => {
    const form = document.querySelector<HTMLFormElement>('form.passkey')!
    const pressSoon = () => setTimeout(() => form.requestSubmit(), 50)
    const { fetch } = window
    window.fetch = (...asked) => {
      window.fetch = fetch
      pressSoon()
      return fetch(...asked)
    }
    const { submit } = HTMLFormElement.prototype
    HTMLFormElement.prototype.submit = function () {
      pressSoon()
      submit.call(this)
    }
  })
  await make(tab).click()
  await at(tab, t('registration.passkey.madeTitle'))
  assert.deepEqual(asked, ['/security-info/challenges', '/security-info/methods'])
})

test('an error of the browser that no page of a use expects reads as one of the device', async () => {
  const { tab } = await atSetUp('odd')
  await tab.addInitScript(() => {
    navigator.credentials.get = () => Promise.reject(new DOMException('', 'InvalidStateError'))
  })
  await tab.goto('/signin?username=odd@acme.example')
  await tab.getByRole('button', { name: t('signin.passkey') }).click()
  await told(tab, t('passkey.device'))
})

test('the tenth passkey is the last, and the press says so', async () => {
  const { tab, client } = await atSetUp('collector')
  for (let count = 0; count < 10; count++) await registerPasskey(client, newAuthenticator())
  await addAuthenticator(tab)
  await make(tab).click()
  await told(tab, t('problems.passkeys_full.detail'))
  await tab.goto('/security-info')
  assert.equal(await tab.getByRole('link', { name: t('registration.passkey.another') }).count(), 0)
})

test('a browser without passkeys, and one without script, read one line and see no press for them', async () => {
  const { tab, client } = await atSetUp('without')
  const line = tab.getByText(t('passkey.without'))
  assert.ok(!(await line.isVisible()))
  await tab.addInitScript('delete globalThis.PublicKeyCredential')
  for (const path of ['/security-info', '/security-info/set-up/passkey']) {
    await tab.goto(path)
    await line.waitFor()
    assert.equal(await tab.locator('.passkey-way:visible').count(), 0, path)
  }
  const scriptless = await (await windowOf(client, { script: false })).newPage()
  for (const path of ['/security-info', '/security-info/set-up/passkey']) {
    await scriptless.goto(path)
    await scriptless.getByText(t('passkey.without')).waitFor()
    assert.equal(await scriptless.locator('.passkey-way:visible').count(), 0, path)
  }
})

test('a script that did not load leaves a form whose page says what is missing', async () => {
  const { tab } = await atSetUp('blocked')
  await tab.route('**/assets/passkey-*', route => route.abort())
  await tab.goto('/security-info/set-up/passkey')
  await make(tab).click()
  await tab.getByRole('status').getByText(t('passkey.without')).waitFor()
})
