import { refusals } from '../refusals.ts'

export const refuse = refusals({
  not_signed_in: 401,
  proof_needed: 403,
  not_found: 404,
  wrong_state: 409,
  registration_required: 409,
  challenge_expired: 410,
  phone_mismatch: 422,
  phone_invalid: 422,
  method_unavailable: 422,
  not_editable: 422,
  code_incorrect: 422,
  answers_incorrect: 422,
  passkey_incorrect: 422,
  passkey_over: 410,
  passkey_known: 409,
  passkeys_full: 409,
  throttled: 429,
  blocked: 429,
})
