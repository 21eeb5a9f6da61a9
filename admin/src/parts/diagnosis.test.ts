import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diagnose, type Finding, type Readiness } from './diagnosis.ts'

const well: Readiness = {
  policyId: '00000000-0000-0000-0000-000000000001',
  isEnabled: true,
  isRegistered: true,
  isCapable: true,
  refusal: null,
  gatesRequired: 1,
  methodsRegistered: ['email'],
  blocks: [],
  signIn: null,
  temporaryPasswordExpiresDateTime: null,
  failingChannels: [],
  failingMethods: [],
  disabledDateTime: null,
  groupsThatOpen: [],
}
const UNTIL = '2026-11-27T10:00:00.000Z'
const block = (kind: string) => ({ kind, browser: null, until: UNTIL })

test('each reason is found, and the first that holds is told', () => {
  const cases: [Finding, Partial<Readiness>, boolean?][] = [
    ['nothing', {}],
    ['accountOff', { signIn: 'disabled', blocks: [block('proofs')] }, false],
    ['resetBlocked', { blocks: [block('password'), block('proofs')], refusal: 'SSPR_0014' }],
    ['numberBlocked', { blocks: [block('phoneNumber')] }],
    ['locked', { blocks: [block('lock'), block('password')] }],
    ['signInRests', { blocks: [block('password')], refusal: 'SSPR_0014' }],
    ['temporaryEnded', { signIn: 'temporary_password_expired', refusal: 'SSPR_0014' }],
    ['neverRegistered', { refusal: 'SSPR_0014', methodsRegistered: [] }],
    ['oneShort', { refusal: 'SSPR_0014' }],
    ['noPolicy', { refusal: 'SSPR_0013' }],
    ['noPolicy', { refusal: 'SSPR_0009' }],
    ['elsewhere', { refusal: 'SSPR_0010' }],
    ['comesBack', { failingMethods: [{ kind: 'email', since: UNTIL, reason: '5.1.1' }] }],
    ['sendsFail', { failingChannels: [{ channel: 'sms', since: UNTIL, reason: 'gateway' }] }],
  ]
  for (const [finding, changes, accountEnabled = true] of cases)
    assert.equal(diagnose({ accountEnabled, readiness: { ...well, ...changes } }).finding, finding)
  const off = diagnose({ accountEnabled: false, readiness: { ...well, disabledDateTime: UNTIL } })
  assert.deepEqual([off.since, off.until], [UNTIL, null])
  const { until } = diagnose({ accountEnabled: true, readiness: { ...well, blocks: [block('proofs')] } })
  assert.equal(until, UNTIL)
})
