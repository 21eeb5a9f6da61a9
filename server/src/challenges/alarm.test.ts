import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findTenantId } from '../directory/index.ts'
import { changeProtection } from '../policies/index.ts'
import { inTenant } from '../store/index.ts'
import { testServer } from '../testing/server.ts'

test('administrators are mailed, in their language, when the codes of a day are nearly used up and when they are', async () => {
  const server = await testServer()
  const acme = await findTenantId(server.store, 'acme.example')
  await inTenant(server.store, acme, async trx => {
    await changeProtection(trx, acme, { messagesPerDay: 5 })
    await trx
      .updateTable('users')
      .set({ preferred_language: 'fr', mail: 'patronne@mail.example' })
      .where('tenant_id', '=', acme)
      .where('user_principal_name_folded', '=', 'admin@acme.example')
      .execute()
  })
  const send = async (name: string) => {
    const browser = server.browser()
    const { json } = await browser.post('/reset', { username: name })
    const method = json.methods.find((one: { kind: string }) => one.kind === 'email')?.id
    return browser.post(`/reset/${json.id}/challenges`, { method })
  }
  const names = ['registered', 'stale', 'prefilled', 'admin', 'registered'].map(name => `${name}@acme.example`)
  for (const name of names) assert.equal((await send(name)).status, 201, name)
  const refused = await send('stale@acme.example')
  assert.equal(refused.status, 429)
  assert.equal(refused.json.code, 'throttled')
  assert.ok(refused.json.retryAfter > 86_000 && refused.json.retryAfter <= 86_400, 'and it says how long')
  assert.match(refused.json.detail, /24\u00a0hours/)

  // Each is a job of its own: either may be sent first.
  const told = (subject: string) =>
    server.message(one => one.to === 'patronne@mail.example' && one.subject === `Acme\u00a0: ${subject}`)
  await told('tous les codes du jour sont utilisés')
  const near = await told('presque tous les codes du jour sont utilisés')
  assert.equal((await server.outbox()).filter(one => one.kind === 'notice').length, 2)
  assert.match(near.text, /80\u00a0% des 5\u00a0codes/)
  const { rows } = await server.store.pool.query(
    "select activity, details from latchkey.audit_events where activity like 'messages.%' order by id",
  )
  assert.deepEqual(rows, [
    { activity: 'messages.limit_near', details: { percent: '80', messagesPerDay: '5' } },
    { activity: 'messages.limit_reached', details: { percent: '100', messagesPerDay: '5' } },
  ])
})
