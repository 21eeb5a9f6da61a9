import { sql } from 'kysely'
import { DAY, plus } from '../clock.ts'
import type { Removal } from '../store/index.ts'

const old = (now: Date, days = 30) => sql`created_at <= ${plus(now, -days * DAY)}`

/** Notices that were sent or given up, 30 days after they were made: they hold addresses, and the audit log tells the rest. A notice whose job was lost goes after 60. */
export const oldNotices: Removal = {
  table: 'notices',
  due: now => sql`${old(now)} and (sent_at is not null or failed_at is not null or ${old(now, 60)})`,
  couldBeDue: old,
}
