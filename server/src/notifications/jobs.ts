import type { TaskList } from 'graphile-worker'
import type { Services } from '../http/index.ts'
import { sendNotice } from './send.ts'
import type { Senders } from './senders.ts'

export { oldNotices, waitingNotices } from './expiry.ts'

/** The jobs that send notices and requests for help. */
export const noticeTasks = (
  { db, clock, random, keys, words, origin, places }: Services,
  senders: Senders,
): TaskList => ({
  'send-notice': (payload, { job: { attempts } }) =>
    sendNotice(db, { now: clock(), random, keys }, { words, senders, origin, places }, { ...payload, attempts }),
})
