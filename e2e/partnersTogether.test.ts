import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { HOUR } from '../server/src/clock.ts'
import { PASSWORD } from '../server/src/demo/index.ts'
import { findTenantId, findUserByName } from '../server/src/directory/index.ts'
import { saveMethod } from '../server/src/methods/index.ts'
import { changeSignInPolicy } from '../server/src/policies/index.ts'
import { inTenant } from '../server/src/store/index.ts'
import { testApi } from '../server/src/testing/api.ts'
import { granted } from '../server/src/testing/contract.ts'
import { makePartner } from '../server/src/testing/partners.ts'
import { testServer } from '../server/src/testing/server.ts'
import { complaintsOf, flawsOf, openAs, wordsOf } from './administrator.ts'
import { openBrowser, walker } from './browser.ts'
import { actOf, addPerson } from './people.ts'

// A firm and a company, each in a browser of its own, go through what they have with each other, from offer to end.

const long = { skip: process.env.PROOF === 'long' ? false : 'in the long proof' } as const
const [AGENT, SECOND] = ['admin@globex.example', 'second@globex.example']
const ADMIN = 'admin@acme.example'
const RESELLER = 'admin@acme-europe.example'
const [words, partners, acts, rescues] = ['customers', 'partners', 'acts', 'rescues'].map(page => wordsOf('en', page))

/** Globex is a provider; people come in by windows of their own, which complained of nothing when all is over. */
async function openSides(context: TestContext) {
  const server = await testServer({ context, signup: 'invitation' })
  const browser = await openBrowser()
  await addPerson(server, SECOND, PASSWORD, { email: 'second@mail.example' })
  const globex = await makePartner(server, 'globex.example', [AGENT, SECOND], 'indirectProvider')
  // Who acts for a customer has taken the second step, here at sign-in.
  await inTenant(server.store, globex, trx => changeSignInPolicy(trx, globex, { secondStep: 'everyone' }))
  const pages = server.services.words.in('en')
  const complaints: string[][] = []
  const enter = async (person: string) => {
    const tab = await (await openAs({ server, browser }, person)).newPage()
    complaints.push(complaintsOf(tab))
    return tab
  }
  return {
    ...{ server, browser, enter },
    /** A company answers the address that a firm handed on, with these boxes ticked. */
    async accept(tab: Page, address: string, boxes: readonly string[]) {
      await tab.goto(address)
      for (const name of boxes) await tab.getByRole('checkbox', { name, exact: true }).check()
      assert.deepEqual(await flawsOf(tab), [])
      await tab.getByRole('button', { name: pages.t('partnerInvitation.accept') }).click()
      await tab.getByText(pages.t('partnerInvitation.accepted', { partner: 'Globex' })).waitFor()
    },
    t: pages.t,
    async over(...tabs: Page[]) {
      for (const tab of tabs) assert.deepEqual(await flawsOf(tab), [])
      assert.deepEqual(
        complaints.flat().filter(line => !/40[34]/.test(line)),
        [],
      )
      await Promise.all(tabs.map(tab => tab.context().close()))
    },
  }
}

/** What a dialog shows once, to be handed on. */
async function takeAddress(tab: Page): Promise<string> {
  const address = (await tab.locator('.secret .copy span').first().innerText()).trim()
  await tab.keyboard.press('Escape')
  await tab.getByRole('dialog').waitFor({ state: 'detached' })
  return address
}

/** Opens a dialog, does something in it, presses its verb, and waits until it is gone. */
async function decide(opens: Locator, verb: string, fill: (dialog: Locator) => Promise<unknown> = async () => {}) {
  const dialog = opens.page().getByRole('dialog')
  await opens.click()
  await fill(dialog)
  await dialog.getByRole('button', { name: verb, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}

/** A firm makes an invitation. Returns its address. */
async function invite(tab: Page, fill: (dialog: Locator) => Promise<unknown> = async () => {}): Promise<string> {
  await tab.goto('/admin/customers/invitations')
  await tab.getByRole('button', { name: words.invitations.open }).click()
  const dialog = tab.getByRole('dialog')
  await fill(dialog)
  await dialog.getByRole('button', { name: words.invitations.verb, exact: true }).click()
  return takeAddress(tab)
}

const cardOf = (company: Page) => company.getByRole('region', { name: 'Globex', exact: true })

/** The company takes everything back at once. */
async function endEverything(company: Page) {
  await company.goto('/admin/partners')
  await decide(cardOf(company).getByRole('button', { name: partners.endAll.open }), partners.endAll.verb)
  await company.getByText(partners.none).waitFor()
}

/** From a customer's panel into its organization, where a person gets a new password. */
async function resetThere(tab: Page, customerId: string) {
  await tab.goto(`/admin/customers/${customerId}`)
  await tab.getByRole('button', { name: words.acts.open, exact: true }).click()
  const bar = tab.getByRole('region', { name: words.acting.label })
  await bar.getByText('You are in the organization of Acme.').waitFor()
  await tab.goto('/admin/people?q=Signer')
  await tab.getByRole('link', { name: /signer@acme\.example/ }).click()
  await tab.getByRole('button', { name: acts.temporaryPassword.open }).click()
  await tab.getByRole('dialog').getByRole('button', { name: acts.temporaryPassword.verb }).click()
  await tab.locator('.secret').waitFor()
  await tab.keyboard.press('Escape')
}

test('a firm invites, its customer delegates, sees what is done and ends it, and both see it gone', long, async t => {
  const { server, enter, accept, over, t: say } = await openSides(t)
  const acme = await findTenantId(server.store, 'acme.example')
  const [firm, company] = [await enter(AGENT), await enter(ADMIN)]
  const address = await invite(firm, dialog => dialog.getByRole('checkbox', { name: words.invitations.dap }).check())
  await accept(company, address, [say('partnerInvitation.agree'), say('partnerInvitation.dap')])
  await company.goto('/admin/partners')
  const card = cardOf(company)
  await card.getByText(partners.dap.detail).waitFor()
  await resetThere(firm, acme)

  // The company sees whose act it was, and takes everything back while the firm is still inside.
  await company.goto('/admin/logs/audit')
  await company.getByText('Globex Administrator, of Globex').first().waitFor()
  await company.goto('/admin/partners')
  await card.getByText('Globex Administrator').first().waitFor()
  await decide(card.getByRole('button', { name: partners.dap.end.open, exact: true }), partners.end.verb)
  await card.getByText(partners.people.none).waitFor()
  assert.deepEqual(await flawsOf(company), [])

  await firm.goto('/admin/people')
  await firm.getByText(words.own.none).waitFor()
  assert.deepEqual(await flawsOf(firm), [])

  await endEverything(company)
  await firm.goto('/admin/customers')
  await firm.getByText(words.none).waitFor()
  await firm.goto('/admin/customers/delegations')
  await firm.getByText(words.delegations.none).waitFor()
  await over(firm, company)
})

test(
  'a relationship is asked for, given in part and for less time, used by a group, and ended by the customer',
  long,
  async t => {
    const { server, enter, accept, over, t: say } = await openSides(t)
    const acme = await findTenantId(server.store, 'acme.example')
    const api = await testApi(server, 'globex.example').as(AGENT)
    const [firm, helper, company] = [await enter(AGENT), await enter(SECOND), await enter(ADMIN)]
    await accept(company, await invite(firm), [say('partnerInvitation.agree')])

    await firm.goto(`/admin/customers/${acme}`)
    await firm.getByText(words.own.none).waitFor()
    const tick = (dialog: Locator, name: string) => dialog.getByRole('checkbox', { name, exact: true }).check()
    await decide(firm.getByRole('button', { name: words.acts.relate }), words.ask.verb, async dialog => {
      await dialog.getByRole('textbox', { name: words.ask.name }).fill('Night watch')
      for (const name of ['Directory Readers', 'Helpdesk Administrator', 'Reports Reader']) await tick(dialog, name)
      assert.deepEqual(await flawsOf(firm), [])
    })
    await firm.getByRole('heading', { level: 2, name: 'Night watch', exact: true }).waitFor()
    await company.goto('/admin/partners')
    await cardOf(company).waitFor()
    assert.equal(await company.getByRole('button', { name: partners.approve.open }).count(), 0, 'nobody sees a draft')
    await firm.getByRole('button', { name: words.life.lock.open }).click()
    await firm.getByRole('dialog').getByRole('button', { name: words.life.lock.verb, exact: true }).click()
    await takeAddress(firm)
    await firm.getByText(words.next.approvalPending).waitFor()

    await company.reload()
    await decide(company.getByRole('button', { name: partners.approve.open }), partners.approve.verb, async dialog => {
      await tick(dialog, 'Helpdesk Administrator')
      await dialog.getByRole('checkbox', { name: 'Reports Reader', exact: true }).uncheck()
      await dialog.getByLabel(partners.approve.ends).selectOption('90')
    })
    await cardOf(company).getByText('Directory Readers and Helpdesk Administrator').waitFor()
    await cardOf(company).getByText(partners.people.none).waitFor()

    const team = { displayName: 'Night team', mailEnabled: false, mailNickname: 'night', securityEnabled: true }
    const group = granted(await api('POST', '/groups', team), 201)
    const { json: me } = await api('GET', '/me')
    const { json: other } = await api('GET', `/users/${SECOND}`)
    await api('POST', `/groups/${group.id}/members/$ref`, {
      '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${other.id}`,
    })
    await api('DELETE', `/groups/${group.id}/owners/${me.id}/$ref`)
    await firm.reload()
    await firm.getByText(words.next.active).waitFor()
    await decide(firm.getByRole('button', { name: words.groups.add }), words.save, async dialog => {
      await dialog.getByRole('combobox').pressSequentially('Night')
      await firm.getByRole('option', { name: 'Night team' }).click()
    })
    await firm.getByText('Night team').waitFor()
    await resetThere(helper, acme)

    await company.goto('/admin/logs/audit')
    await company
      .getByText(/, of Globex/)
      .first()
      .waitFor()
    await company.goto('/admin/partners')
    const end = partners.end.of.replace('{{name}}', 'Night watch')
    await cardOf(company).getByText(SECOND).waitFor()
    await decide(cardOf(company).getByRole('button', { name: end }), partners.end.verb)
    await cardOf(company).getByText(partners.people.none).waitFor()
    await helper.goto('/admin/people')
    await helper.getByText(words.own.none).waitFor()
    await firm.reload()
    await firm.getByText(words.reasons.terminatedByCustomer).waitFor()
    await over(firm, helper, company)
  },
)

test(
  'a provider makes a reseller its partner, which opens nothing and is ended by the reseller, for both',
  long,
  async t => {
    const { server, enter, accept, over, t: say } = await openSides(t)
    await makePartner(server, 'acme-europe.example', [RESELLER], 'indirectReseller')
    const [provider, reseller] = [await enter(AGENT), await enter(RESELLER)]
    const kind = words.invitations.kinds.partnership
    const address = await invite(provider, async dialog => {
      await dialog.getByRole('radio', { name: kind, exact: true }).check()
      assert.deepEqual(await flawsOf(provider), [])
    })
    await accept(reseller, address, [say('partnerInvitation.agree')])

    await provider.reload()
    const rows = (tab: Page) => tab.getByRole('region', { name: words.partnerships.list })
    await rows(provider).getByText(words.partnerships.reseller, { exact: true }).waitFor()
    await rows(provider).getByText('Acme Europe').waitFor()
    await provider.goto('/admin/customers')
    await provider.getByText(words.none).waitFor()
    await reseller.goto('/admin/partners')
    await cardOf(reseller).getByText(partners.people.none).waitFor()
    await reseller.goto('/admin/customers/invitations')
    await rows(reseller).getByText(words.partnerships.provider, { exact: true }).waitFor()
    const end = words.partnerships.endOf.replace('{{firm}}', 'Globex')
    await decide(rows(reseller).getByRole('button', { name: end }), words.partnerships.end)
    await rows(reseller).getByText(words.partnerships.none).waitFor()
    await provider.goto('/admin/customers/invitations')
    await rows(provider).getByText(words.partnerships.none).waitFor()
    await reseller.goto('/admin/partners')
    await reseller.getByText(partners.none).waitFor()
    await over(provider, reseller)
  },
)

test(
  'a company agrees on its rescue, which its provider may do by that alone, and no more once it is refused',
  long,
  async t => {
    const { server, enter, accept, over, t: say } = await openSides(t)
    const [firm, company] = [await enter(AGENT), await enter(ADMIN)]
    const rescue = say('partnerInvitation.rescue', { partner: 'Globex' })
    await accept(company, await invite(firm), [say('partnerInvitation.agree'), rescue])
    await company.goto('/admin/partners/rescue-agreement')
    const holdsNow = (tab: Page) => tab.getByRole('region', { name: partners.agreement.now })
    await holdsNow(company).getByText(partners.agreement.waits).waitFor()
    await holdsNow(company).getByText(partners.agreement.byRoles, { exact: true }).waitFor()
    await company
      .getByRole('region', { name: /^From / })
      .getByText('Globex', { exact: true })
      .waitFor()
    assert.deepEqual(await flawsOf(company), [])
    await company.context().close()

    server.clock.advance(73 * HOUR)
    const later = await enter(ADMIN)
    await later.goto('/admin/partners/rescue-agreement')
    await holdsNow(later).getByText('Globex', { exact: true }).waitFor()
    const asker = server.browser()
    const about = { kind: 'no-administrator', domain: 'acme.example', address: ADMIN, text: 'Nobody can sign in.' }
    const [before] = await server.outbox()
    const { number, challenge } = granted(await asker.post('/cases', about), 201)
    const proof = { challenge: challenge.id, code: await server.code(ADMIN, before) }
    granted(await asker.post(`/cases/${number}/proofs`, proof))
    granted(await asker.post(`/cases/${number}/rescue`, { act: 'newPassword', userName: 'person@acme.example' }), 201)
    const agent = await enter(AGENT)
    await agent.goto('/admin/partner/rescues')
    await agent.getByRole('link', { name: 'Acme' }).click()
    await agent.getByRole('button', { name: rescues.take.open, exact: true }).waitFor()
    assert.equal(await agent.getByText(rescues.missing.secondPerson).count(), 0)
    await agent.context().close()

    await decide(later.getByRole('button', { name: partners.agreement.change }), partners.agreement.verb, dialog =>
      dialog.getByRole('switch', { name: partners.agreement.refuse }).check(),
    )
    await later
      .getByRole('region', { name: /^From / })
      .getByText(partners.agreement.nobody)
      .waitFor()
    await later.context().close()
    server.clock.advance(73 * HOUR)
    // What it may do no more it reads no more.
    const [former, last] = [await enter(AGENT), await enter(ADMIN)]
    await former.goto('/admin/partner/rescues')
    await former.getByText(rescues.none).waitFor()
    await last.goto('/admin/partners/rescue-agreement')
    await holdsNow(last).getByText(partners.agreement.nobody).waitFor()
    await over(former, last)
  },
)

test(
  'a firm makes a customer, whose first administrator sets a password by a mailed link, gives it less than it asks and ends it',
  long,
  async t => {
    const { server, browser, enter, over } = await openSides(t)
    const firm = await enter(AGENT)
    const { add, administrator } = words
    await firm.goto('/admin/customers')
    await firm.getByRole('button', { name: add.open }).click()
    const dialog = firm.getByRole('dialog')
    const typed = {
      ...{ [words.columns.name]: 'Fern Trading', [add.label]: 'fern-trading' },
      ...{ [administrator.givenName]: 'Nora', [administrator.surname]: 'Fern', [administrator.userName]: 'nora' },
      [administrator.mail]: 'nora@mail.example',
    }
    for (const [name, value] of Object.entries(typed))
      await dialog.getByRole('textbox', { name, exact: true }).fill(value)
    await dialog.getByLabel(add.country).selectOption('US')
    assert.deepEqual(await flawsOf(firm), [])
    await dialog.getByRole('button', { name: add.verb, exact: true }).click()
    await firm.locator('.secret').waitFor()
    assert.deepEqual(await flawsOf(firm), [])
    assert.equal((await dialog.innerText()).includes('password'), false, 'the firm sees no password')
    await takeAddress(firm)
    await firm.getByText(words.own.none).waitFor()

    const nora = await walker(browser, server)
    const { text } = await server.message(one => one.to === 'nora@mail.example' && /\/links\//.test(one.text))
    await nora.open(/\/links\/[\w-]{43}/.exec(text)![0])
    await nora.press(nora.t('links.join.open'))
    await nora.at(nora.t('signup.join.title'))
    for (const name of ['newPassword', 'password2']) await nora.tab.locator(`input[name=${name}]`).fill(PASSWORD)
    await nora.press(nora.t('signup.join.go'))
    await nora.tab.waitForURL(url => !url.pathname.startsWith('/join/'))
    await nora.tab.context().close()

    const name = 'nora@fern-trading.latchkey.example'
    const fern = await findTenantId(server.store, 'fern-trading.latchkey.example')
    // Who administers has two methods, before they go on.
    await inTenant(server.store, fern, async trx => {
      const user = (await findUserByName(trx, fern, name))!
      const act = actOf(server)
      const phone = { kind: 'mobilePhone', value: '+12065550147' } as const
      await saveMethod(trx, act, user, { ...phone, source: 'person', provedAt: act.now })
    })
    const company = await enter(name)
    await company.goto('/admin/partners')
    await decide(company.getByRole('button', { name: partners.approve.open }), partners.approve.verb, async given => {
      const ticked = given.getByRole('checkbox', { checked: true })
      assert.ok((await ticked.count()) > 1)
      await given.getByLabel(partners.approve.ends).selectOption('30')
    })
    await cardOf(company).getByText(partners.people.none).waitFor()
    await firm.goto('/admin/customers?q=Fern')
    await firm.getByRole('link', { name: 'Fern Trading' }).click()
    await firm.getByText(words.statuses.active, { exact: true }).waitFor()
    await decide(cardOf(company).getByRole('button', { name: partners.endAll.open }), partners.endAll.verb)
    await cardOf(company).getByText(partners.statuses.terminated, { exact: true }).waitFor()
    await firm.reload()
    await firm.getByText(words.gone).waitFor()
    await over(firm, company)
  },
)
