export { listOwnActivity, type ShownActivity } from './activity.ts'
export { type ChangeOutcome, changePassword, type PasswordChange } from './change.ts'
