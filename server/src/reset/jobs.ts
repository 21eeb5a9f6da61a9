export { removeExpiredJourneys } from './expiry.ts'
