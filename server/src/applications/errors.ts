/** What is refused of an application, for operators and scripts; never shown to people as it stands. */
export type ApplicationErrorCode =
  | 'application_exists'
  | 'application_not_found'
  | 'text_invalid'
  | 'one_platform'
  | 'address_invalid'
  | 'role_invalid'
  | 'role_duplicate'
  | 'role_unknown'
  | 'scope_invalid'
  | 'scope_duplicate'
  | 'scope_unknown'
  | 'key_invalid'
  | 'public_client'
  | 'secret_lifetime'
  | 'secrets_at_most'
  | 'secret_not_found'

export class ApplicationError extends Error {
  override name = 'ApplicationError'
  code: ApplicationErrorCode

  constructor(code: ApplicationErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

export const applicationError = (code: ApplicationErrorCode, message: string) => new ApplicationError(code, message)
