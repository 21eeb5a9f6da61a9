/** What the directory refuses, for operators and scripts; never shown to people as it stands. */
export type DirectoryErrorCode =
  | 'user_principal_name_invalid'
  | 'domain_invalid'
  | 'domain_taken'
  | 'user_exists'
  | 'user_not_found'
  | 'tenant_not_found'
  | 'role_unknown'
  | 'policy_invalid'

export class DirectoryError extends Error {
  override name = 'DirectoryError'
  code: DirectoryErrorCode

  constructor(code: DirectoryErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

export const directoryError = (code: DirectoryErrorCode, message: string) => new DirectoryError(code, message)

/** Refuses a setting that there is none of, by name: a mistyped one would be left out unseen. Throws `policy_invalid`. */
export function checkKnown(settings: object, known: object): void {
  const unknown = Object.keys(settings).find(name => !Object.hasOwn(known, name))
  if (unknown !== undefined)
    throw directoryError('policy_invalid', `there is no setting "${unknown}", only ${Object.keys(known).join(', ')}`)
}
