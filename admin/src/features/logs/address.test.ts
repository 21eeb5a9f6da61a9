import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { filterOf, logs, readLogSearch } from './address.ts'

test('an address that a page wrote reads as it was, and what nobody wrote is left out', () => {
  const search = {
    from: '2026-11-01',
    who: 'a.b@acme.example',
    activity: 'user.changed',
    result: '50126',
    ip: '2001:db8::/48',
    live: true,
  }
  assert.deepEqual(readLogSearch(search), search)
  assert.deepEqual(readLogSearch({ result: 0 }), { result: '0' }, 'the router reads numbers as such')
  assert.deepEqual(readLogSearch({ who: "o'x", from: 'yesterday', to: '2026-19-40', result: 'maybe', live: 'yes' }), {})
})

test('nothing that stands in an address ends its text in the filter', () => {
  fc.assert(
    fc.property(fc.constantFrom(...logs), fc.string(), fc.string(), (log, who, ip) => {
      const filter = filterOf(log, readLogSearch({ who, ip }))
      if (filter !== undefined) assert.match(filter, /^\S+ eq '[^']+'( and \S+ eq '[^']+')?$/)
    }),
  )
})

test('each log has filters of its own, and a day is a day of the reader', () => {
  assert.equal(filterOf('audit', {}), undefined)
  assert.equal(
    filterOf('audit', { activity: 'user.changed', result: 'failure', ip: '192.0.2.1' }),
    "activity eq 'user.changed' and result eq 'failure'",
  )
  assert.equal(
    filterOf('sign-ins', { activity: 'user.changed', result: '50126', ip: '192.0.2.1' }),
    "status/errorCode eq 50126 and ipAddress eq '192.0.2.1'",
  )
  const [, first, after] = /ge (\S+) and \S+ lt (\S+)$/.exec(
    filterOf('audit', { from: '2026-11-01', to: '2026-11-02' })!,
  )!
  assert.equal(new Date(first!).getHours(), 0)
  assert.equal(new Date(first!).getDate(), 1)
  assert.equal(new Date(after!).getDate(), 3)
})
