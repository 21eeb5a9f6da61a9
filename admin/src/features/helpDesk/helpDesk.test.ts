import assert from 'node:assert/strict'
import { test } from 'node:test'
import { remediesFor } from './remedies.ts'

test('the first remedy mends what was found, and signing out is always offered', () => {
  assert.equal(remediesFor('resetBlocked')[0], 'unblock')
  assert.equal(remediesFor('accountOff')[0], 'turnOn')
  // A pass lets them in to register; who may not give one gives a password.
  assert.deepEqual(remediesFor('neverRegistered').slice(0, 2), ['accessPass', 'temporaryPassword'])
  assert.equal(remediesFor('nothing').at(-1), 'signOut')
})
