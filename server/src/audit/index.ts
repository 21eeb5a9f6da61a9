export { type Activity, activities } from './activities.ts'
export { type Actor, type AuditEvent, record, type Trail } from './events.ts'
export { type ActivityLine, countEvents, findActivity } from './queries.ts'
