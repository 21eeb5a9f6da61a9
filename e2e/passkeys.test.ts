import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { PASSWORD } from '../server/src/demo/index.ts'
import { findTenantId } from '../server/src/directory/index.ts'
import { changeDefaultPolicy } from '../server/src/policies/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import { granted } from '../server/src/testing/contract.ts'
import { beginPasskey, finishPasskey, newBrowser } from '../server/src/testing/passkeyOwners.ts'
import { testProvider } from '../server/src/testing/provider.ts'
import { testServer } from '../server/src/testing/server.ts'
import { chooseSignIn } from '../server/src/testing/steps.ts'
import { until } from '../server/src/testing/until.ts'
import type { Language } from '../server/src/words/index.ts'
import { openBrowser, openWindow } from './browser.ts'
import { keyboard, pointer } from './hands.ts'
import { addAuthenticator } from './passkeys.ts'
import { actOf, addPerson } from './people.ts'
import { NEW_PASSWORD } from './steps.ts'

// Passkeys in the places of a password, a gate, a second step and a fresh proof, in Chromium with authenticators of its own.
const server = await testServer()
const browser = await openBrowser()
const { t } = server.services.words.in('en')
const acme = await findTenantId(server.store, 'acme.example')
await inTenant(server.store, acme, trx => changeDefaultPolicy(trx, actOf(server), acme, { signInAfterReset: true }))

const at = (tab: Page, name: string) => tab.getByRole('heading', { level: 1, name, exact: true }).waitFor()
const press = (tab: Page, name: string) => pointer(tab).press(name)

/**
 * A tab with an authenticator that has a passkey of this new person, and is not touched yet. Without `autofill` its
 * browser offers no passkey by itself, so that the touch is an answer to the press.
 */
async function withPasskey(
  name: string,
  { language = 'en' as Language, autofill = false, kind = 'platform' as 'platform' | 'roaming' } = {},
) {
  const username = `${name}@acme.example`
  const email = `${name}@mail.example`
  const user = await addPerson(server, username, PASSWORD, { email })
  const client = await newBrowser(server, user)
  const context = await openWindow(browser, server, { language, script: true })
  after(() => context.close())
  const tab = await context.newPage()
  if (!autofill)
    await tab.addInitScript(() => {
      PublicKeyCredential.isConditionalMediationAvailable = async () => false
    })
  const device = await addAuthenticator(tab, { kind })
  const { id, options } = await beginPasskey(client)
  await tab.goto('/demo')
  const credential = await tab.evaluate(async asked => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(asked)
    return ((await navigator.credentials.create({ publicKey })) as PublicKeyCredential).toJSON()
  }, options)
  const method = granted(await finishPasskey(client, id, credential), 201)
  await device.set({ present: false })
  return { username, email, client, tab, device, method }
}

/** Types a name and a password. */
async function signIn(tab: Page, username: string) {
  await tab.goto('/signin?other')
  await tab.getByLabel(t('signin.username')).fill(username)
  await press(tab, t('signin.next'))
  await at(tab, t('signin.passwordTitle'))
  await tab.getByLabel(t('signin.password'), { exact: true }).fill(PASSWORD)
  await tab.getByRole('button', { name: t('signin.submit'), exact: true }).click()
}

test('one press signs in to an application, without a name or a password', async () => {
  const application = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!DOCTYPE html><title>x</title><h1>Expenses</h1>')
  })
  await once(application.listen(0, '127.0.0.1'), 'listening')
  after(() => application.close().closeAllConnections())
  const callback = `http://127.0.0.1:${(application.address() as AddressInfo).port}/callback`
  const { register, ask } = await testProvider(server)
  const { to } = await ask(await register({ web: [callback] }), { redirect_uri: callback })
  const { tab, device } = await withPasskey('by-button')
  await tab.goto(to.href)
  await at(tab, t('signin.title'))
  await device.set({ present: true })
  await press(tab, t('signin.passkey'))
  await at(tab, t('signin.stay.title'))
  await press(tab, t('signin.stay.no'))
  await at(tab, t('signin.consent.title', { application: 'Expenses' }))
  await press(tab, t('signin.consent.accept'))
  await at(tab, 'Expenses')
  assert.ok(new URL(tab.url()).searchParams.get('code'))
})

test('the browser offers a passkey in the field for the name, and in the one for the password', async () => {
  const { tab, device, username } = await withPasskey('by-autofill', { autofill: true })
  await device.set({ present: true })
  await tab.goto('/signin')
  await at(tab, t('account.title'))
  await press(tab, t('account.signOut'))
  await tab.getByText(t('signin.signedOut')).waitFor()

  const headers = { accept: 'application/json' }
  const begun = await tab.request.post('/signin/start', { data: { username }, headers })
  await tab.goto(`/signin/${(await begun.json()).id}`)
  await at(tab, t('signin.stay.title'))
})

test('a reset by passkey takes two pages and two presses', async context => {
  const { tab, device, username } = await withPasskey('two-pages')
  const cost = { pages: 0, presses: 0 }
  const see = async (title: string) => {
    await at(tab, title)
    cost.pages++
  }
  const act = async (name: string) => {
    cost.presses++
    await press(tab, name)
  }
  await tab.goto('/signin?other')
  await tab.getByLabel(t('signin.username')).fill(username)
  await tab.getByRole('link', { name: t('signin.forgot') }).click()
  await see(t('reset.verify.title'))
  const [first] = await tab.locator('main .choice').allInnerTexts()
  assert.match(first ?? '', new RegExp(t('reset.verify.passkey')))
  await device.set({ present: true })
  await act(t('reset.verify.passkey'))
  await see(t('reset.password.title'))
  await tab.getByLabel(t('reset.password.new'), { exact: true }).fill(NEW_PASSWORD)
  await act(t('reset.password.finish'))
  await at(tab, t('account.title'))
  assert.deepEqual(cost, { pages: 2, presses: 2 })
  context.diagnostic(JSON.stringify(cost))
})

test('where codes are blocked, a passkey still leads to the unlocking', async () => {
  const { tab, device, username, email } = await withPasskey('blocked-codes')
  for (let wrong = 0; wrong < 10; wrong++)
    await server.browser().post('/signin', { username, password: `wrong ${wrong}` })
  const guesser = server.browser()
  const { id, methods } = granted(await guesser.post('/reset', { username }), 201)
  granted(await guesser.post(`/reset/${id}/problem`, { problem: 'unlock' }))
  const { id: method } = methods.find((one: { kind: string }) => one.kind === 'email')
  const { challenge } = granted(await guesser.post(`/reset/${id}/challenges`, { method }), 201)
  const code = Number(await server.code(email))
  for (let wrong = 1; wrong <= 5; wrong++) {
    const other = String((code + wrong) % 1_000_000).padStart(6, '0')
    const answer = await guesser.post(`/reset/${id}/proofs`, { challenge: challenge.id, code: other })
    assert.equal(answer.status, 422)
  }

  await tab.goto(`/reset?username=${username}`)
  await press(tab, t('reset.start.next'))
  await at(tab, t('reset.problem.title'))
  await tab.getByRole('radio', { name: t('reset.problem.unlock') }).check()
  await press(tab, t('reset.problem.next'))
  await at(tab, t('reset.blocked.title'))
  await tab.getByText('Your passkey works now').waitFor()
  // Not recognized by the device, then recognized.
  await device.set({ present: true, verified: false })
  await press(tab, t('reset.verify.passkey'))
  await tab.getByRole('alert').getByText(t('passkey.notUsed')).waitFor()
  await device.set({ verified: true })
  await press(tab, t('reset.verify.passkey'))
  await at(tab, t('reset.unlock.title'))
  await press(tab, t('reset.unlock.finish'))
  await at(tab, t('reset.finished.unlockTitle'))
})

test('a second step and a fresh proof are one press', async context => {
  await chooseSignIn(context, server, acme, { secondStep: 'everyone' })
  const { tab, device, username } = await withPasskey('stepping')
  await signIn(tab, username)
  await at(tab, t('registration.step.title'))
  await device.set({ present: true })
  await tab.getByRole('checkbox').check()
  await press(tab, t('reset.verify.passkey'))
  await at(tab, t('signin.stay.title'))
  await press(tab, t('signin.stay.no'))
  await at(tab, t('account.title'))
  await press(tab, t('account.signOut'))
  await device.set({ present: false })
  // The browser is remembered. The password alone changes nothing, and the passkey does.
  await signIn(tab, username)
  await at(tab, t('signin.stay.title'))
  await tab.goto('/security-info/set-up/email')
  await at(tab, t('registration.proof.title'))
  await device.set({ present: true })
  await press(tab, t('reset.verify.passkey'))
  await at(tab, t('registration.email.title'))
})

test('a device that cannot recognize its person is told so in plain words', async () => {
  const { tab, device, username } = await withPasskey('unverified')
  await device.remove()
  await addAuthenticator(tab, { kind: 'roaming', verifies: false })
  await tab.goto(`/reset?username=${username}`)
  await press(tab, t('reset.start.next'))
  await at(tab, t('reset.verify.title'))
  await press(tab, t('reset.verify.passkey'))
  await tab.getByRole('alert').getByText(t('passkey.notUsed')).waitFor()
  assert.ok(await tab.getByRole('button', { name: t('reset.verify.email') }).isEnabled())
})

test('a passkey that was removed here is told to the browser, which forgets it', async () => {
  const { tab, device, client, method } = await withPasskey('forgotten')
  granted(await client.request('DELETE', `/security-info/methods/${method.id}`, { json: {} }), 204)
  await tab.goto('/signin')
  await device.set({ present: true })
  await press(tab, t('signin.passkey'))
  await tab
    .getByRole('alert')
    .filter({ hasText: t('problems.passkey_unknown.title') })
    .waitFor()
  await until(async () => (await device.held()).length === 0)
})

test('a keyboard alone signs in by passkey, and passes a gate', async () => {
  const { tab, device, username } = await withPasskey('keys-alone')
  const hands = keyboard(tab)
  await tab.goto('/signin')
  await device.set({ present: true })
  await hands.press(t('signin.passkey'))
  await at(tab, t('account.title'))
  await device.set({ present: false })
  await tab.context().clearCookies()
  await tab.goto(`/reset?username=${username}`)
  await hands.press(t('reset.start.next'))
  await at(tab, t('reset.verify.title'))
  await device.set({ present: true })
  await hands.press(t('reset.verify.passkey'))
  await at(tab, t('reset.password.title'))
})

for (const language of ['fr', 'ja'] as const)
  test(`in ${language}, buttons and refusals are in its own words`, async () => {
    const words = server.services.words.in(language)
    const { tab, device, username } = await withPasskey(`in-${language}`, { language, autofill: true })
    await tab.goto('/signin')
    await device.set({ present: true, verified: false })
    await press(tab, words.t('signin.passkey'))
    await tab.getByRole('alert').getByText(words.t('passkey.notUsed')).waitFor()
    await tab.goto(`/reset?username=${username}`)
    await press(tab, words.t('reset.start.next'))
    await tab.getByText(words.t('reset.verify.passkeyHint')).waitFor()
    await device.set({ verified: true })
    await press(tab, words.t('reset.verify.passkey'))
    await at(tab, words.t('reset.password.title'))
  })

test('without script a passkey is no way: one line says so, and the others are there', async () => {
  const { username, client } = await withPasskey('no-script')
  const context = await openWindow(browser, server)
  after(() => context.close())
  const tab = await context.newPage()
  await tab.goto('/signin')
  assert.ok(await tab.getByText(t('passkey.without')).isVisible())
  assert.equal(await tab.getByRole('button', { name: t('signin.passkey') }).count(), 0)
  const { path } = { path: `/reset/${granted(await client.post('/reset', { username }), 201).id}` }
  await context.addCookies([...client.cookies].map(([name, value]) => ({ name, value, url: server.services.origin })))
  await tab.goto(path)
  await at(tab, t('reset.verify.title'))
  assert.ok(await tab.getByText(t('passkey.without')).isVisible())
  assert.equal(await tab.getByRole('button', { name: t('reset.verify.passkey') }).count(), 0)
  await pointer(tab).press(t('reset.verify.email'))
  await at(tab, t('reset.code.title'))
})

for (const kind of ['platform', 'roaming'] as const)
  test(`a ${kind} authenticator that does not recognize its person opens nothing, and then each journey`, async context => {
    await chooseSignIn(context, server, acme, { secondStep: 'everyone' })
    const { tab, device, username } = await withPasskey(`each-${kind}`, { kind })
    const reset = async () => {
      await tab.goto(`/reset?username=${username}`)
      await press(tab, t('reset.start.next'))
    }
    const journeys: [begin: () => Promise<unknown>, button: string, then: string][] = [
      [() => tab.goto('/signin?other'), t('signin.passkey'), t('account.title')],
      [() => signIn(tab, username), t('reset.verify.passkey'), t('signin.stay.title')],
      [reset, t('reset.verify.passkey'), t('reset.password.title')],
    ]
    for (const [begin, button, then] of journeys) {
      await begin()
      await tab.getByRole('button', { name: button }).waitFor()
      await device.set({ present: true, verified: false })
      await press(tab, button)
      await tab.getByRole('alert').getByText(t('passkey.notUsed')).waitFor()
      await device.set({ verified: true })
      await press(tab, button)
      await at(tab, then)
      await device.set({ present: false })
    }
  })

test('a page that lay open for long asks for a new request at the press', async () => {
  const { tab, device, username } = await withPasskey('lies-open')
  await tab.clock.install()
  const headers = { accept: 'application/json' }
  const begun = await tab.request.post('/signin/start', { data: { username }, headers })
  for (const path of [`/signin/${(await begun.json()).id}`, '/signin?other']) {
    await tab.goto(path)
    await tab.getByRole('button', { name: t('signin.passkey') }).waitFor()
    server.clock.advance(11 * 60_000)
    await tab.clock.fastForward(11 * 60_000)
    await device.set({ present: true })
    await press(tab, t('signin.passkey'))
    await tab.waitForURL(/\/(account|signin\/[\w-]+)$/)
    await at(tab, path === '/signin?other' ? t('account.title') : t('signin.stay.title'))
    await device.set({ present: false })
  }
})
