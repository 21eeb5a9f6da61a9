import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { chown, mkdir, mkdtemp, readFile, realpath } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { type Account, binariesFor, reaches, run, serverAccount } from './binaries.ts'
import { admit, exists, type Home, initialise, refuseForeign, sweep } from './cluster.ts'
import { StoreError } from './errors.ts'
import { openOwn, removeSocketFolder } from './ownership.ts'
import { answers, isPostmaster, releaseLocks } from './postmaster.ts'
import { findFormerAccount, takeOver } from './takeover.ts'

/** A PostgreSQL server that runs from a folder of ours. */
export interface EmbeddedServer {
  /** Connection URL of its own superuser, over a Unix socket that no other account of the machine can use. */
  url: string
  /** Whether this process stops the server at its end; a second process on the same folder is a guest. */
  first: boolean
  /** Reports each end of the server from now on; the first process starts it again. */
  watch(told: Watcher): void
  /** Leaves the server; the first process stops it, unless a guest still uses it. */
  stop(): Promise<void>
  /** Ends the first process's server without a wait, for a process that ends at once. */
  abandon(): void
}

/** The listener of the server's ends. */
export interface Watcher {
  /** Each end of the server, and each new beginning, in a sentence. */
  report(what: string): void
  /** The server has ended and cannot be started again. */
  lost(error: StoreError): void
}

interface Running {
  /** Undefined where the server lives out of our sight (another container on the same folder). */
  pid: number | undefined
  socket: string
  ended(): Promise<boolean>
}

/** A running server and this process's own connection to it, which ends when the server does. */
interface Opened {
  server: Running
  keeper: pg.Client
  /** Resolves when the connection has ended. */
  ended: Promise<void>
}

const major = 18
const keeperLock = 'latchkey keeper' // held by the process that stops the server at its end
const patience = 60_000 // milliseconds to start, which includes recovery after a crash, and to stop
const recoveryPatience = 30_000 // milliseconds in which a server that ended has to be had again
const lookEvery = 1_000 // milliseconds between two looks at the server's lock file
const longestSocketPath = 103 // bytes, of the systems' limits the smallest

/**
 * Starts PostgreSQL from `folder`, or joins the server that already runs there, as after a kill of this program alone.
 * `settings` are PostgreSQL's own, as `name=value`, on top of ours.
 * @throws StoreError with one sentence for the operator where the folder, the account or the binaries cannot work.
 */
export async function startEmbedded(folder: string, settings: string[] = []): Promise<EmbeddedServer> {
  const home = await prepare(resolve(folder, 'postgres'), settings)
  const opened = await open(home, Date.now() + patience, () => launch(home, settings))
  if (opened !== undefined) return keep(home, opened, settings)
  const log = join(home.folder, 'postgres.log')
  throw new StoreError('server_not_started', `PostgreSQL does not start in ${home.folder}: ${log} says why.`)
}

/** Joins the server that runs, or has `start` start one. Undefined where neither succeeded by `end`, or `start` gives up. */
async function open(home: Home, end: number, start: () => Promise<Running | undefined>): Promise<Opened | undefined> {
  for (let pause = 100; ; pause = Math.min(pause * 2, 3_000)) {
    const server = (await findRunning(home)) ?? (await start())
    const opened = server && (await connect(server, end))
    if (opened !== undefined || server === undefined || Date.now() > end) return opened
    await sleep(pause) // another starter was faster, or a connection of a killed server still holds its memory
  }
}

async function prepare(wanted: string, settings: string[]): Promise<Home> {
  const account = await serverAccount()
  const former = await findFormerAccount(wanted, account)
  if (former !== undefined) await takeOverFrom(former, await realpath(wanted), account)
  await mkdir(wanted, { recursive: true }).catch(error => {
    throw new StoreError(
      'folder_unusable',
      `The folder ${wanted} cannot be made (${error.code}): set LATCHKEY_DATA to a folder that this account may write.`,
    )
  })
  // A server is recognised by the path it was started with, so that path has one spelling.
  const folder = await realpath(wanted)
  const data = join(folder, String(major))
  for (const path of [folder, data]) await refuseForeign(path, account)
  if (account.switched) await chown(folder, account.uid, account.gid)
  await reaches(account, folder)
  await sweep(folder, account)
  const binaries = await binariesFor(account, dirname(folder))
  const home = { folder, data, binaries, account }
  if (!(await exists(data))) await initialise(home, settings.includes('fsync=off'))
  return home
}

async function takeOverFrom(former: Account, folder: string, account: Account): Promise<void> {
  const data = join(folder, String(major))
  const binaries = await binariesFor(account, dirname(folder))
  const home = { folder, data, binaries, account: former }
  const server = await findRunning(home)
  const opened = server && (await connect(server, Date.now() + 5_000))
  // A server that a killed program left running is ended; a used one is refused below.
  if (opened !== undefined) await (await keep(home, opened, [])).stop()
  await takeOver(folder, former, account, async copy => {
    await admit(copy, account)
    await run(join(binaries, 'initdb'), ['--sync-only', '-D', copy], account, '/')
  })
}

async function findRunning({ data, account }: Home): Promise<Running | undefined> {
  const file = await openOwn(join(data, 'postmaster.pid'), account, constants.O_RDWR)
  if (file === undefined) return undefined
  try {
    const text = await file.readFile('utf8')
    const [pidLine = '', , , , socket = ''] = text.split('\n')
    const pid = Number(pidLine)
    if (socket !== '' && (await isPostmaster(pid, data))) {
      return { pid, socket, ended: async () => !(await isPostmaster(pid, data)) }
    }
    if (socket !== '' && (await answers(socket))) {
      return { pid: undefined, socket, ended: async () => !(await answers(socket)) }
    }
    await releaseLocks(file, text, socket, account)
    return undefined
  } finally {
    await file.close()
  }
}

/** Starts the server; `again`: with the earlier socket, which the pool's connections know. */
async function launch({ folder, data, binaries, account }: Home, settings: string[], again?: string): Promise<Running> {
  const fits = Buffer.byteLength(join(folder, '.s.PGSQL.5432')) <= longestSocketPath
  const socket = again ?? (fits ? folder : await mkdtemp('/tmp/latchkey-')) // found again through postmaster.pid
  if (again === undefined && !fits && account.switched) await chown(socket, account.uid, account.gid)
  await admit(data, account) // in place of an earlier version's, or a stranger's
  const ours = [
    'listen_addresses=',
    'port=5432',
    `unix_socket_directories=${socket}`,
    'unix_socket_permissions=0700',
    'shared_buffers=64MB',
    'timezone=UTC',
    'log_timezone=UTC',
    'log_checkpoints=off',
    'log_lock_waits=on',
    'cluster_name=latchkey',
  ]
  // To a file: a pipe would break with the process that reads it, and the server outlives a killed program.
  const appending = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT
  const log = (await openOwn(join(folder, 'postgres.log'), account, appending))!
  const child = spawn(
    join(binaries, 'postgres'),
    ['-D', data, ...[...ours, ...settings].flatMap(setting => ['-c', setting])],
    {
      ...account.identity,
      cwd: folder,
      env: { PATH: process.env.PATH },
      detached: true, // Ctrl-C reaches the whole group, and requests that still run need the database to end well
      stdio: ['ignore', log.fd, log.fd],
    },
  )
  let over = false
  const finish = () => {
    over = true
  }
  child.once('error', finish).once('exit', finish).unref()
  await log.close()
  return { pid: child.pid, socket, ended: async () => over }
}

/** A connection, once the server takes them; undefined when it ended or the time was over. */
async function connect(server: Running, end: number): Promise<Opened | undefined> {
  for (; !(await server.ended()) && Date.now() < end; await sleep(15)) {
    const client = new pg.Client({
      connectionString: urlOf(server),
      application_name: `latchkey keeper ${process.pid}`,
    })
    client.on('error', () => {}) // a server that dies tells every connection; the pool's own errors reach the caller
    const ended = new Promise<void>(resolve => client.once('end', resolve))
    const connected = await client.connect().then(
      () => true,
      error => {
        if (error.code !== '28000') return false
        throw new StoreError(
          'folder_unusable',
          `The PostgreSQL of ${server.socket} does not let this account in: start Latchkey as it was first started.`,
        )
      },
    )
    if (connected) return { server, keeper: client, ended }
  }
  return undefined
}

// The host in the query wins over the one before it, which is there because a URL with a user needs one.
const urlOf = (server: Running) =>
  `postgres://latchkey@localhost:5432/postgres?host=${encodeURIComponent(server.socket)}`

async function keep(home: Home, opened: Opened, settings: string[]): Promise<EmbeddedServer> {
  let { server, keeper } = opened
  const first = await becomeKeeper(keeper)
  let stopping = false
  let recovering: Promise<Opened | undefined> | undefined

  async function watch({ ended }: Opened, told: Watcher): Promise<void> {
    const looking = first ? endWhenLost(home, server) : undefined
    await ended
    clearInterval(looking)
    if (stopping) return
    told.report('the database server has ended')
    recovering = openAgain()
    const again = await recovering
    if (stopping) return
    if (again === undefined)
      return told.lost(
        new StoreError('server_not_started', `PostgreSQL in ${home.folder} has ended and does not start.`),
      )
    told.report('the database server runs again')
    return watch(again, told)
  }

  /** Gets the server again, by a start or, for a guest, by the first process's. */
  async function openAgain(): Promise<Opened | undefined> {
    const end = Date.now() + recoveryPatience
    for (; !stopping && Date.now() < end; await sleep(250)) {
      // Never a new cluster: where the data is gone, an empty server would be worse than none.
      const start = async () => (first && !stopping ? launch(home, settings, server.socket) : undefined)
      const again = await open(home, end, start).catch(() => undefined)
      if (again === undefined) continue
      ;({ server, keeper } = again)
      if (first) await becomeKeeper(keeper)
      return again
    }
    return undefined
  }

  return {
    url: urlOf(server),
    first,
    watch(told) {
      void watch(opened, told)
    },
    async stop() {
      stopping = true
      await recovering
      const wanted = first && server.pid !== undefined && !(await hasGuests(keeper))
      await keeper.end().catch(() => {})
      if (wanted && !(await server.ended())) await shutDown(home, server.pid!)
      if (wanted && server.socket !== home.folder) await removeSocketFolder(server.socket, home.account)
    },
    abandon() {
      stopping = true
      if (first && server.pid !== undefined) tell(server.pid, 'SIGINT')
    },
  }
}

/**
 * Ends a server that new connections cannot find any more: its folder is gone or another's, or it waits for its last
 * connection to end. It would serve only connected programs.
 */
function endWhenLost({ data }: Home, { pid }: Running): NodeJS.Timeout | undefined {
  if (pid === undefined) return undefined
  let looks = 0
  return setInterval(async () => {
    const lock = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
    const well = Number(lock[0]) === pid && lock[7]?.trim() !== 'stopping'
    looks = well ? 0 : looks + 1 // one look alone may have met the file while it was written
    if (looks > 1) tell(pid, looks < 6 ? 'SIGINT' : 'SIGQUIT')
  }, lookEvery).unref()
}

/** Signals the server: SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one. */
function tell(pid: number, signal: 'SIGINT' | 'SIGQUIT') {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Tries for a fifth of a second: the server may not have seen yet that the last keeper was killed. */
async function becomeKeeper(keeper: pg.Client): Promise<boolean> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const { rows } = await keeper.query<{ first: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, 0)) as first',
      [keeperLock],
    )
    if (rows[0]!.first) return true
    await sleep(20)
  }
  return false
}

/** Whether other connections stay: for half a second they may be our own that the server has not seen end. */
async function hasGuests(keeper: pg.Client): Promise<boolean> {
  const others =
    "select 1 from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() limit 1"
  for (let attempt = 0; attempt < 25; attempt++) {
    const found = await keeper.query(others).then(
      ({ rowCount }) => rowCount,
      () => 0,
    )
    if (found === 0) return false
    await sleep(20)
  }
  return true
}

async function shutDown(home: Home, pid: number): Promise<void> {
  const end = Date.now() + patience
  tell(pid, 'SIGINT')
  // Its lock file goes last, while the pid may linger as a zombie.
  while (await exists(join(home.data, 'postmaster.pid'))) {
    if (Date.now() > end) throw new StoreError('server_not_started', `PostgreSQL in ${home.folder} does not stop.`)
    await sleep(10)
  }
}
