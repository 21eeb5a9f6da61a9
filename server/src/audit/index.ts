export { type Activity, activities } from './activities.ts'
export { type BrowserName, readBrowser } from './browsers.ts'
export { type Actor, type AuditEvent, record, type Trail } from './events.ts'
export {
  type ActivityLine,
  countEvents,
  findActivity,
  findDetails,
  findEvent,
  findTrail,
} from './queries.ts'
