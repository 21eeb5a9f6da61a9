import { type Refusal, refusals } from '../refusals.ts'
import type { Journey } from './journey.ts'

export const refuse = refusals({
  invalid_request: 400,
  not_found: 404,
  wrong_state: 409,
  gates_missing: 409,
  already_finished: 409,
  /** The account cannot be unlocked with its present password: the owner reported it as known to somebody else. */
  password_reported: 409,
  /** The tenant has no administrators to ask, and no help desk. */
  nobody_to_ask: 409,
  journey_expired: 410,
  challenge_expired: 410,
  phone_mismatch: 422,
  method_unavailable: 422,
  code_incorrect: 422,
  answers_incorrect: 422,
  passkey_incorrect: 422,
  passkey_over: 410,
  passwords_differ: 422,
  throttled: 429,
  blocked: 429,
})

/**
 * A step that the journey's state does not allow. `gates`: the step needs passed gates, and their lack is told first.
 */
export function outOfStep(journey: Journey, gates = false): Refusal {
  const { state } = journey
  if (state === 'expired' || state === 'superseded') return refuse('journey_expired')
  if (state === 'finished') return refuse('already_finished')
  if (gates && state !== 'choose-password') return refuse('gates_missing')
  return state === 'blocked' ? refuse('blocked', { retryAfter: journey.retryAfter }) : refuse('wrong_state')
}
