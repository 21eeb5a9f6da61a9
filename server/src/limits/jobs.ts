export { removeExpiredCounters, removeExpiredSends } from './expiry.ts'
