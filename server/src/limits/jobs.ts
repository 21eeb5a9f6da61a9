export { expiredCounters, expiredSends } from './expiry.ts'
