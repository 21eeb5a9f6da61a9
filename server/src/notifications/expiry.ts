import { DAY, MINUTE, plus } from '../clock.ts'
import { type Awaiting, type Removal, sql } from '../store/index.ts'
import { TRIED_FOR } from './send.ts'

const old = (now: Date, days = 30) => sql`created_at <= ${plus(now, -days * DAY)}`

/** Notices that were sent or given up, 30 days after they were made: they hold addresses, and the audit log tells the rest. A notice whose job was lost goes after 60. */
export const oldNotices: Removal = {
  table: 'notices',
  due: now => sql`${old(now)} and (sent_at is not null or failed_at is not null or ${old(now, 60)})`,
  couldBeDue: old,
}

const waiting = (now: Date) =>
  sql`created_at <= ${plus(now, -MINUTE)} and created_at > ${plus(now, -TRIED_FOR)} and sent_at is null and failed_at is null`

/** Notices that have waited for a minute to be sent, and are still tried. */
export const waitingNotices: Awaiting = {
  table: 'notices',
  overdue: waiting,
  couldBeOverdue: waiting,
  task: sql.lit('send-notice'),
  idName: 'noticeId',
}
