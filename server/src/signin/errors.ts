import { refusals } from '../refusals.ts'
import type { SignInRefusal } from './signIns.ts'

/** The number of a sign-in whose hour is over. */
export const EXPIRED = 50089

export const refuse = refusals(
  {
    invalid_credentials: 401,
    passkey_unknown: 401,
    passkey_incorrect: 422,
    passkey_over: 410,
    account_disabled: 403,
    temporary_password_expired: 403,
    wrong_tenant: 403,
    consent_not_yours: 403,
    nobody_to_ask: 409,
    wrong_state: 409,
    journey_expired: 410,
    not_found: 404,
    device_code_wrong: 400,
    device_code_over: 410,
    throttled: 429,
    invalid_request: 400,
  },
  // The numbers of single sign-on, §5.
  {
    invalid_credentials: 50126,
    account_disabled: 50057,
    wrong_tenant: 50020,
    journey_expired: EXPIRED,
    device_code_wrong: 70018,
    device_code_over: 70019,
  },
)

/** The number of a name or password that is refused while the count of the typed name rests, known or not. */
export const LOCKED = 50053

/** The numbers of sign-ins that lead to no application, as the application is told them. */
export const refusalNumbers: Record<SignInRefusal, number> = {
  not_assigned: 50105,
  needs_administrator: 90094,
  declined: 65004,
  no_second_step: 50079,
  another_account: 50058,
  device_over: 70019,
}
