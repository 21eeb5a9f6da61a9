export { changePassword } from './change.ts'
export { reportActivity } from './report.ts'
