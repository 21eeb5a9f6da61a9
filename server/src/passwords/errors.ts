/**
 * Why a new password is refused; also the stable codes that clients see. Where several hold, the earlier one here is
 * told first.
 */
export const passwordRefusals = [
  'password_refused_by_directory',
  'password_too_recent',
  'password_too_short',
  'password_too_long',
  'password_too_simple',
  'password_contains_name',
  'password_banned',
  'password_same',
  'password_in_history',
  'password_breached',
  'password_not_checked',
] as const

export type PasswordRefusal = (typeof passwordRefusals)[number]

/** Every rule that a new password fails, in the order above. Never empty. */
export type PasswordRefusals = readonly [PasswordRefusal, ...PasswordRefusal[]]
