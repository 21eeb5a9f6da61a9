import { refusals } from '../refusals.ts'

export const refuse = refusals({ not_found: 404 })

/** What the directory refuses, for operators and scripts; never shown to people as it stands. */
export type DirectoryErrorCode =
  | 'user_principal_name_invalid'
  | 'domain_invalid'
  | 'domain_taken'
  | 'user_exists'
  | 'user_not_found'
  | 'tenant_not_found'
  | 'role_unknown'
  | 'text_invalid'

export class DirectoryError extends Error {
  override name = 'DirectoryError'
  code: DirectoryErrorCode

  constructor(code: DirectoryErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

export const directoryError = (code: DirectoryErrorCode, message: string) => new DirectoryError(code, message)
