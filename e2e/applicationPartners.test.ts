// This file is long because each walk goes through a page of partners, its dialogs and what the other side sees of it.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { templateIds } from '../server/src/access/index.ts'
import { PASSWORD } from '../server/src/demo/index.ts'
import { assignRole, findTenantId, findUserByName } from '../server/src/directory/index.ts'
import { admitPartner } from '../server/src/partners/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import { testApi } from '../server/src/testing/api.ts'
import { granted } from '../server/src/testing/contract.ts'
import { makePartner } from '../server/src/testing/partners.ts'
import { testServer } from '../server/src/testing/server.ts'
import { takeDueStep } from '../server/src/testing/steps.ts'
import { complaintsOf, flawsOf, openAs, wordsOf } from './administrator.ts'
import { openBrowser } from './browser.ts'
import { openRescueCase } from './lockedOut.ts'
import { actOf } from './people.ts'

// Partners in the application: Globex acts for Acme, and each looks at it from its side.

const DESK = 'acme-europe.example'
const server = await testServer({ operatorTenant: DESK })
const browser = await openBrowser()
const ADMIN = 'admin@acme.example'
const AGENT = 'admin@globex.example'
const SECOND = 'outside@globex.example'
await makePartner(server, 'globex.example', [AGENT, SECOND])
const acme = await findTenantId(server.store, 'acme.example')
const agent = await testApi(server, 'globex.example').as(AGENT)
const R = '/tenantRelationships/delegatedAdminRelationships'
const unifiedRoles = (...names: (keyof typeof templateIds)[]) =>
  names.map(name => ({ roleDefinitionId: templateIds[name] }))

/** Walks that take longer than a second or two. */
const long = { skip: process.env.PROOF === 'long' ? false : 'in the long proof' } as const

const heading = (tab: Page, level: 1 | 2 | 3, name: string) =>
  tab.getByRole('heading', { level, name, exact: true }).waitFor()

test('a customer approves less than it was asked for, takes a role away and ends everything', async () => {
  const asked = await agent('POST', R, {
    ...{ displayName: 'Care', duration: 'P1Y', autoExtendDuration: 'P180D', customer: { tenantId: acme } },
    accessDetails: { unifiedRoles: unifiedRoles('Helpdesk Administrator', 'Directory Readers', 'Reports Reader') },
  })
  await agent('POST', `${R}/${asked.json.id}/requests`, { action: 'lockForApproval' })
  const context = await openAs({ server, browser }, ADMIN)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const words = wordsOf('en', 'partners')
  const dialog = tab.getByRole('dialog')
  await tab.goto('/admin/partners')
  await heading(tab, 1, words.titles.partners)
  await tab.getByRole('button', { name: words.approve.open }).click()
  const box = (name: string) => dialog.getByRole('checkbox', { name, exact: true })
  // What opens other people's accounts is never given by pressing on.
  assert.equal(await box('Helpdesk Administrator').isChecked(), false)
  assert.equal(await box('Directory Readers').isChecked(), true)
  await dialog.getByLabel(words.approve.ends).selectOption('90')
  assert.deepEqual(await flawsOf(tab), [])
  await dialog.getByRole('button', { name: words.approve.verb, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  const card = tab.getByRole('region', { name: 'Globex' })
  await card.getByText('Directory Readers and Reports Reader').waitFor()
  const read = async () => {
    const { json } = await agent('GET', `${R}/${asked.json.id}`)
    return [json.status, json.duration, json.autoExtendDuration, json.accessDetails.unifiedRoles]
  }
  assert.deepEqual(await read(), ['active', 'P90D', 'PT0S', unifiedRoles('Directory Readers', 'Reports Reader')])
  assert.deepEqual(await flawsOf(tab), [])

  await card.getByRole('button', { name: 'Reduce Care' }).click()
  await box('Reports Reader').uncheck()
  await dialog.getByRole('button', { name: words.reduce.verb, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  await card.getByText('Directory Readers', { exact: true }).waitFor()
  assert.deepEqual((await read()).at(-1), unifiedRoles('Directory Readers'))

  await tab.locator('nav.tabs').getByRole('link', { name: words.titles.agreement }).click()
  await tab.getByRole('button', { name: words.agreement.first }).click()
  await box('Globex').check()
  await dialog.getByLabel(words.agreement.coolingOff).fill('300')
  await dialog.getByLabel(words.agreement.phrase).fill('a blue heron at noon')
  await dialog.getByLabel(words.agreement.tell).fill('friend@mail.example\nother@mail.example')
  await dialog.getByRole('button', { name: words.agreement.verb, exact: true }).click()
  await dialog.getByText(wordsOf('en', 'refusals').cooling_off_invalid).waitFor()
  await dialog.getByLabel(words.agreement.coolingOff).fill('24')
  assert.deepEqual(await flawsOf(tab), [])
  await dialog.getByRole('button', { name: words.agreement.verb, exact: true }).press('Enter')
  await dialog.waitFor({ state: 'detached' })
  const { json } = await (await testApi(server).as(ADMIN))('GET', '/tenantRelationships/rescueAgreement')
  const { providers, coolingOffHours, hasPhrase, tell } = json.pending
  assert.deepEqual([providers.length, coolingOffHours, hasPhrase, tell.length], [1, 24, true, 2])
  assert.deepEqual(await flawsOf(tab), [])
  await tab.locator('nav.tabs').getByRole('link', { name: words.titles.partners }).click()

  await card.getByRole('button', { name: words.endAll.open }).press('Enter')
  await dialog.getByRole('button', { name: words.endAll.verb }).press('Enter')
  await card.getByText(words.statuses.terminated, { exact: true }).waitFor()
  assert.equal((await read())[0], 'terminated')
  assert.deepEqual(
    complaints.filter(line => !line.includes('400')),
    [],
  )
  await context.close()
})

test('the activity log tells what became of it, narrowed by its address, with the id that both logs have', async () => {
  const context = await openAs({ server, browser }, AGENT)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const [words, logs] = [wordsOf('en', 'partner'), wordsOf('en', 'logs')]
  await tab.goto('/admin/partner/activities?customer=Nobody')
  await heading(tab, 1, words.titles.activities)
  await tab.getByText(words.activities.noMatch).waitFor()
  await tab.getByRole('searchbox', { name: words.activities.customerBegins }).fill('acm')
  await tab.waitForURL(/customer=acm$/)
  await tab.getByLabel(words.activities.kind).selectOption('granular_admin_relationship')
  await tab.waitForURL(/kind=granular_admin_relationship/)
  const ended = tab.getByRole('link', { name: words.operations.granular_admin_relationship_terminated })
  await ended.click()
  const panel = tab.getByRole('complementary', { name: logs.entry })
  const id = await panel.locator('.copy > span').innerText()
  await panel.getByRole('link', { name: 'Acme', exact: true }).waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  const atCustomer = await (await testApi(server).as(ADMIN))(
    'GET',
    `/auditLogs/directoryAudits?$filter=${encodeURIComponent(`correlationId eq '${id}'`)}`,
  )
  assert.deepEqual(
    atCustomer.json.value.map((one: { activity: string }) => one.activity),
    ['relationship.terminated'],
  )
  await tab.keyboard.press('Escape')
  await tab.locator('a:focus', { hasText: 'Acme' }).waitFor()
  // A job makes the file, which is looked at each second.
  if (!long.skip) {
    const saved = tab.waitForEvent('download')
    await tab.getByRole('button', { name: wordsOf('en', 'people').export }).click()
    const file = await readFile(await (await saved).path(), 'utf8')
    assert.match(file, /granular_admin_relationship_terminated/)
    assert.doesNotMatch(file, /granular_admin_access_assignment|create_partner/)
  }
  assert.deepEqual(complaints, [])
  await context.close()
})

test('an agent takes a rescue and may not approve it too; another approves, and it is refused with a reason', async () => {
  const opened = await openRescueCase(server, 'quill', await findTenantId(server.store, 'globex.example'))
  const asked = { act: 'newPassword', userName: opened.address }
  const { id } = granted(await opened.browser.post(`/cases/${opened.number}/rescue`, asked), 201)
  const context = await openAs({ server, browser }, AGENT)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const words = wordsOf('en', 'rescues')
  const dialog = tab.getByRole('dialog')
  const button = (name: string) => tab.getByRole('button', { name, exact: true })
  await tab.goto('/admin/partner/rescues')
  await tab.getByRole('link', { name: 'Quill' }).click()
  await heading(tab, 2, 'Quill')
  await button(words.take.open).click()
  await dialog.getByRole('radio', { name: words.checks.metInPerson }).check()
  await dialog.getByLabel(words.take.note).fill('At the counter.')
  assert.deepEqual(await flawsOf(tab), [])
  await dialog.getByRole('button', { name: words.take.verb, exact: true }).click()
  await tab.getByText(words.missing.notYou).waitFor()
  await tab.getByText(`Globex Administrator · ${words.checks.metInPerson} · At the counter.`).waitFor()
  assert.equal(await button(words.approve.open).count(), 0, 'who took it does not approve it')
  assert.deepEqual(await flawsOf(tab), [])
  const second = await testApi(server, 'globex.example').as(SECOND)
  assert.equal((await second('POST', `/partner/rescues/${id}/approve`)).status, 200)
  await tab.reload()
  await heading(tab, 3, words.states.cooling)
  await button(words.refuse.open).press('Enter')
  await dialog.getByLabel(words.refuse.reason).fill('It was a mistake.')
  await dialog.getByRole('button', { name: words.refuse.open, exact: true }).click()
  await heading(tab, 3, words.states.refused)
  const { state, reason } = (await opened.browser.get(`/rescues/${id}`)).json
  assert.deepEqual([state, reason], ['refused', 'It was a mistake.'])
  await tab.keyboard.press('Escape')
  await tab.locator('a:focus', { hasText: 'Quill' }).waitFor()
  assert.deepEqual(complaints, [])
  await context.close()
})

test('a firm whose verification was rejected is led to what to hand in', async () => {
  const globex = await findTenantId(server.store, 'globex.example')
  await server.store.pool.query(
    "update latchkey.partner_stages set status = 'rejected', reason = 'document_old' where tenant_id = $1 and stage = 'business'",
    [globex],
  )
  const context = await openAs({ server, browser }, AGENT)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const words = wordsOf('en', 'verification')
  const dialog = tab.getByRole('dialog')
  await tab.goto('/admin/partner')
  await tab.getByRole('link', { name: wordsOf('en', 'partner').standing.fixNow }).click()
  await heading(tab, 2, words.statuses.rejected)
  await tab.getByText(words.reasons.document_old).first().waitFor()
  await tab.getByRole('button', { name: 'Fix now: Company' }).click()
  const pdf = { mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7\nan extract\n%%EOF\n') }
  await dialog.locator('input[type=file]').setInputFiles([
    { ...pdf, name: 'Extract 2026.pdf' },
    { ...pdf, name: 'Extract 2025.pdf' },
    { ...pdf, name: 'a;b.pdf' },
  ])
  await dialog.getByText(words.fix.faults.name.replace('{{name}}', 'a;b.pdf')).waitFor()
  await dialog.getByLabel(words.fix.comment).fill('The new extract.')
  await dialog.getByLabel(wordsOf('en', 'partner').profile.street).fill('12 Bay Street')
  assert.deepEqual(await flawsOf(tab), [])
  await dialog.getByRole('button', { name: words.fix.verb, exact: true }).press('Enter')
  await heading(tab, 2, words.statuses.pending)
  await tab.getByText('Extract 2026.pdf').waitFor()
  await tab.getByText('Extract 2025.pdf').waitFor()
  const { legalProfile } = (await (await testApi(server, 'globex.example').as(AGENT))('GET', '/partner')).json
  assert.equal(legalProfile.street, '12 Bay Street')
  assert.deepEqual(await flawsOf(tab), [])
  // What was handed in stays; what a refusal left behind is taken back.
  const remove = tab.getByRole('button', { name: words.removeOf.replace('{{name}}', 'Extract 2025.pdf') })
  assert.equal(await remove.count(), 0)
  const handIn = (when: 'null' | 'added_at') =>
    server.store.pool.query(`update latchkey.partner_documents set handed_in_at = ${when} where tenant_id = $1`, [
      globex,
    ])
  await handIn('null')
  await tab.reload()
  await remove.press('Enter')
  await tab.locator('h2:focus', { hasText: words.documents }).waitFor()
  await tab.getByText('Extract 2025.pdf').waitFor({ state: 'detached' })
  await handIn('added_at')
  assert.deepEqual(complaints, [])
  await context.close()
})

test('a reviewer reads what a firm handed in and decides, at the desk of the operator alone', long, async () => {
  const [globex, desk] = await Promise.all(['globex.example', DESK].map(one => findTenantId(server.store, one)))
  const name = `admin@${DESK}`
  await inTenant(server.store, desk!, async trx => {
    const act = actOf(server)
    await assignRole(trx, act, (await findUserByName(trx, desk!, name))!.id, 'Verification Reviewer')
  })
  const context = await openAs({ server, browser }, name)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const words = wordsOf('en', 'verification')
  const dialog = tab.getByRole('dialog')
  await tab.goto(`/admin/verifications/${globex}`)
  await tab.getByRole('button', { name: words.desk.claim }).click()
  await tab.getByText(words.desk.with.replace('{{person}}', name)).first().waitFor()
  const saved = tab.waitForEvent('download')
  await tab.getByRole('button', { name: 'Save Extract 2026.pdf' }).click()
  assert.match(await readFile(await (await saved).path(), 'utf8'), /an extract/)
  await tab.getByRole('button', { name: 'Decide: Company' }).click()
  await dialog.getByRole('radio', { name: words.desk.decide.verdicts.reject }).check()
  await dialog.getByRole('button', { name: words.desk.decide.verb, exact: true }).click()
  await dialog.getByText(wordsOf('en', 'refusals').reason_missing).waitFor()
  await dialog.getByRole('radio', { name: words.desk.decide.verdicts.accept }).check()
  assert.deepEqual(await flawsOf(tab), [])
  await dialog.getByRole('button', { name: words.desk.decide.verb, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  const { json } = await (await testApi(server, 'globex.example').as(AGENT))('GET', '/partner/verification')
  assert.equal(json.status, 'accepted')
  assert.deepEqual(await flawsOf(tab), [])
  assert.deepEqual(
    complaints.filter(line => !line.includes('400')),
    [],
  )
  await context.close()
})

test('an agent makes a relationship, hands its address on, lets a group act by it and ends it', long, async () => {
  const context = await openAs({ server, browser }, AGENT)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const words = wordsOf('en', 'customers')
  const dialog = tab.getByRole('dialog')
  const named = (text: string, name: string) => text.replace(/\{\{\w+\}\}/, name)
  await tab.goto('/admin/customers/relationships?status=created')
  await heading(tab, 1, words.titles.relationships)
  await tab.getByText(words.relationships.none).waitFor()
  await tab.getByRole('button', { name: words.ask.open }).click()
  await dialog.getByRole('textbox', { name: words.ask.name }).fill('Night watch')
  await dialog.getByRole('button', { name: words.ask.verb, exact: true }).click()
  await dialog.getByText(words.ask.noRole).waitFor()
  for (const name of ['Directory Readers', 'Helpdesk Administrator'])
    await dialog.getByRole('checkbox', { name, exact: true }).check()
  assert.deepEqual(await flawsOf(tab), [])
  await dialog.getByRole('button', { name: words.ask.verb, exact: true }).click()
  await heading(tab, 2, 'Night watch')
  await tab.getByRole('button', { name: words.life.lock.open }).click()
  await dialog.getByRole('button', { name: words.life.lock.verb, exact: true }).click()
  const address = (await tab.locator('.secret .copy span').first().innerText()).trim()
  assert.deepEqual(await flawsOf(tab), [])
  await tab.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  assert.equal((await tab.content()).includes(address), false, 'the address is gone with its dialog')

  const [id, token] = [new URL(address).pathname.split('/').at(-1), new URL(address).searchParams.get('token')]
  const decider = await testApi(server).as(ADMIN)
  assert.equal((await decider('POST', `/tenantRelationships/partnerRequests/${id}/approve`, { token })).status, 200)
  const group = await agent('POST', '/groups', {
    ...{ displayName: 'Night team', mailEnabled: false, mailNickname: 'night', securityEnabled: true },
  })
  assert.equal(group.status, 201, group.text)
  await agent('DELETE', `/groups/${group.json.id}/owners/${(await agent('GET', '/me')).json.id}/$ref`)
  await tab.goto(`/admin/customers/${acme}`)
  await tab.getByText(words.own.none).waitFor()
  await tab.getByRole('link', { name: /^Night watch/ }).click()
  await tab.getByText(words.groups.none).waitFor()
  await tab.getByRole('button', { name: words.groups.add }).click()
  await dialog.getByRole('combobox').pressSequentially('Night')
  await tab.getByRole('option', { name: 'Night team' }).click()
  await dialog.getByRole('checkbox', { name: 'Helpdesk Administrator' }).uncheck()
  await dialog.getByRole('button', { name: words.save, exact: true }).click()
  await tab.getByRole('button', { name: named(words.groups.removeOf, 'Night team') }).waitFor()
  const { json } = await agent('GET', `${R}/${id}/accessAssignments`)
  assert.deepEqual(json.value[0].accessDetails.unifiedRoles, unifiedRoles('Directory Readers'))
  assert.deepEqual(await flawsOf(tab), [])

  await tab.getByRole('button', { name: words.life.end.open, exact: true }).press('Enter')
  await dialog.getByRole('button', { name: words.life.end.verb }).press('Enter')
  await tab.getByText(words.reasons.terminatedByPartner).waitFor()
  await tab.keyboard.press('Escape')
  await tab.locator('a:focus', { hasText: 'Night watch' }).waitFor()
  assert.deepEqual(complaints, [])
  await context.close()
})

test(
  'customers are found by what the address says, tagged and saved as a file, and companies are invited',
  long,
  async () => {
    const context = await openAs({ server, browser }, AGENT)
    const tab = await context.newPage()
    const words = wordsOf('en', 'customers')
    const dialog = tab.getByRole('dialog')
    await tab.goto('/admin/customers/invitations')
    await tab.getByRole('button', { name: words.invitations.open }).click()
    await dialog.getByRole('checkbox', { name: words.invitations.dap }).check()
    assert.deepEqual(await flawsOf(tab), [])
    await dialog.getByRole('button', { name: words.invitations.verb, exact: true }).click()
    const address = new URL((await tab.locator('.secret .copy span').first().innerText()).trim())
    await tab.keyboard.press('Escape')
    const invited = server.browser()
    granted(await invited.post('/signin', { username: ADMIN, password: PASSWORD }))
    await takeDueStep(server, invited)
    const token = address.searchParams.get('token')
    granted(await invited.post(`${address.pathname}/acceptance`, { agree: true, dap: true, token }))

    await tab.goto('/admin/customers?q=nobody')
    await tab.getByText(words.noMatch).waitFor()
    await tab.getByRole('searchbox').fill('Acm')
    await tab.waitForURL(/[?&]q=Acm/)
    await tab.getByRole('link', { name: 'Acme' }).click()
    await tab.getByText(words.own.dap).waitFor()
    await tab.getByRole('button', { name: words.acts.tag }).click()
    await dialog.getByLabel(words.columns.tags).fill('gold, north')
    await dialog.getByRole('button', { name: words.save, exact: true }).click()
    await tab.getByText('gold and north').first().waitFor()
    assert.deepEqual(await flawsOf(tab), [])
    await tab.goto('/admin/customers?tag=north&access=dap')
    await tab.getByRole('link', { name: 'Acme' }).waitFor()
    const saved = tab.waitForEvent('download')
    await tab.getByRole('button', { name: words.export }).click()
    assert.match(await readFile(await (await saved).path(), 'utf8'), /Acme.*gold/)

    await tab.locator('nav.tabs').getByRole('link', { name: words.titles.delegations }).click()
    await tab.getByRole('button', { name: 'Give back the delegation of Acme' }).click()
    await dialog.getByRole('button', { name: words.delegations.end, exact: true }).click()
    // Quill’s stands, whose rescue was refused.
    await tab.getByRole('button', { name: 'Give back the delegation of Acme' }).waitFor({ state: 'detached' })
    assert.deepEqual(await flawsOf(tab), [])
    await context.close()
  },
)

test('a firm enrols, is admitted, signs and gives a role, and what it may is told', long, async () => {
  const context = await openAs({ server, browser }, 'admin@acme-europe.example')
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const words = wordsOf('en', 'partner')
  const dialog = tab.getByRole('dialog')
  await tab.goto('/admin/partner')
  await tab.getByRole('button', { name: words.enrol.first }).click()
  const fill = async (label: string, value: string) =>
    dialog.getByRole('textbox', { name: label, exact: true }).fill(value)
  await fill(words.profile.companyName, 'GmbH')
  await fill(words.profile.street, '1 Kai')
  await fill(words.profile.city, 'Hamburg')
  await dialog.getByLabel(words.profile.country).selectOption('DE')
  await fill(words.profile.givenName, 'Ada')
  await fill(words.profile.surname, 'Kai')
  await fill(words.profile.mail, 'ada@mail.example')
  assert.deepEqual(await flawsOf(tab), [])
  await dialog.getByRole('button', { name: words.enrol.verb }).click()
  await dialog.getByText(wordsOf('en', 'refusals').name_legal_form).waitFor()
  await fill(words.profile.companyName, 'Kai GmbH')
  await dialog.getByRole('button', { name: words.enrol.verb }).click()
  await heading(tab, 2, words.standing.submit)
  await tab.getByText(/^Your roles: Global Administrator/).waitFor()
  assert.equal(await tab.getByText(/^partner\.\w/).count(), 0, 'each act has words')
  assert.deepEqual(await flawsOf(tab), [])
  await tab.getByRole('button', { name: words.enrollments.submit }).click()
  await heading(tab, 2, words.standing.pending)
  const tenantId = await findTenantId(server.store, 'acme-europe.example')
  await inTenant(server.store, tenantId, trx => admitPartner(trx, { ...actOf(server), actor: { kind: 'operator' } }))
  await tab.reload()
  await heading(tab, 2, words.standing.sign)
  await tab.getByRole('button', { name: words.enrollments.sign.open }).click()
  await dialog.getByRole('button', { name: words.enrollments.sign.verb, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  // Who has become an agent signs in anew.
  await tab.goto('/admin/partner')
  await tab.waitForURL(/\/signin\//)
  const read = await (await testApi(server, 'acme-europe.example').as('admin@acme-europe.example'))('GET', '/partner')
  assert.deepEqual([read.json.status, read.json.kinds], ['active', ['membership']])
  assert.deepEqual(
    complaints.filter(line => !/40[0134]/.test(line)),
    [],
  )
  await context.close()
})

test(
  'an agent opens a customer, acts there as what it gave, shows by name and firm, and is back at home',
  long,
  async () => {
    const globex = await findTenantId(server.store, 'globex.example')
    const now = server.services.clock()
    await server.store.pool.query(
      'insert into latchkey.daps (tenant_id, other_tenant_id, starts_at, ends_at, awake_at) values ($1, $2, $3, $4, $3) on conflict (tenant_id, other_tenant_id) do update set ended_at = null, ends_at = $4, awake_at = $3',
      [acme, globex, now, new Date(now.getTime() + 30 * 86_400_000)],
    )
    await server.store.pool.query(
      "insert into latchkey.served_companies (tenant_id, other_tenant_id, display_name, display_name_folded, domain, touched_at, sold_since) values ($1, $2, 'Acme', 'acme', 'acme.example', $3, $3) on conflict (tenant_id, other_tenant_id) do update set sold_since = $3, sold_until = null",
      [acme, globex, now],
    )
    const context = await openAs({ server, browser }, AGENT)
    const tab = await context.newPage()
    const complaints = complaintsOf(tab)
    const [words, frame, acts, logs] = ['customers', 'frame', 'acts', 'logs'].map(page => wordsOf('en', page))
    const dialog = tab.getByRole('dialog')
    await tab.goto(`/admin/customers/${acme}`)
    await tab.getByRole('button', { name: words.acts.open, exact: true }).click()
    const bar = tab.getByRole('region', { name: words.acting.label })
    await bar.getByText('You are in the organization of Acme.').waitFor()
    // What a partner never may is not offered.
    const places = await tab.getByRole('navigation').getByRole('link').allInnerTexts()
    assert.ok(places.includes(frame.places.people) && places.includes(frame.places.auditLog), places.join())
    for (const never of ['partners', 'customers', 'branding', 'webhooks', 'agents'])
      assert.ok(!places.includes(frame.places[never]), never)
    assert.deepEqual(await flawsOf(tab), [])

    await tab.goto('/admin/people?q=Signer')
    await tab.getByRole('link', { name: /signer@acme\.example/ }).click()
    await tab.getByRole('button', { name: acts.temporaryPassword.open }).click()
    await dialog.getByRole('button', { name: acts.temporaryPassword.verb }).click()
    await tab.locator('.secret').waitFor()
    await tab.keyboard.press('Escape')
    // A file of many rows runs by the same rights.
    const people = wordsOf('en', 'people')
    await tab.goto('/admin/people/import')
    const kind = tab.getByLabel(people.import.kind)
    const offered = await kind.locator('option').allInnerTexts()
    assert.ok(!offered.includes(people.import.kinds.methodsPrefill), offered.join())
    await kind.selectOption('usersUpdate')
    const text = 'userPrincipalName,department\nsigner@acme.example,Harbour side\nadmin@acme.example,Harbour side\n'
    const file = { name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(text) }
    await tab.locator('input[type=file]').setInputFiles(file)
    await tab.getByRole('button', { name: people.import.check, exact: true }).click()
    await tab.getByRole('button', { name: people.import.start, exact: true }).click()
    const running = tab.getByRole('region', { name: people.import.running })
    await running.getByText(people.import.statuses.succeeded).waitFor()
    const { rows } = await server.store.pool.query(
      "select user_principal_name as name from latchkey.users where department = 'Harbour side'",
    )
    assert.deepEqual(rows, [{ name: 'signer@acme.example' }], 'nobody of a partner changes an administrator')
    assert.deepEqual(await flawsOf(tab), [])
    await tab.goto('/admin/logs/audit')
    await tab.getByText('Globex Administrator, of Globex').first().waitFor()
    assert.equal(await tab.getByRole('heading', { level: 1 }).innerText(), logs.titles.audit)
    await bar.getByRole('button', { name: words.acting.leave }).click()
    await tab.getByText(words.own.dap).waitFor()
    const menu = tab.getByRole('navigation', { name: frame.menu })
    await menu.getByRole('link', { name: frame.places.customers, exact: true }).waitFor()

    // What ended opens nothing, and says so at home.
    await tab.getByRole('button', { name: words.acts.open, exact: true }).waitFor()
    await server.store.pool.query('update latchkey.daps set ended_at = $1 where tenant_id = $2', [now, acme])
    await tab.getByRole('button', { name: words.acts.open, exact: true }).click()
    await tab.getByText(words.own.none).waitFor()
    assert.equal(await tab.evaluate(() => sessionStorage.getItem('latchkey.acting')), null)
    assert.deepEqual(complaints, [])
    await context.close()
  },
)
