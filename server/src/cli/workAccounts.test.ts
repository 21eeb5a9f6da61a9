import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findTenantId } from '../directory/index.ts'
import { openDns } from '../organization/index.ts'
import { testApi } from '../testing/api.ts'
import { granted } from '../testing/contract.ts'
import { nameServer } from '../testing/nameServer.ts'
import { makePartner } from '../testing/partners.ts'
import { latchkey } from '../testing/program.ts'
import { SECRET, testServer } from '../testing/server.ts'

const zone = await nameServer()
const server = await testServer({ signup: 'open', dns: openDns([zone.address]) })
const env = {
  DATABASE_URL: server.databaseUrl,
  LATCHKEY_SECRETS: SECRET,
  LATCHKEY_TENANT_SUFFIX: 'latchkey.example',
  LATCHKEY_SIGNUP: 'invitation',
}

/** Runs a command beside the server, which must end with this code. */
async function run(words: string[], code = 0) {
  const ended = await latchkey(env, ...words)
  assert.equal(ended.code, code, `${words.join(' ')}: ${ended.err}`)
  return ended
}

test('an operator invites a mailbox to sign its company up, and takes the invitation back', async () => {
  const address = 'ann.lee@contoso.example'
  assert.match((await run(['signup', 'invite', address, '--language', 'fr'])).out, /is mailed a link, which works once/)
  const { text } = await server.message(one => one.to === address)
  const link = /\/links\/[\w-]+/.exec(text)![0]
  assert.equal(granted(await server.browser().get(link)).purpose, 'signup')
  assert.match((await run(['signup', 'revoke', address])).out, /works no more/)
  assert.equal((await server.browser().get(link)).status, 410)
  assert.match((await run(['signup', 'revoke', address], 1)).err, /No invitation of ann\.lee@contoso\.example is open/)
  const role = await run(['signup', 'invite', 'info@contoso.example'], 1)
  assert.match(role.err, /^latchkey: Several people may read this mailbox\. [^\n]+\n$/)
})

test('an operator grants a recovery from a case, and decides on it where somebody objects', async () => {
  const [domain, address] = ['globex.example', 'boss@globex.example']
  const browser = server.browser()
  const about = { kind: 'no-administrator', domain, address, text: 'Nobody is left.' }
  const begun = granted(await browser.post('/cases', about), 201)
  const path = `/cases/${begun.number}`
  const code = await server.code(address)
  const { record } = granted(await browser.post(`${path}/proofs`, { challenge: begun.challenge.id, code }))
  assert.match((await run(['cases', 'grant', begun.number], 1)).err, /The DNS of the domain is not proved in this case/)
  zone.texts[domain] = [[record.value]]
  granted(await browser.post(`${path}/check`))
  const granting = JSON.parse((await run(['cases', 'grant', begun.number, '--json'])).out)
  assert.deepEqual([granting.domain, granting.account], [domain, address])
  const tenantId = await findTenantId(server.store, domain)
  await server.message(one => one.to === 'two-gates@mail.example' && /wants to administer/.test(one.subject ?? ''))
  await server.store.pool.query('update latchkey.takeovers set disputed_at = now() where tenant_id = $1', [tenantId])
  assert.match((await run(['takeovers', 'list'])).out, /^globex\.example +disputed +recovery/)
  assert.match((await run(['takeovers', 'allow', domain])).out, /The takeover of globex\.example goes on/)
  assert.match((await run(['takeovers', 'show', domain])).out, /Kind +recovery/)
  await server.store.pool.query('update latchkey.takeovers set disputed_at = now() where tenant_id = $1', [tenantId])
  assert.match((await run(['takeovers', 'refuse', domain])).out, /is refused/)
  assert.doesNotMatch((await run(['takeovers', 'refuse', domain], 1)).err, /^ +at /m, 'a sentence, not a stack')
  assert.equal(granted(await browser.get(`/takeovers/${granting.id}`)).state, 'refused')
})

test('an operator lets a disputed rescue go on, and refuses one', async () => {
  const [ONE, TWO] = ['signer@acme.example', 'registered@acme.example']
  const acme = await makePartner(server, 'acme.example', [ONE, TWO], 'indirectProvider')
  const globex = await findTenantId(server.store, 'globex.example')
  await server.store.pool.query(
    "insert into latchkey.daps (tenant_id, other_tenant_id, starts_at, ends_at, awake_at) values ($1, $2, now(), now() + interval '90 days', now())",
    [globex, acme],
  )
  const api = testApi(server)
  /** Asks for a rescue, to which somebody objects who was mailed of it. */
  const disputed = async (address: string) => {
    const browser = server.browser()
    const about = { kind: 'no-administrator', domain: 'globex.example', address, text: 'Nobody is left.' }
    const { number, challenge } = granted(await browser.post('/cases', about), 201)
    const proof = { challenge: challenge.id, code: await server.code(address) }
    granted(await browser.post(`/cases/${number}/proofs`, proof))
    const asked = { act: 'newPassword', userName: 'admin@globex.example' }
    const { id } = granted(await browser.post(`/cases/${number}/rescue`, asked), 201)
    const [before] = await server.outbox()
    await (await api.as(ONE))('POST', `/partner/rescues/${id}/take`, { checked: 'contract', note: 'Met\nat noon.' })
    assert.equal((await (await api.as(TWO))('POST', `/partner/rescues/${id}/approve`)).json.state, 'cooling')
    const { text } = await server.message(
      one => one.to === 'admin-globex@mail.example' && one.id > before!.id && /is about to be/.test(one.subject ?? ''),
    )
    const told = server.browser()
    granted(await told.post(/\/links\/[\w-]{43}/.exec(text)![0]))
    granted(await told.post(`/rescues/${id}/objection`, { reason: 'Not us.\nCall me.' }))
    return { number: number as string, state: async () => granted(await browser.get(`/rescues/${id}`)) }
  }
  const one = await disputed('chief@globex.example')
  assert.match(
    (await run(['rescues', 'list'])).out,
    new RegExp(`^${one.number} +globex\\.example +disputed +newPassword`),
  )
  const shown = await run(['rescues', 'show', one.number])
  assert.match(shown.out, /Act +newPassword for admin@globex\.example\nAsker +chief@globex\.example\nProvider +Acme\n/)
  assert.match(shown.out, /Note of the provider:\n {2}Met\n {2}at noon\.\n\nObjection:\n {2}Not us\.\n {2}Call me\.\n$/)
  assert.match((await run(['rescues', 'allow', one.number])).out, /The rescue of globex\.example goes on\. Everybody/)
  assert.equal((await one.state()).state, 'cooling')
  assert.equal((await run(['rescues', 'list'])).out, 'No rescue waits for you.\n')
  assert.match((await run(['rescues', 'list', '--all'])).out, /cooling/)
  const twice = await run(['rescues', 'refuse', one.number], 1)
  assert.match(twice.err, /^latchkey: [^\n]+\n$/, 'a sentence, not a stack')
  assert.match((await run(['rescues', 'show', 'LK-BCDFGHJK'], 1)).err, /^latchkey: [^\n]+\n$/)
  await server.store.pool.query(
    'update latchkey.rescues set disputed_at = now(), allowed_at = null where tenant_id = $1',
    [globex],
  )
  const refused = JSON.parse((await run(['rescues', 'refuse', one.number, '--json'])).out)
  assert.deepEqual([refused.state, refused.refusal, refused.note], ['refused', 'operator', 'Met\nat noon.'])
  assert.equal((await one.state()).refusal, 'operator')
})

test('an operator stops a firm and lets it go on', async () => {
  const shown = JSON.parse((await run(['partner', 'show', 'acme.example', '--json'])).out)
  assert.deepEqual([shown.status, shown.kinds.toSorted()], ['active', ['indirectProvider', 'membership']])
  assert.match(
    (await run(['partner', 'suspend', 'acme.example'], 2)).err,
    /--reason is one of abuse, verification, operator/,
  )
  assert.match((await run(['partner', 'suspend', 'acme.example', '--reason', 'abuse'])).out, /Status +suspended: abuse/)
  assert.match((await run(['partner', 'list', '--all'])).out, new RegExp(`${shown.partnerId} +suspended`))
  assert.match((await run(['partner', 'restore', 'acme.example'])).out, /goes on\.\n[\s\S]*Status +active/)
  // What is handed in waits for the operator, also of a firm whose stages reviewers have all accepted.
  assert.equal((await run(['partner', 'list'])).out, 'No partner waits for you.\n')
  await server.store.pool.query(
    "update latchkey.partner_enrollments set admitted_at = null, signed_at = null where program = 'indirectProvider'",
  )
  assert.match((await run(['partner', 'list'])).out, /indirectProvider verifying/)
  const admit = async () => (await run(['partner', 'admit', 'acme.example'])).out
  assert.match(await admit(), /is admitted\.\n[\s\S]*indirectProvider +agreement/)
  assert.match(await admit(), /^Nothing of .* waits for you\.\n/)
  assert.match((await run(['partner', 'show', 'globex.example'], 1)).err, /^latchkey: [^\n]+\n$/)
})
