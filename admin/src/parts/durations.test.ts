import assert from 'node:assert/strict'
import { test } from 'node:test'
import { daysOf, daysWithin } from './durations.ts'

test('a duration is counted in days, and only shorter ones are offered beside it', () => {
  assert.deepEqual(['P1Y', 'P2Y', 'P6M', 'P1Y1M1W1D', 'P180D'].map(daysOf), [365, 730, 180, 403, 180])
  assert.deepEqual(daysWithin('P100D'), [30, 90, 100])
  assert.deepEqual(daysWithin('P2Y'), [30, 90, 180, 365, 730])
  assert.deepEqual(daysWithin('P7D'), [7])
})
