import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findTenantId } from '../server/src/directory/index.ts'
import { makePartner } from '../server/src/testing/partners.ts'
import { testServer } from '../server/src/testing/server.ts'
import { complaintsOf, flawsOf, openAs, wordsOf } from './administrator.ts'
import { openBrowser } from './browser.ts'

// A firm and a company, each in a browser of its own, go through what they have with each other, from offer to end.

const long = { skip: process.env.PROOF === 'long' ? false : 'in the long proof' } as const

test('a firm invites, its customer delegates, sees what is done and ends it, and both see it gone', long, async t => {
  const server = await testServer({ context: t })
  const browser = await openBrowser()
  await makePartner(server, 'globex.example', ['admin@globex.example'])
  const acme = await findTenantId(server.store, 'acme.example')
  const [words, partners, acts] = ['customers', 'partners', 'acts'].map(page => wordsOf('en', page))
  const pages = server.services.words.in('en')
  const [firm, company] = [
    await (await openAs({ server, browser }, 'admin@globex.example')).newPage(),
    await (await openAs({ server, browser }, 'admin@acme.example')).newPage(),
  ]
  const complaints = [complaintsOf(firm), complaintsOf(company)]

  await firm.goto('/admin/customers/invitations')
  await firm.getByRole('button', { name: words.invitations.open }).click()
  const asking = firm.getByRole('dialog')
  await asking.getByRole('checkbox', { name: words.invitations.dap }).check()
  await asking.getByRole('button', { name: words.invitations.verb, exact: true }).click()
  const address = (await firm.locator('.secret .copy span').first().innerText()).trim()
  await firm.keyboard.press('Escape')

  await company.goto(address)
  const [agree, dap] = [pages.t('partnerInvitation.agree'), pages.t('partnerInvitation.dap')]
  for (const name of [agree, dap]) await company.getByRole('checkbox', { name, exact: true }).check()
  assert.deepEqual(await flawsOf(company), [])
  await company.getByRole('button', { name: pages.t('partnerInvitation.accept') }).click()
  await company.getByText(pages.t('partnerInvitation.accepted', { partner: 'Globex' })).waitFor()
  await company.goto('/admin/partners')
  const card = company.getByRole('region', { name: 'Globex' })
  await card.getByText(partners.dap.detail).waitFor()

  await firm.goto(`/admin/customers/${acme}`)
  await firm.getByRole('button', { name: words.acts.open, exact: true }).click()
  const bar = firm.getByRole('region', { name: words.acting.label })
  await bar.getByText('You are in the organization of Acme.').waitFor()
  await firm.goto('/admin/people?q=Signer')
  await firm.getByRole('link', { name: /signer@acme\.example/ }).click()
  await firm.getByRole('button', { name: acts.temporaryPassword.open }).click()
  await firm.getByRole('dialog').getByRole('button', { name: acts.temporaryPassword.verb }).click()
  await firm.locator('.secret').waitFor()
  await firm.keyboard.press('Escape')

  // The company sees whose act it was, and takes everything back while the firm is still inside.
  await company.goto('/admin/logs/audit')
  await company.getByText('Globex Administrator, of Globex').first().waitFor()
  await company.goto('/admin/partners')
  await card.getByText('Globex Administrator').first().waitFor()
  await card.getByRole('button', { name: partners.dap.end.open, exact: true }).click()
  await company.getByRole('dialog').getByRole('button', { name: partners.end.verb }).click()
  await card.getByText(partners.people.none).waitFor()
  assert.deepEqual(await flawsOf(company), [])

  await firm.goto('/admin/people')
  await firm.getByText(words.own.none).waitFor()
  assert.deepEqual(await flawsOf(firm), [])

  await card.getByRole('button', { name: partners.endAll.open }).click()
  await company.getByRole('dialog').getByRole('button', { name: partners.endAll.verb }).click()
  await company.getByText(partners.none).waitFor()
  await firm.goto('/admin/customers')
  await firm.getByText(words.none).waitFor()
  await firm.goto('/admin/customers/delegations')
  await firm.getByText(words.delegations.none).waitFor()
  assert.deepEqual(
    complaints.flat().filter(line => !line.includes('403')),
    [],
  )
  await Promise.all([firm, company].map(tab => tab.context().close()))
})
