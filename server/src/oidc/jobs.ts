export { rollDueKeys } from './keys.ts'
export { expiredRecords } from './records.ts'
