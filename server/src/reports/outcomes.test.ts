import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Activity } from '../audit/index.ts'
import { MINUTE, plus } from '../clock.ts'
import { endingOf, gatesOf, type Step } from './outcomes.ts'

const START = new Date('2026-11-26T12:00:00Z')

/** `started / challenge_issued mobilePhone sms / proof_passed email`: the events of a reset, a minute each. */
const stepsOf = (text: string): Step[] =>
  `started / ${text}`.split(' / ').map((step, minute) => {
    const [name, ...reason] = step.split(' ')
    return {
      at: plus(START, minute * MINUTE).toISOString(),
      activity: `reset.${name}` as Activity,
      result: 'success',
      reason: reason.join(' ') || null,
      address: null,
      userAgent: null,
      details: name === 'started' ? { gates: '2' } : {},
    }
  })

test('a reset comes to a result of the specification, with its sentence', () => {
  const over = plus(START, 15 * MINUTE)
  for (const [steps, outcome, detail] of [
    ['problem_chosen forgot', 'Abandoned', 'User abandoned after entering their user ID'],
    ['challenge_issued email email', 'Abandoned', 'User abandoned after starting the email verification option'],
    [
      'challenge_issued mobilePhone sms / proof_failed mobilePhone',
      'Abandoned',
      'User abandoned after starting the mobile SMS verification option',
    ],
    [
      'challenge_issued mobilePhone voice / proof_passed mobilePhone',
      'Abandoned',
      'User abandoned after completing the mobile voice call verification option',
    ],
    [
      'challenge_issued officePhone voice / proof_passed officePhone',
      'Abandoned',
      'User abandoned after completing the office voice call verification option',
    ],
    ['challenge_issued securityQuestions', 'Abandoned', 'User abandoned after starting the security questions option'],
    [
      'proof_passed email / proof_passed securityQuestions',
      'Abandoned',
      'User abandoned before selecting a new password',
    ],
    [
      'proof_passed email / proof_passed securityQuestions / failed password_banned',
      'Abandoned',
      'User abandoned while selecting a new password',
    ],
    [
      'challenge_issued mobilePhone sms / proof_failed mobilePhone / blocked',
      'Blocked',
      'User entered too many invalid SMS verification codes and is blocked for 24 hours',
    ],
    [
      'challenge_issued mobilePhone voice / proof_failed mobilePhone / blocked',
      'Blocked',
      'User tried mobile phone voice verification too many times and is blocked for 24 hours',
    ],
    [
      'proof_failed securityQuestions / blocked',
      'Blocked',
      'User tried to answer security questions too many times and is blocked for 24 hours',
    ],
    [
      'proof_failed phone_mismatch / blocked',
      'Blocked',
      'User tried to verify a phone number too many times and is blocked for 24 hours',
    ],
    [
      'challenge_issued email email / contacted',
      'Contacted Admin',
      'User contacted an admin after trying the email verification option',
    ],
    ['refused SSPR_0014 / contacted', 'Contacted Admin', 'User contacted an admin'],
    ['refused SSPR_0009', 'Failed', 'Password reset has been disabled entirely for this tenant.'],
    [
      'refused SSPR_0010',
      'Failed',
      "User's password is managed on-premises. You can enable Password Writeback to resolve this",
    ],
    [
      'refused SSPR_0013',
      'Failed',
      'This user is not a member of the password reset users group. Add this user to that group to resolve this.',
    ],
    [
      'refused SSPR_0014',
      'Failed',
      "User's account has insufficient authentication methods defined. Add authentication info to resolve this",
    ],
    ['contacted / proof_passed email / finished', 'Succeeded', 'User successfully reset password'],
    ['problem_chosen unlock / proof_passed email / unlocked', 'Succeeded', 'User successfully unlocked the account'],
  ] as const)
    assert.deepEqual(endingOf(stepsOf(steps), START, over), { outcome, detail }, steps)
})

test('while a reset can go on it has come to nothing yet', () => {
  const now = plus(START, 15 * MINUTE - 1)
  assert.deepEqual(endingOf(stepsOf('challenge_issued email email'), START, now), { outcome: null, detail: null })
  assert.equal(endingOf(stepsOf('refused SSPR_0014'), START, now).outcome, 'Failed')
})

test('the gates are those that were asked for at the beginning, and each method passes one', () => {
  assert.deepEqual(gatesOf(stepsOf('proof_passed email / proof_passed email / proof_passed securityQuestions')), {
    required: 2,
    passed: 2,
  })
  assert.deepEqual(gatesOf([]), { required: null, passed: 0 })
})
