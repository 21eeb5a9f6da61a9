import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { createGroup, findTenantId, findUserByName } from '../server/src/directory/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import { testServer } from '../server/src/testing/server.ts'
import { complaintsOf, openAs, wordsOf } from './administrator.ts'
import { openBrowser } from './browser.ts'
import { type FormAct, meetFaults, meetSlowness } from './faults.ts'
import { actOf } from './people.ts'

test('no fault in the middle of an act loses what was typed, or the place where it was', {
  skip: process.env.PROOF === 'long' ? false : 'in the long proof',
  timeout: 600_000,
}, async t => {
  const server = await testServer()
  const browser = await openBrowser()
  const acme = await findTenantId(server.store, 'acme.example')
  const [group, person] = await inTenant(server.store, acme, async trx => [
    await createGroup(trx, actOf(server), acme, { displayName: 'Field staff' }),
    (await findUserByName(trx, acme, 'signer@acme.example'))!.id,
  ])
  const context = await openAs({ server, browser }, 'admin@acme.example')
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  for (const act of actsOn({ group: group!, person: person! }))
    await t.test(act.name, async () => {
      await tab.goto(`/admin/${act.path}`)
      const typed = await act.type(tab)
      await meetFaults(tab, act, typed)
      await meetSlowness(tab, act)
    })
  // The browser's console tells each refused request.
  assert.deepEqual(
    complaints.filter(line => !/Failed to load resource/.test(line)),
    [],
  )
})

const dialogOf = (tab: Page) => tab.getByRole('dialog')
const closes = (tab: Page) => dialogOf(tab).waitFor({ state: 'detached' })

/** Opens a dialog by its button, and fills in fields by their labels. */
const inDialog = (opens: string, fields: Record<string, string>) => async (tab: Page) => {
  await tab.getByRole('button', { name: opens, exact: true }).first().click()
  const found = Object.entries(fields).map(
    ([label, value]) => [dialogOf(tab).getByLabel(label).first(), value] as const,
  )
  for (const [field, value] of found) await field.fill(value)
  return found.map(([field, value]): [typeof field, string] => [field, value])
}
const verbInDialog = (name: string) => (tab: Page) => dialogOf(tab).getByRole('button', { name, exact: true })

/** One act of each kind of page. */
function actsOn({ group, person }: Record<'group' | 'person', string>): FormAct[] {
  const [people, groups, objects, domains, applications] = [
    'people',
    'groups',
    'objects',
    'domains',
    'applications',
  ].map(page => wordsOf('en', page))
  const [webhooks, agents, support, branding] = ['webhooks', 'agents', 'support', 'branding'].map(page =>
    wordsOf('en', page),
  )
  const added = async (tab: Page) => {
    const dialog = dialogOf(tab)
    await tab.getByRole('button', { name: objects.add, exact: true }).first().click()
    const who = dialog.getByRole('combobox')
    await who.pressSequentially('Prefill')
    await tab.getByRole('option', { name: /^Prefilled Person/ }).click()
    return [[who, 'Prefilled Person']] as [typeof who, string][]
  }
  return [
    {
      ...{ name: 'a new person', path: 'people', request: { method: 'POST', path: /\/v1\.0\/users$/ } },
      type: inDialog(people.add.open, {
        [people.fields.displayName]: 'Late Comer',
        [people.fields.userPrincipalName]: 'late',
      }),
      send: verbInDialog(people.add.verb),
      done: tab => tab.locator('.secret').waitFor(),
    },
    {
      ...{ name: 'a person', path: `people/${person}`, request: { method: 'PATCH', path: /\/v1\.0\/users\/[\w-]+$/ } },
      type: inDialog(people.edit.open, { [people.fields.department]: 'Night desk' }),
      ...{ send: verbInDialog(people.edit.verb), done: closes, isEdited: true },
    },
    {
      ...{ name: 'a group', path: 'groups', request: { method: 'POST', path: /\/v1\.0\/groups$/ } },
      type: inDialog(groups.add.open, {
        [groups.fields.name]: 'Night shift',
        [groups.fields.description]: 'After ten',
      }),
      ...{ send: verbInDialog(groups.add.verb), done: closes },
    },
    {
      ...{
        name: 'a group’s name',
        path: `groups/${group}`,
        request: { method: 'PATCH', path: /\/v1\.0\/groups\/[\w-]+$/ },
      },
      type: inDialog(groups.edit.open, { [groups.fields.name]: 'Field staff, north' }),
      ...{ send: verbInDialog(groups.edit.verb), done: closes, isEdited: true },
    },
    {
      ...{ name: 'a member', path: `groups/${group}`, request: { method: 'POST', path: /\/members\/\$ref$/ } },
      ...{ type: added, send: verbInDialog(objects.add), done: closes },
    },
    {
      name: 'a role',
      path: 'roles/4a5d8f65-41da-4de4-8968-e035b65339cf',
      request: { method: 'POST', path: /\/members\/\$ref$/ },
      ...{ type: added, send: verbInDialog(objects.add), done: closes },
    },
    {
      ...{ name: 'a domain', path: 'domains', request: { method: 'POST', path: /\/v1\.0\/domains$/ } },
      type: inDialog(domains.add.open, { [domains.add.name]: 'acme-nights.example' }),
      ...{ send: verbInDialog(domains.add.verb), done: closes },
    },
    {
      ...{ name: 'an application', path: 'applications', request: { method: 'POST', path: /\/v1\.0\/applications$/ } },
      type: inDialog(applications.add.open, {
        [applications.fields.name]: 'Field reports',
        [applications.fields.addresses]: 'https://field.acme.example/callback',
      }),
      ...{ send: verbInDialog(applications.add.verb), done: closes },
    },
    {
      ...{ name: 'an application’s secret', path: 'applications', request: { method: 'POST', path: /\/addPassword$/ } },
      type: async tab => {
        await tab.getByRole('link', { name: /^Field reports/ }).click()
        return inDialog(applications.secrets.add, { [applications.secrets.name]: 'The server in Lyon' })(tab)
      },
      ...{ send: verbInDialog(applications.secrets.add), done: tab => tab.locator('.secret').waitFor() },
    },
    {
      ...{ name: 'a webhook', path: 'webhooks', request: { method: 'POST', path: /\/v1\.0\/subscriptions$/ } },
      type: inDialog(webhooks.add.open, { [webhooks.add.address]: 'http://hooks.acme.example/changes' }),
      send: verbInDialog(webhooks.add.verb),
      // Nobody listens there: the server's own refusal stands at its field.
      done: tab => dialogOf(tab).getByText(wordsOf('en', 'refusals').endpoint_refused).waitFor(),
    },
    {
      ...{ name: 'writeback', path: 'agents', request: { method: 'PATCH', path: /\/policies\/writebackPolicy$/ } },
      type: inDialog(agents.writeback.edit, { [agents.writeback.brake]: '35' }),
      ...{ send: verbInDialog(agents.writeback.verb), done: closes, isEdited: true },
    },
    {
      ...{ name: 'an agent', path: 'agents', request: { method: 'POST', path: /\/agentTokens$/ } },
      type: inDialog(agents.enrol.open, {}),
      ...{ send: verbInDialog(agents.enrol.verb), done: tab => tab.locator('.secret').waitFor() },
    },
    {
      ...{ name: 'a contact', path: 'support-contacts', request: { method: 'PUT', path: /\/supportContacts$/ } },
      type: inDialog(support.open, { [support.form.id]: 'acme-night', [support.form.number]: '+33199000050' }),
      ...{ send: verbInDialog(support.form.verb), done: closes },
    },
    {
      ...{ name: 'looks', path: 'branding?locale=fr', request: { method: 'POST', path: /\/branding\/localizations$/ } },
      type: async tab => {
        const field = tab.getByLabel(branding.fields.signInPageText)
        await field.fill('Appelez Ada au 100.')
        return [[field, 'Appelez Ada au 100.']]
      },
      send: tab => tab.getByRole('button', { name: branding.save.verb }),
      isEdited: true,
      done: tab => tab.getByText(branding.save.saved).waitFor(),
    },
  ]
}
