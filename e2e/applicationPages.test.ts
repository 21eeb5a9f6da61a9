import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { testServer } from '../server/src/testing/server.ts'
import { complaintsOf, flawsOf, openAs } from './administrator.ts'
import { applicationPaths, DESK } from './applicationPaths.ts'
import { openBrowser } from './browser.ts'

/** Each language at each width, and each scheme at each width. */
const LOOKS = [
  { language: 'en', width: 1440, colorScheme: 'light' },
  { language: 'fr', width: 320, colorScheme: 'light' },
  { language: 'ja', width: 320, colorScheme: 'dark' },
  { language: 'fr', width: 1440, colorScheme: 'dark' },
  { language: 'ja', width: 1440, colorScheme: 'light' },
  { language: 'en', width: 320, colorScheme: 'dark' },
] as const

/** Opens a page and waits until it is whole: on a slow machine a chart is drawn long after its data are there. */
async function open(tab: Page, path: string) {
  await tab.goto(`/admin/${path}`)
  await tab.getByRole('heading', { level: 1 }).waitFor()
  await tab.waitForLoadState('networkidle')
  await tab.waitForFunction(() => !document.querySelector('[aria-busy="true"]'))
}

const isLong = process.env.PROOF === 'long'

for (const { language, width, colorScheme } of LOOKS)
  test(`every page of the application reads well, ${language} ${width} ${colorScheme}`, {
    skip: isLong ? false : 'in the long proof',
    timeout: 900_000,
  }, async () => {
    const server = await testServer({ operatorTenant: DESK })
    const browser = await openBrowser()
    const flaws: string[] = []
    const pages = await applicationPaths(server)
    const context = await openAs({ server, browser }, 'admin@acme.example', { language, width })
    const tab = await context.newPage()
    const complaints = complaintsOf(tab)
    await tab.emulateMedia({ colorScheme })
    for (const path of pages) {
      await open(tab, path)
      flaws.push(...(await flawsOf(tab)).map(flaw => `${path}: ${flaw}`))
      flaws.push(...complaints.map(line => `${path}: ${line}`))
      complaints.length = 0
    }
    await context.close()
    assert.deepEqual(flaws, [])
  })

/** The words of a file, longer by some two fifths; variables and other texts within stay as they are. */
function longer(words: unknown): unknown {
  if (typeof words !== 'string')
    return Object.fromEntries(Object.entries(words as object).map(([key, value]) => [key, longer(value)]))
  const parts = words.split(/(\{\{.*?\}\}|\$t\(.*?\))/)
  return parts.map((part, place) => (place % 2 === 0 ? part.replace(/[aeiouy]/gi, '$&$&') : part)).join('')
}

/** Texts that an element around them cuts off, or that stick out of their button, link or tag. A row's end may be left out. */
function findCutTexts(): string[] {
  const cut: string[] = []
  const range = document.createRange()
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const own = node.parentElement!
    if (!node.textContent?.trim() || own.closest('svg, select, .table-row, noscript, script, style')) continue
    if (!own.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue
    range.selectNodeContents(node)
    const text = range.getBoundingClientRect()
    const holder = own.closest('button, .link-button, .tag, [role=tab]')
    for (let around: Element | null = own; around && text.width > 1; around = around.parentElement) {
      const frame = around.getBoundingClientRect()
      const { overflowX, overflowY } = getComputedStyle(around)
      // What is for screen readers alone.
      if (frame.width <= 1) break
      const isWide = text.right > frame.right + 1 || text.left < frame.left - 1
      const isHigh = text.bottom > frame.bottom + 1
      if (
        (isWide && (around === holder || /hidden|clip/.test(overflowX))) ||
        (isHigh && /hidden|clip/.test(overflowY))
      ) {
        cut.push(`"${node.textContent.trim()}" in ${around.tagName}.${around.className}`)
        break
      }
      // What scrolls can be read.
      if (/auto|scroll/.test(overflowX + overflowY)) break
    }
  }
  return cut
}

test('no text is cut where the words of a language are longer by two fifths', {
  skip: isLong ? false : 'in the long proof',
  timeout: 1_800_000,
}, async () => {
  const server = await testServer({ operatorTenant: DESK })
  const browser = await openBrowser()
  const pages = await applicationPaths(server)
  const flaws: string[] = []
  for (const width of [320, 1440]) {
    const context = await openAs({ server, browser }, 'admin@acme.example', { width })
    let isLonger = false
    await context.route(/\/admin\/assets\/(first|rest)-[\w-]+\.js$/, async route => {
      const name = new URL(route.request().url()).pathname.split('/').at(-1)!
      const { default: words } = await import(new URL(`../admin/dist/assets/${name}`, import.meta.url).href)
      isLonger = true
      await route.fulfill({ contentType: 'text/javascript', body: `export default ${JSON.stringify(longer(words))}` })
    })
    const tab = await context.newPage()
    for (const path of pages) {
      await open(tab, path)
      const wide = await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      if (wide > 0) flaws.push(`${path} ${width}: ${wide} pixels too wide`)
      flaws.push(...(await tab.evaluate(findCutTexts)).map(text => `${path} ${width}: ${text}`))
    }
    assert.ok(isLonger, 'the words were made longer')
    await context.close()
  }
  assert.deepEqual(flaws, [])
})
