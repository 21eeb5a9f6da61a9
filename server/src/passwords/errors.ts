import { refusals } from '../refusals.ts'

const statuses = {
  password_refused_by_directory: 422,
  password_too_recent: 422,
  password_too_short: 422,
  password_too_long: 422,
  password_too_simple: 422,
  password_contains_name: 422,
  password_banned: 422,
  password_same: 422,
  password_in_history: 422,
  password_breached: 422,
  password_not_checked: 422,
}
const refuse = refusals(statuses)
const refuseHome = refusals({ SSPR_0030: 503 })

/** Why a new password is refused; also the stable code that clients see. */
export type PasswordRefusal = keyof typeof statuses

/** Of several refusals, the earlier one here is told first. */
export const passwordRefusals = Object.keys(statuses) as PasswordRefusal[]

/** Every rule that a new password fails, in the order above. Never empty. */
export type PasswordRefusals = readonly [PasswordRefusal, ...PasswordRefusal[]]

/** A new password that fails these rules: the refusal is the first of them, and each is told of. */
export const refusedPassword = (codes: PasswordRefusals) =>
  refuse(codes[0], { field: 'newPassword', errors: codes.map(code => ({ field: 'newPassword', code })) })

/** No word came from the directory that keeps the password. */
export const unansweredHome = () => refuseHome('SSPR_0030', { retryAfter: 60 })
