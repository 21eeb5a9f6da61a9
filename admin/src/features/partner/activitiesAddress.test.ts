import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { filterOf, readActivitiesSearch } from './activitiesAddress.ts'

test('an address that the page wrote reads as it was, and what nobody wrote is left out', () => {
  const search = {
    from: '2026-11-01',
    to: '2026-11-02',
    kind: 'customer_user',
    customer: 'Acme',
    who: 'a@globex.example',
  }
  assert.deepEqual(readActivitiesSearch(search), search)
  assert.deepEqual(readActivitiesSearch({ customer: 365 }), { customer: '365' }, 'the router reads numbers as such')
  const wrong = {
    from: '2026-19-40',
    to: 'today',
    kind: 'customer_users',
    who: "o'x",
    correlation: 'x',
    customer: '  ',
  }
  assert.deepEqual(readActivitiesSearch(wrong), {})
})

test('nothing that stands in the address ends its text in the filter, and a day is a day of the reader', () => {
  fc.assert(
    fc.property(fc.string(), customer => {
      const { $filter } = filterOf(readActivitiesSearch({ customer })) as { $filter?: string }
      if ($filter !== undefined) assert.match($filter, /^startsWith\(customerName,'([^']|'')+'\)$/s)
    }),
  )
  const { $filter = '' } = filterOf({ from: '2026-11-01', to: '2026-11-02' })
  const [, first, after] = /ge (\S+) and activityDateTime lt (\S+)$/.exec($filter)!
  assert.deepEqual([new Date(first!).getDate(), new Date(first!).getHours(), new Date(after!).getDate()], [1, 0, 3])
})
