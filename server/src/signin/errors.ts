import { refusals } from '../refusals.ts'

export const refuse = refusals({ invalid_credentials: 401, account_disabled: 403, temporary_password_expired: 403 })
