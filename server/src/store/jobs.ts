import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CronItem, Job, Task, TaskList, WorkerEvents } from 'graphile-worker'
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

/** Jobs that wait for each other alone: at most so many of them run at once in this process. */
export interface Lane {
  tasks: TaskList
  concurrency: number
}

export interface JobSettings {
  store: Store
  lanes: readonly Lane[]
  cron: CronItem[]
  /** Jobs that run once at a start, for any number of processes. */
  first?: readonly TaskName[]
  /** Told of each failed run of a job; the job itself is tried again later. */
  report?: (task: string, error: unknown) => void
}

/**
 * Runs jobs in this process. A job runs at least once, so a task asks the database what is left to do. `stop` resolves
 * once running jobs are marked done. Jobs that end by themselves cause an uncaught error: a process that looks alive
 * and sends no code has to be started again.
 */
export async function startJobs(settings: JobSettings): Promise<{ stop(): Promise<void> }> {
  const { store, lanes, cron, first = [], report = () => {} } = settings
  const unlock = () => unlockOrphans(store).catch(error => report('unlock orphans', error))
  await unlock()
  const timer = setInterval(unlock, 60_000).unref()
  const news = shareNews(store)
  const running: Awaited<ReturnType<typeof startLane>>[] = []
  // One after the other: at once each would open a connection, to find that there is nothing to do.
  for (const lane of lanes)
    running.push(await startLane({ ...lane, store, news, report, cron: running.length === 0 ? cron : [] }))
  for (const task of first)
    await sql`select latchkey_jobs.add_job(${task}::text, job_key := ${task}::text)`.execute(store.owner)
  return {
    async stop() {
      clearInterval(timer)
      await Promise.all(running.map(lane => lane.stop()))
    },
  }
}

/** What an end of the queue's own connection is called back with. */
type Given = (error: Error | undefined, client?: unknown, release?: () => void) => void

/**
 * One connection on which all lanes of a process hear of jobs. Its name is the id by which they lock their jobs: it
 * tells a living process from a dead one. `poolFor`: the pool of a lane that runs these tasks.
 */
function shareNews({ pool }: Store) {
  const id = `lanes-${randomUUID()}`
  let line: ReturnType<typeof openLine> | undefined

  function openLine() {
    const ears = new Map<EventEmitter, TaskList>()
    let closed = false
    const opened = pool.connect().then(async client => {
      client.on('notification', hearJobs(ears))
      client.once('error', error => {
        close()
        for (const ear of ears.keys()) if (ear.listenerCount('error') > 0) ear.emit('error', error)
      })
      try {
        await client.query(
          `set application_name = '${id}'; listen "jobs:insert"; listen "worker:migrate"; listen "${NAMED}"`,
        )
        // Together with the answer it can hear that PostgreSQL stops, before an ear is there to be told.
        if (closed) throw new Error('The connection on which jobs are heard of has ended.')
      } catch (error) {
        client.release(true)
        throw error
      }
      return client
    })
    function close() {
      if (closed) return
      closed = true
      if (line?.opened === opened) line = undefined
      opened.then(
        client => client.release(true),
        () => {},
      )
    }
    return { ears, opened, close }
  }

  function listen(tasks: TaskList, given: Given) {
    line ??= openLine()
    const { ears, opened, close } = line
    const ear = Object.assign(new EventEmitter(), { query: async () => {} }) // LISTEN and UNLISTEN are the line's
    ears.set(ear, tasks)
    const release = () => {
      if (ears.delete(ear) && ears.size === 0) close()
    }
    opened.then(
      () => given(undefined, ear, release),
      error => {
        release()
        given(error)
      },
    )
  }

  const poolFor = (tasks: TaskList): pg.Pool =>
    Object.create(pool, {
      // The queue calls it with a callback for the connection that it listens on, and for no other.
      connect: { value: (given?: Given) => (given ? listen(tasks, given) : pool.connect()) },
      query: { value: pool.query.bind(pool) },
    })
  return { id, poolFor }
}

/**
 * Wakes the lanes that run a new job. The queue tells of each job without its name, and each lane would ask the
 * database for it. News that no name came before wake them all, as from a program of an earlier version.
 */
function hearJobs(ears: ReadonlyMap<EventEmitter, TaskList>) {
  let name: pg.Notification | undefined
  return (message: pg.Notification) => {
    const task = name?.processId === message.processId ? name.payload!.split(' ')[0]! : undefined
    name = message.channel === NAMED ? message : undefined
    const isForAll = message.channel !== 'jobs:insert' || task === undefined
    for (const [ear, tasks] of ears) if (isForAll || task in tasks) ear.emit('notification', message)
  }
}

/** A lane that this process runs. */
interface LaneSettings extends Lane {
  store: Store
  news: ReturnType<typeof shareNews>
  cron: CronItem[]
  report: (task: string, error: unknown) => void
}

/** Runs one lane, and starts it again where its runner ends by itself. */
async function startLane(settings: LaneSettings): Promise<{ stop(): Promise<void> }> {
  let runner: Runner | undefined = await startRunner(settings)
  let stopping = false
  // Nothing catches its error on purpose.
  const going = (async () => {
    while (runner !== undefined) {
      await runner.promise.catch(error => settings.report('runner', error))
      runner = undefined
      if (!stopping) runner = await startAgain(settings, () => stopping)
    }
  })()
  return {
    async stop() {
      stopping = true
      await runner?.stop()
      await going
    },
  }
}

/** Starts a lane again once the database can be asked; undefined where the jobs are stopped meanwhile. */
async function startAgain(settings: LaneSettings, stopping: () => boolean): Promise<Runner | undefined> {
  const { store, news, tasks } = settings
  let answers = 0
  // A pause before the first try too: where a job's end cannot be written, it would run again many times a second.
  for (const end = Date.now() + 30_000; !stopping(); ) {
    await sleep(500)
    try {
      // Its jobs have no worker now. Those of the other lanes, which have the same id, go on.
      await sql`update latchkey_jobs._private_jobs
        set locked_at = null, locked_by = null, run_at = greatest(run_at, now())
        where locked_by = ${news.id} and task_id in (
          select id from latchkey_jobs._private_tasks where identifier = any(${Object.keys(tasks)}::text[]))`.execute(
        store.owner,
      )
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
  promise: Promise<void>
  stop(): Promise<void>
}

async function startRunner({ news, tasks, concurrency, cron, report }: LaneSettings): Promise<Runner> {
  const events: WorkerEvents = new EventEmitter()
  events.on('pool:create', ({ workerPool }) => {
    workerPool.id = news.id
  })
  // The database answers with a batch in the order of its ids: the newest of a full lane's codes would be the last.
  events.on('localQueue:getJobs:complete', ({ jobs }) => {
    jobs.sort(inOrder)
  })
  events.on('job:error', ({ job, error }) => report(job.task_identifier, error))
  const { Logger, parseCronItems, run } = await import('graphile-worker')
  const { promise, stop } = await run({
    pgPool: news.poolFor(tasks),
    schema: 'latchkey_jobs',
    concurrency,
    pollInterval: 3_000, // for jobs that wait for their time; new ones are notified
    taskList: inParts(tasks),
    parsedCronItems: parseCronItems(cron),
    noHandleSignals: true, // the program's own end decides when jobs stop
    events,
    logger: new Logger(() => () => {}),
    preset: {
      worker: {
        // A lane looks for jobs once for all its workers. What none of them takes within a second is for other processes.
        localQueue: { size: concurrency, ttl: SECOND },
        // Jobs that end within 50 ms are marked done together. `stop` waits for batches alone: without them it would
        // leave the last job locked.
        completeJobBatchDelay: 50,
        failJobBatchDelay: 0,
      },
    },
  })
  return { promise, stop }
}

/** The order in which the queue hands out its jobs. */
const inOrder = (one: Job, other: Job) =>
  one.priority - other.priority || Number(one.run_at) - Number(other.run_at) || Number(one.id) - Number(other.id)

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
