export { makeAuditPartitions } from './partitions.ts'
export { removeOldEvents } from './retention.ts'
