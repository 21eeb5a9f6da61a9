import { refusals } from '../refusals.ts'

export const refuse = refusals({
  unavailable: 503,
  invalid_credentials: 401,
  account_disabled: 403,
  temporary_password_expired: 403,
})
