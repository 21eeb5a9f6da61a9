import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findTenantId } from '../directory/index.ts'
import { openDns } from '../organization/index.ts'
import { granted } from '../testing/contract.ts'
import { nameServer } from '../testing/nameServer.ts'
import { latchkey } from '../testing/program.ts'
import { SECRET, testServer } from '../testing/server.ts'

const zone = await nameServer()
const server = await testServer({ signup: 'open', dns: openDns([zone.address], { deadline: 1_500 }) })
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
