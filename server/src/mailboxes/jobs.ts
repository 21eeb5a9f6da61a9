import type { TaskList } from 'graphile-worker'
import type { Run } from '../challenges/index.ts'
import type { Services } from '../http/index.ts'
import type { Senders } from '../notifications/index.ts'
import { deliverMailboxCode } from './deliver.ts'

export {
  endedStops,
  expiredMailboxLinks,
  mailboxCodesExpiredInQueue,
  oldMailboxChallenges,
  waitingMailboxCodes,
} from './expiry.ts'

/** The job that mails codes to typed addresses. */
export const mailboxTasks = (
  { db, clock, random, keys, words, origin, mailDomains }: Services,
  senders: Senders,
): TaskList => ({
  'deliver-mailbox-code': (payload: GraphileWorker.Tasks['deliver-mailbox-code'], { job }: { job: Run }) =>
    deliverMailboxCode(
      db,
      { now: clock(), random, keys },
      { words, senders, origin, mailDomains },
      { ...payload, job },
    ),
})
