export { cookieStays, ticketFor, ticketsIn, withoutTicket, withTicket } from './cookies.ts'
export { familiarityOf, isSomebodysDevice, type RememberedStep, rememberDevice, rememberedStepOf } from './devices.ts'
export { endReplacedSessions, findSession, lockSession, sessionBy } from './queries.ts'
export {
  actIn,
  actorOf,
  endSession,
  type Granted,
  isFresh,
  newSession,
  noteUse,
  type Requirement,
  renewSession,
  rotateSession,
  type Session,
  unlessGone,
} from './sessions.ts'
export { readAskedStrength, type SessionProof, stepAmong, strengthOf } from './strength.ts'
