import { Refusal, refusals } from '../refusals.ts'
import type { Answer } from './home.ts'

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
const refuseHome = refusals({ SSPR_0029: 409, SSPR_0030: 503 })

/** Why a new password is refused; also the stable code that clients see. */
export type PasswordRefusal = keyof typeof statuses

/** Of several refusals, the earlier one here is told first. */
export const passwordRefusals = Object.keys(statuses) as PasswordRefusal[]

/** Every rule that a new password fails, in the order above. Never empty. */
export type PasswordRefusals = readonly [PasswordRefusal, ...PasswordRefusal[]]

/** A new password that fails these rules: the refusal is the first of them, and each is told of. */
export const refusedPassword = (codes: PasswordRefusals) =>
  refuse(codes[0], { field: 'newPassword', errors: codes.map(code => ({ field: 'newPassword', code })) })

/** Why a directory refuses a password, where it says. */
export type DirectoryReason =
  | 'too_short'
  | 'too_simple'
  | 'in_history'
  | 'too_young'
  | 'too_long'
  | 'contains_name'
  | 'other'

/** A directory's no to a password, with its reasons. */
export const refusedByDirectory = (reasons: readonly DirectoryReason[]) =>
  refuse('password_refused_by_directory', {
    field: 'newPassword',
    errors: reasons.map(reason => ({ field: 'newPassword', code: `directory_${reason}` })),
    more: { reasons },
  })

/** A directory's no to us: nobody's other password would help. */
export const unableHome = () => refuseHome('SSPR_0029')

/** The change that was made, or the refusal that tells why none was, as far as anybody knows. */
export function doneOr<T>(answer: Exclude<Answer<T>, 'ended'>): T | Refusal {
  if (answer instanceof Refusal) return answer
  if ('done' in answer) return answer.done
  return 'unable' in answer ? unableHome() : unansweredHome()
}

/** No word came from the directory that keeps the password. */
export const unansweredHome = () => refuseHome('SSPR_0030', { retryAfter: 60 })
