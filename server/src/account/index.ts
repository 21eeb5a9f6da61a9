export { listOwnActivity, type ShownActivity, shownActivities } from './activity.ts'
export { type ChangeOutcome, changePassword, type PasswordChange } from './change.ts'
