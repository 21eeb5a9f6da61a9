import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CronItem, Task, TaskList, WorkerEvents } from 'graphile-worker'
import type { RawBuilder, Transaction } from 'kysely'
import type pg from 'pg'
import { DAY, plus, SECOND } from '../clock.ts'
import { asPart, traceparentHere } from '../traces/index.ts'
import type { Store } from './open.ts'
import { sql } from './sql.ts'
import type { Tables } from './tables.ts'
import type { Trx } from './transactions.ts'

/** The names of the jobs that rooms declare by extending `GraphileWorker.Tasks`. */
export type TaskName = keyof GraphileWorker.Tasks

/** The jobs that tenants' transactions ask for; `latchkey.enqueue` refuses every other. */
export const askedJobs: readonly string[] = [
  'deliver-code',
  'deliver-text-message',
  'deliver-call',
  'deliver-mailbox-code',
  'mail-case-link',
  'ask-provider',
  'tell-of-case',
  'send-notice',
  'ask-administrators',
  'explain-refusal',
  'tell-of-block',
  'alarm-of-guessing',
  'send-logout',
  'check-domain',
  'check-takeover',
  'tell-of-takeover',
  'dispute-recovery',
  'tell-of-rescue',
  'dispute-rescue',
  'tell-of-verification',
  'remove-domain',
  'tell-holder',
  'decide-contest',
  'tell-contester',
  'notify-subscriber',
  'tell-lifecycle',
  'tell-of-link',
  'judge-preview',
  'run-bulk-job',
]

export interface JobOptions {
  /** The tenant's job that waits under the same key is replaced. */
  jobKey?: string
  /** Milliseconds until it may start: the queue goes by the database's clock, which may differ from the act's. */
  after?: number
}

/**
 * Adds a job that starts when this transaction commits, and never when it does not.
 * The payload holds ids only: job rows stand outside the tenants' isolation and their secrets.
 */
export async function enqueue<Name extends TaskName>(
  trx: Trx,
  task: Name,
  payload: GraphileWorker.Tasks[Name],
  { jobKey, after }: JobOptions = {},
): Promise<void> {
  const carried = { ...payload, traceparent: traceparentHere() }
  await sql`
    select ${named(task)},
      latchkey.enqueue(${task}, ${JSON.stringify(carried)}, ${jobKey ?? null},
        now() + make_interval(secs => ${after === undefined ? null : Math.max(0, after) / SECOND}::float8))`.execute(
    trx,
  )
}

/**
 * Adds a job for each row that a change returns, in the flight of that change: for changes that travel beside a COMMIT,
 * after which nothing could be added. `payload`: SQL over its row, a JSON object.
 */
export async function changeAndEnqueue(
  trx: Trx,
  task: TaskName,
  { change, payload }: { change: RawBuilder<unknown>; payload: RawBuilder<unknown> },
): Promise<void> {
  const traceparent = traceparentHere()
  const carried =
    traceparent === undefined
      ? payload
      : sql`(${payload}::jsonb || jsonb_build_object('traceparent', ${traceparent}::text))::json`
  await sql`
    with changed as (${change})
    select ${named(task)}, latchkey.enqueue(${task}, ${carried}, null, now()) from changed`.execute(trx)
}

/** The channel that names a job just before the queue's own channel tells of it. */
const NAMED = 'latchkey:named'

/** Names a job; with a number, as PostgreSQL would tell two jobs of one name in a transaction only once. */
const named = (task: TaskName) => sql`pg_notify(${NAMED}, ${task} || ' ' || random())`

/**
 * Keeps workers asleep at the news of a job that is none of theirs: the queue tells every lane of each job, and each
 * would ask the database for it. News that no name came before wake them, as from a program of an earlier version.
 */
function wakeForOwn(client: pg.ClientBase, tasks: TaskList) {
  let name: pg.Notification | undefined
  client.on('notification', message => {
    const task = name?.processId === message.processId ? name.payload!.split(' ')[0]! : undefined
    if (message.channel === 'jobs:insert' && task !== undefined && !(task in tasks)) message.payload = '{"count":0}'
    name = message.channel === NAMED ? message : undefined
  })
}

export interface JobSettings {
  store: Store
  tasks: TaskList
  cron: CronItem[]
  /** Jobs that run once at a start, for any number of processes. */
  first?: readonly TaskName[]
  /** Jobs that run at once in this process. */
  concurrency: number
  /** Told of each failed run of a job; the job itself is tried again later. */
  report?: (task: string, error: unknown) => void
}

/**
 * Runs jobs in this process. A job runs at least once, so a task asks the database what is left to do. `stop` resolves
 * once running jobs are marked done. Jobs that end by themselves cause an uncaught error: a process that looks alive
 * and sends no code has to be started again.
 */
export async function startJobs(settings: JobSettings): Promise<{ stop(): Promise<void> }> {
  const { store, report = () => {} } = settings
  const unlock = () => unlockOrphans(store).catch(error => report('unlock orphans', error))
  await unlock()
  const timer = setInterval(unlock, 60_000).unref()
  let runner: Runner | undefined = await startRunner(settings)
  for (const task of settings.first ?? [])
    await sql`select latchkey_jobs.add_job(${task}::text, job_key := ${task}::text)`.execute(store.owner)
  let stopping = false
  // Nothing catches its error on purpose.
  const going = (async () => {
    while (runner !== undefined) {
      await runner.promise.catch(error => report('runner', error))
      const { workerId }: Runner = runner
      runner = undefined
      if (!stopping) runner = await startAgain(settings, workerId, () => stopping)
    }
  })()
  return {
    async stop() {
      stopping = true
      clearInterval(timer)
      await runner?.stop()
      await going
    },
  }
}

/** Starts the jobs again once the database can be asked; undefined where they are stopped meanwhile. */
async function startAgain(
  settings: JobSettings,
  workerId: string | undefined,
  stopping: () => boolean,
): Promise<Runner | undefined> {
  let answers = 0
  for (const end = Date.now() + 30_000; !stopping(); await sleep(500)) {
    try {
      // Their jobs have no worker now, though connections of their name may still be open.
      await sql`select latchkey_jobs.force_unlock_workers(array[${workerId ?? ''}])`.execute(settings.store.owner)
      answers++
      const runner = await startRunner(settings)
      if (!stopping()) return runner
      await runner.stop()
    } catch (error) {
      // The database answers, so the cause is another: a newer program may have changed their tables.
      if (answers === 3 || Date.now() > end) throw new Error('The jobs have ended.', { cause: error })
    }
  }
  return undefined
}

interface Runner {
  /** The id by which these workers lock their jobs. */
  workerId: string | undefined
  promise: Promise<void>
  stop(): Promise<void>
}

async function startRunner({ store, tasks, cron, concurrency, report = () => {} }: JobSettings): Promise<Runner> {
  const events: WorkerEvents = new EventEmitter()
  let workerId: string | undefined
  events.on('pool:create', ({ workerPool }) => {
    workerId = workerPool.id
  })
  // Each pool of workers signs one of its connections with its id, which tells a living process from a dead one.
  events.on('pool:listen:success', ({ workerPool, client }) => {
    wakeForOwn(client, tasks)
    // The worker is about to send LISTEN on it; ours follows when that is done.
    client.once('drain', () => {
      client.query("select set_config('application_name', $1, false)", [workerPool.id]).catch(() => {})
      client.query(`listen "${NAMED}"`).catch(() => {})
    })
  })
  events.on('pool:listen:release', ({ client }) => {
    client.query(`unlisten "${NAMED}"`).catch(() => {})
  })
  events.on('job:error', ({ job, error }) => report(job.task_identifier, error))
  const { Logger, parseCronItems, run } = await import('graphile-worker')
  const { promise, stop } = await run({
    pgPool: store.pool,
    schema: 'latchkey_jobs',
    concurrency,
    pollInterval: 3_000, // for jobs that wait for their time; new ones are notified
    taskList: inParts(tasks),
    parsedCronItems: parseCronItems(cron),
    noHandleSignals: true, // the program's own end decides when jobs stop
    events,
    logger: new Logger(() => () => {}),
    // Jobs that end within 50 ms are marked done together. `stop` waits for batches alone: without them it would leave
    // the last job locked.
    preset: { worker: { completeJobBatchDelay: 50, failJobBatchDelay: 0 } },
  })
  return { workerId, promise, stop }
}

/** The same tasks, each run of which is a part of what asked for the job. */
const inParts = (tasks: TaskList): TaskList =>
  Object.fromEntries(
    Object.entries(tasks).map(([name, run]) => {
      const timed: Task = async (payload, helpers) => {
        const { traceparent } = Object(payload) as { traceparent?: string }
        return asPart({ kind: 'job', name: `job ${name}`, traceparent }, async () => run!(payload as never, helpers))
      }
      return [name, timed]
    }),
  )

/** Has waiting jobs start so many milliseconds sooner, and these at once. `trx`: the owner's. */
export async function hastenJobs(
  trx: Transaction<Tables>,
  milliseconds: number,
  tasks: readonly TaskName[],
): Promise<void> {
  await sql`update latchkey_jobs._private_jobs set run_at = run_at - make_interval(secs => ${milliseconds / SECOND})
    where locked_at is null`.execute(trx)
  for (const task of tasks)
    await sql`select latchkey_jobs.add_job(${task}::text, job_key := ${task}::text)`.execute(trx)
}

/** Waits until no job runs or is due. False where that takes longer than `patience` milliseconds. */
export async function awaitDueJobs({ owner }: Store, patience: number): Promise<boolean> {
  for (const end = performance.now() + patience; performance.now() < end; await sleep(10)) {
    const { rows } = await sql`select from latchkey_jobs._private_jobs
      where attempts < max_attempts and run_at <= now() or locked_at is not null limit 1`.execute(owner)
    if (rows.length === 0) return true
  }
  return false
}

/** How long a job that was given up is kept, so that an operator can look into it. */
const GIVEN_UP_KEPT = 30 * DAY

/** Removes jobs that were given up long ago. */
export async function removeFailedJobs(store: Store, { now }: { now: Date }): Promise<void> {
  await sql`
    delete from latchkey_jobs._private_jobs
    where attempts >= max_attempts and locked_at is null and run_at < ${plus(now, -GIVEN_UP_KEPT)}`.execute(store.owner)
}

/** Frees the jobs of processes that were killed, which would otherwise stay locked for four hours. */
async function unlockOrphans(store: Store): Promise<void> {
  await sql`
    select latchkey_jobs.force_unlock_workers(array(
      select distinct locked_by from latchkey_jobs.jobs
      where locked_at < now() - interval '30 seconds'
        and not exists (select from pg_stat_activity where application_name = locked_by)))`.execute(store.owner)
}

/** The due jobs that nobody runs yet: by task, their number, and the milliseconds that the oldest has waited. */
export async function findWaitingJobs(store: Store): Promise<{ task: string; count: number; waited: number }[]> {
  const { rows } = await sql<{ task: string; count: number; waited: number }>`
    select task_identifier as task, count(*)::int as count,
      (extract(epoch from now() - min(run_at)) * 1000)::float8 as waited
    from latchkey_jobs.jobs
    where run_at <= now() and locked_at is null and attempts < max_attempts
    group by task_identifier order by task_identifier`.execute(store.owner)
  return rows
}
