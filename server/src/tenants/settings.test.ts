import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINUTE } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { findProviderContact, findTenantId } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { granted, refused } from '../testing/contract.ts'
import { testServer } from '../testing/server.ts'
import { takeDueStep } from '../testing/steps.ts'

const server = await testServer()
const acme = await findTenantId(server.store, 'acme.example')
const signIn = async (username: string) => {
  const browser = server.browser()
  granted(await browser.post('/signin', { username, password: PASSWORD }))
  await takeDueStep(server, browser)
  return browser
}
const isKnown = async (query: string) => (await server.browser().post('/account-check', { query })).json.account
const events = async () =>
  (
    await server.store.pool.query(
      "select details, actor_name from latchkey.audit_events where activity = 'tenant.settings' order by at desc, id desc",
    )
  ).rows

test('a Global Administrator chooses what strangers learn, who may join, and who looks after the accounts', async () => {
  const admin = await signIn('admin@acme.example')
  const atFirst = { emailVerifiedUsersMayJoin: false, publicCheck: 'shown', providerContact: null }
  assert.deepEqual(granted(await admin.get('/tenants/settings')), atFirst)
  assert.equal(await isKnown('acme.example'), 'managed')
  const hidden = { ...atFirst, publicCheck: 'hidden' }
  assert.deepEqual(granted(await admin.post('/tenants/settings', { publicCheck: 'hidden' })), hidden)
  for (const query of ['acme.example', 'mail.acme.example', 'admin@acme.example'])
    assert.equal(await isKnown(query), 'unknown', query)
  const given = { emailVerifiedUsersMayJoin: true, providerContact: ' Desk@Provider.Example ' }
  const settings = { ...given, publicCheck: 'hidden', providerContact: 'Desk@provider.example' }
  assert.deepEqual(granted(await admin.post('/tenants/settings', given)), settings)
  assert.equal(await inTenant(server.store, acme, findProviderContact), 'Desk@provider.example')
  const [last] = await events()
  assert.deepEqual(
    [last.actor_name, JSON.parse(last.details.changes)],
    [
      'admin@acme.example',
      { emailVerifiedUsersMayJoin: [false, true], providerContact: [null, 'Desk@provider.example'] },
    ],
  )
  refused(await admin.post('/tenants/settings', { providerContact: 'nobody' }), 422, 'address_invalid')
  for (const nothing of [{ publicCheck: 'perhaps' }, {}])
    refused(await admin.post('/tenants/settings', nothing), 400, 'invalid_request')
  assert.deepEqual(granted(await admin.get('/tenants/settings')), settings)

  // The form has all of them: an empty box is a no, and an empty field nobody.
  const page = await admin.page('/tenants/settings')
  assert.match(page.text, /value="hidden"[^>]*checked|checked[^>]*value="hidden"/)
  const saved = await admin.submit('/tenants/settings', { publicCheck: 'shown', providerContact: '' })
  assert.match((await admin.follow(saved)).text, /The settings were saved/)
  assert.deepEqual(granted(await admin.get('/tenants/settings')), atFirst)
  assert.equal(await isKnown('acme.example'), 'managed')
  assert.equal(await inTenant(server.store, acme, findProviderContact), undefined)
})

test('nobody else reads or changes them, and a change needs a fresh proof', async () => {
  const before = (await events()).length
  const helper = await signIn('signer@acme.example')
  refused(await helper.get('/tenants/settings'), 403, 'forbidden')
  refused(await server.browser().get('/tenants/settings'), 401, 'not_signed_in')
  const admin = await signIn('admin@acme.example')
  await server.store.pool.query(
    "update latchkey.sessions set proved_at = now() where user_id = (select id from latchkey.accounts where user_principal_name = 'signer@acme.example')",
  )
  refused(await helper.post('/tenants/settings', { publicCheck: 'hidden' }), 403, 'forbidden')
  server.clock.advance(16 * MINUTE)
  refused(await admin.post('/tenants/settings', { publicCheck: 'hidden' }), 403, 'proof_needed')
  const sent = await admin.submit('/tenants/settings', { publicCheck: 'hidden', providerContact: '' })
  assert.equal(sent.headers.get('location'), '/session/proof?next=%2Ftenants%2Fsettings')
  assert.equal(await isKnown('acme.example'), 'managed')
  assert.equal((await events()).length, before)
})
