import { refusals } from '../refusals.ts'

export const refuse = refusals({
  not_signed_in: 401,
  /** What reads out or ends an account takes a fresh proof. */
  proof_needed: 403,
  not_found: 404,
  password_reported: 409,
  current_password_incorrect: 422,
  passwords_differ: 422,
  throttled: 429,
})
