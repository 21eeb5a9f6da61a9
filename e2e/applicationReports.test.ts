import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { type AuditEvent, record } from '../server/src/audit/index.ts'
import { DAY, plus } from '../server/src/clock.ts'
import { findTenantId, findUserByName } from '../server/src/directory/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import { testServer } from '../server/src/testing/server.ts'
import { complaintsOf, flawsOf, openAs, wordsOf } from './administrator.ts'
import { openBrowser } from './browser.ts'

// The reports and logs of the administrators' application, over what happened on days before.

const server = await testServer()
const stage = { server, browser: await openBrowser() }
const { random, keys, clock } = server.services
const ADMIN = 'admin@acme.example'
const acme = await findTenantId(server.store, 'acme.example')
const someone = (await inTenant(server.store, acme, trx => findUserByName(trx, acme, 'registered@acme.example')))!

/** Writes what one reset, or one sign-in, was so many days ago. */
async function write(daysAgo: number, events: readonly Omit<AuditEvent, 'target'>[]) {
  const now = plus(clock(), -daysAgo * DAY)
  const trail = { correlationId: random.uuid(now), address: '192.0.2.1' }
  const actor = { kind: 'anyone', name: someone.userPrincipalName } as const
  const target = { id: someone.id, name: someone.userPrincipalName }
  await inTenant(server.store, acme, async trx => {
    for (const [place, event] of events.entries())
      await record(trx, { now: plus(now, place * 1_000), random, keys, actor, trail }, { target, ...event })
  })
}
const began = { activity: 'reset.started', result: 'success', details: { gates: '1' } } as const
const sent = { activity: 'reset.challenge_issued', result: 'success', reason: 'email email' } as const
for (const daysAgo of [2, 3, 3])
  await write(daysAgo, [
    began,
    sent,
    { activity: 'reset.proof_passed', result: 'success', reason: 'email' },
    { activity: 'reset.finished', result: 'success' },
  ])
await write(3, [began, { activity: 'reset.refused', result: 'failure', reason: 'SSPR_0014' }])
await write(4, [
  { activity: 'signin.succeeded', result: 'success' },
  { activity: 'signin.blocked', result: 'failure' },
])

const way = { channel: 'sms', gateway: 'sms.example', country: 'FR' }
await write(2, [
  { activity: 'message.sent', result: 'success', details: { ...way, cost: '0.045', currency: 'EUR' } },
  { activity: 'message.failed', result: 'failure', reason: 'gateway: 503', details: { kind: 'code', ...way } },
])

/** The rows of the table of a card, once it is there, each as the text of its cells. */
async function rowsOf(tab: Page, title: string) {
  const rows = tab.getByRole('region', { name: title, exact: true }).getByRole('row')
  await rows.nth(1).waitFor()
  return rows.evaluateAll(all => all.map(row => [...row.children].map(cell => (cell as HTMLElement).innerText)))
}

test('each report answers its question by a chart, a table and a file, and its address says what it shows', async () => {
  const context = await openAs(stage, ADMIN)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const { reports, frame } = { reports: wordsOf('en', 'reports'), frame: wordsOf('en', 'frame') }
  await tab.goto('/admin')
  await tab.getByRole('link', { name: frame.places.reports }).click()
  await tab.waitForURL('**/admin/reports/registration')
  const figures = (title: string) => reports.figuresOf.replace('{{title}}', title)

  await tab.getByRole('tab', { name: reports.tabs.resets }).click()
  const chart = tab.getByRole('figure')
  await chart.getByText(reports.resets.refused).waitFor()
  assert.equal(
    await chart.getAttribute('aria-label'),
    '3 resets ended with the person back in; 0 were given up, 1 refused and 0 blocked.',
  )
  await tab.getByText('75% of resets end with the person back in.').waitFor()
  // Tabs and a chart are one stop of the Tab key each, and arrows lead through them.
  await tab.getByRole('tab', { name: reports.tabs.resets }).press('ArrowRight')
  await tab.getByRole('tab', { name: reports.tabs['cannot-reset'] }).and(tab.locator(':focus')).waitFor()
  await tab.keyboard.press('End')
  await tab.getByRole('tab', { name: reports.tabs['sign-ins'] }).and(tab.locator(':focus')).waitFor()
  assert.equal(await chart.locator('[tabindex="0"]').count(), 1)
  assert.deepEqual(await flawsOf(tab), [])

  await tab.getByRole('button', { name: reports.table }).first().click()
  await tab.waitForURL(/as=table/)
  const [, ...days] = await rowsOf(tab, figures(reports.resets.do))
  assert.equal(days.length, 30)
  assert.deepEqual(
    days.filter(([, started]) => started !== '0').map(row => row.slice(1)),
    [
      ['3', '2', '0', '1', '0'],
      ['1', '1', '0', '0', '0'],
    ],
  )
  assert.deepEqual(await rowsOf(tab, figures(reports.resets.stopped)), [
    [reports.resets.reason, reports.resets.resetsOf],
    [reports.reasons.SSPR_0014, '1'],
  ])
  await tab.getByLabel(reports.filters.period).selectOption('7')
  await tab.waitForURL(/days=7/)
  const shown = tab.getByRole('region', { name: figures(reports.resets.do), exact: true }).getByRole('row')
  await shown.nth(8).waitFor({ state: 'detached' })
  const download = tab.waitForEvent('download')
  await tab.getByRole('button', { name: reports.exportNamed.replace('{{title}}', reports.resets.do) }).click()
  const file = await download
  assert.match(file.suggestedFilename(), /^resets-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.csv$/)
  const lines = (await readFile(await file.path(), 'utf8')).split('\r\n')
  assert.equal(lines.length, 7 + 2)
  // By its figures: at midnight it has moved up.
  assert.equal(lines.filter(line => /^\d{4}-\d\d-\d\d,3,2,0,1,0$/.test(line)).length, 1)

  // The days and the tables go along, and Back leads to where one was.
  await tab.getByRole('tab', { name: reports.tabs.blocked }).click()
  await tab.getByText('1 attempt was blocked.').waitFor()
  await tab.getByText(reports.blockedAttempts.noPlaces).waitFor()
  assert.match(tab.url(), /\/reports\/blocked\?days=7&as=table$/)
  await tab.goBack()
  await tab.getByText(reports.resets.do).waitFor()

  await tab.getByRole('tab', { name: reports.tabs.messages }).click()
  // The administrator's own sign-in took a code by mail.
  await tab.getByLabel(reports.messages.channel).selectOption('sms')
  await tab.waitForURL(/channel=sms/)
  await tab.getByText('50% of codes were taken by their gateway.').waitFor()
  await tab.getByText(/^The last one was given up at sms\.example \(.+\) on .+\.$/).waitFor()
  const [, ...ways] = await rowsOf(tab, figures(reports.messages.ways))
  assert.deepEqual(
    ways.map(([channel, gateway, country, many, share, _lastFailed, cost]) => [
      channel,
      gateway,
      country,
      many,
      share,
      cost,
    ]),
    [[reports.messages.channels.sms, 'sms.example', 'France', '2', '50%', '€0.05']],
  )

  // Two days are told by hour.
  await tab.getByRole('tab', { name: reports.tabs['sign-ins'] }).click()
  await tab.getByLabel(reports.filters.period).selectOption('2')
  const signIns = tab.getByRole('region', { name: figures(reports.signIns.do), exact: true })
  await signIns.getByRole('columnheader', { name: reports.hour, exact: true }).waitFor()
  await signIns.getByRole('row').nth(48).waitFor()
  assert.equal(await signIns.getByRole('row').count(), 1 + 48)

  await tab.getByRole('tab', { name: reports.tabs['cannot-reset'] }).click()
  await tab.getByLabel(reports.cannotReset.reason).selectOption('SSPR_0014')
  await tab.waitForURL(/refusal=SSPR_0014/)
  await tab.getByRole('link', { name: 'new@acme.example' }).waitFor()
  assert.deepEqual(await flawsOf(tab), [])

  // The dialog is there before all of them are read, Escape leaves it meanwhile, and it mails those who are not refused.
  const bulk = wordsOf('en', 'bulk')
  const dialog = tab.getByRole('dialog')
  const released = Promise.withResolvers<void>()
  await tab.route(/userRegistrationDetails\?.*top=999/, route => released.promise.then(() => route.continue()))
  const everybody = tab.waitForRequest(/userRegistrationDetails\?.*top=999/)
  await tab.getByRole('button', { name: reports.cannotReset.ask }).click()
  await everybody
  await dialog.getByText(bulk.acts.announce.detail).waitFor()
  await tab.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await tab.getByRole('button', { name: reports.cannotReset.ask }).and(tab.locator(':focus')).press('Enter')
  const verb = dialog.getByRole('button', { name: /^Mail \d+ p/ })
  assert.equal(await verb.getAttribute('aria-disabled'), 'true')
  released.resolve()
  await dialog.getByRole('button', { name: /^Mail \d+ p/, disabled: false }).click()
  await dialog.getByText(/^\d+ rows? (is|are) fine/).waitFor()
  assert.deepEqual(complaints, [])
  await context.close()
})

test('reports and logs read well on a phone in French and Japanese, also as tables', async () => {
  const looks = [
    ['fr', 'reports/blocked?as=table', 'light'],
    ['ja', 'logs/audit', 'dark'],
    ['fr', 'logs/audit', 'dark'],
    ['ja', 'reports/sign-ins', 'dark'],
  ] as const
  for (const [language, page, colorScheme] of process.env.PROOF === 'long' ? looks : looks.slice(0, 2)) {
    const context = await openAs(stage, ADMIN, { language, width: 320 })
    const tab = await context.newPage()
    const complaints = complaintsOf(tab)
    await tab.emulateMedia({ colorScheme })
    await tab.goto(`/admin/${page}`)
    await tab.getByRole('heading', { level: 1 }).waitFor()
    await tab.waitForLoadState('networkidle')
    assert.deepEqual(await flawsOf(tab), [], language)
    assert.deepEqual(complaints, [], language)
    await context.close()
  }
})

test('a log is narrowed by its address, tells one entry beside it and a reset as a timeline, and goes on by itself', async () => {
  const context = await openAs(stage, ADMIN)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const { logs, activities } = { logs: wordsOf('en', 'logs'), activities: wordsOf('en', 'activities') }
  await tab.goto('/admin/logs/audit')
  await tab.getByLabel(logs.activity).selectOption({ label: activities.reset_refused })
  await tab.waitForURL(/activity=reset\.refused/)
  const row = tab.getByRole('link', { name: activities.reset_refused })
  await row.press('Enter')
  await tab.getByRole('heading', { level: 2, name: activities.reset_refused }).waitFor()
  await tab.getByRole('complementary', { name: logs.entry }).getByText('SSPR_0014').waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  await tab.getByRole('link', { name: logs.asJourney }).click()
  await tab.getByRole('heading', { level: 1, name: logs.journey.title }).waitFor()
  await tab.getByText(logs.journey.outcomes.refused, { exact: true }).waitFor()
  assert.deepEqual(await tab.locator('.timeline b').allInnerTexts(), [
    activities.reset_started,
    activities.reset_refused,
  ])
  assert.deepEqual(await flawsOf(tab), [])
  await tab.goBack()
  await tab.locator('h2:focus').waitFor()
  await tab.keyboard.press('Escape')
  await tab.locator('a:focus', { hasText: activities.reset_refused }).waitFor()

  // What happens now stands on top within five seconds, without a reload.
  await tab.getByRole('switch', { name: logs.live }).click()
  await tab.waitForURL(/live=true/)
  await write(0, [{ activity: 'reset.refused', result: 'failure', reason: 'SSPR_0010' }])
  await row.nth(1).waitFor()

  await tab.goto('/admin/logs/sign-ins?result=50053')
  await tab.getByRole('link', { name: someone.displayName }).press('Enter')
  await tab.getByRole('complementary', { name: logs.entry }).getByText('50053').waitFor()
  assert.equal(await tab.getByRole('table').getByRole('row').count(), 2)
  assert.deepEqual(complaints, [])
  await context.close()
})
