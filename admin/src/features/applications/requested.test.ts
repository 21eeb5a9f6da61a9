import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accessOf, keyOf, keysOf } from './requested.ts'

test('what is asked for is chosen one by one, and written by whose it is', () => {
  const access = [
    {
      resourceAppId: 'api',
      resourceAccess: [
        { id: '1', type: 'Scope' as const },
        { id: '1', type: 'Role' as const },
      ],
    },
    { resourceAppId: 'expenses', resourceAccess: [{ id: '2', type: 'Scope' as const }] },
  ]
  assert.deepEqual(accessOf(keysOf(access)), access)
  const fewer = keysOf(access)
  fewer.delete(keyOf({ resourceAppId: 'expenses', id: '2', type: 'Scope' }))
  assert.deepEqual(accessOf(fewer), access.slice(0, 1))
  assert.deepEqual(accessOf([]), [])
})
