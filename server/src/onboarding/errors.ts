import { refusals } from '../refusals.ts'

export const refuse = refusals({
  forbidden: 403,
  /** Choosing a tenant takes a fresh proof. */
  proof_needed: 403,
  not_found: 404,
  /** Another question is due, there is nothing to go back to, or another tenant was chosen. */
  wrong_state: 409,
  journey_expired: 410,
  link_expired: 410,
  /** No address that mail can be sent to. */
  address_invalid: 422,
  /** What was typed names no domain. */
  domain_invalid: 422,
  /** Ten were looked up. */
  lookups_used_up: 429,
  throttled: 429,
})
