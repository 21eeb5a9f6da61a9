import { refusals } from '../refusals.ts'

export const refuse = refusals({
  unavailable: 503,
  invalid_credentials: 401,
  account_disabled: 403,
  temporary_password_expired: 403,
  wrong_tenant: 403,
  consent_not_yours: 403,
  wrong_state: 409,
  journey_expired: 410,
  not_found: 404,
  device_code_wrong: 400,
  device_code_over: 410,
  throttled: 429,
  invalid_request: 400,
})
