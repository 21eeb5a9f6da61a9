/** Why a challenge cannot be issued or security info cannot be saved; also the stable code that clients see. */
export type MethodErrorCode =
  | 'method_unavailable'
  | 'phone_mismatch'
  | 'phone_invalid'
  | 'email_invalid'
  | 'email_is_this_account'
  | 'email_own_domain'
  | 'question_repeated'
  | 'question_unknown'
  | 'questions_too_few'
  | 'answer_repeated'
  | 'answer_too_short'
  | 'answer_too_long'

export class MethodError extends Error {
  override name = 'MethodError'
  code: MethodErrorCode
  /** The input that it is about, where one is. */
  field: string | undefined
  /** Every input at fault, where several may be. */
  errors: { field: string; code: MethodErrorCode }[] | undefined

  constructor(code: MethodErrorCode, field?: string, errors?: { field: string; code: MethodErrorCode }[]) {
    super(code)
    this.code = code
    this.field = field
    this.errors = errors
  }
}
