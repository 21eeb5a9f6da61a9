// A long file: the walks of all pages share one server, whose start costs seconds.

import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { findTenantId } from '../server/src/directory/index.ts'
import { testApi } from '../server/src/testing/api.ts'
import { testServer } from '../server/src/testing/server.ts'
import { complaintsOf, flawsOf, openAs, wordsOf } from './administrator.ts'
import { openBrowser } from './browser.ts'

// The pages with which a company sets up what is beside its people, in a real browser against a real server.

const server = await testServer()
const browser = await openBrowser()
const stage = { server, browser }
const ADMIN = 'admin@acme.example'
const tenantId = await findTenantId(server.store, 'acme.example')
const { pool } = server.store
const LONG = process.env.PROOF === 'long'

const heading = (tab: Page, level: 1 | 2 | 3, name: string) =>
  tab.getByRole('heading', { level, name, exact: true }).waitFor()

test('an agent enrols by a command that is shown once, tells how it is, and its brake is released', async () => {
  const context = await openAs(stage, ADMIN)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const agents = wordsOf('en', 'agents')
  const dialog = tab.getByRole('dialog')
  await tab.goto('/admin/agents')
  await tab.getByText(agents.none).waitFor()
  await heading(tab, 2, agents.writeback.off)
  await tab.getByRole('button', { name: agents.enrol.open }).click()
  await dialog.getByRole('button', { name: agents.enrol.verb }).click()
  const command = await tab.locator('.secret .copy span').first().innerText()
  const [, token] = /--token (\S+) --state/.exec(command)!
  assert.deepEqual(await flawsOf(tab), [])
  await tab.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  assert.equal((await tab.content()).includes(token!), false, 'the token is gone with its dialog')

  const signingKey = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  const sealingKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
  const enrolment = { token, name: 'north', version: '0.0.9', signingKey, sealingKey }
  const answer = await fetch(new URL('/agents', server.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(enrolment),
  })
  assert.equal(answer.status, 201, await answer.text())
  const now = server.clock.now()
  await pool.query(
    'update latchkey.agents set link_id = gen_random_uuid(), last_beat_at = $2, latency_ms = 12 where tenant_id = $1',
    [tenantId, now],
  )
  await pool.query(
    `insert into latchkey.synchronizations (tenant_id, run_id, agent_id, heard_at, ended_at, stopped, stopped_at)
     select tenant_id, gen_random_uuid(), id, $2, $2, '5/12/1/3', $2 from latchkey.agents where tenant_id = $1`,
    [tenantId, now],
  )
  await tab.reload()
  const north = tab.getByRole('region', { name: 'north' })
  await north.getByText(agents.sentences.outdated).waitFor()
  await heading(tab, 2, agents.writeback.on)
  await tab.getByText('The brake stopped it: 5 of 12 people would be turned off. Nobody was.').waitFor()
  await tab.getByText('1 of 3 groups would lose everybody', { exact: false }).waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  await tab.getByRole('button', { name: agents.sync.release.open }).click()
  await dialog.getByRole('button', { name: agents.sync.release.verb }).click()
  await tab.getByText(agents.sync.open).waitFor()
  const brake = async () => {
    const { rows } = await pool.query('select writeback from latchkey.tenants where tenant_id = $1', [tenantId])
    return rows[0].writeback.brakePercent ?? 20
  }
  assert.equal(await brake(), 100)
  await tab.getByRole('button', { name: agents.sync.close }).click()
  await tab.getByText(agents.sync.open).waitFor({ state: 'detached' })
  assert.equal(await brake(), 20)

  // By keyboard, with a value that the server refuses at its field.
  await tab.getByRole('button', { name: agents.writeback.edit }).press('Enter')
  await dialog.getByLabel(agents.writeback.brake).fill('0')
  await tab.keyboard.press('Enter')
  await dialog.getByText(wordsOf('en', 'problems').policy_invalid).waitFor()
  await dialog.getByLabel(agents.writeback.brake).fill('35')
  await dialog.getByRole('switch', { name: agents.writeback.passwords }).press('Space')
  await dialog.getByLabel(agents.writeback.brake).press('Enter')
  await heading(tab, 2, agents.writeback.off)
  assert.equal(await brake(), 35)

  await north.getByRole('button', { name: agents.remove.open }).click()
  await dialog.getByText(agents.remove.last).waitFor()
  await dialog.getByRole('button', { name: agents.remove.open }).click()
  await tab.getByText(agents.none).waitFor()
  assert.deepEqual(
    complaints.filter(line => !line.includes('400')),
    [],
  )
  await context.close()
})

test('a program is told of changes, what was given up is sent again, and its secret is rolled', {
  skip: LONG ? false : 'in the long proof',
}, async () => {
  let status = 500
  const far = createServer((request, response) => {
    const asked = new URL(request.url!, 'http://far').searchParams.get('validationToken')
    request.resume().on('end', () => {
      if (asked !== null) response.writeHead(200, { 'content-type': 'text/plain' }).end(asked)
      else response.writeHead(status).end()
    })
  })
  await once(far.listen(0, '127.0.0.1'), 'listening')
  after(() => {
    far.closeAllConnections()
    far.close()
  })
  const context = await openAs(stage, ADMIN)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const webhooks = wordsOf('en', 'webhooks')
  const dialog = tab.getByRole('dialog')
  await tab.goto('/admin/webhooks')
  await tab.getByText(webhooks.none).waitFor()
  await tab.getByRole('button', { name: webhooks.add.open }).press('Enter')
  const address = dialog.getByLabel(webhooks.add.address, { exact: false }).first()
  await address.fill('http://hooks.example/')
  await dialog.getByRole('button', { name: webhooks.add.verb, exact: true }).click()
  await dialog.getByText(wordsOf('en', 'problems').endpoint_refused).waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  await address.fill(`http://127.0.0.1:${(far.address() as AddressInfo).port}/hook`)
  await dialog.getByLabel(webhooks.changes.deleted).uncheck()
  await address.press('Enter')
  const secret = (await tab.locator('.secret .copy span').first().innerText()).trim()
  assert.match(secret, /^whsec_/)
  await tab.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  assert.equal((await tab.content()).includes(secret), false, 'the secret is gone with its dialog')
  await heading(tab, 2, webhooks.resources.users)
  await tab.getByText('new and changed', { exact: true }).first().waitFor()

  const api = testApi(server)
  const admin = await api.as(ADMIN)
  assert.equal((await admin('PATCH', '/users/signer@acme.example', { department: 'Sales' })).status, 204)
  const dead = async () => {
    const { rows } = await pool.query(
      `update latchkey.deliveries set status = 'dead', problem = '500', attempts = 7 where tenant_id = $1 returning id`,
      [tenantId],
    )
    return rows.length
  }
  assert.equal(await dead(), 1)
  status = 204
  await tab.getByLabel(webhooks.deliveries.show).selectOption('dead')
  await tab.getByText(webhooks.deliveries.problems.status.replace('{{code}}', '500')).waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  await tab.getByRole('button', { name: /^Send again: changed/ }).click()
  await tab.getByText(webhooks.deliveries.none).waitFor()
  await tab.getByLabel(webhooks.deliveries.show).selectOption('')
  await tab.getByText(webhooks.deliveries.delivered, { exact: true }).nth(1).waitFor()

  await tab.getByRole('button', { name: webhooks.roll.open }).click()
  await dialog.getByRole('button', { name: webhooks.roll.verb }).click()
  const rolled = (await tab.locator('.secret .copy span').first().innerText()).trim()
  assert.match(rolled, /^whsec_/)
  assert.notEqual(rolled, secret)
  await tab.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await tab.getByRole('button', { name: webhooks.remove.open }).click()
  await dialog.getByRole('button', { name: webhooks.remove.open }).click()
  await tab.getByText(webhooks.none).waitFor()
  assert.deepEqual(
    complaints.filter(line => !line.includes('400')),
    [],
  )
  await context.close()
})

test('a company keeps its own contacts, sees what somebody sees, and takes a file whole or not at all', async () => {
  const context = await openAs(stage, ADMIN)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const support = wordsOf('en', 'support')
  const problems = wordsOf('en', 'problems')
  const dialog = tab.getByRole('dialog')
  await tab.goto('/admin/support-contacts')
  await tab.getByText(support.none).waitFor()
  await tab.getByRole('button', { name: support.open }).press('Enter')
  const { form } = support
  await dialog.getByLabel(form.id).fill('Acme-Night')
  await dialog.getByLabel(form.countries).fill('be lu')
  await dialog.getByText('Belgium and Luxembourg').waitFor()
  await dialog.getByLabel(form.languages, { exact: false }).first().fill('fr, en')
  await dialog.getByLabel(form.number).fill('+33 123')
  await dialog.getByLabel(form.zone).selectOption('Europe/Brussels')
  await dialog.getByRole('radio', { name: form.always }).check()
  await dialog.getByRole('button', { name: form.verb, exact: true }).click()
  await dialog.getByText(problems.property_invalid).waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  await dialog.getByLabel(form.number).fill('+33 1 99 00 00 50')
  await dialog.getByLabel(form.number).press('Enter')
  await dialog.waitFor({ state: 'detached' })
  await tab.getByText('Belgium and Luxembourg').waitFor()
  const kept = async () => {
    const { rows } = await pool.query(
      'select contact from latchkey.support_contacts where tenant_id = $1 order by place',
      [tenantId],
    )
    return rows.map(row => row.contact)
  }
  const [own] = await kept()
  assert.deepEqual(
    [own.id, own.countries, own.phones, own.hours],
    ['acme-night', ['BE', 'LU'], [{ number: '+33199000050' }], 'always'],
  )
  const seen = tab.getByRole('region', { name: support.seen.title })
  await seen.getByLabel(support.seen.country).selectOption('BE')
  await seen.getByText('+33199000050').waitFor()
  assert.deepEqual(await flawsOf(tab), [])

  await tab.getByRole('button', { name: support.file.import }).click()
  const send = (contacts: object[]) =>
    dialog.getByLabel(support.file.choose).setInputFiles({
      name: 'contacts.json',
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify({ version: 1, contacts })),
    })
  await send([{ ...own, zone: 'Nowhere/Else' }])
  await dialog.getByRole('button', { name: support.file.verb }).click()
  await dialog.getByText('/contacts/0/zone').waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  assert.deepEqual(await kept(), [own], 'nothing was replaced')
  await send([{ ...own, id: 'first' }, own])
  await dialog.getByText('2 contacts in the file.').waitFor()
  await dialog.getByRole('button', { name: support.file.verb }).click()
  await dialog.waitFor({ state: 'detached' })
  await tab.getByRole('button', { name: 'Move up: acme-night' }).click()
  await tab.getByRole('button', { name: 'Move up: first' }).waitFor()
  assert.deepEqual(
    (await kept()).map(({ id }: { id: string }) => id),
    ['acme-night', 'first'],
  )
  await tab.getByRole('button', { name: 'Remove: first' }).click()
  await dialog.getByRole('button', { name: support.remove.open, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  assert.deepEqual(await kept(), [own])
  assert.deepEqual(
    complaints.filter(line => !line.includes('400')),
    [],
  )
  await context.close()
})

/** A picture of so many pixels: its header alone, as far as the server reads it, would not be drawn by the browser. */
const drawn = (tab: Page, width: number, height: number) =>
  tab.evaluate(
    ([width, height]) => {
      const canvas = Object.assign(document.createElement('canvas'), { width, height })
      canvas.getContext('2d')!.fillRect(0, 0, width!, height!)
      return canvas.toDataURL('image/png').split(',')[1]!
    },
    [width, height],
  )

/** The looks that are saved for readers of a language. */
async function looksOf(locale: string) {
  const { rows } = await pool.query('select settings from latchkey.branding where tenant_id = $1 and locale = $2', [
    tenantId,
    locale,
  ])
  return rows[0]?.settings
}

test('looks are seen on the true pages before they are saved', async () => {
  const context = await openAs(stage, ADMIN)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const branding = wordsOf('en', 'branding')
  const frame = tab.frameLocator('iframe')
  await tab.goto('/admin/branding?locale=fr')
  await tab.getByLabel(branding.fields.signInPageText).fill('Appelez Ada au 100.')
  await frame.getByText('Appelez Ada au 100.').waitFor()
  assert.equal(await frame.locator('html').getAttribute('lang'), 'fr', 'as its readers see it')
  const surface = () =>
    frame.locator('html').evaluate(node => getComputedStyle(node).getPropertyValue('--colorNeutralBackground1').trim())
  const light = await surface()
  await tab.getByRole('tab', { name: branding.preview.dark }).click()
  const isDark = (one: string) =>
    document.querySelector('iframe')!.contentDocument?.documentElement?.style.colorScheme === one
  await tab.waitForFunction(isDark, 'dark')
  assert.notEqual(await surface(), light, 'the page in its dark colours')
  await tab.getByRole('tab', { name: branding.preview.phone }).click()
  assert.equal(await frame.locator('html').evaluate(node => node.clientWidth), 360)
  await tab.getByRole('tab', { name: branding.preview.reset }).click()
  await frame.locator('form[action="/reset"]').waitFor()
  // A colour on which words cannot be read is told, and one that is none is refused at its field.
  const color = tab.getByLabel(branding.fields.backgroundColor, { exact: true })
  await color.fill('ffee00')
  await tab.getByText(branding.contrast.moved).waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  await color.fill('yellow')
  await tab.getByText(wordsOf('en', 'problems').property_invalid).waitFor()
  await color.fill('ffee00')
  await tab.getByRole('button', { name: branding.save.verb }).click()
  await tab.getByText(branding.save.saved).waitFor()
  assert.deepEqual(await looksOf('fr'), { backgroundColor: '#ffee00', signInPageText: 'Appelez Ada au 100.' })

  assert.deepEqual(
    complaints.filter(line => !/40[04]/.test(line)),
    [],
  )
  await context.close()
})

test('somebody else’s looks are not overwritten unseen, and pictures are judged before they are sent', {
  skip: LONG ? false : 'in the long proof',
}, async () => {
  const context = await openAs(stage, ADMIN)
  const tab = await context.newPage()
  const complaints = complaintsOf(tab)
  const branding = wordsOf('en', 'branding')
  const { conflict } = wordsOf('en', 'frame')
  const dialog = tab.getByRole('dialog')
  await tab.goto('/admin/branding?locale=fr')
  const own = await testApi(server).as(ADMIN)
  const path = `/organization/${tenantId}/branding/localizations/fr`
  await tab.getByLabel(branding.fields.usernameHintText).fill('prenom.nom@acme.example')
  assert.equal((await own('PATCH', path, { signInPageText: 'Appelez le 200.' })).status, 204)
  await tab.getByRole('button', { name: branding.save.verb }).click()
  await dialog.getByText(conflict.title).waitFor()
  assert.deepEqual(await flawsOf(tab), [])
  await dialog
    .getByRole('radiogroup', { name: branding.fields.usernameHintText })
    .getByRole('radio', { name: new RegExp(`^${conflict.mine}`) })
    .check()
  await dialog.getByRole('button', { name: conflict.go }).click()
  await tab.getByRole('button', { name: branding.save.verb }).click()
  await tab.getByText(branding.save.saved).waitFor()
  const { signInPageText, usernameHintText } = await looksOf('fr')
  assert.deepEqual([signInPageText, usernameHintText], ['Appelez le 200.', 'prenom.nom@acme.example'])

  const send = async (width: number, height: number) =>
    tab.getByLabel(branding.pictures.choose.replace('{{what}}', branding.pictures.kinds.bannerLogo)).setInputFiles({
      name: 'logo.png',
      mimeType: 'image/png',
      buffer: Buffer.from(await drawn(tab, width, height), 'base64'),
    })
  await send(400, 30)
  await tab.getByText('This picture has 400 × 30 pixels.', { exact: false }).waitFor()
  await send(200, 30)
  await tab.getByRole('img', { name: branding.pictures.kinds.bannerLogo }).waitFor()
  const kept = async () =>
    (await pool.query("select kind from latchkey.branding_images where tenant_id = $1 and locale = 'fr'", [tenantId]))
      .rows
  assert.deepEqual(await kept(), [{ kind: 'bannerLogo' }])

  // Whoever leaves with changes is asked.
  await tab.getByLabel(branding.fields.backgroundColor, { exact: true }).fill('')
  await tab.getByRole('link', { name: wordsOf('en', 'frame').places.home }).click()
  await dialog.getByText(wordsOf('en', 'policies').leave.title).waitFor()
  await tab.keyboard.press('Escape')
  await tab.getByRole('button', { name: branding.save.discard }).click()
  await tab.getByRole('button', { name: branding.remove.open }).click()
  await dialog.getByRole('button', { name: branding.remove.open }).click()
  await dialog.waitFor({ state: 'detached' })
  await tab.getByRole('button', { name: branding.remove.open }).waitFor({ state: 'detached' })
  assert.equal(await looksOf('fr'), undefined)
  assert.deepEqual(
    complaints.filter(line => !/40[04]|412/.test(line)),
    [],
  )
  await context.close()
})

test('these pages and their longest dialogs read well on a phone in French and, on a dark screen, in Japanese', {
  skip: LONG ? false : 'in the long proof',
}, async () => {
  const looks = [
    { language: 'fr', colorScheme: 'light' },
    { language: 'ja', colorScheme: 'dark' },
  ] as const
  for (const { language, colorScheme } of looks) {
    const [agents, support, webhooks] = ['agents', 'support', 'webhooks'].map(page => wordsOf(language, page))
    const context = await openAs(stage, ADMIN, { language, width: 320 })
    const tab = await context.newPage()
    const complaints = complaintsOf(tab)
    await tab.emulateMedia({ colorScheme })
    for (const { path, opens } of [
      { path: 'agents', opens: agents.writeback.edit },
      { path: 'branding', opens: undefined },
      { path: 'support-contacts', opens: support.open },
      { path: 'webhooks', opens: webhooks.add.open },
    ]) {
      await tab.goto(`/admin/${path}`)
      await tab.locator('main h1').waitFor()
      await tab.waitForLoadState('networkidle')
      assert.deepEqual(await flawsOf(tab), [], `${path} ${language}`)
      if (opens === undefined) continue
      await tab.getByRole('button', { name: opens, exact: true }).click()
      await tab.getByRole('dialog').waitFor()
      assert.deepEqual(await flawsOf(tab), [], `${path} ${language}, ${opens}`)
    }
    assert.deepEqual(
      complaints.filter(line => !line.includes('404')),
      [],
      language,
    )
    await context.close()
  }
})
