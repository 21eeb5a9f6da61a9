import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { queryOf, readSearch, views } from './address.ts'

test('an address that nobody wrote shows everyone, and one that the page wrote reads as it was', () => {
  assert.deepEqual(readSearch({ view: 'nobody', q: 7, more: 'x' }), {})
  fc.assert(
    fc.property(fc.constantFrom(...views), fc.string({ maxLength: 100 }), (view, q) => {
      const read = readSearch({ view, q })
      assert.deepEqual(readSearch(read), read)
    }),
  )
})

test('what is typed never ends its clause of the search', () => {
  assert.deepEqual(queryOf({}), { $orderby: 'displayName' })
  assert.equal(queryOf({ view: 'off' }).$filter, 'accountEnabled eq false')
  fc.assert(
    fc.property(fc.string({ maxLength: 100 }), q => {
      const search = queryOf({ q }).$search
      if (search !== undefined)
        assert.match(search, /^"displayName:[^"\\]+" OR "mail:[^"\\]+" OR "userPrincipalName:[^"\\]+"$/)
    }),
  )
})
