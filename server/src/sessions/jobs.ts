export { removeExpired as removeExpiredSessions } from './queries.ts'
