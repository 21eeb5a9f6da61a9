import { type RawBuilder, sql } from 'kysely'
import { momentOf } from '../crypto/index.ts'
import { areSignIns, notSignIns } from './activities.ts'

/** The two lists that the audit log is read as. */
export type Log = 'directoryAudits' | 'signIns'

/** The condition of a log's events. */
export const eventsOf = (log: Log): RawBuilder<boolean> => (log === 'signIns' ? areSignIns : notSignIns)

/** The condition of one event of a log. Its id was made at its own moment, which leads to one month. */
export const eventBy = (log: Log, id: string): RawBuilder<boolean> =>
  sql`audit_events.at = ${momentOf(id)} and audit_events.id = ${id}::uuid and ${eventsOf(log)}`
