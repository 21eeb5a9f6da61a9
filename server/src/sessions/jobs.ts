export { expiredDevices, expiredSessions } from './queries.ts'
