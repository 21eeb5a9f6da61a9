export { isFamiliar, rememberDevice } from './devices.ts'
export { findSession, lockSession, removeExpired } from './queries.ts'
export {
  beginSession,
  endSession,
  isFresh,
  noteProof,
  type Requirement,
  rotateSession,
  SESSION_LASTS,
  type Session,
} from './sessions.ts'
