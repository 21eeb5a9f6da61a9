import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { DAY, HOUR, MINUTE } from '../clock.ts'
import { findTenantId, NOBODYS_TENANT } from '../directory/index.ts'
import { openMailDomains, SendError } from '../notifications/index.ts'
import { removeExpired } from '../runtime/cleanup.ts'
import { inTenant } from '../store/index.ts'
import { nameServer } from '../testing/nameServer.ts'
import { testServer } from '../testing/server.ts'
import { issueMailboxCode, proveMailbox } from './challenge.ts'
import { deliverMailboxCode } from './deliver.ts'

const domains: Record<string, 'none' | 'unknown'> = { 'null.example': 'none', 'silent.example': 'unknown' }
const busy = Promise.withResolvers<void>()
const server = await testServer({
  async mailDomains(domain) {
    if (domain === 'busy.example') await busy.promise
    return domains[domain] ?? 'found'
  },
})
const { services, store } = server

const actNow = () => ({
  now: server.clock.now(),
  random: services.random,
  keys: services.keys,
  actor: { kind: 'anyone' } as const,
  trail: { correlationId: services.random.uuid(server.clock.now()) },
})
const newId = () => services.random.uuid(server.clock.now())
const issue = (address: string, journeyId = newId(), repeatedWithin?: number) =>
  inTenant(store, NOBODYS_TENANT, async trx => ({
    journeyId,
    ...(await issueMailboxCode(trx, actNow(), { journeyId, address, language: 'en', repeatedWithin })),
  }))
const prove = ({ journeyId, id }: { journeyId: string; id: string }, code: string) =>
  inTenant(store, NOBODYS_TENANT, trx => proveMailbox(trx, actNow(), { journeyId, challengeId: id, code }))
const rowOf = async (id: string) =>
  (await store.pool.query('select * from latchkey.mailbox_challenges where id = $1', [id])).rows[0]
/** Waits until the job has noted the delivery. */
async function delivered(id: string) {
  for (;;) {
    const row = await rowOf(id)
    if (row.delivery !== 'pending') return row
    await new Promise(done => setTimeout(done, 20))
  }
}
const other = (code: string) => (code === '123456' ? '654321' : '123456')

test('a code proves a mailbox once, and stands nowhere but as a hash when it has left', async () => {
  const asked = await issue('ann@new.example')
  const code = await server.code('ann@new.example')
  const row = await delivered(asked.id)
  assert.deepEqual([row.delivery, row.code_sealed, row.stop_sealed], ['sent', null, null])
  assert.ok(!JSON.stringify(Object.values(row).map(String)).includes('ann@new.example'))
  assert.deepEqual(await prove(asked, other(code)), { outcome: 'incorrect', left: 4 })
  assert.deepEqual(await prove(asked, other(code)), { outcome: 'incorrect', left: 4 }, 'the same mistake counts once')
  assert.deepEqual(await prove({ ...asked, journeyId: newId() }, code), { outcome: 'expired' }, 'of its journey alone')
  await assert.rejects(prove(asked, 'abc'), { code: 'invalid_request' })
  const all = await Promise.all(Array.from({ length: 8 }, () => prove(asked, ` ${code.slice(0, 3)}-${code.slice(3)}`)))
  assert.deepEqual(all.map(({ outcome }) => outcome).sort(), ['accepted', ...Array(7).fill('repeated')])
  assert.deepEqual(await prove(asked, other(code)), { outcome: 'expired' })
})

test('the event of a first try that failed tells why, once', async () => {
  const { id } = await issue('kim@busy.example')
  const send = () => Promise.reject(new SendError('mail server', '451', false))
  const { words, origin } = services
  const messaging = {
    words,
    origin,
    senders: { email: { gateway: 'mail', send } },
    mailDomains: async () => 'found' as const,
  }
  for (const attempts of [1, 2]) {
    const payload = { tenantId: NOBODYS_TENANT, challengeId: id, job: { attempts, last_error: null } }
    await assert.rejects(deliverMailboxCode(store, actNow(), messaging, payload), SendError)
  }
  const text = "select reason, details ->> 'kind' as kind from latchkey.audit_events where activity = 'message.delayed'"
  assert.deepEqual((await store.pool.query(text)).rows, [{ reason: 'mail server: 451', kind: 'code' }])
  busy.resolve()
  assert.equal(await server.code('kim@busy.example').then(code => code.length), 6)
})

test('the right code is refused after five wrong ones, after five minutes, and after a newer one', async () => {
  const guessed = await issue('bob@new.example')
  const code = await server.code('bob@new.example')
  const wrong = Array.from({ length: 6 }, (_, n) => String((Number(code) + n + 1) % 1_000_000).padStart(6, '0'))
  const all = await Promise.all(wrong.map(one => prove(guessed, one)))
  assert.equal(all.filter(({ outcome }) => outcome === 'incorrect').length, 5)
  assert.deepEqual(await prove(guessed, code), { outcome: 'expired' })
  const newer = await issue('bob@new.example', guessed.journeyId)
  const [last] = await server.outbox()
  const next = await server.code('bob@new.example', last?.to === 'bob@new.example' ? undefined : last)
  assert.equal((await issue('bob@new.example', guessed.journeyId, 3_000)).id, newer.id, 'two presses ask once')
  await delivered(newer.id)
  const [{ text } = { text: '' }] = (await server.outbox()).filter(({ to }) => to === 'bob@new.example')
  const fresh = /\d{6}/.exec(text)![0]
  assert.ok(next)
  server.clock.advance(5 * MINUTE)
  assert.deepEqual(await prove(newer, fresh), { outcome: 'expired' })
})

test('a report that is faster than the note of its mail stays what the page is told', async () => {
  for (const [receipt, delivery] of [
    ['undelivered', 'failed'],
    ['delivered', 'sent'],
  ]) {
    const { id } = await inTenant(store, NOBODYS_TENANT, async trx => {
      const asked = await issueMailboxCode(trx, actNow(), {
        ...{ journeyId: newId(), address: `fay-${receipt}@new.example`, language: 'en' },
      })
      await sql`update mailbox_challenges set receipt = ${receipt} where tenant_id = ${trx.tenantId} and id = ${asked.id}`.execute(
        trx,
      )
      return asked
    })
    assert.equal((await delivered(id)).delivery, delivery)
  }
})

test('a mailbox gets three mails an hour and six a day, whatever its tag and whoever asks', async () => {
  for (const address of ['cat@new.example', 'Cat+a@new.example', 'cat+b@NEW.example']) await issue(address)
  await assert.rejects(issue('cat@new.example'), (error: { code: string; retryAfter: number }) => {
    assert.equal(error.code, 'throttled')
    assert.ok(error.retryAfter > 3_500 && error.retryAfter <= 3_600, `${error.retryAfter}`)
    return true
  })
  await issue('cat2@new.example')
  server.clock.advance(HOUR)
  for (let n = 0; n < 3; n++) await issue('cat@new.example')
  server.clock.advance(HOUR)
  await assert.rejects(issue('cat@new.example'), { code: 'throttled' })
  const all = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => issue(`dog+${n}@new.example`)))
  assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 3, 'of many at once too')
})

test('its reader stops mails for 90 days by a press, which nothing shows to those who type it', async () => {
  const first = await issue('eve+x@new.example')
  const { text } = await server.message(({ to }) => to === 'eve+x@new.example')
  const path = /https?:\/\/\S+?(\/links\/[\w-]+)/.exec(text)![1]!
  const browser = server.browser()
  assert.deepEqual((await browser.get(path)).json.purpose, 'stop')
  assert.match((await browser.page(path)).text, /Stop these mails/)
  const second = await issue('eve@new.example')
  assert.equal((await delivered(second.id)).delivery, 'sent')
  const count = async () => (await server.outbox()).filter(({ to }) => to.startsWith('eve')).length
  assert.equal(await count(), 2, 'a GET stops nothing')
  const pressed = await browser.submit(path, {})
  assert.match((await browser.follow(pressed)).text, /No more mails/)
  server.clock.advance(HOUR)
  const third = await issue('eve@new.example')
  assert.deepEqual(Object.keys(third).sort(), Object.keys(first).sort())
  const row = await delivered(third.id)
  assert.deepEqual([row.delivery, row.code_sealed], ['sent', null])
  assert.equal(await count(), 2)
  server.clock.advance(90 * DAY)
  await delivered((await issue('eve@new.example')).id)
  assert.equal(await count(), 3)
  assert.equal((await browser.get(path)).status, 410)
  assert.equal((await browser.get(`/links/${'A'.repeat(43)}`)).status, 404)
})

test('a domain that takes no mail is told, and one that cannot be asked gets its mail', async () => {
  const none = await delivered((await issue('a@null.example')).id)
  assert.deepEqual([none.delivery, none.undelivered], ['failed', 'domain_without_mail'])
  assert.equal((await delivered((await issue('a@silent.example')).id)).delivery, 'sent')
  assert.equal((await server.outbox()).filter(({ to }) => to === 'a@null.example').length, 0)
})

test('a day after its end nothing is left of a code and its address', async () => {
  const asked = await issue('fay@new.example')
  server.clock.advance(DAY)
  await removeExpired(services)
  assert.ok(await rowOf(asked.id))
  server.clock.advance(6 * MINUTE)
  await removeExpired(services)
  assert.equal(await rowOf(asked.id), undefined)
  server.clock.advance(100 * DAY)
  await removeExpired(services)
  const { rows } = await store.pool.query(
    'select (select count(*)::int from latchkey.mailbox_links) links, (select count(*)::int from latchkey.stopped_mailboxes) stops',
  )
  assert.deepEqual(rows, [{ links: 0, stops: 0 }])
})

test('rows of the empty tenant are out of reach of every other one', async () => {
  await issue('gil@new.example')
  const acme = await findTenantId(store, 'acme.example')
  const { rows } = await inTenant(store, acme, trx => sql`select from mailbox_challenges`.execute(trx))
  assert.equal(rows.length, 0)
})

test('mail goes where a name server says, to the domain’s own address without that, and nowhere by a null MX', async () => {
  const zone = await nameServer()
  const ask = openMailDomains([zone.address])
  zone.exchanges = Object.assign(zone.exchanges, {
    'mail.example': ['mx1.mail.example', 'mx2.mail.example'],
    'null.example': [''],
  })
  zone.hosts['null.example'] = zone.hosts['address.example'] = '192.0.2.1'
  zone.texts['texts-alone.example'] = [['v=spf1 -all']]
  zone.faults['servfail.example'] = 'servfail'
  const names = ['mail', 'address', 'null', 'texts-alone', 'unknown', 'servfail']
  assert.deepEqual(await Promise.all(names.map(name => ask(`${name}.example`))), [
    ...['found', 'found', 'none', 'none', 'none', 'unknown'],
  ])
  assert.ok(!zone.asked.includes('udp A null.example'), 'an address counts for nothing beside a null MX')
})

test('without an answer of the DNS a domain is unknown, within the deadline', async () => {
  const began = performance.now()
  assert.equal(await openMailDomains(['127.0.0.1:1'], { deadline: 200 })('new.example'), 'unknown')
  assert.ok(performance.now() - began < 10_000)
})
