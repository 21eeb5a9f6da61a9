import assert from 'node:assert/strict'
import { test } from 'node:test'
import { costsOf, daysOfMessages, lastFailedOf, reasonsOf, waysOf } from './messageFigures.ts'

const sms = { date: '2026-11-02', channel: 'sms', gateway: 'sms.example', country: 'FR', sent: 3, delivered: 2 }
const rows = [
  {
    ...{ ...sms, failed: { 'gateway: 503': 1 }, costs: { EUR: 0.1, JPY: 5 } },
    lastFailedDateTime: '2026-11-02T08:00:00Z',
  },
  {
    ...{ ...sms, date: '2026-11-04', failed: { 'gateway: 503': 1 }, costs: { EUR: 0.2 } },
    lastFailedDateTime: '2026-11-04T07:00:00Z',
  },
  {
    ...{ ...sms, channel: 'email', gateway: 'mail.example', country: null, delivered: 3, failed: {}, costs: {} },
    lastFailedDateTime: null,
  },
]

test('days without messages stand between the others, and no currency is added to another', () => {
  assert.deepEqual(daysOfMessages(rows, { first: '2026-11-02', last: '2026-11-04', isByHour: false }), [
    { date: '2026-11-02', delivered: 5, failed: 1, costs: { EUR: 0.1, JPY: 5 } },
    { date: '2026-11-03', delivered: 0, failed: 0, costs: {} },
    { date: '2026-11-04', delivered: 2, failed: 1, costs: { EUR: 0.2 } },
  ])
  const hour = { ...rows[0]!, date: '2026-11-02T09:00' }
  const hours = daysOfMessages([hour], { first: '2026-11-02', last: '2026-11-03', isByHour: true })
  assert.deepEqual(
    [hours.length, hours[9], hours[10]?.delivered],
    [48, { ...hours[9], date: hour.date, delivered: 2 }, 0],
  )
  assert.deepEqual(Object.keys(costsOf(rows)), ['EUR', 'JPY'])
})

test('a way is a channel, a gateway and a country', () => {
  assert.deepEqual(
    waysOf(rows).map(({ gateway, country, sent, delivered }) => [gateway, country, sent, delivered]),
    [
      ['sms.example', 'FR', 6, 4],
      ['mail.example', null, 3, 3],
    ],
  )
  const last = lastFailedOf(waysOf(rows))
  assert.deepEqual([last?.gateway, last?.lastFailed], ['sms.example', '2026-11-04T07:00:00Z'])
  assert.deepEqual(reasonsOf(rows), [{ reason: 'gateway: 503', many: 2 }])
})
