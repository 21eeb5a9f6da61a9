import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupsOf } from './reach.ts'

test('people are grouped by why they can or cannot get back in, and nobody is left out', () => {
  const byRefusal = { SSPR_0014: 5, SSPR_0013: 2, SSPR_0009: 1, SSPR_0010: 3, SSPR_9999: 4 }
  const groups = groupsOf({ capable: 10, byRefusal })
  assert.deepEqual(
    groups.map(({ kind, count }) => [kind, count]),
    [
      ['capable', 10],
      ['neverRegistered', 5],
      ['noPolicy', 3],
      ['elsewhere', 3],
      ['other', 4],
    ],
  )
  assert.deepEqual(groupsOf({ capable: 0, byRefusal: {} }), [])
})
