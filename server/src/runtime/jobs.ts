import type { TaskList } from 'graphile-worker'
import type { Logger } from 'pino'
import { previewTasks } from '../administration/jobs.ts'
import { assistantTasks } from '../assistant/jobs.ts'
import { makeAuditPartitions } from '../audit/jobs.ts'
import { inLooks } from '../branding/mailPages.tsx'
import { bulkTasks } from '../bulk/jobs.ts'
import { caseTasks } from '../cases/jobs.ts'
import { failUnsent } from '../challenges/index.ts'
import { deliveryTasks, expiredInQueue, guessingTasks } from '../challenges/jobs.ts'
import type { Services } from '../http/index.ts'
import { mailboxCodesExpiredInQueue, mailboxTasks } from '../mailboxes/jobs.ts'
import { type Channel, type Mailbox, SendError, type Senders, type Tell } from '../notifications/index.ts'
import { noticeTasks } from '../notifications/jobs.ts'
import { logoutTasks } from '../oidc/jobs.ts'
import { domainCheckTasks, domainTasks } from '../organization/jobs.ts'
import { codeOf } from '../passwords/index.ts'
import { readBounces } from '../receipts/index.ts'
import { relationshipTasks } from '../relationships/jobs.ts'
import { reportTasks } from '../reports/jobs.ts'
import { rescueTasks } from '../rescues/jobs.ts'
import { resetTasks } from '../reset/jobs.ts'
import { signupTasks } from '../signup/jobs.ts'
import { type Lane, startJobs } from '../store/index.ts'
import { takeoverCheckTasks, takeoverTasks } from '../takeovers/jobs.ts'
import { tenantTasks } from '../tenants/jobs.ts'
import { asPart } from '../traces/index.ts'
import { verificationTasks } from '../verification/jobs.ts'
import { webhookTasks } from '../webhooks/jobs.ts'
import { removeExpired } from './cleanup.ts'
import { enqueueLostJobs } from './lostJobs.ts'
import { timingSenders } from './outside.ts'
import { type Schedule, schedule } from './schedule.ts'
import { resealAll } from './seals.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'remove-expired': Record<string, unknown>
      'make-audit-partitions': Record<string, unknown>
      reseal: Record<string, unknown>
      'enqueue-lost': Record<string, unknown>
      'fail-unsent': Record<string, unknown>
      'read-bounces': Record<string, unknown>
    }
  }
}

/** The codes that are sent at once. */
const AT_ONCE: Record<Channel, number> = { email: 8, sms: 8, voice: 4 }

/** The applications that are told of sign-outs at once. Most answer within milliseconds; slow companies have their turns. */
const LOGOUTS_AT_ONCE = 8

/** The subscribers that are called at once. */
const SUBSCRIBERS_AT_ONCE = 8

/** The files whose rows run at once: people who sign in need the hashing more. */
const FILES_AT_ONCE = 2

/** Domains that are looked up at once: each may wait for the name servers of a company. */
const DOMAINS_AT_ONCE = 4

/** The mailbox of returned mails. `tell`: told how each reading ended. */
export interface Bounces {
  mailbox: Mailbox
  tell: Tell
}

/** One reading of the mailbox. Its failure is told, and the next one comes by itself. */
async function bouncesRead({ db, clock, random, keys }: Services, { mailbox, tell }: Bounces) {
  const reading = asPart({ kind: 'call', name: 'call bounces' }, () =>
    readBounces(db, () => ({ now: clock(), random, keys }), mailbox),
  )
  const read = await reading.catch(async error => {
    await tell('bounces', codeOf(error))
    if (!(error instanceof SendError)) throw error
  })
  if (read) await tell('bounces')
}

/**
 * Starts the jobs, in a lane for each channel of codes that can be used, one for applications,
 * one for webhooks, one for files of rows, one for looks into the DNS, one for returned mails and one for the rest.
 * Where a channel's server or an application hangs, its lane fills up, and the others go on.
 */
export async function startWork(
  services: Services,
  { senders: given, bounces }: { senders: Senders; bounces: Bounces | undefined },
  log: Logger,
  coming: Schedule = schedule,
) {
  const timed = timingSenders(given)
  const senders: Senders = { ...timed, ...(timed.email && { email: inLooks(timed.email, services) }) }
  const codes = deliveryTasks(services, senders)
  const deliveries = { ...codes, email: { ...codes.email, ...mailboxTasks(services, senders) } }
  const channels = (Object.keys(deliveries) as Channel[]).filter(channel => senders[channel])
  const others: TaskList = {
    // Each lane looks for jobs at every new one. Those of a channel without a sender are given up at once, in any lane.
    ...(senders.email ? {} : deliveries.email),
    ...(senders.sms ? {} : deliveries.sms),
    ...(senders.voice ? {} : deliveries.voice),
    ...noticeTasks(services, senders),
    ...guessingTasks(services),
    ...resetTasks(services),
    ...domainTasks(services),
    ...reportTasks(services),
    ...previewTasks(services),
    ...caseTasks(services),
    ...signupTasks(services),
    ...assistantTasks(services),
    ...takeoverTasks(services),
    ...rescueTasks(services),
    ...verificationTasks(services),
    ...relationshipTasks(services),
    ...tenantTasks(services),
    'remove-expired': () => removeExpired(services),
    'make-audit-partitions': () => makeAuditPartitions(services.db, { now: services.clock() }),
    'enqueue-lost': () => enqueueLostJobs(services),
    'fail-unsent': () => {
      const { db, clock, random, keys } = services
      return failUnsent(db, { now: clock(), random, keys }, [expiredInQueue, mailboxCodesExpiredInQueue])
    },
    // A job that nobody runs would wait for ever: the schedule makes it everywhere.
    ...(bounces ? {} : { 'read-bounces': () => {} }),
    reseal: () => resealAll(services.db, { now: services.clock(), random: services.random, keys: services.keys }),
  }
  const report = (task: string, error: unknown) => log.error({ task, err: error }, 'job failed')
  const lane = (tasks: TaskList, concurrency: number): Lane => ({ tasks, concurrency })
  // Most of a job is a wait for the other side. `first`: secrets change between one start and the next.
  return startJobs({
    store: services.db,
    lanes: [
      ...channels.map(channel => lane(deliveries[channel], AT_ONCE[channel])),
      lane(logoutTasks(services), LOGOUTS_AT_ONCE),
      lane(webhookTasks(services), SUBSCRIBERS_AT_ONCE),
      lane(bulkTasks(services), FILES_AT_ONCE),
      ...(bounces ? [lane({ 'read-bounces': () => bouncesRead(services, bounces) }, 1)] : []),
      lane({ ...domainCheckTasks(services), ...takeoverCheckTasks(services) }, DOMAINS_AT_ONCE),
      lane(others, 6),
    ],
    cron: coming,
    first: ['reseal'],
    report,
  })
}
