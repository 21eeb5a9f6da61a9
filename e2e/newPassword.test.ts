import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { testServer } from '../server/src/testing/server.ts'
import type { Language } from '../server/src/words/index.ts'
import { openBrowser, openWindow } from './browser.ts'
import { openScene, openStage } from './stage.ts'

// What script adds to the pages of a new password: ticked rules, the strength, and a look at what was typed.
const server = await testServer()
const browser = await openBrowser()
const stage = openStage(server)
const name = 'registered@acme.example'

/** The page of a reset for its new password, in a window of its own. `complaints`: what the browser refused or reported. */
async function openPage(language: Language, script: boolean): Promise<{ tab: Page; complaints: string[] }> {
  const reset = await stage.beginReset(name)
  await stage.pass(reset, 'registered@mail.example')
  const tab = await (await openWindow(browser, server, { language, script, width: 320, height: 900 })).newPage()
  const complaints: string[] = []
  tab.on('console', message => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  tab.on('pageerror', error => complaints.push(error.message))
  await openScene(tab, server, { name: 'password', route: undefined, path: reset.path, browser: reset.browser })
  return { tab, complaints }
}

const met = (tab: Page) =>
  tab.locator('.rule-met').evaluateAll(rules => rules.map(rule => rule.getAttribute('data-rule')))

test('rules are ticked and the strength is told in French while a password is typed', { timeout: 60_000 }, async () => {
  const { tab, complaints } = await openPage('fr', true)
  const { t } = server.around.words.in('fr')
  const first = tab.locator('[name=newPassword]')
  const second = tab.locator('[name=password2]')
  const meter = tab.getByRole('meter', { name: t('account.rules.strength') })
  assert.deepEqual(await met(tab), [])
  const cases: [string, string[], WordsOfStrength][] = [
    ['aaaa', ['name'], 1],
    ['aaaaaaaa', ['length', 'name'], 1],
    ['Aaaaaaa1', ['length', 'mixture', 'name'], 1],
    ['Xk-9 R3GI5T3R3D vent', ['length', 'mixture'], 2],
    ['chaussette archiduchesse', ['length', 'mixture', 'name'], 4],
    ['x'.repeat(257), ['mixture', 'name'], 1],
    ['Vélo-Citron-42-Brume', ['length', 'mixture', 'name'], 5],
  ]
  for (const [password, rules, strength] of cases) {
    await first.fill(password)
    assert.deepEqual(await met(tab), rules, password)
    assert.equal(await meter.getAttribute('aria-valuenow'), String(strength), password)
    assert.equal(await tab.locator('.strength-words').textContent(), t(`account.rules.strengths.${strength}`), password)
  }
  await second.pressSequentially('Vélo-Citron-42-Brum')
  assert.ok(!(await met(tab)).includes('same'))
  await second.press('e')
  assert.equal((await met(tab)).length, 4)
  const states = await tab.locator('.rule-state').allTextContents()
  assert.deepEqual(new Set(states.map(state => state.trim())), new Set([t('account.rules.met')]))
  const said = tab.getByRole('status')
  await tab.waitForFunction(() => document.querySelector('[role=status]')?.textContent !== '')
  assert.equal(await said.textContent(), `${t('account.rules.allMet')} ${t('account.rules.strengths.5')}`)

  await tab.getByRole('button', { name: t('account.rules.show') }).click()
  for (const field of [first, second]) assert.equal(await field.getAttribute('type'), 'text')
  await tab.getByRole('button', { name: t('account.rules.hide') }).click()
  for (const field of [first, second]) assert.equal(await field.getAttribute('type'), 'password')

  for (const colorScheme of ['light', 'dark'] as const) {
    await tab.emulateMedia({ colorScheme })
    for (const password of ['', 'Aaaaaaa1', 'Vélo-Citron-42-Brume']) {
      await first.fill(password)
      const { violations } = await new AxeBuilder({ page: tab }).setLegacyMode().analyze()
      assert.deepEqual(
        violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id} ${html}`)),
        [],
      )
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
  const { t } = server.around.words.in('ja')
  for (const text of [
    t('account.rules.length'),
    t('account.rules.mixture'),
    t('account.rules.name', { name: 'registered' }),
    t('account.rules.same'),
  ])
    assert.ok(await tab.getByText(text, { exact: true }).isVisible(), text)
  for (const part of ['.strength', '.show-password', '.rule-mark .icon'])
    assert.equal(await tab.locator(part).first().isVisible(), false, part)
  assert.deepEqual(await tab.locator('button:visible').allTextContents(), [t('reset.password.finish')])
})
