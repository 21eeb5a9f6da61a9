import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assignRole } from '../server/src/directory/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import { testApi } from '../server/src/testing/api.ts'
import { granted } from '../server/src/testing/contract.ts'
import { testServer } from '../server/src/testing/server.ts'
import type { Language } from '../server/src/words/index.ts'
import { weighFirstLoad } from '../tools/firstLoad.ts'
import { complaintsOf, flawsOf, openAs, proveBoth, wordsOf } from './administrator.ts'
import { openBrowser, openWindow } from './browser.ts'
import { actOf } from './people.ts'

// The administrators' application in a real browser against a real server, as the build made it.

const server = await testServer()
const browser = await openBrowser()
const ADMIN = 'admin@acme.example'
const stage = { server, browser }
const words = (language: Language) => ({
  frame: wordsOf(language, 'frame'),
  home: wordsOf(language, 'home'),
  people: wordsOf(language, 'people'),
  acts: wordsOf(language, 'acts'),
  helpDesk: wordsOf(language, 'helpDesk'),
})

test('an administrator signs in by pages, comes back to the address that was asked, and stays in after a reload', async () => {
  const context = await openWindow(browser, server, { script: true, width: 1440, height: 900 })
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  await tab.goto('/admin?days=7')
  await tab.locator('input[name=login_hint]').fill(ADMIN)
  await tab.keyboard.press('Enter')
  await proveBoth(tab, server)
  const { home } = words('en')
  await tab.getByRole('heading', { level: 1, name: home.title }).waitFor()
  assert.equal(new URL(tab.url()).pathname + new URL(tab.url()).search, '/admin/?days=7')
  // An answer that is not read to its end holds a connection, until its deadline fails it.
  const answered = tab.waitForEvent('requestfinished', request => request.url().includes('/admin/callback?'))
  await tab.reload()
  await answered
  await tab.getByRole('heading', { level: 2, name: home.attention.title }).waitFor()
  // Neither the token nor a code stays where another script or the next person would find it.
  const kept = await tab.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href]))
  assert.doesNotMatch(kept, /eyJ|code=/)
  assert.deepEqual(complaints, [])
  await context.close()
})

test('each role sees what it may, and a person without one is told so', async () => {
  const { frame, home } = words('en')
  /** The headings of Home, once these of them are there. */
  const seen = async (person: string, ...some: string[]) => {
    const context = await openAs(stage, person)
    const tab = await context.newPage()
    const complaints = complaintsOf(tab)
    await tab.goto('/admin')
    for (const name of some) await tab.getByRole('main').getByRole('heading', { name, exact: true }).waitFor()
    await tab.waitForLoadState('networkidle')
    const headings = await tab.getByRole('main').getByRole('heading').allInnerTexts()
    assert.deepEqual(complaints, [], person)
    await context.close()
    return headings
  }
  assert.deepEqual(await seen('registered@acme.example', frame.noRole.title), [frame.noRole.title])
  const { rows } = await server.store.pool.query(
    "select tenant_id, id from latchkey.users where user_principal_name = 'registered@acme.example'",
  )
  const { tenant_id: tenantId, id } = rows[0]
  await inTenant(server.store, tenantId, trx => assignRole(trx, actOf(server), id, 'Helpdesk Administrator'))
  const helper = await seen('registered@acme.example', home.attention.title)
  assert.deepEqual(helper, [home.title, home.attention.title])
  const admin = await seen(ADMIN, home.attention.title, home.resets.title)
  assert.ok(admin.includes(home.attention.title) && admin.includes(home.resets.title), admin.join())
})

/** The languages, widths and schemes in which no other walk judges this page: a page costs a second. */
const LOOKS = [
  { language: 'fr', width: 320, colorScheme: 'light' },
  { language: 'ja', width: 320, colorScheme: 'dark' },
] as const

test('it reads well in each language, scheme and width, and no page scrolls sideways', async () => {
  for (const { language, width, colorScheme } of LOOKS) {
    const look = `${language} ${width} ${colorScheme}`
    const context = await openAs(stage, ADMIN, { language, width })
    const tab = await context.newPage()
    const complaints = complaintsOf(tab)
    await tab.emulateMedia({ colorScheme })
    await tab.goto('/admin')
    const { home } = words(language)
    await tab.getByRole('heading', { level: 2, name: home.attention.title }).waitFor()
    await tab.getByText(home.resets.none).waitFor()
    assert.deepEqual(await flawsOf(tab), [], look)
    assert.deepEqual(complaints, [], look)
    await context.close()
  }
})

test('a session that ended elsewhere is told, and the page stays', async () => {
  const context = await openAs(stage, ADMIN)
  const tab = await context.newPage()
  await tab.goto('/admin')
  const { frame, home } = words('en')
  await tab.getByRole('heading', { level: 2, name: home.attention.title }).waitFor()
  await server.store.pool.query(
    'update latchkey.users set security_epoch = security_epoch + 1 where user_principal_name = $1',
    [ADMIN],
  )
  // A page that one comes back to reads anew what is older than half a minute.
  await tab.clock.install()
  await tab.clock.fastForward(60_000)
  await tab.evaluate(() => window.dispatchEvent(new Event('visibilitychange')))
  await tab.getByText(frame.lost.title).waitFor()
  await tab.getByRole('heading', { level: 1, name: home.title }).waitFor()
  await context.close()
})

test('a person is found, edited and given a temporary password by keyboard, and Escape gives the focus back', async () => {
  const context = await openAs(stage, ADMIN)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  await tab.goto('/admin/people')
  const { people, acts } = words('en')
  await tab.getByRole('searchbox').focus()
  await tab.keyboard.type('Signer')
  await tab.waitForURL(/[?&]q=Signer/)
  // The row of the list before would take the focus along.
  await tab.getByRole('table').getByRole('row').nth(2).waitFor({ state: 'detached' })
  const row = tab.getByRole('link', { name: 'signer@acme.example' })
  await row.focus()
  await tab.keyboard.press('Enter')
  await tab.getByRole('heading', { level: 2, name: 'Signing Person' }).waitFor()

  await tab.getByRole('button', { name: people.edit.open, exact: true }).press('Enter')
  await tab.getByLabel(people.fields.department).fill('Sales')
  await tab.keyboard.press('Enter')
  await tab.getByRole('dialog').waitFor({ state: 'detached' })
  await tab.getByText('Sales', { exact: true }).first().waitFor()

  await tab.getByRole('button', { name: acts.temporaryPassword.open }).press('Enter')
  await tab.getByRole('button', { name: acts.temporaryPassword.verb }).press('Enter')
  const secret = (await tab.locator('.secret .copy span').first().innerText()).trim()
  assert.deepEqual(await flawsOf(tab), [])
  await tab.keyboard.press('Escape')
  await tab.getByRole('dialog').waitFor({ state: 'detached' })
  assert.equal((await tab.content()).includes(secret), false, 'the secret is gone with its dialog')
  const signIn = await server.browser().post('/signin', { username: 'signer@acme.example', password: secret })
  assert.equal(granted(signIn).state, 'change-password')

  await tab.keyboard.press('Escape')
  await tab.waitForURL(/\/admin\/people\?q=Signer$/)
  await tab.locator('a:focus', { hasText: 'signer@acme.example' }).waitFor()
  assert.deepEqual(complaints, [])
  await context.close()
})

test('two who edit one person see side by side what the other one saved', async () => {
  const context = await openAs(stage, ADMIN)
  const tab = await context.newPage()
  const { frame, people } = words('en')
  const { rows } = await server.store.pool.query(
    "select id from latchkey.users where user_principal_name = 'stale@acme.example'",
  )
  await tab.goto(`/admin/people/${rows[0].id}`)
  await tab.getByRole('button', { name: people.edit.open, exact: true }).click()
  const dialog = tab.getByRole('dialog')
  await dialog.getByLabel(people.fields.department).fill('Sales')
  const other = await testApi(server).as(ADMIN)
  const saved = await other('PATCH', `/users/${rows[0].id}`, { department: 'Research', jobTitle: 'Chemist' })
  assert.equal(saved.status, 204, saved.text)
  // The page has read the newer state meanwhile; what was typed still began from the older one.
  await tab.evaluate(() => window.dispatchEvent(new Event('visibilitychange')))
  await dialog.getByRole('button', { name: people.edit.verb }).click()
  await dialog.getByText(frame.conflict.title).waitFor()
  await dialog.getByText(/^Global Administrator saved a change on/).waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  const compared = await dialog
    .getByRole('radiogroup')
    .evaluateAll(all =>
      all.map(one => [one.getAttribute('aria-label'), (one as HTMLElement).innerText.replace(/\s+/g, ' ').trim()]),
    )
  assert.deepEqual(compared, [
    [people.fields.jobTitle, `${frame.conflict.theirs} Chemist ${frame.conflict.mine} –`],
    [people.fields.department, `${frame.conflict.theirs} Research ${frame.conflict.mine} Sales`],
  ])
  await dialog
    .getByRole('radiogroup', { name: people.fields.department })
    .getByRole('radio', { name: new RegExp(`^${frame.conflict.mine}`) })
    .check()
  await dialog.getByRole('button', { name: frame.conflict.go }).click()
  await dialog.locator('input[value=Chemist]').and(dialog.getByLabel(people.fields.jobTitle)).waitFor()
  await dialog.getByRole('button', { name: people.edit.verb }).click()
  await dialog.waitFor({ state: 'detached' })
  await tab.getByRole('navigation').getByRole('link', { name: frame.places.home, exact: true }).click()
  const changes = tab.getByRole('region', { name: words('en').home.changes.title })
  await changes
    .getByText('Global Administrator · Stale Person')
    .or(changes.getByText('Global Administrator · stale@acme.example'))
    .first()
    .waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  const { json } = await other('GET', `/users/${rows[0].id}?$select=department,jobTitle`)
  assert.deepEqual([json.department, json.jobTitle], ['Sales', 'Chemist'])
  await context.close()
})

test('at the help desk a caller is found, checked and helped by keyboard, and nothing is open before the check', async () => {
  const context = await openAs(stage, ADMIN)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  await tab.clock.install()
  await tab.goto('/admin/help-desk')
  const { helpDesk, acts } = words('en')
  const search = tab.getByRole('searchbox')
  await search.and(tab.locator(':focus')).waitFor()
  await tab.keyboard.type('stale')
  await tab.keyboard.press('Enter')
  await tab.getByRole('button', { name: /stale@acme\.example/ }).press('Enter')
  await tab.getByRole('heading', { level: 2, name: 'Stale Person' }).waitFor()
  const give = tab.getByRole('button', { name: acts.temporaryPassword.open })
  await give.and(tab.locator('[aria-disabled=true]')).waitFor()
  assert.equal(
    await tab.getByRole('button', { name: acts.signOut.open }).getAttribute('aria-disabled'),
    null,
    'what protects is open',
  )
  await tab.getByRole('button', { name: helpDesk.means.inPerson.verb }).press('Enter')
  await tab.getByText(/It’s really them/).waitFor()
  await give.and(tab.locator(':not([aria-disabled])')).waitFor()
  // Two minutes before its end the check says so and can be made anew; at its end it counts no longer.
  await tab.clock.fastForward('13:01')
  await tab.getByText(/^This check ends at/).waitFor()
  await give.and(tab.locator(':not([aria-disabled])')).waitFor()
  await tab.clock.fastForward('02:00')
  await tab.getByText(helpDesk.check.ended).waitFor()
  await give.and(tab.locator('[aria-disabled=true]')).waitFor()
  await tab.getByRole('button', { name: helpDesk.means.inPerson.verb }).press('Enter')
  await tab.getByText(/It’s really them/).waitFor()
  await give.and(tab.locator(':not([aria-disabled])')).waitFor()
  await give.press('Enter')
  await tab.getByRole('button', { name: acts.temporaryPassword.verb }).press('Enter')
  await tab.locator('.secret').waitFor()
  await tab.locator('.spelled summary').press('Enter')
  assert.match((await tab.locator('.spelled li').first().innerText()).trim(), /^(\S+, ){4}dash$/)
  assert.deepEqual(await flawsOf(tab), [])
  await tab.keyboard.press('Escape')
  await tab.getByRole('dialog').waitFor({ state: 'detached' })
  assert.match(tab.url(), /\/admin\/help-desk\?person=[0-9a-f-]+$/)
  const { end } = helpDesk
  await tab.getByRole('button', { name: end.open }).press('Enter')
  await tab.getByRole('dialog').getByLabel(end.reason).fill('New phone, seen at the desk')
  await tab.getByRole('dialog').getByLabel(end.ticket).fill('INC-4711')
  await tab.keyboard.press('Enter')
  await tab.getByRole('dialog').waitFor({ state: 'detached' })
  await tab.locator('input:focus').and(search).waitFor()
  assert.match(tab.url(), /\/admin\/help-desk$/)
  const { rows } = await server.store.pool.query(
    "select c.outcome, e.details->>'ticket' as ticket, e.details->>'statedReason' as reason from latchkey.caller_checks c join latchkey.audit_events e on e.tenant_id = c.tenant_id and e.activity = 'caller.ended' where c.outcome is not null",
  )
  assert.deepEqual(rows, [{ outcome: 'resolved', ticket: 'INC-4711', reason: 'New phone, seen at the desk' }])
  assert.deepEqual(complaints, [])
  await context.close()
})

test('the first load stays light', () => {
  const { files, bytes } = weighFirstLoad()
  assert.ok(files > 5, 'too little was counted')
  // The reach is 260 KB. What lies between is for what comes, and no library that a careless import brings.
  assert.ok(bytes <= 180_000, `the first load weighs ${bytes} bytes`)
})
