import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { PASSWORD } from '../server/src/demo/index.ts'
import { bringAxe, judgeByAxe } from '../server/src/testing/axe.ts'
import { granted } from '../server/src/testing/contract.ts'
import type { TestServer } from '../server/src/testing/server.ts'
import { takeDueStep } from '../server/src/testing/steps.ts'
import type { Language } from '../server/src/words/index.ts'
import { openWindow } from './browser.ts'

// What walks of the administrators' application share.

/** The words of one page of the application, as its file has them. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into words of every shape
export function wordsOf(language: Language, page: string): any {
  return JSON.parse(readFileSync(new URL(`../locales/${language}/admin/${page}.json`, import.meta.url), 'utf8'))
}

/** Everything that the browser complains of: a refused style or script is a hole in the policy or in the page. */
export function complaintsOf(tab: Page): string[] {
  const complaints: string[] = []
  tab.on('pageerror', error => complaints.push(error.message))
  tab.on('console', line => line.type() === 'error' && complaints.push(line.text()))
  return complaints
}

/** A window of somebody who is signed in, with the second step where it is due. */
export async function openAs(
  { server, browser }: { server: TestServer; browser: Browser },
  person: string,
  options: Parameters<typeof openWindow>[2] = {},
) {
  const own = server.browser()
  granted(await own.post('/signin', { username: person, password: PASSWORD }))
  await takeDueStep(server, own)
  const context = await openWindow(browser, server, { script: true, width: 1440, height: 900, ...options })
  const url = server.services.origin
  await context.addCookies([...own.cookies].map(([name, value]) => ({ name, value, url })))
  const { rows } = await server.store.pool.query(
    'select tenant_id from latchkey.users where user_principal_name = $1',
    [person],
  )
  await context.addInitScript(
    ([url, id]) => {
      // A frame that could not be loaded has no storage.
      if (location.origin === url) localStorage.setItem('latchkey.tenant', id!)
    },
    [url, String(rows[0].tenant_id)],
  )
  await bringAxe(context)
  return context
}

/** From the page for the password of Acme's administrator through the second step, on a browser that forgets it. */
export async function proveBoth(tab: Page, server: TestServer) {
  await tab.locator('input[name=password]').fill(PASSWORD)
  await tab.keyboard.press('Enter')
  const [before] = await server.outbox()
  await tab.locator('main form button', { hasText: '@' }).click()
  await tab.locator('input[name=code]').fill(await server.code('admin@mail.example', before))
  await tab.keyboard.press('Enter')
  await tab.getByRole('button', { name: server.services.words.in('en').t('signin.stay.no') }).click()
}

/** Points at each act of one's own that is told: it is told for five seconds, which a busy machine may take. */
export const pointAtActs = (tab: Page) =>
  tab.evaluate(() => {
    const point = () => {
      for (const told of document.querySelectorAll('.own-act > div'))
        told.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }))
    }
    new MutationObserver(point).observe(document.querySelector('.own-act')!, { childList: true })
  })

/** What axe finds in the page, and whether it scrolls sideways: both are empty on a page that everybody can read. */
export async function flawsOf(tab: Page): Promise<string[]> {
  // A colour is judged when it has stopped changing. What turns for ever is no colour.
  await tab.evaluate(() =>
    Promise.allSettled(
      document
        .getAnimations()
        .filter(({ effect }) => effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY)
        .map(({ finished }) => finished),
    ),
  )
  const { violations, passes } = await judgeByAxe(tab)
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  return [
    // The library's marks at the ends of a dialog pass the focus on at once. Where none is open there are none.
    ...violations.filter(line => !line.includes('data-tabster-dummy')),
    ...(passes.length > 20 ? [] : ['axe judged too little']),
    // Below a dialog the page does not scroll, and its bar leaves its place free.
    ...(wide <= 0 ? [] : [`the page is ${wide} pixels too wide`]),
  ]
}
