import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { PASSWORD } from '../server/src/demo/index.ts'
import { testProvider } from '../server/src/testing/provider.ts'
import { testServer } from '../server/src/testing/server.ts'
import { openBrowser, openWindow } from './browser.ts'

const server = await testServer()
const browser = await openBrowser()
const { register, ask } = await testProvider(server)
const person = 'registered@acme.example'
const { t } = server.services.words.in('en')

/** An application of another origin. It says how it was answered, and opens a sign-in in a popup where it is asked to. */
const application = createServer(async (request, response) => {
  const body = await text(request)
  response.setHeader('content-type', 'text/html').end(`<p>${request.method} ${body || request.url}</p>`)
})
await new Promise<void>(done => application.listen(0, '127.0.0.1', done))
after(() => application.close())
const callback = `http://127.0.0.1:${(application.address() as AddressInfo).port}/callback`
const web = await register({ web: [callback] })

for (const script of [true, false])
  test(`Chromium posts an answer to its application, ${script ? 'with' : 'without'} script`, async () => {
    const { to } = await ask(web, { redirect_uri: callback, response_mode: 'form_post', login_hint: person })
    const tab = await (await openWindow(browser, server, { script })).newPage()
    await tab.goto(to.href)
    await tab.locator('[name=password]').fill(PASSWORD)
    await tab.getByRole('button', { name: t('signin.submit'), exact: true }).click()
    await tab.getByRole('button', { name: t('signin.stay.no') }).click()
    const agree = tab.getByRole('button', { name: t('signin.consent.accept'), exact: true })
    const answered = tab.getByText(/^POST code=[^&]+&state=the\+state&iss=/)
    const go = tab.getByRole('button', { name: t('signin.done.link', { application: 'Expenses' }) })
    await agree.or(answered).or(go).first().waitFor()
    if (await agree.isVisible()) await agree.click()
    if (!script) await go.click()
    await answered.waitFor()
  })

test('a sign-in in a popup keeps its opener until the application is answered', async () => {
  const { to } = await ask(web, { redirect_uri: callback, login_hint: person })
  const tab = await (await openWindow(browser, server, { script: true })).newPage()
  await tab.goto(callback.replace('callback', 'home'))
  const [popup] = await Promise.all([
    tab.waitForEvent('popup'),
    tab.evaluate(href => {
      window.open(href, 'sign-in', 'width=500,height=600')
    }, to.href),
  ])
  await popup.locator('[name=password]').fill(PASSWORD)
  await popup.getByRole('button', { name: t('signin.submit'), exact: true }).click()
  await popup.getByRole('button', { name: t('signin.stay.no') }).click()
  const agree = popup.getByRole('button', { name: t('signin.consent.accept'), exact: true })
  const answered = popup.getByText(/^GET \/callback\?code=/)
  await agree.or(answered).first().waitFor()
  if (await agree.isVisible()) await agree.click()
  await answered.waitFor()
  assert.equal(await popup.evaluate(() => window.opener !== null), true)
})
