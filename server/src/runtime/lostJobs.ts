import { lostBulkJobs } from '../bulk/jobs.ts'
import { waitingCodes } from '../challenges/jobs.ts'
import type { Services } from '../http/index.ts'
import { waitingMailboxCodes } from '../mailboxes/jobs.ts'
import { waitingNotices } from '../notifications/jobs.ts'
import { enqueueLost } from '../store/index.ts'
import { waitingDeliveries } from '../webhooks/jobs.ts'

/** Enqueues again the jobs of codes, notices, webhooks and files that the queue lost. */
export const enqueueLostJobs = ({ db, clock }: Pick<Services, 'db' | 'clock'>) =>
  enqueueLost(db, { now: clock() }, [
    waitingCodes,
    waitingMailboxCodes,
    waitingNotices,
    waitingDeliveries,
    lostBulkJobs,
  ])
