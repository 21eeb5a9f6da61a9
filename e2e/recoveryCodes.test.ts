import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { testServer } from '../server/src/testing/server.ts'
import { openBrowser, openWindow } from './browser.ts'
import { addKeeper } from './keeper.ts'
import { openScene, openStage } from './stage.ts'

// The page that shows new recovery codes once: to print, to copy, to save, and by hand without script.
const server = await testServer()
const browser = await openBrowser()
const { t } = server.services.words.in('en')
const keeper = await addKeeper(openStage(server), 'keeper@acme.example')
const setUp = {
  name: 'set up',
  route: undefined,
  path: '/security-info/set-up/recoveryCode',
  browser: keeper.browser,
}

async function showCodes(script: boolean) {
  const context = await openWindow(browser, server, { language: 'en', script })
  const tab = await context.newPage()
  await openScene(tab, server, setUp)
  await tab.getByRole('button', { name: t('registration.recovery.show') }).click()
  await tab.getByRole('heading', { name: t('registration.recovery.sheetTitle') }).waitFor()
  return { context, tab }
}

const codesOf = (tab: Page) => tab.locator('.sheet code').allTextContents()

test('without script the codes are there to print or write down, once', async () => {
  const { context, tab } = await showCodes(false)
  const codes = await codesOf(tab)
  assert.equal(codes.length, 10)
  assert.equal(await tab.getByRole('button').count(), 0)
  // A reader who chooses another language has not read them yet, once for each.
  await tab.getByRole('link', { name: 'Français' }).click()
  await tab.locator('html[lang=fr] .sheet').waitFor()
  assert.deepEqual(await codesOf(tab), codes)
  for (const again of [
    () => tab.goto('/security-info/recovery-codes?lang=en'),
    () => tab.reload(),
    () => tab.goto('/security-info/recovery-codes?lang=ja'),
  ]) {
    await again()
    assert.deepEqual(await codesOf(tab), [])
  }
  await tab.goto('/security-info/recovery-codes?lang=en')
  await tab.getByRole('heading', { name: t('registration.recovery.goneTitle') }).waitFor()
  await context.close()
})

test('a reload and the back button show the codes no more, and make no others', async () => {
  const { context, tab } = await showCodes(true)
  const left = async () => (await server.store.pool.query('select method_id from latchkey.recovery_codes')).rows
  const before = await left()
  await tab.getByRole('link', { name: t('registration.recovery.kept') }).click()
  await tab.getByRole('heading', { name: t('registration.thanks.title') }).waitFor()
  await tab.goBack()
  await tab.getByRole('heading', { name: t('registration.recovery.goneTitle') }).waitFor()
  await tab.reload()
  assert.deepEqual(await codesOf(tab), [])
  assert.deepEqual(await left(), before)
  await context.close()
})

test('the codes are printed without menus, copied and saved as a file', async () => {
  const { context, tab } = await showCodes(true)
  const codes = await codesOf(tab)
  const button = (name: string) => tab.getByRole('button', { name })
  await tab.evaluate('window.print = () => { document.title = "printed" }')
  await button(t('registration.recovery.print')).click()
  assert.equal(await tab.title(), 'printed')

  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await button(t('registration.recovery.copy')).click()
  await tab.getByText(t('registration.recovery.copied')).waitFor()
  const copied = String(await tab.evaluate('navigator.clipboard.readText()')).split(/\r?\n/)
  const [download] = await Promise.all([
    tab.waitForEvent('download'),
    button(t('registration.recovery.download')).click(),
  ])
  assert.equal(download.suggestedFilename(), 'recovery-codes.txt')
  const saved = (await readFile(await download.path(), 'utf8')).split(/\r?\n/)
  for (const text of [copied, saved])
    assert.deepEqual(text, [t('registration.recovery.sheetTitle'), 'keeper@acme.example', ...codes])

  await tab.emulateMedia({ media: 'print', colorScheme: 'dark' })
  for (const hidden of [button(t('registration.recovery.print')), tab.getByRole('navigation'), tab.locator('.actions')])
    assert.equal(await hidden.isVisible(), false)
  const colours = await tab.evaluate(`[...document.querySelectorAll('h1, .lead, .sheet code, .signed-in')].map(one =>
    getComputedStyle(one).color)`)
  assert.deepEqual(new Set(colours as string[]), new Set(['rgb(0, 0, 0)']))
  // White paper stays white for readers who have chosen the dark.
  const grounds = await tab.evaluate(`[...document.querySelectorAll('html, body, .card, .sheet ul')].map(one =>
    getComputedStyle(one).backgroundColor)`)
  assert.deepEqual(new Set(grounds as string[]), new Set(['rgba(0, 0, 0, 0)']))
  await context.close()
})
