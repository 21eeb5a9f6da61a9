// A long file: the walks of all settings share one server, whose start costs seconds.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { PASSWORD } from '../server/src/demo/index.ts'
import { assignRole, createGroup, findTenantId, findUserByName } from '../server/src/directory/index.ts'
import { addBannedWords } from '../server/src/passwords/index.ts'
import {
  addPolicy,
  changeDefaultPolicy,
  changeMethodConfiguration,
  listPolicies,
  resetPolicy,
} from '../server/src/policies/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import { testServer } from '../server/src/testing/server.ts'
import { complaintsOf, flawsOf, openAs, proveBoth, wordsOf } from './administrator.ts'
import { openBrowser } from './browser.ts'
import { actOf } from './people.ts'

// The settings of the administrators' application in a real browser against a real server.

const server = await testServer()
const browser = await openBrowser()
const stage = { server, browser }
const ADMIN = 'admin@acme.example'
const tenantId = await findTenantId(server.store, 'acme.example')
const policies = wordsOf('en', 'policies')
const { conflict } = wordsOf('en', 'frame')

/** The default policy as it is stored. */
const stored = async () => {
  const all = await inTenant(server.store, tenantId, trx => listPolicies(trx, tenantId))
  return all.find(({ isDefault }) => isDefault)!.settings
}

/** What somebody else saves meanwhile. */
const saveElsewhere = (changes: object) =>
  inTenant(server.store, tenantId, trx => changeDefaultPolicy(trx, actOf(server), tenantId, changes))

const saveBar = (tab: Page) => tab.getByRole('region', { name: policies.save.region })

test('a policy tells whom a change cuts off, asks by the number, and shows what somebody else saved side by side', async () => {
  const context = await openAs(stage, ADMIN)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const groupId = await inTenant(server.store, tenantId, async trx => {
    const id = await createGroup(trx, actOf(server), tenantId, { displayName: 'Night drivers' })
    for (const [n, displayName] of ['Guards', 'Drivers'].entries())
      await addPolicy(trx, actOf(server), tenantId, {
        displayName,
        priority: (n + 1) * 1_000,
        includedGroups: [id],
        excludedGroups: [],
        settings: resetPolicy.defaults,
      })
    return id
  })
  await tab.goto('/admin/password-reset/policies')
  // A policy is dragged to its place, or moved by a button, after its effect was told.
  const names = tab.locator('.page > ol > li b')
  const isOrder = (order: string) =>
    tab.waitForFunction(
      wanted => [...document.querySelectorAll('.page > ol > li b')].map(one => one.textContent).join() === wanted,
      `${order},${policies.everyone}`,
    )
  const agree = () => tab.getByRole('dialog').getByRole('button', { name: policies.move.verb, exact: true }).click()
  await names.nth(2).waitFor()
  await tab.locator('.grip').first().dragTo(names.nth(1))
  await agree()
  await isOrder('Drivers,Guards')
  await tab.getByRole('button', { name: policies.move.earlier.replace('{{policy}}', 'Guards') }).press('Enter')
  await agree()
  await isOrder('Guards,Drivers')
  // A policy is made for a group, with what its people had before; one without a group would be for everybody.
  await tab.getByRole('button', { name: policies.add.open, exact: true }).click()
  const adding = tab.getByRole('dialog')
  await adding.getByLabel(policies.settings.displayName.ask).fill('Pilots')
  await adding.getByRole('combobox').pressSequentially('Night')
  await tab.getByRole('option', { name: 'Night drivers' }).click()
  await adding.getByRole('button', { name: policies.add.verb, exact: true }).click()
  await tab.waitForURL(/policies\/[\w-]+\/who$/)
  const all = await inTenant(server.store, tenantId, trx => listPolicies(trx, tenantId))
  const made = all.find(({ displayName }) => displayName === 'Pilots')!
  assert.deepEqual([made.includedGroups, made.settings], [[groupId], await stored()])
  await tab
    .getByRole('link', { name: wordsOf('en', 'frame').places.passwordReset })
    .first()
    .click()
  await tab.getByRole('link', { name: policies.everyone }).click()
  await tab.getByRole('tab', { name: policies.tabs.methods }).click()
  await tab.getByRole('radio', { name: policies.options.gates.two }).check()
  const effect = tab.getByRole('region', { name: policies.effect.title })
  await effect.getByText('locked@acme.example').waitFor()
  assert.match(await effect.innerText(), /^If you save\s+1\s+of \d+ people/)
  assert.deepEqual(await flawsOf(tab), [])
  // What was changed on one tab stays while another is read.
  await tab.getByRole('tab', { name: policies.tabs.notices }).click()
  await tab.getByRole('switch', { name: policies.settings.notifyAdministrators.ask }).click()
  await saveBar(tab).getByText('2 changes not saved.').waitFor()

  await saveElsewhere({ notifyUsers: false, gates: 1, reconfirmAfterDays: 90 })
  await saveBar(tab).getByRole('button', { name: 'Save, 1 loses reset…' }).click()
  const dialog = tab.getByRole('dialog')
  await dialog.getByRole('textbox').fill('12')
  await dialog.getByRole('button', { name: policies.loss.verb }).click()
  await dialog.getByText(policies.loss.other).waitFor()
  await dialog.getByRole('textbox').fill('1')
  await dialog.getByRole('button', { name: policies.loss.verb }).click()

  await dialog.getByText(conflict.title).waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  const rows = await dialog.getByRole('radiogroup').evaluateAll(all => all.map(one => one.getAttribute('aria-label')))
  const named = ['gates', 'reconfirmAfterDays', 'notifyUsers', 'notifyAdministrators'] as const
  assert.deepEqual(rows.toSorted(), named.map(name => policies.settings[name].name).toSorted())
  assert.equal((await stored()).gates, 1, 'a refused save changed nothing')
  for (const name of ['gates', 'notifyAdministrators'] as const)
    await dialog
      .getByRole('radiogroup', { name: policies.settings[name].name })
      .getByRole('radio', { name: new RegExp(`^${conflict.mine}`) })
      .check()
  // Who saves before the effect is known is asked all the same.
  const answer = Promise.withResolvers<void>()
  await tab.route(/\/policies\/previews/, async route => {
    await answer.promise
    await route.continue()
  })
  await dialog.getByRole('button', { name: conflict.go }).click()
  await saveBar(tab).getByRole('button', { name: policies.save.verb, exact: true }).click()
  assert.equal((await stored()).gates, 1, 'nothing is saved before the effect is known')
  answer.resolve()
  await dialog.getByRole('textbox').fill('1')
  await dialog.getByRole('button', { name: policies.loss.verb }).click()
  await tab.getByText(policies.save.saved, { exact: true }).waitFor()
  const { gates, notifyUsers, notifyAdministrators, reconfirmAfterDays } = await stored()
  assert.deepEqual([gates, notifyUsers, notifyAdministrators, reconfirmAfterDays], [2, false, true, 90])

  // Whoever leaves with changes is asked.
  await tab.getByRole('switch', { name: policies.settings.notifyUsers.ask }).click()
  await tab.getByRole('link', { name: wordsOf('en', 'frame').places.home }).click()
  await dialog.getByText(policies.leave.title).waitFor()
  await tab.keyboard.press('Escape')
  await saveBar(tab).getByRole('button', { name: policies.save.discard }).click()
  await saveBar(tab).waitFor({ state: 'detached' })
  // The browser's console tells the refused save.
  assert.deepEqual(
    complaints.filter(line => !line.includes('412')),
    [],
  )
  await context.close()
})

test('by keyboard alone people, settings and pages are found, and single letters can be turned off', async () => {
  const context = await openAs(stage, ADMIN)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const { palette, shortcuts, places } = wordsOf('en', 'frame')
  const at = (title: string) => tab.getByRole('heading', { level: 1, name: title }).waitFor()
  const box = tab.getByRole('combobox', { name: palette.title })
  /** A palette that is still closing takes no letters, nor does one before it has the focus. */
  const openPalette = async () => {
    await box.waitFor({ state: 'detached' })
    await tab.keyboard.press('Control+k')
    await box.and(tab.locator(':focus')).waitFor()
  }
  /** What Enter would open. */
  const isChosen = async (option: Locator) =>
    tab.waitForFunction(
      id => document.querySelector('.palette-box input')?.getAttribute('aria-activedescendant') === id,
      await option.getAttribute('id'),
    )
  await tab.goto('/admin')
  // The page listens for keys once it is drawn: what it then reads has come.
  await tab.getByText(wordsOf('en', 'home').attention.nothing).or(tab.locator('.steps li')).first().waitFor()
  // People who are found late take away nothing that was chosen by arrows.
  const found = Promise.withResolvers<void>()
  await tab.route(/\/users\?/, route => found.promise.then(() => route.continue()))
  await openPalette()
  await tab.keyboard.type('sign')
  const signIns = tab.getByRole('option', { name: places.signIns, exact: true })
  await signIns.waitFor()
  await tab.keyboard.press('ArrowDown')
  await isChosen(signIns)
  found.resolve()
  await tab.getByRole('option', { name: /signer@acme\.example/ }).waitFor()
  await isChosen(signIns)
  await tab.keyboard.press('Enter')
  await tab.waitForURL(/\/logs\/sign-ins$/)
  await openPalette()
  await tab.keyboard.type('confirming again')
  await isChosen(tab.getByRole('option', { name: policies.settings.reconfirmAfterDays.name }))
  assert.deepEqual(await flawsOf(tab), [])
  await tab.keyboard.press('Enter')
  await tab.locator('#reconfirmAfterDays:focus').waitFor()
  // What is typed into a field is no shortcut.
  await tab.keyboard.press('End')
  await tab.keyboard.type('g')
  await tab.getByText(policies.range.replace('{{least}}', '0').replace('{{most}}', '730'), { exact: true }).waitFor()
  await tab.keyboard.press('Backspace')

  await openPalette()
  // A setting is listed at once, the person above it a moment later: Enter opens what is seen first.
  await tab.keyboard.type('temporary')
  await isChosen(tab.getByRole('option', { name: /temporary@acme\.example/ }))
  await tab.keyboard.press('Enter')
  await tab.getByRole('heading', { level: 2, name: 'Temporary Person' }).waitFor()

  // What the page offers is found too, also where it stands in a menu.
  const { acts } = { acts: wordsOf('en', 'acts') }
  await openPalette()
  await tab.keyboard.type(acts.accessPass.open.slice(0, 8))
  const offered = tab.getByRole('group', { name: palette.kinds.acts })
  await isChosen(offered.getByRole('option', { name: acts.accessPass.open }))
  await tab.keyboard.press('Enter')
  await tab.getByRole('dialog').getByRole('button', { name: acts.accessPass.verb }).waitFor()
  await tab.keyboard.press('Escape')
  await tab.getByRole('dialog').waitFor({ state: 'detached' })
  await tab.locator('h1').first().focus()

  await tab.keyboard.type('gh')
  await at(places.helpDesk)
  await tab.locator('h1').first().focus()
  await tab.keyboard.press('?')
  const list = tab.getByRole('dialog', { name: shortcuts.title })
  await list.getByRole('switch', { name: shortcuts.letters }).press('Space')
  assert.deepEqual(await flawsOf(tab), [])
  await tab.keyboard.press('Escape')
  await list.waitFor({ state: 'detached' })
  await tab.locator('h1:focus').waitFor()
  await tab.keyboard.type('gp')
  await openPalette()
  // The palette hides the page behind it from roles.
  assert.equal(await tab.locator('h1').first().innerText(), places.helpDesk)
  await tab.keyboard.press('Escape')
  await tab.locator('h1:focus').waitFor()
  assert.match(tab.url(), /\/help-desk$/)
  assert.deepEqual(complaints, [])
  await context.close()
})

test('a new company is led from step to step, and each is done in place and read from facts', {
  skip: process.env.PROOF === 'long' ? false : 'in the long proof',
}, async () => {
  const context = await openAs(stage, 'admin@globex.example')
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const started = wordsOf('en', 'started')
  await tab.goto('/admin')
  const card = tab.getByRole('region', { name: started.title })
  const before = Number(/(\d) of 6/.exec(await card.getByText(/of 6 steps/).innerText())?.[1])
  await card.getByRole('link', { name: started.steps.administrator.title }).click()
  await tab.getByRole('combobox', { name: started.administrator.person }).click()
  await tab.keyboard.type('out')
  await tab.getByRole('option', { name: /outside@globex\.example/ }).click()
  await tab.getByRole('button', { name: started.administrator.verb }).click()
  await tab.getByText(`${before + 1} of 6 steps are done.`).waitFor()
  const { rows } = await server.store.pool.query(
    `select count(*)::int as held from latchkey.role_assignments a join latchkey.users u on u.tenant_id = a.tenant_id
       and u.id = a.principal_id where u.user_principal_name = 'outside@globex.example'`,
  )
  assert.equal(rows[0].held, 1)

  await tab.getByRole('button', { name: started.steps.announce.open }).click()
  await tab.getByRole('button', { name: started.announce.count }).click()
  await tab.getByRole('button', { name: /^Mail \d+ / }).click()
  await tab.getByText(/mailed\.$/).waitFor()
  assert.equal(before, 4)
  await tab.getByText(started.all).waitFor()
  await tab.getByRole('button', { name: started.steps.domain.open }).click()
  const { add } = wordsOf('en', 'domains')
  await tab.getByRole('button', { name: add.open }).click()
  await tab.getByRole('dialog').getByLabel(add.name).fill('globex-shop.example')
  await tab.keyboard.press('Enter')
  await tab.getByRole('region', { name: 'globex-shop.example' }).locator('.copy').first().waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  await tab.setViewportSize({ width: 320, height: 800 })
  await tab.getByRole('button', { name: started.steps.pilot.open }).click()
  await tab.getByRole('radio', { name: new RegExp(`^${started.policy.presets.careful.name}`) }).check()
  assert.deepEqual(await flawsOf(tab), [])
  assert.deepEqual(complaints, [])
  await context.close()
})

test('a save that is offline, slow, refused, broken or signed out loses nothing of what was changed', async () => {
  const context = await openAs(stage, ADMIN)
  const tab = await context.newPage()
  const { problems, frame } = { problems: wordsOf('en', 'problems'), frame: wordsOf('en', 'frame') }
  const { pool } = server.store
  await tab.goto('/admin/password-protection')
  const field = tab.getByRole('textbox', { name: policies.settings.temporaryPasswordHours.ask })
  await field.fill('48')
  const save = saveBar(tab).getByRole('button', { name: policies.save.verb, exact: true })
  /** Saves, reads why it was refused, and finds what was typed where it was. */
  const refused = async (sentence: string) => {
    await save.click()
    await saveBar(tab).getByText(sentence).waitFor()
    assert.equal(await field.inputValue(), '48', sentence)
  }

  await context.setOffline(true)
  await tab.getByText(frame.offline.title).waitFor()
  await refused(problems.offline)
  await context.setOffline(false)
  await tab.getByText(frame.offline.title).waitFor({ state: 'detached' })

  // As a proxy in front of the server answers that counts requests.
  const patch = '**/v1.0/policies/passwordProtectionPolicy'
  await tab.route(patch, route => route.fulfill({ status: 429, headers: { 'retry-after': '60' }, json: {} }), {
    times: 1,
  })
  await refused(problems.TooManyRequests)

  await pool.query('alter table latchkey.audit_events rename column reason to gone')
  await refused(problems.ServiceUnavailable)
  await pool.query('alter table latchkey.audit_events rename column gone to reason')

  const hold = (role: string) =>
    pool.query(
      `update latchkey.role_assignments a set role = $2 from latchkey.users u
       where u.tenant_id = a.tenant_id and u.id = a.principal_id and u.user_principal_name = $1`,
      [ADMIN, role],
    )
  await hold('Reports Reader')
  await refused(problems.Authorization_RequestDenied)
  await hold('Global Administrator')

  // Signed out elsewhere: a window signs in again, and what was typed is still there.
  await pool.query('update latchkey.users set security_epoch = security_epoch + 1 where user_principal_name = $1', [
    ADMIN,
  ])
  await save.click()
  await tab.getByText(frame.lost.title).waitFor()
  assert.equal(await field.inputValue(), '48')
  const opened = tab.waitForEvent('popup')
  await tab.getByRole('button', { name: frame.signInAgain }).click()
  const popup = await opened
  await popup.locator('input[name=password]').fill(PASSWORD)
  await popup.keyboard.press('Enter')
  const [before] = await server.outbox()
  await popup.locator('main form button', { hasText: '@' }).click()
  await popup.locator('input[name=code]').fill(await server.code('admin@mail.example', before))
  await popup.keyboard.press('Enter')
  await popup.getByRole('button', { name: server.services.words.in('en').t('signin.stay.no') }).click()
  await tab.getByText(frame.lost.title).waitFor({ state: 'detached' })

  // Slow: the save waits for somebody else's, and says so.
  const other = await pool.connect()
  await other.query('begin')
  await other.query('select from latchkey.tenants where tenant_id = $1 for update', [tenantId])
  await save.click()
  await saveBar(tab).locator('[aria-disabled=true]').waitFor()
  assert.equal(await field.inputValue(), '48')
  await other.query('rollback')
  other.release()
  await tab.getByText(policies.save.saved, { exact: true }).waitFor()
  const { rows } = await pool.query('select protection from latchkey.tenants where tenant_id = $1', [tenantId])
  assert.equal(rows[0].protection.temporaryPasswordHours, 48)
  await context.close()
})

test('a method tells whom it is taken from before it goes off, is off for a group, and shows what somebody else saved', async () => {
  const methods = wordsOf('en', 'methods')
  const group = await inTenant(server.store, tenantId, trx =>
    createGroup(trx, actOf(server), tenantId, { displayName: 'Field staff' }),
  )
  const context = await openAs(stage, ADMIN)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  await tab.goto('/admin/methods')
  const kept = async () => {
    const { rows } = await server.store.pool.query('select methods_policy from latchkey.tenants where tenant_id = $1', [
      tenantId,
    ])
    return rows[0].methods_policy?.Voice
  }
  const open = methods.edit.openOf.replace('{{method}}', methods.names.Voice)
  const dialog = tab.getByRole('dialog')
  await tab.getByRole('button', { name: open }).press('Enter')
  await dialog.getByRole('switch', { name: methods.edit.labels.isOn }).press('Space')
  await dialog.getByText(policies.effect.nobody).waitFor()
  await dialog.getByRole('switch', { name: methods.edit.labels.isOn }).press('Space')
  const without = dialog.getByRole('group', { name: methods.edit.labels.without })
  await without.getByRole('combobox').pressSequentially('Field')
  await tab.getByRole('option', { name: 'Field staff' }).click()
  assert.deepEqual(await flawsOf(tab), [])
  // Somebody else turns it off meanwhile.
  await inTenant(server.store, tenantId, trx =>
    changeMethodConfiguration(trx, actOf(server), 'Voice', { state: 'disabled' }),
  )
  await dialog.getByRole('button', { name: methods.edit.verb, exact: true }).click()
  await dialog.getByText(conflict.title).waitFor()
  for (const mine of await dialog.getByRole('radio', { name: new RegExp(`^${conflict.mine}`) }).all())
    await mine.check()
  await dialog.getByRole('button', { name: conflict.go }).click()
  await dialog.getByRole('button', { name: methods.edit.verb, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  await tab.getByText(methods.without.replace('{{groups}}', 'Field staff'), { exact: false }).waitFor()
  // What is as it was from the beginning is not kept: on.
  const { state, excludeTargets } = await kept()
  assert.deepEqual([state, excludeTargets.map(({ id }: { id: string }) => id)], [undefined, [group]])
  assert.deepEqual(
    complaints.filter(line => !line.includes('412')),
    [],
  )
  await context.close()
})

test('who may only read finds every setting and no act, and a refused removal puts its word back in sight', async () => {
  const act = actOf(server)
  const reader = 'registered@acme.example'
  await inTenant(server.store, tenantId, async trx => {
    const { id } = (await findUserByName(trx, tenantId, reader))!
    await assignRole(trx, act, id, 'Global Reader')
    await addBannedWords(trx, act, tenantId, ['anvil'])
  })
  const reading = await openAs(stage, reader)
  const page = await reading.newPage()
  await page.goto('/admin/sign-in-policy')
  await page.getByText(policies.readOnly).waitFor()
  const enabled = page.locator('main').locator('input:enabled:not([readonly]), button:enabled')
  assert.equal(await enabled.count(), 0)
  assert.deepEqual(await flawsOf(page), [])
  await page.goto('/admin/password-reset/policies')
  await page.getByRole('link', { name: policies.everyone }).waitFor()
  assert.equal(await page.getByRole('button', { name: policies.add.open }).count(), 0)
  await reading.close()

  const context = await openAs(stage, ADMIN)
  const tab = await context.newPage()
  await tab.goto('/admin/password-protection')
  const remove = tab.getByRole('button', { name: policies.banned.remove.replace('{{word}}', 'anvil') })
  await remove.waitFor()
  await context.setOffline(true)
  await remove.click()
  await tab.getByText(wordsOf('en', 'problems').offline).waitFor()
  await tab.locator('.undone', { hasText: 'anvil' }).waitFor()
  await context.setOffline(false)
  await remove.click()
  await remove.waitFor({ state: 'detached' })
  await context.close()
})

test('where the browser opens no second window, this one goes to the second step and comes back with what was typed', async () => {
  const context = await openAs(stage, ADMIN)
  await context.addInitScript(() => {
    window.open = () => null
  })
  const tab = await context.newPage()
  const { confirm, here } = wordsOf('en', 'frame')
  // The second step was taken too long ago for this act.
  await server.store.pool.query(
    `update latchkey.sessions set proved_at = proved_at - interval '20 minutes', password_at = password_at - interval '20 minutes'
     where user_id = (select id from latchkey.users where user_principal_name = $1)`,
    [ADMIN],
  )
  await tab.goto('/admin/password-protection')
  const field = tab.getByRole('textbox', { name: policies.settings.temporaryPasswordHours.ask })
  await field.fill('24')
  const save = saveBar(tab).getByRole('button', { name: policies.save.verb, exact: true })
  await save.click()
  const dialog = tab.getByRole('dialog', { name: confirm.title })
  await dialog.getByRole('button', { name: confirm.go }).click()
  await dialog.getByText(confirm.blocked).waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  await dialog.getByRole('button', { name: here }).click()
  await tab.locator('input[name=password]').waitFor()
  const kept = JSON.parse((await tab.evaluate(() => sessionStorage.getItem('latchkey.drafts')))!)
  await proveBoth(tab, server)
  await tab.waitForURL('**/admin/password-protection')
  await save.waitFor()
  assert.equal(await field.inputValue(), '24')
  // What was kept is gone with its first use.
  assert.equal(await tab.evaluate(() => sessionStorage.getItem('latchkey.drafts')), null)
  await save.click()
  await tab.getByText(policies.save.saved, { exact: true }).waitFor()
  const { rows } = await server.store.pool.query('select protection from latchkey.tenants where tenant_id = $1', [
    tenantId,
  ])
  assert.equal(rows[0].protection.temporaryPasswordHours, 24)
  // Neither somebody else nor another page finds what was typed.
  const drafts = JSON.parse(JSON.stringify(kept.drafts).replaceAll('24', '36'))
  for (const [other, value] of [
    [{ userId: tenantId }, '24'],
    [{ path: '/admin/branding' }, '24'],
    [{}, '36'],
  ] as const) {
    const left = JSON.stringify({ ...kept, drafts, ...other })
    await tab.evaluate(text => sessionStorage.setItem('latchkey.drafts', text), left)
    await tab.reload()
    await field.waitFor()
    assert.equal(await field.inputValue(), value, left)
  }
  await context.close()
})

test('settings read well on a phone in French and, on a dark screen, in Japanese', async () => {
  const { rows } = await server.store.pool.query(
    'select id from latchkey.reset_policies where tenant_id = $1 and is_default',
    [tenantId],
  )
  const policy = `/admin/password-reset/policies/${rows[0].id}`
  const looks = [
    {
      language: 'fr',
      width: 320,
      colorScheme: 'light',
      pages: [`${policy}/methods`, '/admin/password-protection'],
    },
    {
      language: 'ja',
      width: 320,
      colorScheme: 'dark',
      pages: [`${policy}/who`, '/admin/password-reset/policies'],
    },
  ] as const
  for (const { language, width, colorScheme, pages } of looks) {
    const context = await openAs(stage, ADMIN, { language, width })
    const tab = await context.newPage()
    const complaints = complaintsOf(tab)
    await tab.emulateMedia({ colorScheme })
    for (const path of process.env.PROOF === 'long' ? pages : pages.slice(0, 1)) {
      await tab.goto(path)
      await tab.locator('.setting, ol.rows > li').first().waitFor()
      assert.deepEqual(await flawsOf(tab), [], `${path} ${language}`)
    }
    assert.deepEqual(complaints, [], language)
    await context.close()
  }
})
