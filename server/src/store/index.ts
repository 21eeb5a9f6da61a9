export { demandClaim, isUnclaimed } from './claims.ts'
export { type EmbeddedServer, startEmbedded } from './embedded.ts'
export { APART, hasEnded, isOver, latestEnd, stillLasts } from './ends.ts'
export { StoreError } from './errors.ts'
export {
  awaitDueJobs,
  changeAndEnqueue,
  enqueue,
  findWaitingJobs,
  hastenJobs,
  type Lane,
  removeFailedJobs,
  startJobs,
  type TaskName,
} from './jobs.ts'
export { type Login, roleOf } from './login.ts'
export { type Awaiting, enqueueLost } from './lostJobs.ts'
export { addToken, bindToken, findByToken, issueToken, withBrowsers } from './mailedTokens.ts'
export { findPendingMigrations, migrate, snapshotLock } from './migrate.ts'
export { hasId, type MovedRow, type MovedTable, placeMoved, readMoved } from './moving.ts'
export { type Db, logIn, openStore, type Store } from './open.ts'
export {
  ask,
  askEach,
  askOne,
  bytesOf,
  combine,
  dateOf,
  jsonOf,
  type Question,
  questionOf,
  type Read,
  type Reads,
} from './read.ts'
export { BATCH, endedLongAgo, inBatches, type Removal, removeDue } from './removal.ts'
export { loginRole, printRoles } from './roles.ts'
export { countSeals, type Resealed, reseal, type SealCounts, type SealedColumn } from './seals.ts'
export { openSnapshot, placeSnapshot, type SnapshotContents, type SnapshotTable } from './snapshot.ts'
export { sql } from './sql.ts'
export type { Row, Tables } from './tables.ts'
export { askSystem, askTenant, inPair, inSystem, inTenant, inTenantAfter, type SystemTrx, Trx } from './transactions.ts'
