export { type EmbeddedServer, startEmbedded } from './embedded.ts'
export { APART, hasEnded, isOver, latestEnd, stillLasts } from './ends.ts'
export { StoreError, type StoreErrorCode } from './errors.ts'
export {
  enqueue,
  findWaitingJobs,
  type JobOptions,
  type JobSettings,
  removeFailedJobs,
  startJobs,
  type TaskName,
} from './jobs.ts'
export { type Login, roleOf } from './login.ts'
export { findPendingMigrations, migrate } from './migrate.ts'
export { type Db, logIn, openStore, type Store, type StoreSettings } from './open.ts'
export { BATCH, inBatches, type Removal, removeDue } from './removal.ts'
export { loginRole, prepareRoles, printRoles } from './roles.ts'
export { countSeals, reseal, type SealCounts, type SealedColumn } from './seals.ts'
export type { Row, Tables } from './tables.ts'
export { askSystem, askTenant, inSystem, inTenant, type SystemTrx, type Trx } from './transactions.ts'
