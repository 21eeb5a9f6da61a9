export {
  familiarDevice,
  familiarity,
  isFamiliar,
  readFamiliar,
  rememberDevice,
  type StoredDevice,
  storedDevice,
} from './devices.ts'
export { findSession, lockSession, removeExpired } from './queries.ts'
export {
  endSession,
  isFresh,
  newSession,
  noteProof,
  type Requirement,
  rotateSession,
  type Session,
} from './sessions.ts'
