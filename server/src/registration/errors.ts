/** What changing security info is refused for; also the stable code that clients see. */
export type RegistrationErrorCode =
  | 'proof_needed'
  | 'not_editable'
  | 'registration_required'
  | 'wrong_state'
  | 'method_unavailable'
  | 'not_found'
  | 'not_signed_in'

export class RegistrationError extends Error {
  override name = 'RegistrationError'
  code: RegistrationErrorCode
  field: string | undefined

  constructor(code: RegistrationErrorCode, field?: string) {
    super(code)
    this.code = code
    this.field = field
  }
}
