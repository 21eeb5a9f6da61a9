import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { type AuditEvent, openPlaces, type RecordedAct, record } from '../audit/index.ts'
import { findTenantId, findUserByName } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { testServer } from '../testing/server.ts'

const places = await openPlaces(join(import.meta.dirname, '../audit/GeoLite2-City-Test.mmdb'))
const server = await testServer({ places })
const { services, store } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const admin = await api.as('admin@acme.example')
const registered = (await inTenant(store, acme, trx => findUserByName(trx, acme, 'registered@acme.example')))!
const target = { id: registered.id, name: registered.userPrincipalName }

/** A day of its own, long before the demonstration was seeded. */
const DAY = '2026-09-15'
const POLICY = randomUUID()

/** Writes events of one reset, or of none: at `10:00:30`, and so on. */
async function write(
  events: [time: string, event: Omit<AuditEvent, 'target'>, more?: Partial<RecordedAct['trail']>][],
) {
  const correlationId = services.random.uuid(new Date(`${DAY}T${events[0]![0]}Z`))
  for (const [time, event, more] of events) {
    const act: RecordedAct = {
      now: new Date(`${DAY}T${time}Z`),
      random: services.random,
      keys: services.keys,
      actor: { kind: 'anyone', name: target.name },
      trail: { correlationId, address: '192.0.2.1', ...more },
    }
    await inTenant(store, acme, trx => record(trx, act, { ...event, target }))
  }
}
const started = (policy = POLICY) =>
  ({ activity: 'reset.started', result: 'success', details: { policy, gates: '1' } }) as const
const sent = (reason: string) => ({ activity: 'reset.challenge_issued', result: 'success', reason }) as const
const passed = (reason: string) => ({ activity: 'reset.proof_passed', result: 'success', reason }) as const
const missed = (reason: string) => ({ activity: 'reset.proof_failed', result: 'failure', reason }) as const
const way = { channel: 'sms', gateway: 'sms.example', country: 'FR' }
const failed = (details: Record<string, string>) =>
  ({ activity: 'message.failed', result: 'failure', reason: 'gateway: 503', details }) as const
const delivered = (details: Record<string, string>) =>
  ({ activity: 'message.sent', result: 'success', details }) as const
const done = (activity: AuditEvent['activity']) => ({ activity, result: 'success' }) as const

await write([
  ['10:00:00', started()],
  ['10:00:20', sent('email email')],
  ['10:01:00', passed('email')],
  ['10:01:30', done('reset.finished')],
])
await write([
  ['10:30:00', started()],
  ['10:30:10', sent('mobilePhone sms')],
  ['10:30:20', missed('mobilePhone')],
])
await write([
  ['11:00:00', started(randomUUID())],
  ['11:00:00', { activity: 'reset.refused', result: 'failure', reason: 'SSPR_0014' }],
  ['11:01:00', done('reset.contacted')],
])
await write([
  ['23:30:00', started()],
  ...Array.from(
    { length: 5 },
    (_, n) => [`23:30:0${n + 1}`, missed('phone_mismatch')] as [string, ReturnType<typeof missed>],
  ),
  ['23:31:00', done('reset.blocked')],
])
await write([['12:00:00', done('password.given')]])
await write([['12:00:00', done('password.changed')]])
await write([['12:05:00', done('signin.succeeded')]])
await write([
  ['12:06:00', { activity: 'signin.failed', result: 'failure', reason: 'password' }, { address: '192.0.2.2' }],
  ['12:06:10', { activity: 'signin.failed', result: 'failure', reason: 'unknown name' }, { address: '81.2.69.142' }],
  ['12:06:20', { activity: 'signin.blocked', result: 'failure' }, { address: '81.2.69.142' }],
])
await write([
  ['12:07:00', failed({ kind: 'code', ...way })],
  ['12:07:01', failed({ kind: 'notice', channel: 'email' })],
  ['12:07:02', delivered({ ...way, cost: '0.0450', currency: 'EUR' })],
  ['12:07:03', delivered({ ...way, cost: '0.1', currency: 'EUR' })],
  ['12:07:04', delivered({ ...way, cost: '2', currency: 'JPY' })],
  ['12:07:05', delivered({ channel: 'email', gateway: 'mail.example' })],
])

const read = async (name: string, query: string) => {
  const answer = await admin('GET', `/reports/${name}/dailySummaries?${query}`)
  assert.equal(answer.status, 200, answer.text)
  return answer.json.value
}
const onDay = `$filter=${encodeURIComponent(`date ge ${DAY} and date le ${DAY}`)}`

test('a day’s resets are counted by what became of them', async () => {
  assert.deepEqual(await read('passwordReset', onDay), [
    {
      date: DAY,
      started: 4,
      succeeded: 1,
      unlocked: 0,
      refused: { SSPR_0014: 1 },
      failed: 0,
      abandoned: 1,
      abandonedAfter: { proof_failed: 1 },
      // Each reset once: who was refused and then asked an administrator did the latter.
      outcomes: { Succeeded: 1, 'Contacted Admin': 1, Blocked: 1, Abandoned: 1 },
      blocked: 1,
      contactedAdministrator: 1,
      administratorResets: 1,
      changes: 1,
      medianSeconds: 90,
      byMethod: [
        { method: 'email', sent: 1, passed: 1, failed: 0 },
        { method: 'mobilePhone', sent: 1, passed: 0, failed: 6 },
      ],
    },
  ])
})

test('a policy’s resets are counted alone', async () => {
  const filter = encodeURIComponent(`date eq ${DAY} and policyId eq '${POLICY}'`)
  const [one] = await read('passwordReset', `$filter=${filter}`)
  assert.deepEqual(
    [one.started, one.succeeded, one.refused, one.contactedAdministrator, one.administratorResets],
    [3, 1, {}, 0, null],
  )
})

test('sign-ins, blocks and messages are counted', async () => {
  assert.deepEqual(await read('security', onDay), [
    {
      date: DAY,
      signInsSucceeded: 1,
      signInsFailed: 2,
      signInsBlocked: 1,
      failedByCode: { 50034: 1, 50126: 1 },
      resetsBlocked: 1,
      phoneValidationsBlocked: 1,
      distinctAccounts: 1,
      distinctAddresses: 3,
      messages: 2,
      byCountry: [
        { country: 'GB', signInsSucceeded: 0, signInsFailed: 1, signInsBlocked: 1 },
        { country: null, signInsSucceeded: 1, signInsFailed: 1, signInsBlocked: 0 },
      ],
    },
  ])
  assert.deepEqual(await read('messages', onDay), [
    // Of notices none is counted: they are no codes.
    {
      date: DAY,
      channel: 'email',
      gateway: 'mail.example',
      country: null,
      sent: 1,
      delivered: 1,
      failed: {},
      lastFailedDateTime: null,
      costs: {},
    },
    {
      ...{ date: DAY, ...way, sent: 4, delivered: 3, failed: { 'gateway: 503': 1 } },
      lastFailedDateTime: `${DAY}T12:07:00.000Z`,
      costs: { EUR: 0.145, JPY: 2 },
    },
  ])
})

test('days without events are told too, in order, and hours in a time zone', async () => {
  const days = await read('security', `$filter=${encodeURIComponent('date gt 2026-09-13 and date lt 2026-09-17')}`)
  assert.deepEqual(
    days.map(({ date, signInsSucceeded }: { date: string; signInsSucceeded: number }) => [date, signInsSucceeded]),
    [
      ['2026-09-14', 0],
      [DAY, 1],
      ['2026-09-16', 0],
    ],
  )
  const hours = await read('passwordReset', `interval=hour&timeZone=Europe/Paris&${onDay}`)
  assert.equal(hours.length, 24)
  const busy = hours.filter(({ started: many }: { started: number }) => many > 0)
  // The last reset began after midnight there.
  assert.deepEqual(
    busy.map(({ date, started: many }: { date: string; started: number }) => [date, many]),
    [
      [`${DAY}T12:00`, 2],
      [`${DAY}T13:00`, 1],
    ],
  )
  assert.equal((await read('passwordReset', '')).length, 30)
})

test('what is no period is refused, and who reads no reports', async () => {
  for (const [query, code] of [
    ['$filter=date ge yesterday', 'range_invalid'],
    ['$filter=date ge 2026-02-30', 'range_invalid'],
    ["$filter=started eq '1'", 'range_invalid'],
    ['$filter=date ge 2020-01-01', 'range_invalid'],
    ['$filter=date ge 2026-01-01&interval=hour', 'range_invalid'],
    ['interval=minute', 'range_invalid'],
    ['timeZone=Nowhere/Land', 'time_zone_unknown'],
    ['timeZone=%2B02:00', 'time_zone_unknown'],
  ] as const)
    assert.equal((await admin('GET', `/reports/passwordReset/dailySummaries?${query}`)).code, code, query)
  const policy = await admin('GET', `/reports/security/dailySummaries?$filter=policyId eq '${POLICY}'`)
  assert.equal(policy.code, 'range_invalid')
  const plain = await api.as('prefilled@acme.example')
  for (const name of ['passwordReset', 'security', 'messages'])
    assert.equal((await plain('GET', `/reports/${name}/dailySummaries`)).status, 403)
  const stranger = await testApi(server, 'globex.example').asApplication(['AuditLog.Read.All'])
  const { json } = await stranger('GET', `/reports/passwordReset/dailySummaries?${onDay}`)
  assert.equal(json.value[0].started, 0)
})
