import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testServer } from '../server/src/testing/server.ts'
import { openBrowser, openWindow } from './browser.ts'
import { openScene, openStage } from './stage.ts'

// The page of a requested code: its field is there at once, before the code is sent.
const server = await testServer()
const browser = await openBrowser()
const stage = openStage(server)
const { t, duration } = server.services.words.in('en')
const NUMBER = '+12065550110'

async function openCode(script: boolean, delivery: 'pending' | 'sent' | 'failed') {
  // One number gets five text messages an hour.
  await server.store.pool.query('delete from latchkey.sends')
  const reset = await stage.beginReset('registered@acme.example')
  const id = await stage.challenge(reset, 'mobilePhone', { channel: 'sms', phoneNumber: NUMBER })
  await stage.deliver(id, delivery)
  const tab = await (await openWindow(browser, server, { language: 'en', script })).newPage()
  await openScene(tab, server, { name: 'code', route: undefined, path: reset.path, browser: reset.browser })
  return { tab, reset, id }
}

test('the field is there while the code is on its way, and the page is not loaded again', async () => {
  for (const script of [true, false]) {
    const { tab } = await openCode(script, 'pending')
    await tab.getByLabel(t('reset.code.label')).waitFor()
    assert.equal(await tab.locator('meta[http-equiv=refresh]').count(), 0)
    await tab.getByText(/We texted a code to/).waitFor()
    await tab.context().close()
  }
})

test('a code that could not be delivered is told of where it is waited for, under what was typed', async () => {
  const { tab, id } = await openCode(true, 'pending')
  const said = tab.getByRole('status').filter({ hasText: t('reset.code.failed') })
  const again = tab.getByRole('button', { name: t('reset.code.again') })
  await tab.getByLabel(t('reset.code.label')).fill('12')
  assert.equal(await said.isVisible(), false)
  assert.equal(await again.isVisible(), false)
  await server.store.pool.query("update latchkey.challenges set delivery = 'failed' where id = $1", [id])
  await said.getByText(t('reset.code.failed')).waitFor()
  await again.waitFor()
  assert.equal(await tab.getByLabel(t('reset.code.label')).inputValue(), '12')
  await tab.context().close()

  const without = await openCode(false, 'pending')
  await server.store.pool.query("update latchkey.challenges set delivery = 'failed' where id = $1", [without.id])
  await without.tab.reload()
  await without.tab.getByText(t('reset.code.failed')).waitFor()
  await without.tab.context().close()
})

test('an expired code leads to a new one by the same way, without the number being typed again', async () => {
  const { tab } = await openCode(false, 'sent')
  server.clock.advance(5 * 60_000)
  await tab.getByLabel(t('reset.code.label')).fill('123456')
  await tab.getByRole('button', { name: t('reset.code.verify') }).click()
  for (let visits = 0; visits < 2; visits++) {
    await tab.getByRole('heading', { name: t('reset.code.overTitle') }).waitFor()
    await tab.getByText(t('reset.code.over', { duration: duration(300) })).waitFor()
    await tab.reload()
  }
  const [before] = await server.outbox()
  await tab.getByRole('button', { name: t('reset.code.again') }).click()
  await tab.getByLabel(t('reset.code.label')).fill(await server.code(NUMBER, before))
  await tab.getByRole('button', { name: t('reset.code.verify') }).click()
  await tab.getByRole('heading', { name: t('reset.password.title') }).waitFor()
  await tab.context().close()
})

test('in a session too a code that could not be delivered is told of under what was typed', async () => {
  const session = await stage.signIn('registered@acme.example')
  const { json } = await session.get('/security-info')
  const { id: method } = json.methods.find((one: { kind: string }) => one.kind === 'email')
  const email = { kind: 'email', address: 'other@mail.example' }
  const proof = '/session/proof?next=/security-info/set-up/email'
  const challenge = async (path: string, form: object) => {
    const answer = (await session.post(path, form)).json
    return (answer.challenge ?? answer).id
  }
  const asked = await challenge('/session/challenges', { method })
  const code = await server.code('registered@mail.example')
  const pages = [
    async () => ({ path: proof, id: await challenge('/session/challenges', { method }) }),
    async () => {
      await session.post('/session/proofs', { challenge: asked, code })
      return { path: '/security-info/code', id: await challenge('/security-info/challenges', email) }
    },
  ]
  for (const begin of pages.reverse()) {
    const { path, id } = await begin()
    await stage.deliver(id, 'pending')
    const window = await openWindow(browser, server, { language: 'en', script: true })
    const tab = await window.newPage()
    await openScene(tab, server, { name: 'code', route: undefined, path, browser: session })
    const field = tab.locator('[name=code]')
    await field.fill('12')
    const said = tab.getByRole('status').getByText(t('reset.code.failed'))
    assert.equal(await said.isVisible(), false)
    await server.store.pool.query("update latchkey.challenges set delivery = 'failed' where id = $1", [id])
    await said.waitFor()
    await tab.getByRole('button', { name: t('reset.code.again') }).waitFor()
    assert.equal(await field.inputValue(), '12')
    await window.close()
  }
})
