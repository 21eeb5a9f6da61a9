import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { daysOf, filterOf, periods, readReportSearch } from './address.ts'

test('an address that nobody wrote shows thirty days, and one that a page wrote reads as it was', () => {
  const wrong = { days: 8, from: '2026-02-30x', policy: 'x', country: 'france', as: 'pie', refusal: "' or 1" }
  assert.deepEqual(readReportSearch(wrong), {})
  assert.deepEqual(readReportSearch({ from: '2026-11-09', to: '2026-11-01' }), {}, 'backwards')
  assert.deepEqual(readReportSearch({ from: '2024-01-01', to: '2026-11-01' }), {}, 'more than a year')
  const day = fc.date({ min: new Date('2026-01-01'), max: new Date('2026-12-01'), noInvalidDate: true })
  const search = fc.record({
    days: fc.constantFrom(...periods, undefined),
    from: fc.option(day.map(one => one.toISOString().slice(0, 10))),
    to: fc.option(day.map(one => one.toISOString().slice(0, 10))),
    country: fc.constantFrom('FR', 'fr', null),
    department: fc.string(),
    as: fc.constantFrom('table', 'chart'),
  })
  fc.assert(
    fc.property(search, one => {
      const read = readReportSearch(one)
      assert.deepEqual(readReportSearch({ ...read }), read)
    }),
  )
})

test('a period ends today in UTC, and the one before it is as long', () => {
  const now = new Date('2026-11-27T23:59:00Z')
  assert.deepEqual(daysOf({}, now), {
    first: '2026-10-29',
    last: '2026-11-27',
    many: 30,
    isByHour: false,
    before: '2026-09-29',
  })
  assert.deepEqual(daysOf({ from: '2026-11-01', to: '2026-11-01' }, now), {
    first: '2026-11-01',
    last: '2026-11-01',
    many: 1,
    isByHour: true,
    before: '2026-10-31',
  })
  assert.equal(filterOf('2026-11-01', '2026-11-02'), 'date ge 2026-11-01 and date le 2026-11-02')
})
