import type { PasswordRefusal } from './errors.ts'

export const SHORTEST = 8
export const LONGEST = 256
/** From this length on a passphrase needs no mixture: length does more than variety. */
const PASSPHRASE = 24

/** Lower-case letters, capital letters, digits, and everything else. */
const CLASSES = [/\p{Ll}/u, /\p{Lu}/u, /\p{Nd}/u, /[^\p{Ll}\p{Lu}\p{Nd}]/u]

/** The password as it is compared and hashed: in Unicode normalization form C, so that two keyboards' ways to write "é" are one. */
export const normalizePassword = (password: string) => password.normalize('NFC')

/**
 * The faults of a new password's length and mixture (self-service password reset, §4.2, for any printable character).
 * It takes 8 to 256 characters, and below 24 three of four classes.
 * Expects a password from `normalizePassword`.
 */
export function compositionRefusals(password: string): PasswordRefusal[] {
  const length = [...password].length
  if (length > LONGEST) return ['password_too_long']
  const classes = CLASSES.filter(one => one.test(password)).length
  return [
    ...(length < SHORTEST ? (['password_too_short'] as const) : []),
    ...(classes < 3 && length < PASSPHRASE ? (['password_too_simple'] as const) : []),
  ]
}
