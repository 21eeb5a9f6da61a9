import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, HOUR, MINUTE, SECOND } from '../clock.ts'
import { changeProtection, type ProtectionSettings } from '../policies/index.ts'
import { inTenant, removeDue } from '../store/index.ts'
import { meansAt, stage } from '../testing/people.ts'
import { expiredSends } from './expiry.ts'
import { spendSend } from './index.ts'
import type { Send, SendOutcome } from './sends.ts'

const { store, cast } = await stage()

let made = 0
async function tenantWith(settings: Partial<ProtectionSettings> = {}): Promise<string> {
  const id = await cast.tenant(`sends-${++made}.example`)
  await inTenant(store, id, trx => changeProtection(trx, id, settings))
  return id
}

const mail = (tenantId: string, more: Partial<Send> = {}): Send => ({
  tenantId,
  name: `person@${tenantId}`,
  medium: 'mail',
  to: 'person@mail.example',
  browser: 'other',
  ownersWay: false,
  ...more,
})
const text = (tenantId: string, to: string, more: Partial<Send> = {}): Send =>
  mail(tenantId, { medium: 'text', to, callingCode: to.slice(1, 3), ...more })

class Refused extends Error {}
/** As a caller does it: a refusal fails the transaction. */
async function sendAt(at: number, send: Send): Promise<SendOutcome> {
  let outcome: SendOutcome | undefined
  await inTenant(store, send.tenantId, async trx => {
    outcome = await spendSend(trx, meansAt(at), send)
    if (!outcome.allowed) throw new Refused()
  }).catch(error => {
    if (!(error instanceof Refused)) throw error
  })
  return outcome!
}
const retryAfter = async (at: number, send: Send) => {
  const outcome = await sendAt(at, send)
  return outcome.allowed ? 0 : outcome.retryAfter
}

test('lesson 41: ten mails in ten minutes and five messages to a phone in an hour, for a destination and for an account', async () => {
  const tenantId = await tenantWith()
  const other = await tenantWith()
  for (let n = 0; n < 10; n++) assert.equal(await retryAfter(n * SECOND, mail(tenantId)), 0, `mail ${n}`)
  assert.equal(await retryAfter(10 * SECOND, mail(tenantId)), 590, 'till the end of the ten minutes')
  assert.ok(await retryAfter(10 * SECOND, mail(tenantId, { name: 'somebody.else' })), 'one mailbox, two accounts')
  assert.ok(await retryAfter(10 * SECOND, mail(tenantId, { to: 'another@mail.example' })), 'one account, two mailboxes')
  assert.equal(await retryAfter(10 * SECOND, mail(other)), 0, 'another tenant')
  assert.equal(await retryAfter(10 * MINUTE, mail(tenantId)), 0)

  const number = '+33639980012'
  for (let n = 0; n < 5; n++) assert.equal(await retryAfter(0, text(tenantId, number)), 0, `text ${n}`)
  assert.equal(await retryAfter(20 * MINUTE, text(tenantId, number)), 2400)
  assert.ok(await retryAfter(0, text(tenantId, number, { name: 'somebody.else' })))
  assert.ok(await retryAfter(0, text(tenantId, '+33639980013')))
  assert.equal(await retryAfter(0, mail(tenantId, { name: 'somebody.else', to: 'else@mail.example' })), 0)
  assert.equal(await retryAfter(HOUR, text(tenantId, number)), 0)
})

test('lesson 42: a stranger who has codes sent does not use up those of the owner’s browser', async () => {
  const tenantId = await tenantWith()
  for (let n = 0; n < 12; n++) await sendAt(0, mail(tenantId))
  assert.ok(await retryAfter(0, mail(tenantId)))
  assert.equal(await retryAfter(0, mail(tenantId, { browser: 'familiar', ownersWay: true })), 0)
})

test('fifty messages asked for at once are as many as one after the other, and what was refused is not counted', async () => {
  const tenantId = await tenantWith()
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => sendAt(0, mail(tenantId))))
  assert.equal(outcomes.filter(one => one.allowed).length, 10)
  const row = await inTenant(store, tenantId, trx =>
    trx
      .selectFrom('sends')
      .select(['sent'])
      .where('tenant_id', '=', tenantId)
      .where('scope', '=', 'tenant')
      .executeTakeFirstOrThrow(),
  )
  assert.equal(row.sent, 10)
})

test('a tenant has a daily number of messages, with one alarm at 80 % of it and one at the end', async () => {
  const tenantId = await tenantWith({ messagesPerDay: 10 })
  const alarms: unknown[] = []
  const each = (n: number, more: Partial<Send> = {}) =>
    mail(tenantId, { name: `n${n}`, to: `n${n}@mail.example`, ...more })
  for (let n = 0; n < 10; n++) {
    const outcome = await sendAt(n, each(n))
    assert.ok(outcome.allowed)
    alarms.push(outcome.alarm)
  }
  const silence = Array.from<undefined>({ length: 7 })
  assert.deepEqual(alarms, [...silence, 80, undefined, 100])
  assert.equal(await retryAfter(10, each(10)), DAY / SECOND)
  assert.ok(await retryAfter(10, each(11, { decoy: true })), 'a decoy waits like the others')
  const own = await sendAt(10, each(12, { browser: 'familiar', ownersWay: true }))
  assert.deepEqual(own, { allowed: true }, 'nobody can use up the day of somebody in a browser of their own')
  assert.equal(await retryAfter(DAY, each(13)), 0)

  const crowded = await tenantWith({ messagesPerDay: 10 })
  const raised = await Promise.all(Array.from({ length: 50 }, (_, n) => sendAt(0, { ...each(n), tenantId: crowded })))
  assert.deepEqual(
    raised.flatMap(one => (one.allowed && one.alarm ? [one.alarm] : [])).sort(),
    [100, 80],
    'also when all ask at once',
  )
})

test('the numbers of one country have a limit of their own', async () => {
  const tenantId = await tenantWith({ phoneMessagesPerCountryPerDay: 3 })
  const each = (n: number, country: string, more: Partial<Send> = {}) =>
    text(tenantId, `+${country}63998001${n}`, { name: `n${n}`, ...more })
  for (let n = 0; n < 3; n++) assert.equal(await retryAfter(0, each(n, '33')), 0)
  assert.equal(await retryAfter(0, each(4, '33')), DAY / SECOND)
  assert.equal(await retryAfter(0, each(5, '81')), 0, 'another country')
  assert.equal(await retryAfter(0, each(6, '33', { browser: 'familiar', ownersWay: true })), 0)
  assert.ok(await retryAfter(0, each(7, '33', { browser: 'familiar' })), 'a number that is only being registered')
})

test('a decoy costs a tenant and a country nothing', async () => {
  const tenantId = await tenantWith({ messagesPerDay: 2, phoneMessagesPerCountryPerDay: 1 })
  for (let n = 0; n < 4; n++)
    assert.equal(await retryAfter(0, text(tenantId, `+3363998001${n}`, { name: `n${n}`, decoy: true })), 0)
  assert.equal(await retryAfter(0, text(tenantId, '+33639980019', { name: 'n9' })), 0)
})

test('what was counted in times that are over is removed', async () => {
  const tenantId = await tenantWith()
  await sendAt(0, text(tenantId, '+33639980012'))
  const left = async (at: number) => {
    await removeDue(store, meansAt(at), [expiredSends])
    return inTenant(store, tenantId, async trx => {
      const rows = await trx.selectFrom('sends').select('scope').where('tenant_id', '=', tenantId).execute()
      return rows.map(row => row.scope).sort()
    })
  }
  const aDay = ['accountDay', 'country', 'destinationDay', 'tenant']
  assert.deepEqual(await left(HOUR - 1), ['account', ...aDay.slice(0, 2), 'destination', ...aDay.slice(2)])
  assert.deepEqual(await left(HOUR), aDay)
  assert.deepEqual(await left(DAY), [])
})

test('concealed, what others have used up of a number or a country is not seen, and nothing is sent', async () => {
  const tenantId = await tenantWith({ phoneMessagesPerCountryPerDay: 6 })
  const number = '+33639980012'
  for (let n = 0; n < 5; n++) await sendAt(0, text(tenantId, number, { name: `n${n}` }))
  const quiet = text(tenantId, number, { name: 'shares.it', concealed: true })
  assert.deepEqual(await sendAt(0, quiet), { allowed: true, unsent: true })
  for (let n = 0; n < 4; n++) assert.ok((await sendAt(0, quiet)).allowed)
  assert.ok(await retryAfter(0, quiet), 'what the account may get is as visible as for any name')
  const country = text(tenantId, '+33639980013', { name: 'another', concealed: true })
  await sendAt(0, country)
  assert.deepEqual(await sendAt(0, country), { allowed: true, unsent: true })
})

test('a colleague who registers somebody’s number does not use up what its owner’s browser may have sent', async () => {
  const tenantId = await tenantWith()
  const number = '+33639980017'
  for (let n = 0; n < 5; n++)
    assert.equal(await retryAfter(0, text(tenantId, number, { name: 'colleague', browser: 'registering' })), 0)
  assert.ok(await retryAfter(0, text(tenantId, number, { name: 'colleague', browser: 'registering' })))
  assert.equal(await retryAfter(0, text(tenantId, number, { name: 'owner', browser: 'familiar' })), 0)
  assert.equal(await retryAfter(0, text(tenantId, number, { name: 'owner', browser: 'other' })), 0)
})

test('strangers have a person sent thirty mails, ten text messages and five calls in a day, and the owner’s browser goes on', async () => {
  const tenantId = await tenantWith()
  const number = '+33639980018'
  for (const [atMost, send] of [
    [30, mail(tenantId)],
    [10, text(tenantId, number)],
    [5, text(tenantId, number, { medium: 'call' })],
  ] as const) {
    const sent = new Set<number>()
    // All day long, as often as the hour lets them.
    for (let at = 0; at < DAY; at += 20 * MINUTE) if ((await retryAfter(at, send)) === 0) sent.add(at)
    assert.equal(sent.size, atMost, send.medium)
    const late = 23 * HOUR
    assert.ok((await retryAfter(late, { ...send, name: 'somebody.else' })) > 0, 'one destination, two accounts')
    assert.ok((await retryAfter(late, { ...send, to: '+33639980019' })) > 0, 'one account, two destinations')
    assert.equal(await retryAfter(late, { ...send, browser: 'familiar' }), 0)
    assert.equal(await retryAfter(late + DAY, send), 0)
  }
})

test('the day of a decoy is as long as anybody’s, and concealed nobody sees what others used up of a destination', async () => {
  const tenantId = await tenantWith()
  const waits = async (more: Partial<Send>) => {
    const found: number[] = []
    for (let at = 0; at < DAY; at += HOUR) found.push(await retryAfter(at, text(tenantId, '+33639980020', more)))
    return found
  }
  assert.deepEqual(await waits({ name: 'a', concealed: true }), await waits({ name: 'b', to: 'b', decoy: true }))
  assert.deepEqual(await sendAt(23 * HOUR, text(tenantId, '+33639980020', { name: 'shares.it', concealed: true })), {
    allowed: true,
    unsent: true,
  })
})
