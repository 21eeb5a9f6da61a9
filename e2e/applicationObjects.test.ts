// This file is long because each walk goes through a page, its dialogs and what follows from them.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { updateUserIn } from '../server/src/administration/index.ts'
import { seedLarge } from '../server/src/demo/index.ts'
import { assignRole } from '../server/src/directory/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import { testServer } from '../server/src/testing/server.ts'
import { complaintsOf, flawsOf, openAs, pointAtActs, wordsOf } from './administrator.ts'
import { openBrowser } from './browser.ts'
import { actOf } from './people.ts'

// The pages of what a company has, in a real browser against a real server: groups, roles and what follows them.

const server = await testServer()
const browser = await openBrowser()
const ADMIN = 'admin@acme.example'

const heading = (tab: Page, level: 1 | 2, name: string) =>
  tab.getByRole('heading', { level, name, exact: true }).waitFor()

/** Picks somebody by name in the dialog that adds them. */
async function pick(tab: Page, name: string) {
  const dialog = tab.getByRole('dialog')
  await dialog.getByRole('combobox').pressSequentially(name.slice(0, 7))
  await tab.getByRole('option', { name }).click()
  await dialog.getByRole('button', { name: wordsOf('en', 'objects').add, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}

test('an administrator makes a group, puts somebody into it, gives them a role and takes it back', async () => {
  const context = await openAs({ server, browser }, ADMIN)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const [groups, roles, objects] = ['groups', 'roles', 'objects'].map(page => wordsOf('en', page))
  await tab.goto('/admin/groups')
  await heading(tab, 1, groups.title)
  await tab.getByRole('button', { name: groups.add.open }).click()
  // What opens above the page must not hide it.
  const ground = await tab.locator('[data-portal-node]').evaluate(node => getComputedStyle(node).backgroundImage)
  assert.equal(ground, 'none')
  await tab.getByRole('dialog').getByLabel(groups.fields.name).fill('Night shift')
  await tab.getByRole('dialog').getByRole('button', { name: groups.add.verb, exact: true }).click()
  await heading(tab, 2, 'Night shift')
  await tab.getByRole('button', { name: objects.add, exact: true }).first().click()
  await pick(tab, 'Signing Person')
  await tab.getByText('signer@acme.example').waitFor()
  assert.deepEqual(await flawsOf(tab), [])

  await tab.goto('/admin/roles?q=Global')
  await tab.getByRole('link', { name: /^Global Administrator/ }).click()
  await tab.getByText(roles.actions.cases_write, { exact: true }).waitFor()
  assert.doesNotMatch(await tab.locator('.panel').innerText(), /^[a-z]+\.[a-z]+$/im, 'each act is told in words')
  await tab.goto('/admin/roles?q=Reports')
  await tab.getByRole('link', { name: /^Reports Reader/ }).click()
  await heading(tab, 2, 'Reports Reader')
  await tab.getByText(roles.actions.reports_read, { exact: true }).waitFor()
  await tab.getByRole('button', { name: objects.add, exact: true }).click()
  await pick(tab, 'Signing Person')
  const { rows } = await server.store.pool.query(
    "select r.role from latchkey.role_assignments r join latchkey.users u on u.id = r.user_id where u.user_principal_name = 'signer@acme.example'",
  )
  assert.deepEqual(rows, [{ role: 'Reports Reader' }])
  await tab.getByRole('button', { name: /Signing Person/ }).click()
  assert.deepEqual(await flawsOf(tab), [])
  await pointAtActs(tab)
  await tab.getByRole('dialog').getByRole('button', { name: objects.removeVerb, exact: true }).click()
  await tab.getByText(roles.who.none).waitFor()
  // What one has just done is told for some seconds, and undone by its button, which takes no focus here.
  const told = tab.locator('.own-act', { hasText: objects.removed.replace('{{name}}', 'Signing Person') })
  await told.getByRole('button').evaluate(button => (button as HTMLElement).click())
  await tab.getByText('signer@acme.example').waitFor()
  await tab.keyboard.press('Escape')
  await tab.waitForURL(/\/admin\/roles\?q=Reports$/)
  await tab.locator('a:focus', { hasText: 'Reports Reader' }).waitFor()
  assert.deepEqual(complaints, [])
  await context.close()
})

test('a domain is added, looked up and removed, and an application gets its settings and a secret that is shown once', async () => {
  const context = await openAs({ server, browser }, ADMIN)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const [domains, applications, objects] = ['domains', 'applications', 'objects'].map(page => wordsOf('en', page))
  await tab.goto('/admin/domains')
  await heading(tab, 1, domains.title)
  await tab.getByRole('button', { name: domains.add.open }).click()
  const dialog = tab.getByRole('dialog')
  await dialog.getByLabel(domains.add.name).fill('acme-nights.example')
  await dialog.getByRole('button', { name: domains.add.verb, exact: true }).click()
  const card = tab.getByRole('region', { name: 'acme-nights.example' })
  await card.getByText(/^latchkey-verification=/).waitFor()
  await card.getByRole('button', { name: domains.proof.check }).click()
  await card
    .getByRole('status')
    .getByText(/acme-nights\.example/)
    .first()
    .waitFor()
  await card.getByRole('button', { name: domains.proof.check, disabled: false }).waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  await card.getByRole('button', { name: domains.remove.open }).click()
  await dialog.getByText(domains.remove.unproven).waitFor()
  await dialog.getByRole('button', { name: domains.remove.open }).click()
  await card.waitFor({ state: 'detached' })

  await tab.goto('/admin/applications')
  await tab.getByRole('button', { name: applications.add.open }).click()
  await dialog.getByLabel(applications.fields.name).fill('Field reports')
  await dialog.getByLabel(applications.fields.addresses).fill('https://field.acme.example/callback')
  await dialog.getByRole('button', { name: applications.add.verb, exact: true }).click()
  await heading(tab, 2, 'Field reports')
  await tab.getByLabel(applications.settings.for).selectOption('spring')
  await tab.getByText('spring:', { exact: false }).waitFor()
  await tab.getByRole('button', { name: applications.secrets.add }).click()
  await dialog.getByRole('button', { name: applications.secrets.add }).click()
  const secret = (await tab.locator('.secret .copy span').first().innerText()).trim()
  assert.match(secret, /^[\w-]{43}$/)
  await tab.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  assert.equal((await tab.content()).includes(secret), false, 'the secret is gone with its dialog')
  await tab
    .getByText(applications.secrets.begins.split('{{when}}')[0].replace('{{hint}}', secret.slice(0, 3)))
    .waitFor()
  await tab.getByText(applications.secrets.unused, { exact: true }).waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  await tab.getByRole('button', { name: objects.add, exact: true }).waitFor()

  const { permissions } = applications
  await tab.getByRole('button', { name: permissions.choose.open, exact: true }).press('Enter')
  await dialog.getByRole('searchbox').fill('user.read')
  await dialog.getByRole('checkbox', { name: 'User.Read.All', exact: true }).check()
  await dialog.getByRole('tab', { name: permissions.Role }).click()
  await dialog.getByRole('searchbox').fill('auditlog')
  await dialog.getByRole('checkbox', { name: 'AuditLog.Read.All', exact: true }).press('Space')
  await dialog.getByText('2 chosen').waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  await dialog.getByRole('button', { name: permissions.choose.verb, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  await tab.getByText(permissions.asked).nth(1).waitFor()
  await tab.getByRole('button', { name: permissions.agree }).click()
  await dialog.getByRole('button', { name: permissions.agree }).click()
  await tab.getByText(permissions.granted).nth(1).waitFor()
  const { rows: granted } = await server.store.pool.query(
    `select a.settings from latchkey.applications a where a.display_name = 'Field reports'`,
  )
  const { requestedScopes, requestedPermissions } = granted[0].settings
  assert.deepEqual([requestedScopes, requestedPermissions], [['User.Read.All'], ['AuditLog.Read.All']])
  // An address that still leads to it says who deleted it.
  await tab.getByRole('button', { name: applications.remove.open }).click()
  await dialog.getByRole('button', { name: applications.remove.open }).click()
  await tab.waitForURL(/\/admin\/applications$/)
  await tab.goBack()
  await heading(tab, 2, applications.gone)
  await tab.getByText(objects.deletedBy.split('{{when}}')[0].replace('{{person}}', 'Global Administrator')).waitFor()
  assert.deepEqual(
    complaints.filter(line => !/40[04]/.test(line)),
    [],
  )
  await context.close()
})

test('a person gets a method and a pass, is deleted and restored, and a file adds people after it was checked', async () => {
  const context = await openAs({ server, browser }, ADMIN)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const [people, acts, objects] = ['people', 'acts', 'objects'].map(page => wordsOf('en', page))
  const dialog = tab.getByRole('dialog')
  await tab.goto('/admin/people?q=New')
  await tab.getByRole('link', { name: /new@acme\.example/ }).click()
  await tab.getByRole('tab', { name: people.tabs.methods }).click()
  await tab.waitForURL(/\/people\/[\w-]+\?q=New&tab=methods$/)
  await tab.reload()
  await tab.getByRole('button', { name: objects.add, exact: true }).click()
  await dialog.getByLabel(people.methods.phones.email).check()
  await dialog.getByRole('textbox', { name: people.methods.add.address }).fill('new.person@mail.example')
  await dialog.getByRole('button', { name: objects.add, exact: true }).click()
  await tab.getByText('new.person@mail.example').waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  await tab.getByRole('button', { name: people.moreActs, exact: true }).click()
  await tab.getByRole('menuitem', { name: acts.accessPass.open }).click()
  await dialog.getByRole('button', { name: acts.accessPass.verb }).click()
  const pass = (await tab.locator('.secret .copy span').first().innerText()).trim()
  assert.ok(pass.length >= 12)
  await tab.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  assert.equal((await tab.content()).includes(pass), false, 'the pass is gone with its dialog')
  await tab.getByRole('button', { name: people.moreActs, exact: true }).click()
  await tab.getByRole('menuitem', { name: acts.exportData.open }).click()
  const exported = tab.waitForEvent('download')
  await dialog.getByRole('button', { name: acts.exportData.verb }).click()
  assert.equal((await exported).suggestedFilename(), 'new@acme.example.txt')
  assert.match(await readFile(await (await exported).path(), 'utf8'), /new\.person@mail\.example/)
  await dialog.waitFor({ state: 'detached' })
  await tab.getByRole('button', { name: people.moreActs, exact: true }).click()
  await tab.getByRole('menuitem', { name: acts.turnOff.open }).click()
  // Pointed at, it stays in sight; it undoes nothing that another does meanwhile.
  await pointAtActs(tab)
  await dialog.getByRole('button', { name: acts.turnOff.verb }).click()
  await tab.locator('.own-act button').waitFor()
  const { rows: found } = await server.store.pool.query(
    "select tenant_id, id from latchkey.users where user_principal_name = 'new@acme.example'",
  )
  for (const accountEnabled of [true, false])
    await inTenant(server.store, found[0].tenant_id, trx =>
      updateUserIn(trx, actOf(server), { id: found[0].id, changes: { accountEnabled } }),
    )
  await tab.locator('.own-act button').click()
  await tab
    .locator('.own-act')
    .getByRole('button', { name: wordsOf('en', 'frame').close })
    .click()
  const { rows: still } = await server.store.pool.query('select account_enabled from latchkey.users where id = $1', [
    found[0].id,
  ])
  assert.equal(still[0].account_enabled, false)
  await tab.getByRole('tab', { name: people.tabs.activity }).click()
  await tab.locator('.timeline').getByText(ADMIN).first().waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  await tab.getByRole('button', { name: people.moreActs, exact: true }).click()
  await tab.getByRole('menuitem', { name: acts.remove.open }).click()
  await dialog.getByText(/^Groups: \d+, roles: 0\. All of it can be restored until/).waitFor()
  await dialog.getByRole('button', { name: acts.remove.verb }).click()
  // An address that still leads to them says who deleted them.
  await tab.waitForURL(/\/people\?q=New/)
  await tab.goBack()
  await heading(tab, 2, people.gone)
  await tab
    .getByText(wordsOf('en', 'objects').deletedBy.split('{{when}}')[0].replace('{{person}}', 'Global Administrator'))
    .waitFor()
  await tab.getByRole('tab', { name: people.views.deleted }).click()
  await tab.getByText('new@acme.example').waitFor()
  await tab.getByRole('button', { name: people.restore.open }).click()
  await dialog.getByRole('button', { name: people.restore.open }).click()
  await tab.getByText(people.noMatch).waitFor()

  await tab.goto('/admin/people/import')
  await heading(tab, 1, people.import.title)
  const rows =
    'User name;Shoe size;Full name\r\none.more@acme.example;42;One More\r\nsigner@acme.example;38;Twice\r\nnowhere;40;Bad\r\n'
  const choose = () =>
    tab
      .getByLabel(people.import.file, { exact: true })
      .last()
      .setInputFiles({ name: 'more.csv', mimeType: 'text/csv', buffer: Buffer.from(rows) })
  await choose()
  const { mapping } = people.import
  assert.equal(await tab.getByLabel('Full name').inputValue(), 'displayName')
  await tab.getByText(mapping.leftOut_one.replace('{{columns}}', 'Shoe size')).waitFor()
  await tab.getByRole('button', { name: people.import.check }).click()
  const checked = tab.getByRole('region', { name: people.import.checked })
  await checked.getByText(people.import.row.replace('{{row}}', '2')).waitFor()
  // What the columns meant is known when such a file comes again.
  await tab.getByLabel('Shoe size').selectOption('jobTitle')
  await tab.getByRole('button', { name: people.import.check }).click()
  await checked.getByText(people.import.row.replace('{{row}}', '2')).waitFor()
  await choose()
  await checked.waitFor({ state: 'detached' })
  await tab.waitForFunction(() => [...document.querySelectorAll('select')].some(({ value }) => value === 'jobTitle'))
  await tab.getByRole('button', { name: people.import.check }).click()
  await checked.getByText(people.import.row.replace('{{row}}', '2')).waitFor()
  const count = async () =>
    (
      await server.store.pool.query(
        "select 1 from latchkey.users where user_principal_name in ('one.more@acme.example', 'two.more@acme.example')",
      )
    ).rowCount
  assert.equal(await count(), 0, 'a check changes nothing')
  // A refused row is mended where it stands, and the file counts only once it was checked anew.
  const bad = checked.getByRole('group', { name: people.import.row.replace('{{row}}', '3') })
  await bad.getByLabel('userPrincipalName').fill('two.more@acme.example')
  await checked.getByRole('button', { name: people.import.start }).waitFor({ state: 'detached' })
  await bad.getByLabel('userPrincipalName').press('Enter')
  await checked.getByText('2 rows are fine').waitFor()
  await checked.getByRole('button', { name: people.import.start }).click()
  const saved = tab.waitForEvent('download')
  await tab.getByRole('button', { name: people.import.passwords }).click()
  assert.match(await readFile(await (await saved).path(), 'utf8'), /one\.more@acme\.example,.{12,}/)
  assert.equal(await count(), 2)
  await tab.getByRole('button', { name: people.import.passwords, disabled: false }).waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  // The bell leads back to it.
  await tab.reload()
  await tab.locator('.bell').first().click()
  await tab.getByRole('link', { name: 'more.csv' }).first().click()
  await heading(tab, 1, 'more.csv')
  await tab.getByText(people.import.row.replace('{{row}}', '2')).waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  assert.deepEqual(
    complaints.filter(line => !/404|412/.test(line)),
    [],
  )
  await context.close()
})

test('people who are ticked are judged first, changed together but for those who are refused, deleted and erased', async () => {
  const context = await openAs({ server, browser }, ADMIN)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const [people, bulk, frame] = ['people', 'bulk', 'frame'].map(page => wordsOf('en', page))
  const dialog = tab.getByRole('dialog')
  const tick = (name: string) => tab.getByRole('checkbox', { name: bulk.tick.replace('{{person}}', name) })
  const enabled = async () =>
    (
      await server.store.pool.query(
        `select display_name from latchkey.users where not account_enabled
         and user_principal_name in ('prefilled@acme.example', 'stale@acme.example', $1)`,
        [ADMIN],
      )
    ).rows.map(({ display_name }) => display_name)
  await tab.goto('/admin/people')
  for (const name of ['Stale Person', 'Prefilled Person', 'Global Administrator']) await tick(name).check()
  const bar = tab.getByRole('region', { name: bulk.region })
  await bar.getByText('3 people ticked').waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  await bar.getByRole('button', { name: bulk.acts.turnOff.open }).click()
  await dialog.getByText('1 person would be refused and is left out:').waitFor()
  await dialog.getByText('Global Administrator', { exact: true }).waitFor()
  assert.deepEqual(await enabled(), [], 'a check changes nothing')
  assert.deepEqual(await flawsOf(tab), [])
  await dialog.getByRole('button', { name: 'Turn off for 2 people' }).click()
  await dialog.getByText('2 rows are fine').waitFor()
  assert.deepEqual((await enabled()).toSorted(), ['Prefilled Person', 'Stale Person'])
  await dialog.getByRole('button', { name: frame.close }).click()
  await bar.waitFor({ state: 'detached' })
  await tab.locator('h1:focus').waitFor()

  // They are put into a group together, and taken out of it again by one press.
  const members = async () =>
    (
      await server.store.pool.query(
        `select u.display_name from latchkey.group_members m join latchkey.users u on u.id = m.member_id
         join latchkey.groups g on g.id = m.group_id where g.display_name = 'Night shift' order by 1`,
      )
    ).rows.map(({ display_name }) => display_name)
  for (const name of ['Signing Person', 'Prefilled Person']) await tick(name).check()
  await bar.getByRole('button', { name: bulk.acts.addToGroup.open }).click()
  await dialog.getByRole('combobox').pressSequentially('Night')
  await tab.getByRole('option', { name: 'Night shift' }).click()
  await dialog.getByText(bulk.refused_one.replace('{{count, number}}', '1')).waitFor()
  await dialog.getByRole('button', { name: 'Add 1 person' }).click()
  await dialog.getByText('1 row is fine').waitFor()
  assert.deepEqual(await members(), ['Prefilled Person', 'Signing Person'])
  await tab.keyboard.press('Escape')
  const told = tab.locator('.own-act').filter({ hasText: '1 person is in Night shift now.' })
  await told.getByRole('button', { name: frame.undo }).click()
  await told.waitFor({ state: 'detached' })
  assert.deepEqual(await members(), ['Signing Person'], 'who was there before stays')

  // Another list begins with nobody ticked, also where its rows are the same people.
  await tick('Stale Person').check()
  await tab.getByRole('tab', { name: people.views.off }).click()
  await bar.waitFor({ state: 'detached' })
  await tick('Stale Person').check()
  await bar.getByRole('button', { name: bulk.acts.remove.open }).click()
  await dialog.getByRole('button', { name: 'Delete 1 person' }).click()
  await dialog.getByText('1 row is fine').waitFor()
  await tab.keyboard.press('Escape')
  await tab.getByRole('tab', { name: people.views.deleted }).click()
  await tick('Stale Person').check()
  await bar.getByRole('button', { name: bulk.acts.purge.open }).click()
  await dialog.getByRole('button', { name: 'Erase 1 person' }).click()
  await dialog.getByText('1 row is fine').waitFor()
  const { rowCount } = await server.store.pool.query(
    "select 1 from latchkey.accounts where display_name = 'Stale Person'",
  )
  assert.equal(rowCount, 0)
  assert.deepEqual(complaints, [])
  await context.close()
})

test('whom no policy lets reset is put at the help desk into the group that would, after the check', async () => {
  const context = await openAs({ server, browser }, 'admin@globex.example')
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const [helpDesk, acts, diagnosis] = ['helpDesk', 'acts', 'diagnosis'].map(page => wordsOf('en', page))
  const { rows } = await server.store.pool.query(
    "select id from latchkey.users where user_principal_name = 'outside@globex.example'",
  )
  await tab.goto(`/admin/help-desk?person=${rows[0].id}`)
  await tab.getByText(diagnosis.notIn.replace('{{groups}}', 'Reset users')).waitFor()
  const add = tab.getByRole('button', { name: acts.joinGroup.open })
  await add.and(tab.locator('[aria-disabled=true]')).waitFor()
  await tab.getByRole('button', { name: helpDesk.means.inPerson.verb }).click()
  await add.and(tab.locator(':not([aria-disabled])')).click()
  assert.deepEqual(await flawsOf(tab), [])
  await tab.getByRole('dialog').getByRole('button', { name: acts.joinGroup.act, exact: true }).click()
  await tab.getByRole('heading', { name: diagnosis.neverRegistered }).waitFor()
  await tab.locator('.own-act').getByText('Outside Person is in Reset users now.').waitFor()
  assert.deepEqual(complaints, [])
  await context.close()
})

test('a help desk reads groups and roles and is offered no change of them', async () => {
  const { rows } = await server.store.pool.query(
    "select tenant_id, id from latchkey.users where user_principal_name = 'registered@acme.example'",
  )
  const { tenant_id: tenantId, id } = rows[0]
  await inTenant(server.store, tenantId, trx => assignRole(trx, actOf(server), id, 'Helpdesk Administrator'))
  const context = await openAs({ server, browser }, 'registered@acme.example', { language: 'fr', width: 320 })
  const tab = await context.newPage()
  await tab.emulateMedia({ colorScheme: 'dark' })
  const complaints = complaintsOf(tab)
  const [roles, objects] = ['roles', 'objects'].map(page => wordsOf('fr', page))
  await tab.goto('/admin/groups')
  await tab.getByRole('link', { name: 'Night shift' }).click()
  await tab.getByText('signer@acme.example').waitFor()
  assert.equal(await tab.getByRole('button', { name: objects.add }).count(), 0)
  assert.deepEqual(await flawsOf(tab), [])
  // A page that the role does not open says which roles would, the one that opens least first.
  await tab.goto('/admin/logs/audit')
  await tab.getByText(/Il faut être (Reports|Security) Reader,.* ou Global Administrator\.$/).waitFor()
  await heading(tab, 1, wordsOf('fr', 'frame').places.auditLog)
  assert.deepEqual(await flawsOf(tab), [])
  await tab.goto('/admin/roles?held=true')
  await tab.getByRole('link', { name: /^Global Administrator/ }).click()
  await tab.getByText(roles.whoAssigns).waitFor()
  await tab.getByText(ADMIN).waitFor()
  assert.equal(await tab.getByRole('button', { name: objects.add }).count(), 0)
  assert.deepEqual(await flawsOf(tab), [])
  assert.deepEqual(complaints, [])
  await context.close()
})

const LONG = process.env.PROOF === 'long'
const ROLES = [
  'Global Administrator',
  'User Administrator',
  'Helpdesk Administrator',
  'Authentication Policy Administrator',
  'Application Administrator',
  'Reports Reader',
] as const

/** Which of these pages each role finds in the navigation, and the acts that the heads of four of them offer. */
const SEEN: Record<(typeof ROLES)[number], { places: string[]; acts: string[] }> = {
  'Global Administrator': {
    places: [
      ...['helpDesk', 'people', 'groups', 'roles', 'domains', 'passwordReset', 'reports', 'applications'],
      ...['branding', 'notices', 'support', 'webhooks', 'agents'],
    ],
    acts: ['export', 'person', 'group', 'domain', 'application'],
  },
  'User Administrator': {
    places: ['helpDesk', 'people', 'groups', 'roles', 'domains', 'applications'],
    acts: ['export', 'person', 'group'],
  },
  'Helpdesk Administrator': {
    places: ['helpDesk', 'people', 'groups', 'roles', 'domains', 'applications'],
    acts: ['export'],
  },
  'Authentication Policy Administrator': {
    places: ['people', 'groups', 'roles', 'domains', 'passwordReset', 'applications', 'notices', 'agents'],
    acts: ['export'],
  },
  'Application Administrator': {
    places: ['people', 'groups', 'roles', 'domains', 'reports', 'applications'],
    acts: ['export', 'application'],
  },
  'Reports Reader': {
    places: ['people', 'groups', 'roles', 'domains', 'reports', 'applications'],
    acts: ['export'],
  },
}

test('each role finds the pages that it opens, and no act that it would be refused', {
  skip: process.env.PROOF === 'long' ? false : 'in the long proof',
}, async () => {
  const [frame, groups, domains, applications, people] = ['frame', 'groups', 'domains', 'applications', 'people'].map(
    page => wordsOf('en', page),
  )
  const { rows } = await server.store.pool.query(
    "select tenant_id, id from latchkey.users where user_principal_name = 'registered@acme.example'",
  )
  const { tenant_id: tenantId, id } = rows[0]
  const acts = new Map([
    [people.export, 'export'],
    [people.add.open, 'person'],
    [groups.add.open, 'group'],
    [domains.add.open, 'domain'],
    [applications.add.open, 'application'],
  ])
  const seen: Partial<typeof SEEN> = {}
  // Three that differ most; the long proof walks as all six.
  const walked = ROLES.filter(role => LONG || /^(Global|Helpdesk|Reports)/.test(role))
  for (const role of walked) {
    await server.store.pool.query('delete from latchkey.role_assignments where user_id = $1', [id])
    await inTenant(server.store, tenantId, trx => assignRole(trx, actOf(server), id, role))
    const context = await openAs({ server, browser }, 'registered@acme.example')
    const tab = await context.newPage()
    await tab.goto('/admin/')
    const nav = tab.getByRole('navigation', { name: frame.menu })
    await nav.waitFor()
    const offered: string[] = []
    for (const { title, place } of [
      { title: people.title, place: frame.places.people },
      { title: groups.title, place: frame.places.groups },
      { title: domains.title, place: frame.places.domains },
      { title: applications.title, place: frame.places.applications },
    ]) {
      await nav.getByRole('link', { name: place, exact: true }).click()
      await heading(tab, 1, title)
      await tab.getByRole('table').or(tab.locator('.cards .card').first()).or(tab.locator('.empty')).first().waitFor()
      const buttons = await tab.locator('.head').first().getByRole('button').allInnerTexts()
      offered.push(...buttons.map(name => acts.get(name) ?? name))
    }
    const links = await nav.getByRole('link').allInnerTexts()
    const places = SEEN['Global Administrator'].places.filter(place => links.includes(frame.places[place]))
    seen[role] = { places, acts: offered }
    await context.close()
  }
  assert.deepEqual(seen, Object.fromEntries(walked.map(role => [role, SEEN[role]])))
})

test('a long list draws the rows in sight alone', async () => {
  await seedLarge(server.store, { now: server.services.clock() }, 400)
  const context = await openAs({ server, browser }, ADMIN)
  const tab = await context.newPage()
  await tab.setViewportSize({ width: 320, height: 800 })
  await tab.goto('/admin/people')
  await tab.getByText('employee-000001@acme.example').waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  const cut = await tab
    .locator('.table-body .tag')
    .evaluateAll(tags => tags.filter(tag => tag.parentElement!.scrollWidth > tag.parentElement!.clientWidth).length)
  assert.equal(cut, 0, 'a state is read whole on a phone')
  await tab.setViewportSize({ width: 1440, height: 900 })
  const body = tab.locator('.table-body')
  /** Rows come and go with the frames that are drawn: waits until the list fills what is in sight. */
  const seesRows = async () => {
    await body.locator('.table-row').nth(15).waitFor({ state: 'attached' })
    const drawn = await body.locator('.table-row').count()
    assert.ok(drawn <= 60, `${drawn} rows`)
  }
  await tab.getByText('employee-000001@acme.example').waitFor()
  await seesRows()
  const isHigh = (height: number) =>
    tab.waitForFunction(
      high => document.querySelector<HTMLElement>('.table-body .table-row')?.offsetHeight === high,
      height,
    )
  const compact = tab.getByRole('checkbox', { name: wordsOf('en', 'frame').compactRows })
  await isHigh(46)
  await compact.check()
  await isHigh(36)
  await seesRows()
  await compact.uncheck()
  await isHigh(46)
  // The list is one stop of the Tab key, and arrows lead along its columns.
  const hasOneStop = () => document.querySelectorAll('.table-body :is(a, input):not([tabindex="-1"])').length === 1
  await tab.waitForFunction(hasOneStop)
  await body.getByRole('link').nth(0).focus()
  await tab.keyboard.press('ArrowDown')
  await body.getByRole('link').nth(1).and(tab.locator(':focus')).waitFor()
  await tab.keyboard.press('ArrowLeft')
  await body.getByRole('checkbox').nth(1).and(tab.locator(':focus')).waitFor()
  await tab.waitForFunction(hasOneStop)
  // Each page asks for the next before its end is reached.
  for (const shown of ['200', '300']) {
    await body.evaluate(node => node.scrollTo(0, node.scrollHeight))
    await tab.getByText(new RegExp(`^${shown} of`)).waitFor()
    await seesRows()
  }
  // A page that is refused is told, and is not asked for again without end.
  let asked = 0
  await tab.route(/skiptoken/, route => {
    asked++
    return route.fulfill({ status: 400, json: { error: { code: 'Directory_ExpiredPageToken' } } })
  })
  await body.evaluate(node => node.scrollTo(0, node.scrollHeight))
  await tab.getByRole('button', { name: wordsOf('en', 'frame').tryAgain }).waitFor()
  assert.equal(asked, 1)
  await context.close()
})
