export { removeExpiredCounters } from './expiry.ts'
