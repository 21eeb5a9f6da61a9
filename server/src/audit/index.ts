export { type Activity, activities } from './activities.ts'
export { type BrowserName, readBrowser } from './browsers.ts'
export { changesOf } from './changes.ts'
export { type AuditEvent, type RecordedAct, record, writtenEvents } from './events.ts'
export type { Change, Collection, Feed } from './feeds.ts'
export { openPlaces, type Places, PlacesFileError } from './places.ts'
export {
  type ActivityLine,
  COUNTED_AT_MOST,
  countEvents,
  findAct,
  findActivity,
  findDetails,
  findEvent,
  findFolded,
  findMade,
  findTrail,
  findTurnedOff,
} from './queries.ts'
export { RETENTION_DAYS } from './retention.ts'
