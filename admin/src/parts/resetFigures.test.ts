import assert from 'node:assert/strict'
import { test } from 'node:test'
import { methodsOf, reasonsOf, totalsOf, weekdaysOf } from './resetFigures.ts'

const day = {
  date: '2026-11-02',
  started: 9,
  succeeded: 3,
  unlocked: 1,
  refused: { SSPR_0014: 2 },
  abandonedAfter: { challenge_issued: 1 },
  outcomes: { Succeeded: 4, Abandoned: 1, 'Contacted Admin': 1, Failed: 1, Blocked: 1 },
  blocked: 1,
  contactedAdministrator: 1,
  byMethod: [
    { method: 'email', sent: 4, passed: 3 },
    { method: 'passkey', sent: 0, passed: 2 },
  ],
}

test('each reset stands in one group, and those that go on in none', () => {
  assert.deepEqual(totalsOf([day, day]), { backIn: 8, gaveUp: 4, refused: 2, blocked: 2, ended: 16 })
  assert.deepEqual(totalsOf([]), { backIn: 0, gaveUp: 0, refused: 0, blocked: 0, ended: 0 })
})

test('what stops people stands in order, over all days, and what stopped nobody is left out', () => {
  assert.deepEqual(
    reasonsOf([day, { ...day, abandonedAfter: { started: 5 }, contactedAdministrator: 0, blocked: 0 }]).map(
      ({ reason, ending, many }) => `${many} ${reason} ${ending}`,
    ),
    ['5 started gaveUp', '4 SSPR_0014 refused', '1 challenge_issued gaveUp', '1 contacted gaveUp', '1 blocked blocked'],
  )
})

test('a method that needs no message is never passed more often than asked for', () => {
  assert.deepEqual(methodsOf([day]), [
    { method: 'passkey', asked: 2, passed: 2, share: 1 },
    { method: 'email', asked: 4, passed: 3, share: 0.75 },
  ])
})

test('a week begins on Monday', () => {
  const week = weekdaysOf([day, { ...day, date: '2026-11-08', started: 2 }])
  assert.deepEqual(
    week.map(({ started }) => started),
    [9, 0, 0, 0, 0, 0, 2],
  )
})
