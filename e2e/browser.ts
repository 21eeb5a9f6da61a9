import { after } from 'node:test'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import type { TestServer } from '../server/src/testing/server.ts'
import type { Language, Locale } from '../server/src/words/index.ts'
import { chromiumPath } from '../tools/browser.ts'
import { type Hands, keyboard, pointer } from './hands.ts'

/** One browser for a test file; closed after it. */
export async function openBrowser(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--js-flags=--no-opt --no-maglev', // a page lives for a moment, in which optimized code never pays
    ],
  })
  after(() => browser.close())
  return browser
}

/** The browser locale of each language's readers. */
const locales: Record<Language, string> = { en: 'en-US', fr: 'fr-FR', ja: 'ja-JP' }

/** A window of its own on a phone, without cookies, whose reader speaks this language. Script is off unless asked for. */
export async function openWindow(
  browser: Browser,
  server: TestServer,
  options: { language?: Language; script?: boolean; width?: number; height?: number } = {},
): Promise<BrowserContext> {
  const { language = 'en', script = false, width = 390, height = 844 } = options
  const context = await browser.newContext({
    baseURL: server.services.origin,
    locale: locales[language],
    javaScriptEnabled: script,
    viewport: { width, height },
    reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(60_000) // only a failure waits for it, and a busy machine is slow
  return context
}

/** A person who walks through pages and reads their messages. */
export interface Walker extends Hands {
  tab: Page
  locale: Locale
  t: Locale['t']
  open(path: string): Promise<void>
  /** Waits until the page has this heading. */
  at(title: string): Promise<void>
  /** Waits for the error summary with this title, which has the focus. */
  refused(title: string): Promise<void>
  /** Waits until the page says this somewhere. */
  reads(text: string): Promise<void>
  /** Runs `act`, which sends a code to an address or number, and returns the code. */
  codeTo(to: string, act: () => Promise<void>): Promise<string>
  signIn(name: string, password: string): Promise<void>
  /** Comes to the account, and does not stay signed in where that is asked on the way. */
  arrive(): Promise<void>
  signOut(): Promise<void>
}

/** Opens a window and walks in it; script is off. */
export async function walker(
  browser: Browser,
  server: TestServer,
  {
    language = 'en',
    by = 'pointer',
    ...size
  }: { language?: Language; by?: 'pointer' | 'keyboard'; width?: number; height?: number } = {},
): Promise<Walker> {
  const context = await openWindow(browser, server, { language, ...size })
  const tab = await context.newPage()
  const locale = server.services.words.in(language)
  const { t } = locale
  const hands = by === 'keyboard' ? keyboard(tab) : pointer(tab)
  const at: Walker['at'] = title => tab.getByRole('heading', { level: 1, name: title, exact: true }).waitFor()
  return {
    ...hands,
    tab,
    locale,
    t,
    at,
    async open(path) {
      await tab.goto(path)
    },
    async refused(title) {
      await tab.getByRole('alert').filter({ hasText: title }).waitFor()
      // A browser gives the focus when it draws next, which may be after the text is there.
      await tab.locator('.error-summary:focus').filter({ hasText: title }).waitFor()
    },
    reads: text => tab.getByText(text).first().waitFor(),
    async codeTo(to, act) {
      const [before] = await server.outbox()
      await act()
      return server.code(to, before)
    },
    async signIn(name, password) {
      await tab.goto('/signin?other')
      await hands.fill(t('signin.username'), name)
      await hands.press(t('signin.next'))
      await at(t('signin.passwordTitle'))
      await hands.fill(t('signin.password'), password)
      await hands.press(t('signin.submit'))
    },
    async arrive() {
      const title = (name: string) => tab.getByRole('heading', { level: 1, name, exact: true })
      const asked = title(t('signin.stay.title'))
      await asked.or(title(t('account.title'))).waitFor()
      if (await asked.isVisible()) await hands.press(t('signin.stay.no'))
      await at(t('account.title'))
    },
    async signOut() {
      await tab.goto('/account')
      await hands.press(t('account.signOut'))
      await tab.getByText(t('signin.signedOut')).waitFor()
    },
  }
}
