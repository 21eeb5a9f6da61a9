import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { findTenantId } from '../server/src/directory/index.ts'
import { changeDefaultPolicy } from '../server/src/policies/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import { testServer } from '../server/src/testing/server.ts'
import { openBrowser, openWindow } from './browser.ts'
import { actOf, addPerson } from './people.ts'
import { NEW_PASSWORD } from './steps.ts'

// The cost of the way back, from the page of sign-in to the account: pages, presses, words and bytes, counted in a
// browser.
const server = await testServer({ captcha: true })
const browser = await openBrowser()
const { t } = server.services.words.in('en')
const acme = await findTenantId(server.store, 'acme.example')
await inTenant(server.store, acme, trx => changeDefaultPolicy(trx, actOf(server), acme, { signInAfterReset: true }))

interface Cost {
  pages: number
  presses: number
  /** In `main` of every page before the account; of a list only the chosen line. */
  words: number
  bytes: number
  heaviest: number
}

/** Walks the whole way back by one channel, and counts what it costs. */
async function walk(by: 'sms' | 'email', script: boolean): Promise<Cost> {
  const name = `${by}-${script ? 'script' : 'plain'}@acme.example`
  const address = name.replace('acme', 'mail')
  const number = script ? '2065550151' : '2065550152'
  await addPerson(server, name, 'Correct horse battery 1', { mobilePhone: `+1${number}`, email: address })
  const context = await openWindow(browser, server, { language: 'en', script })
  const tab = await context.newPage()
  const cost = { pages: 0, presses: 0, words: 0, bytes: 0, heaviest: 0 }
  const wire = await weigh(tab)
  const see = async (title: string, isIn = false) => {
    await tab.getByRole('heading', { level: 1, name: title, exact: true }).waitFor()
    cost.pages++
    const text = await tab.locator('main').evaluate(readWords)
    if (!isIn) cost.words += text.split(/\s+/).filter(word => /[\p{L}\p{N}]/u.test(word)).length
    // Otherwise the last bytes of a page would count for the next one.
    await tab.waitForLoadState('networkidle')
    cost.heaviest = Math.max(cost.heaviest, wire.take())
  }
  const press = async (role: 'button' | 'link', label: string) => {
    cost.presses++
    await tab.getByRole(role, { name: label }).click()
  }
  await tab.goto('/signin')
  await see(t('signin.title'))
  if (script) await tab.getByLabel(t('signin.username')).fill(name)
  await press('link', t('signin.forgot'))
  if (!script) {
    await see(t('reset.start.title'))
    await tab.getByLabel(t('signin.username')).fill(name)
    // Without script one waits before a reset begins.
    server.clock.advance(6_000)
    await press('button', t('reset.start.next'))
  }
  await see(t('reset.verify.title'))
  const [before] = await server.outbox()
  await press(by === 'sms' ? 'link' : 'button', t(`reset.verify.${by}`))
  if (by === 'sms') {
    await see(t('reset.phone.title'))
    await tab.getByLabel(t('methods.number')).fill(number)
    await press('button', t('reset.phone.text'))
  }
  await see(t('reset.code.title'))
  await tab.getByLabel(t('reset.code.label')).fill(await server.code(by === 'sms' ? `+1${number}` : address, before))
  await press('button', t('reset.code.verify'))
  await see(t('reset.password.title'))
  await tab.getByLabel(t('reset.password.new'), { exact: true }).fill(NEW_PASSWORD)
  if (!script) await tab.getByLabel(t('reset.password.again')).fill(NEW_PASSWORD)
  await press('button', t('reset.password.finish'))
  await see(t('account.title'), true)
  await tab.getByText(t('account.passwordChanged')).waitFor()
  cost.bytes = wire.all()
  await context.close()
  return cost
}

/** Runs in the page. */
const readWords = (main: Element) =>
  Array.from(main.querySelectorAll('select')).reduce(
    (text, select) => text.replace((select as HTMLElement).innerText, select.selectedOptions[0]?.text ?? ''),
    (main as HTMLElement).innerText,
  )

/** Counts the bytes that a page's answers take on the wire. */
async function weigh(tab: Page) {
  const session = await tab.context().newCDPSession(tab)
  await session.send('Network.enable')
  let taken = 0
  let all = 0
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    all += encodedDataLength
  })
  return {
    take() {
      const since = all - taken
      taken = all
      return since
    },
    all: () => all,
  }
}

const tell = (test: TestContext, way: string, { pages, presses, words, bytes, heaviest }: Cost) =>
  test.diagnostic(
    `${way}: ${pages} pages, ${presses} presses, ${words} words, ${bytes} bytes, ${heaviest} at most at once`,
  )

test('the way back by text message takes 6 pages, 5 presses and about 200 words', async test => {
  const cost = await walk('sms', true)
  tell(test, 'text message', cost)
  assert.ok(cost.pages <= 6 && cost.presses <= 5 && cost.words <= 200, JSON.stringify(cost))
  assert.ok(cost.heaviest < 16_000, 'no page costs more than 16 KB')
})

test('the way back by email takes a page and a press less', async test => {
  const cost = await walk('email', true)
  tell(test, 'email', cost)
  assert.ok(cost.pages <= 5 && cost.presses <= 4 && cost.words <= 200, JSON.stringify(cost))
})

test('without script it takes the page where the name is typed more', async test => {
  for (const [by, pages] of [
    ['sms', 7],
    ['email', 6],
  ] as const) {
    const cost = await walk(by, false)
    tell(test, `${by}, without script`, cost)
    assert.ok(cost.pages <= pages && cost.presses <= pages - 1, JSON.stringify(cost))
  }
})

test('the page where a reset begins weighs less than 16 KB', async test => {
  const context = await openWindow(browser, server, { language: 'en', script: true })
  const tab = await context.newPage()
  const wire = await weigh(tab)
  await tab.goto('/reset', { waitUntil: 'networkidle' })
  const bytes = wire.all()
  test.diagnostic(`/reset: ${bytes} bytes`)
  assert.ok(bytes < 16_000, `${bytes}`)
  await context.close()
})
