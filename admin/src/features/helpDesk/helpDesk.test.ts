import assert from 'node:assert/strict'
import { test } from 'node:test'
import { remediesFor } from './remedies.ts'
import { foldEvents } from './timeline.ts'

test('steps that repeat the one before are told once, with their number', () => {
  const event = (activity: string, method: string | null = null) => ({
    dateTime: '2026-11-27T10:00:00Z',
    activity,
    method,
  })
  const wrong = event('reset.proof_failed', 'email')
  const folded = foldEvents([event('reset.started'), wrong, wrong, event('reset.proof_failed', 'mobilePhone'), wrong])
  assert.deepEqual(
    folded.map(({ event: { activity, method }, times }) => [activity, method, times]),
    [
      ['reset.started', null, 1],
      ['reset.proof_failed', 'email', 2],
      ['reset.proof_failed', 'mobilePhone', 1],
      ['reset.proof_failed', 'email', 1],
    ],
  )
  assert.deepEqual(foldEvents([]), [])
})

test('the first remedy mends what was found, and signing out is always offered', () => {
  assert.equal(remediesFor('resetBlocked')[0], 'unblock')
  assert.equal(remediesFor('accountOff')[0], 'turnOn')
  // A pass lets them in to register; who may not give one gives a password.
  assert.deepEqual(remediesFor('neverRegistered').slice(0, 2), ['accessPass', 'temporaryPassword'])
  assert.equal(remediesFor('nothing').at(-1), 'signOut')
})
