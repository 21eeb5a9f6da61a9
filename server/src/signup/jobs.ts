export { oldSignups, unkeptCodes, unprovedAddresses } from './expiry.ts'
