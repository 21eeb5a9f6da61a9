export { isFamiliar, rememberDevice } from './devices.ts'
export { findSession, lockSession, removeExpired } from './queries.ts'
export {
  beginSession,
  endSession,
  isFresh,
  noteProof,
  type Requirement,
  rotateSession,
  type Session,
} from './sessions.ts'
