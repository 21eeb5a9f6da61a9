export { cookieStays, ticketFor, ticketsIn, withoutTicket, withTicket } from './cookies.ts'
export { familiarityOf, isSomebodysDevice, rememberDevice } from './devices.ts'
export { endReplacedSessions, findSession, lockSession } from './queries.ts'
export {
  actorOf,
  endSession,
  type Granted,
  isFresh,
  newSession,
  proofOf,
  type Requirement,
  renewSession,
  rotateSession,
  type Session,
} from './sessions.ts'
