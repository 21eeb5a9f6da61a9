export { oldOnboardings } from './expiry.ts'
