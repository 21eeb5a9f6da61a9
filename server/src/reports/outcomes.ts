import type { Activity } from '../audit/index.ts'
import { MINUTE, plus } from '../clock.ts'

/** An event of a journey. `at` as JSON. */
export interface Step {
  at: string
  activity: Activity
  result: 'success' | 'failure'
  reason: string | null
  address: string | null
  userAgent: string | null
  details: Record<string, string>
}

/** What a reset came to (self-service password reset, §8.3); null while it goes on. */
export type Outcome = 'Succeeded' | 'Abandoned' | 'Blocked' | 'Contacted Admin' | 'Failed'

export interface Ending {
  outcome: Outcome | null
  /** A sentence of §8.4. */
  detail: string | null
}

/** How long a reset may take, as the reset itself has it. */
const LASTS = 15 * MINUTE

/** The method and channel of a step; a wrong number is a step of the mobile phone. */
export function methodOf({ activity, reason }: Pick<Step, 'activity' | 'reason'>): {
  method: string | null
  channel: string | null
} {
  if (!/^reset\.(challenge_issued|proof_passed|proof_failed)$/.test(activity) || reason === null)
    return { method: null, channel: null }
  if (reason === 'phone_mismatch') return { method: 'mobilePhone', channel: null }
  const [method = null, channel = null] = reason.split(' ')
  return { method, channel }
}

/** The reason of a step, where it is more than its method. */
export const reasonOf = (step: Pick<Step, 'activity' | 'reason'>) =>
  step.reason === 'phone_mismatch' || methodOf(step).method === null ? step.reason : null

/** How a method is called in §8.4. */
const OPTIONS: Record<string, string> = {
  email: 'email verification',
  'mobilePhone sms': 'mobile SMS verification',
  'mobilePhone voice': 'mobile voice call verification',
  mobilePhone: 'mobile phone verification',
  'officePhone voice': 'office voice call verification',
  officePhone: 'office voice call verification',
  securityQuestions: 'security questions',
  authenticatorCode: 'mobile app code verification',
  recoveryCode: 'recovery code verification',
  passkey: 'passkey verification',
}

const BLOCKED: Record<string, string> = {
  'mobilePhone sms': 'User entered too many invalid SMS verification codes and is blocked for 24 hours',
  'mobilePhone voice': 'User tried mobile phone voice verification too many times and is blocked for 24 hours',
  'officePhone voice': 'User tried office phone voice verification too many times and is blocked for 24 hours',
  securityQuestions: 'User tried to answer security questions too many times and is blocked for 24 hours',
  phone_mismatch: 'User tried to verify a phone number too many times and is blocked for 24 hours',
}

const REFUSED: Record<string, string> = {
  SSPR_0009: 'Password reset has been disabled entirely for this tenant.',
  SSPR_0010: "User's password is managed on-premises. You can enable Password Writeback to resolve this",
  SSPR_0013:
    'This user is not a member of the password reset users group. Add this user to that group to resolve this.',
  SSPR_0014: "User's account has insufficient authentication methods defined. Add authentication info to resolve this",
  SSPR_0029:
    "We encountered a problem while resetting the user's on-premises password. Check your sync machine's event log",
  SSPR_0030: "We could not reach your on-premises password reset service. Check your sync machine's event log",
}

/** The gates of a journey: how many its policy asked for when it began, and how many were passed. */
export function gatesOf(steps: readonly Step[]) {
  const started = steps.find(({ activity }) => activity === 'reset.started')
  const asked = Number(started?.details.gates ?? Number.NaN)
  const passed = new Set(steps.filter(({ activity }) => activity === 'reset.proof_passed').map(({ reason }) => reason))
  return { required: Number.isNaN(asked) ? null : asked, passed: passed.size }
}

/** What a journey came to, from its steps, oldest first. */
export function endingOf(steps: readonly Step[], startedAt: Date, now: Date): Ending {
  const has = (activity: Activity) => steps.some(step => step.activity === activity)
  const last = steps.findLast(({ activity }) => /^reset\.(challenge_issued|proof_|failed)/.test(activity))
  const option = optionOf(steps, last)
  if (has('reset.finished')) return { outcome: 'Succeeded', detail: 'User successfully reset password' }
  if (has('reset.unlocked')) return { outcome: 'Succeeded', detail: 'User successfully unlocked the account' }
  if (has('reset.contacted'))
    return {
      outcome: 'Contacted Admin',
      detail: option ? `User contacted an admin after trying the ${option} option` : 'User contacted an admin',
    }
  if (has('reset.blocked'))
    return {
      outcome: 'Blocked',
      detail: BLOCKED[keyOf(steps, last)] ?? `User tried the ${option} option too many times and is blocked`,
    }
  const refusal = steps.find(({ activity }) => activity === 'reset.refused')
  if (refusal) return { outcome: 'Failed', detail: REFUSED[refusal.reason ?? ''] ?? null }
  if (plus(startedAt, LASTS) > now) return { outcome: null, detail: null }
  return { outcome: 'Abandoned', detail: abandonedAt(steps, last, option) }
}

function abandonedAt(steps: readonly Step[], last: Step | undefined, option: string | undefined): string {
  if (!last || option === undefined) return 'User abandoned after entering their user ID'
  if (last.activity === 'reset.failed') return 'User abandoned while selecting a new password'
  if (last.activity !== 'reset.proof_passed') return `User abandoned after starting the ${option} option`
  const { required, passed } = gatesOf(steps)
  if (required !== null && passed >= required) return 'User abandoned before selecting a new password'
  return `User abandoned after completing the ${option} option`
}

/** The method of a step with its channel, which only the challenge before it names. */
function keyOf(steps: readonly Step[], step: Step | undefined): string {
  if (!step) return ''
  if (step.reason === 'phone_mismatch') return step.reason
  const { method, channel } = methodOf(step)
  const asked = steps.findLast(one => one.activity === 'reset.challenge_issued' && methodOf(one).method === method)
  const by = channel ?? (asked && methodOf(asked).channel)
  return by && method !== 'email' ? `${method} ${by}` : (method ?? '')
}

const optionOf = (steps: readonly Step[], last: Step | undefined): string | undefined => {
  const tried = last?.activity === 'reset.failed' ? steps.findLast(one => methodOf(one).method !== null) : last
  const { method } = tried ? methodOf(tried) : { method: null }
  return OPTIONS[keyOf(steps, tried)] ?? (method === null ? undefined : OPTIONS[method])
}
