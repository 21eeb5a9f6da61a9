import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testServer } from '../server/src/testing/server.ts'
import { languages } from '../server/src/words/index.ts'
import { openBrowser, openWindow } from './browser.ts'
import { openScene, openStage } from './stage.ts'

// Five answers are much to type. With script, a refused one loses none of the others.
const server = await testServer()
const browser = await openBrowser()
const stage = openStage(server)
const ANSWERS = ['京都', 'ピ', 'Mont Blanc', ' mont  BLANC ', '']
const GOOD = ['京都', 'ピカ', 'Mont Blanc', 'Ben Nevis', 'Ada']

test('answers that would be refused are marked before they are sent, and all stay in their fields', async () => {
  const session = await stage.signIn('new@acme.example')
  for (const language of languages) {
    const { t } = server.services.words.in(language)
    const window = await openWindow(browser, server, { language, script: true })
    const tab = await window.newPage()
    const path = `/security-info/set-up/securityQuestions?lang=${language}`
    await openScene(tab, server, { name: 'questions', route: undefined, path, browser: session })
    const answer = (place: number) => tab.locator(`[name="answer.${place}"]`)
    const count = await tab.locator('[name^="answer."]').count()
    assert.equal(count, 5)
    await tab.locator('[name="question.1"]').selectOption({ index: 0 })
    for (const [place, text] of ANSWERS.entries()) await answer(place).fill(text)
    await tab.getByRole('button', { name: t('registration.questions.save') }).click()

    const said = async (name: string) => {
      const field = tab.locator(`[name="${name}"]`)
      const { described, invalid } = await field.evaluate(input => ({
        described: input.getAttribute('aria-describedby')?.split(' ')[0] ?? '',
        invalid: input.getAttribute('aria-invalid'),
      }))
      return invalid === 'true' ? tab.locator(`[id="${described}"]`).innerText() : undefined
    }
    assert.equal(await said('question.1'), t('problems.question_repeated.detail'))
    assert.equal(await said('answer.0'), undefined, 'two signs are a word')
    assert.equal(await said('answer.1'), t('problems.answer_too_short.detail'))
    assert.equal(await said('answer.2'), undefined)
    assert.equal(await said('answer.3'), t('problems.answer_repeated.detail'))
    assert.equal(await said('answer.4'), t('problems.field.missing.answer'))
    assert.equal(await tab.evaluate(() => document.activeElement?.getAttribute('name')), 'question.1')
    for (const [place, text] of ANSWERS.entries()) assert.equal(await answer(place).inputValue(), text)
    await answer(1).press('End')
    await answer(1).pressSequentially('カ')
    assert.equal(await said('answer.1'), undefined, 'what is typed anew is no longer marked')

    if (language === 'ja') {
      await tab.locator('[name="question.1"]').selectOption({ index: 1 })
      for (const [place, text] of GOOD.entries()) await answer(place).fill(text)
      await tab.getByRole('button', { name: t('registration.questions.save') }).click()
      await tab.waitForURL('**/security-info/thanks')
    }
    await window.close()
  }
})
