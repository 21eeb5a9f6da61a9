import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findTenantId } from '../server/src/directory/index.ts'
import { changeDefaultPolicy } from '../server/src/policies/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import { testServer } from '../server/src/testing/server.ts'
import { jobsDone } from '../server/src/testing/state.ts'
import { openBrowser, openWindow } from './browser.ts'
import { actOf, addPerson } from './people.ts'
import { NEW_PASSWORD } from './steps.ts'

// Back, Reload and a second tab on each page of a reset: the right page is shown, and nothing is counted.
const server = await testServer()
const browser = await openBrowser()
const { t } = server.services.words.in('en')
const acme = await findTenantId(server.store, 'acme.example')
await inTenant(server.store, acme, trx => changeDefaultPolicy(trx, actOf(server), acme, { signInAfterReset: true }))

/** All counts and records. A job tells the log of a message after it has come. */
async function readCounts() {
  await jobsDone(server.store.pool)
  const { rows } = await server.store.pool.query(
    `select (select count(*) from latchkey.audit_events) as events, (select count(*) from latchkey.challenges) as challenges,
      (select coalesce(string_agg(counters::text, ' ' order by counters::text), '') from latchkey.counters) as counters`,
  )
  return rows[0]
}

test('Back, Reload and a second tab do no harm on any page of a reset', async () => {
  const name = 'back@acme.example'
  await addPerson(server, name, 'Correct horse battery 1', { mobilePhone: '+12065550153' })
  const context = await openWindow(browser, server, { language: 'en', script: true })
  const tab = await context.newPage()
  const press = (label: string) => tab.getByRole('button', { name: label }).click()
  let code = ''
  const steps: [page: string, act: () => Promise<unknown>, problem?: string][] = [
    [t('reset.start.title'), () => tab.goto(`/reset?username=${name}`)],
    [t('reset.verify.title'), () => press(t('reset.start.next'))],
    [t('reset.phone.title'), () => tab.getByRole('link', { name: t('reset.verify.sms') }).click()],
    [
      t('reset.phone.title'),
      async () => {
        await tab.getByLabel(t('methods.number')).fill('2065550199')
        await press(t('reset.phone.text'))
      },
      t('problems.phone_mismatch.title'),
    ],
    [
      t('reset.code.title'),
      async () => {
        await tab.getByLabel(t('methods.number')).fill('2065550153')
        await press(t('reset.phone.text'))
        code = await server.code('+12065550153')
      },
    ],
    [
      t('reset.code.title'),
      async () => {
        await tab.getByLabel(t('reset.code.label')).fill(code === '000000' ? '111111' : '000000')
        await press(t('reset.code.verify'))
      },
      t('problems.code_incorrect.title'),
    ],
    [
      t('reset.password.title'),
      async () => {
        await tab.getByLabel(t('reset.code.label')).fill(code)
        await press(t('reset.code.verify'))
      },
    ],
    [
      t('reset.password.title'),
      async () => {
        await tab.getByLabel(t('reset.password.new'), { exact: true }).fill('short')
        await press(t('reset.password.finish'))
      },
      t('problems.password_too_short.title'),
    ],
    [
      t('account.title'),
      async () => {
        await tab.getByLabel(t('reset.password.new'), { exact: true }).fill(NEW_PASSWORD)
        await press(t('reset.password.finish'))
      },
    ],
  ]
  const second = await context.newPage()
  for (const [page, act, problem] of steps) {
    await act()
    const heading = { level: 1, name: page, exact: true } as const
    await tab.getByRole('heading', heading).waitFor()
    if (problem) await tab.getByRole('alert').getByText(problem).waitFor()
    const before = await readCounts()
    for (const round of ['reload', 'again']) {
      const answer = await tab.reload()
      assert.equal(answer?.request().method(), 'GET', `${page} ${round}`)
      await tab.getByRole('heading', heading).waitFor()
      await second.goto(tab.url())
      await second.getByRole('heading', heading).waitFor()
    }
    assert.deepEqual(await readCounts(), before, page)
  }
  // Back from the account: the journey is finished on each of its pages, and stays so.
  const before = await readCounts()
  for (let times = 0; times < 3; times++) {
    await tab.goBack()
    await tab.getByRole('heading', { level: 1, name: t('reset.finished.resetTitle') }).waitFor()
    await tab.reload()
    await tab.getByRole('heading', { level: 1, name: t('reset.finished.resetTitle') }).waitFor()
  }
  assert.deepEqual(await readCounts(), before)
  await tab.goto('/account')
  await tab.getByRole('heading', { level: 1, name: t('account.title') }).waitFor()
  await context.close()
})
