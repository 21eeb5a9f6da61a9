import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { bringAxe, judgeByAxe } from '../server/src/testing/axe.ts'
import { testServer } from '../server/src/testing/server.ts'
import type { Language } from '../server/src/words/index.ts'
import { openBrowser, openWindow } from './browser.ts'
import { openScene, openStage } from './stage.ts'

// Script adds to the pages of a new password: ticked rules, the strength, and a button that shows it.
const server = await testServer()
const browser = await openBrowser()
const stage = openStage(server)
const name = 'registered@acme.example'

/** The page of a reset for its new password, in a window of its own. `complaints`: what the browser refused or reported. */
async function openPage(language: Language, script: boolean): Promise<{ tab: Page; complaints: string[] }> {
  const reset = await stage.beginReset(name)
  await stage.pass(reset, 'registered@mail.example')
  const context = await openWindow(browser, server, { language, script, width: 320, height: 900 })
  await bringAxe(context)
  const tab = await context.newPage()
  const complaints: string[] = []
  tab.on('console', message => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  tab.on('pageerror', error => complaints.push(error.message))
  await openScene(tab, server, { name: 'password', route: undefined, path: reset.path, browser: reset.browser })
  return { tab, complaints }
}

const met = (tab: Page) =>
  tab.locator('.rule-met:visible').evaluateAll(rules => rules.map(rule => rule.getAttribute('data-rule')))

test('rules are ticked and the strength is told in French while a password is typed', async () => {
  const { tab, complaints } = await openPage('fr', true)
  const { t } = server.services.words.in('fr')
  const field = tab.locator('[name=newPassword]')
  const meter = tab.getByRole('meter', { name: t('account.rules.strength') })
  assert.deepEqual(await met(tab), [])
  assert.equal(await tab.locator('[name=password2]').count(), 0)
  const contained = tab.getByText(t('account.rules.name', { name: 'registered' }))
  const cases: [string, string[], WordsOfStrength][] = [
    ['aaaa', [], 1],
    ['aaaaaaaa', ['length'], 1],
    ['Aaaaaaa1', ['length', 'mixture'], 1],
    ['Xk-9 R3GI5T3R3D vent', ['length', 'mixture'], 2],
    ['chaussette archiduchesse', ['length', 'mixture'], 4],
    ['x'.repeat(257), ['mixture'], 1],
    ['Vélo-Citron-42-Brume', ['length', 'mixture'], 5],
  ]
  for (const [password, rules, strength] of cases) {
    await field.fill(password)
    assert.deepEqual(await met(tab), rules, password)
    assert.equal(await contained.isVisible(), password.includes('R3GI5T3R3D'), password)
    assert.equal(await meter.getAttribute('aria-valuenow'), String(strength), password)
    assert.equal(await tab.locator('.strength-words').textContent(), t(`account.rules.strengths.${strength}`), password)
  }
  const states = await tab.locator('.rule-state').allTextContents()
  assert.deepEqual(new Set(states.map(state => state.trim())), new Set([t('account.rules.met')]))
  const said = tab.locator('.new-password [role=status]')
  // It is said once typing pauses, so that on a busy machine an earlier one may have been said too.
  const both = `${t('account.rules.allMet')} ${t('account.rules.strengths.5')}`
  await said.filter({ hasText: both }).waitFor({ state: 'attached' })
  assert.equal(await said.textContent(), both)

  await tab.getByRole('button', { name: t('account.rules.show') }).click()
  assert.equal(await field.getAttribute('type'), 'text')
  assert.equal(await said.textContent(), t('account.rules.shown'))
  await tab.getByRole('button', { name: t('account.rules.hide') }).click()
  assert.equal(await field.getAttribute('type'), 'password')

  for (const colorScheme of ['light', 'dark'] as const) {
    await tab.emulateMedia({ colorScheme })
    for (const password of ['', 'Aaaaaaa1', 'Vélo-Citron-42-Brume']) {
      await field.fill(password)
      const { violations } = await judgeByAxe(tab)
      assert.deepEqual(violations, [])
    }
  }
  assert.deepEqual(complaints, [])
  await tab.getByRole('button', { name: t('account.rules.show') }).click()
  await tab.getByRole('button', { name: t('reset.password.finish') }).click()
  await tab.getByRole('heading', { level: 1, name: t('reset.finished.resetTitle') }).waitFor()
})

type WordsOfStrength = 1 | 2 | 3 | 4 | 5

test('without script the rules stand there, and nothing that only script could do', async () => {
  const { tab } = await openPage('ja', false)
  const { t } = server.services.words.in('ja')
  for (const text of [t('account.rules.length'), t('account.rules.mixture'), t('reset.password.again')])
    assert.ok(await tab.getByText(text, { exact: true }).isVisible(), text)
  for (const part of ['.strength', '.show-password', '.rule-mark .icon'])
    assert.equal(await tab.locator(part).first().isVisible(), false, part)
  assert.deepEqual(await tab.locator('button:visible').allTextContents(), [t('reset.password.finish')])
})
