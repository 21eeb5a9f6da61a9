export { expiredAssistants } from './expiry.ts'
export { assistantSeals } from './queries.ts'
