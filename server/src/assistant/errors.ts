import { refusals } from '../refusals.ts'

export const refuse = refusals({
  invalid_request: 400,
  not_found: 404,
  /** Another question is asked now, or none. */
  wrong_state: 409,
  journey_expired: 410,
})
