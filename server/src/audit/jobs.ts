export { makeAuditPartitions } from './partitions.ts'
