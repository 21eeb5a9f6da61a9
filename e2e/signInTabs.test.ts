import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, suite, test } from 'node:test'
import * as client from 'openid-client'
import type { BrowserContext, Page } from 'playwright-core'
import { PASSWORD } from '../server/src/demo/index.ts'
import { type Asked, testProvider } from '../server/src/testing/provider.ts'
import { testServer } from '../server/src/testing/server.ts'
import { jobsDone } from '../server/src/testing/state.ts'
import { openBrowser, openWindow } from './browser.ts'
import { type Hands, pointer } from './hands.ts'
import { addPerson } from './people.ts'
import { giveCode, NEW_PASSWORD } from './steps.ts'

// Back, Reload, a second tab and a popup on each page of a sign-in to an application: nothing is lost or mixed, and no
// second code is given.
const server = await testServer()
const browser = await openBrowser()
const { t } = server.services.words.in('en')
const { register, ask } = await testProvider(server)

/** The answers that the application got, in order. */
const answers: URL[] = []
const application = createServer((request, response) => {
  const at = new URL(request.url ?? '/', ADDRESS)
  if (at.pathname === '/callback') answers.push(at)
  response
    .writeHead(200, { 'content-type': 'text/html' })
    .end('<!DOCTYPE html><title>Expenses</title><h1>Expenses</h1>')
})
await once(application.listen(0, '127.0.0.1'), 'listening')
after(() => {
  application.closeAllConnections()
  application.close()
})
const ADDRESS = `http://127.0.0.1:${(application.address() as AddressInfo).port}`
const native = await register({ publicClient: ['http://127.0.0.1/callback'] }, { displayName: 'Expenses' })
const askAs = (state: string, more: Record<string, string> = {}) =>
  ask(native, { redirect_uri: `${ADDRESS}/callback`, state, ...more })
const answersTo = (state: string) => answers.filter(({ searchParams }) => searchParams.get('state') === state)

const expenses = { application: 'Expenses' }
const at = (tab: Page, name: string) => tab.getByRole('heading', { level: 1, name, exact: true }).waitFor()

/** What a sign-in counts, keeps and tells. A job tells the log of a message after it has come. */
async function readCounts() {
  await jobsDone(server.store.pool)
  const { rows } = await server.store.pool.query(
    `select (select count(*) from latchkey.audit_events) as events, (select count(*) from latchkey.challenges) as challenges,
      (select count(*) from latchkey.sessions) as sessions, (select count(*) from latchkey.sign_ins) as sign_ins,
      (select coalesce(string_agg(counters::text, ' ' order by counters::text), '') from latchkey.counters) as counters`,
  )
  return rows[0]
}

/** Whether the cookie of the session outlives the browser. */
const stays = async (context: BrowserContext) =>
  (await context.cookies()).some(({ name, expires }) => name === 'latchkey_session' && expires > 0)

type Step = [page: string, act: (hands: Hands) => Promise<unknown>, stale?: (hands: Hands) => Promise<unknown>]

// Without script in the long proof alone: a reset without script is walked so each time.
for (const script of process.env.PROOF === 'long' ? [true, false] : [true])
  test(`Back, Reload and a second tab do no harm on any page of a sign-in, script ${script ? 'on' : 'off'}`, async () => {
    const name = `tabs-${script ? 'on' : 'off'}@acme.example`
    const mail = name.replace('acme', 'mail')
    await addPerson(server, name, PASSWORD, { email: mail })
    const context = await openWindow(browser, server, { script })
    const [tab, second] = [await context.newPage(), await context.newPage()]
    const state = `tabs ${script}`
    const asked = await askAs(state, { acr_values: 'mfa' })
    let code = ''
    const typeCode = (hands: Hands) => giveCode({ ...hands, t }, code)
    const typeName = async ({ fill, press }: Hands) => {
      await fill(t('signin.username'), name)
      await press(t('signin.next'))
    }
    const typePassword = async ({ fill, press }: Hands) => {
      await fill(t('signin.password'), PASSWORD)
      await press(t('signin.submit'))
    }
    const send = ({ press }: Hands) => press(t('reset.verify.email'))
    const no = ({ press }: Hands) => press(t('signin.stay.no'))
    const yes = ({ press }: Hands) => press(t('signin.stay.yes'))
    const agree = ({ press }: Hands) => press(t('signin.consent.accept'))
    const decline = ({ press }: Hands) => press(t('signin.consent.decline'))
    const steps: Step[] = [
      [t('signin.title'), typeName, typeName],
      [t('signin.passwordTitle'), typePassword, typePassword],
      [t('registration.step.title'), send],
      [t('registration.step.title'), typeCode, typeCode],
      [t('signin.stay.title'), no, yes],
      [t('signin.consent.title', expenses), agree, decline],
    ]
    await tab.goto(asked.to.href)
    for (const [n, [page, act, stale]] of steps.entries()) {
      await at(tab, page)
      const before = await readCounts()
      await tab.reload()
      await at(tab, page)
      await tab.goBack()
      // From the first page Back leads out of the sign-in.
      if (!tab.url().startsWith(server.services.origin)) await tab.goForward()
      await at(tab, page)
      await second.goto(tab.url())
      await at(second, page)
      assert.deepEqual(await readCounts(), before, page)
      const [sent] = await server.outbox()
      await act(pointer(tab))
      if (act === send) {
        code = await server.code(mail, sent)
        // Its page has the heading of the one before.
        await tab.getByLabel(t('reset.code.label'), { exact: true }).waitFor()
      }
      const next = steps[n + 1]?.[0] ?? 'Expenses'
      await at(tab, next)
      if (!stale) continue
      const done = await readCounts()
      await stale(pointer(second))
      await at(second, next === 'Expenses' ? t('account.title') : next)
      assert.deepEqual(await readCounts(), done, `${page}, sent again by a tab that was left open`)
    }
    assert.equal(await stays(context), false)
    await onlyOnce(tab, asked, state)

    // The same application again: it is native, so the person confirms it.
    const again = await askAs(`${state} again`, { acr_values: 'mfa' })
    await tab.goto(again.to.href)
    await at(tab, t('signin.confirm.title', expenses))
    await tab.reload()
    await second.goto(tab.url())
    await at(second, t('signin.confirm.title', expenses))
    await pointer(tab).press(t('signin.confirm.accept'))
    await at(tab, 'Expenses')
    await pointer(second).press(t('signin.confirm.cancel'))
    await at(second, t('account.title'))
    await onlyOnce(tab, again, `${state} again`)
    await context.close()
  })

// These count nothing, so they run beside each other.
suite('at once', { concurrency: true }, () => {
  for (const script of [true, false])
    test(`sign-ins of two tabs, crosswise, keep each its own request, script ${script ? 'on' : 'off'}`, async () => {
      const context = await openWindow(browser, server, { script })
      const name = `crosswise-${script ? 'on' : 'off'}@acme.example`
      await addPerson(server, name, PASSWORD, { email: name.replace('acme', 'mail') })
      const open = async (state: string) => {
        const [tab, asked] = [await context.newPage(), await askAs(state)]
        await tab.goto(asked.to.href)
        await at(tab, t('signin.title'))
        return { tab, asked, state, ...pointer(tab) }
      }
      const [one, two] = [await open(`one ${script}`), await open(`two ${script}`)]
      for (const { tab, fill, press } of [two, one]) {
        await fill(t('signin.username'), name)
        await press(t('signin.next'))
        await at(tab, t('signin.passwordTitle'))
      }
      // The session asks in the tab that began it; the other one's password was not needed any more.
      for (const [{ tab, fill, press }, next] of [
        [one, t('signin.stay.title')],
        [two, t('signin.consent.title', expenses)],
      ] as const) {
        await fill(t('signin.password'), PASSWORD)
        await press(t('signin.submit'))
        await at(tab, next)
      }
      await one.press(t('signin.stay.no'))
      await at(one.tab, t('signin.consent.title', expenses))
      await two.press(t('signin.consent.accept'))
      await at(two.tab, 'Expenses')
      await one.press(t('signin.consent.accept'))
      // What was agreed to in the other tab has still to be confirmed for this one.
      await at(one.tab, t('signin.confirm.title', expenses))
      await one.press(t('signin.confirm.accept'))
      for (const { tab, asked, state } of [one, two]) await onlyOnce(tab, asked, state)
      await context.close()
    })

  test('a popup keeps its opener through all that its person must do first', async () => {
    const context = await openWindow(browser, server, { script: true })
    const page = await context.newPage()
    await page.goto(ADDRESS)
    const { to } = await askAs('popup', { acr_values: 'mfa' })
    const [popup] = await Promise.all([
      page.waitForEvent('popup'),
      page.evaluate(address => void window.open(address), to.href),
    ])
    const { fill, press, follow } = pointer(popup)
    await fill(t('signin.username'), 'temporary@acme.example')
    await press(t('signin.next'))
    await fill(t('signin.password'), PASSWORD)
    await press(t('signin.submit'))
    await at(popup, t('account.change.forcedTitle'))
    await fill(t('account.change.current'), PASSWORD)
    await fill(t('account.change.new'), NEW_PASSWORD)
    await press(t('account.change.submit'))
    await at(popup, t('registration.interrupt.title'))
    await follow(t('registration.act', { act: t('registration.setUp'), method: t('methods.kind.email') }))
    await fill(t('registration.email.address'), 'temporary@mail.example')
    const code = async (act: () => Promise<void>) => {
      const [before] = await server.outbox()
      await act()
      return server.code('temporary@mail.example', before)
    }
    await fill(t('registration.code.label'), await code(() => press(t('registration.email.send'))))
    await press(t('registration.code.verify'))
    await follow(t('registration.finish'))
    await at(popup, t('registration.step.title'))
    await giveCode({ fill, press, t }, await code(() => press(t('reset.verify.email'))))
    await press(t('signin.stay.no'))
    await press(t('signin.consent.accept'))
    await at(popup, 'Expenses')
    assert.equal(await popup.evaluate(() => window.opener !== null), true)
    await context.close()
  })
})

/** Goes back and forward after the answer. The application has got one code, which its request alone redeems. */
async function onlyOnce(tab: Page, asked: Asked, state: string) {
  await at(tab, 'Expenses')
  await tab.goBack()
  await at(tab, t('account.title'))
  await tab.goForward()
  const codes = new Set(answersTo(state).map(({ searchParams }) => searchParams.get('code')))
  assert.equal(codes.size, 1)
  const checks = { pkceCodeVerifier: asked.verifier, expectedState: state }
  assert.ok((await client.authorizationCodeGrant(asked.config, answersTo(state)[0]!, checks)).access_token)
}
