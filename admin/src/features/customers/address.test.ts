import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCustomersSearch, readRelationshipsSearch } from './address.ts'
import { filterOf } from './filter.ts'

test('an address of the customers comes to a filter, and what it cannot mean is left out', () => {
  assert.deepEqual(readCustomersSearch({ q: ' Reed ', access: 'all', tag: 7 }), { q: 'Reed' })
  assert.deepEqual(filterOf({}), {})
  assert.deepEqual(filterOf({ q: "O'Hara", tag: "it's", access: 'none' }), {
    $filter:
      "(startsWith(displayName,'O''Hara') or startsWith(domain,'o''hara')) and tags/any(t:t eq 'it''s') and access/gdap eq false and access/dap eq false",
  })
  const customer = '0199c0de-0000-4000-8000-000000000001'
  assert.deepEqual(readRelationshipsSearch({ status: 'active', customer }), { status: 'active', customer })
  assert.deepEqual(readRelationshipsSearch({ status: 'gone', customer: "x' or" }), {})
})
