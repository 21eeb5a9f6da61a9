import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldEvents } from './foldEvents.ts'

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
