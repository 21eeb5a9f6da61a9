export { expiredAssistants } from './expiry.ts'
export { type Learned, learnedIn, learnedOf } from './learned.ts'
export { assistantSeals, openAssistant } from './queries.ts'
