export { isTried, listOwnActivity, listTried, type OwnActivity, type ShownActivity } from './activity.ts'
export { type ChangeOutcome, changePassword, type PasswordChange } from './change.ts'
export { findReport, mayReset, type Report, type ReportOutcome, reportActivity } from './report.ts'
