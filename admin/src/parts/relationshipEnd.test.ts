import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endOf } from './relationshipEnd.ts'

test('a relationship that was ended before its time shows when, and any other its end', () => {
  const times = { endDateTime: '2027-02-17T00:00:00Z', lastModifiedDateTime: '2026-09-10T00:00:00Z' }
  assert.equal(endOf({ ...times, status: 'terminated' }), times.lastModifiedDateTime)
  for (const status of ['active', 'expired']) assert.equal(endOf({ ...times, status }), times.endDateTime)
})
