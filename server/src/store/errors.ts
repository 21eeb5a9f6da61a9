/** Why the store did not open. The message is one sentence for the operator and holds no secret. */
export type StoreErrorCode =
  | 'account_unusable'
  | 'binaries_unusable'
  | 'folder_unusable'
  | 'server_not_started'
  | 'server_version'
  | 'roles_missing'
  | 'role_unsafe'
  | 'login_refused'
  | 'pooler'
  | 'database_too_new'
  | 'database_not_empty'
  | 'database_changed'

/** An operator's error: `code` is stable, `message` says what to do. */
export class StoreError extends Error {
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StoreError'
    this.code = code
  }
}

/** Whether the connection ended under a statement: PostgreSQL ends or starts, or the network broke. */
export const isConnectionLost = (error: Error & { code?: unknown }) =>
  /^(57P0[1-3]|08\d{3}|ECONNRESET|EPIPE)$/.test(String(error.code)) ||
  /^(Connection terminated|Client has encountered a connection error)/.test(error.message)
