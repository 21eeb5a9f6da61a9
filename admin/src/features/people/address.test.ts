import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { queryOf, readSearch, readTab, sortedBy, views, viewsFor } from './address.ts'

test('an address that nobody wrote shows everyone, and one that the page wrote reads as it was', () => {
  assert.deepEqual(readSearch({ view: 'nobody', q: 7, more: 'x' }), {})
  fc.assert(
    fc.property(fc.constantFrom(...views), fc.string({ maxLength: 100 }), (view, q) => {
      const read = readSearch({ view, q })
      assert.deepEqual(readSearch(read), read)
    }),
  )
})

test('every filter of an address narrows the query, and no text ends its clause', () => {
  const now = new Date('2026-11-28T00:00:00Z')
  const role = '62e90394-69f5-4237-9190-012177145e10'
  const address = {
    ...{ view: 'off', department: "O'Neil", office: "L'Isle", group: role, role, registered: false, method: 'email' },
    ...{ idle: 30, sort: '-lastSignIn', cols: ['office', 'x'], more: 1 },
  }
  const read = readSearch(address)
  assert.deepEqual(read.cols, ['office'])
  assert.deepEqual(queryOf(read, now).$filter?.split(' and '), [
    'accountEnabled eq false',
    "startsWith(department,'O''Neil')",
    "startsWith(officeLocation,'L''Isle')",
    `memberOf/any(g:g/id eq '${role}')`,
    `assignedRoles/any(r:r eq '${role}')`,
    'not resetState/methodsRegistered/any()',
    "resetState/methodsRegistered/any(m:m eq 'email')",
    'signInActivity/lastSignInDateTime le 2026-10-29T00:00:00.000Z',
  ])
  assert.equal(queryOf(read, now).$orderby, 'signInActivity/lastSignInDateTime desc')
  const deleted = queryOf({ ...read, view: 'deleted' }, now)
  assert.deepEqual([deleted.$filter, deleted.$orderby], [undefined, 'deletedDateTime desc'])
  const wrong = {
    role: "x') or (",
    group: 'x',
    registered: 'no',
    method: "a'",
    idle: 7,
    cols: 'office',
    department: 3,
    sort: 'x',
  }
  assert.deepEqual(readSearch(wrong), {})
})

test('a column that sorts the list turns it, and another one begins it anew', () => {
  assert.deepEqual(
    ['name', 'created', 'lastSignIn'].map(by => sortedBy(by as 'name', undefined)),
    ['-name', 'created', 'lastSignIn'],
  )
  assert.deepEqual(
    [sortedBy('name', '-name'), sortedBy('created', 'created'), sortedBy('created', '-created')],
    [undefined, '-created', 'created'],
  )
  assert.deepEqual(viewsFor(['profile.readAll', 'roles.read']), ['everyone', 'administrators', 'off', 'deleted'])
})

test('the address of a person says which tab is open, and the first where it says nothing that is one', () => {
  assert.deepEqual(readTab({ tab: 'methods' }), { tab: 'methods' })
  for (const tab of ['overview', 'secrets', 7, undefined]) assert.deepEqual(readTab({ tab }), {})
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
