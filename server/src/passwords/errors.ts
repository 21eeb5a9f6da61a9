/** Why a new password is refused; also the stable code that clients see. */
export type PasswordRefusal =
  | 'password_too_short'
  | 'password_too_long'
  | 'password_too_simple'
  | 'password_same'
  | 'password_refused_by_directory'
