import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../server/src/demo/index.ts'

/** A server as the container runs it, in a process of its own. */
export interface RunningServer {
  origin: string
  /** From the start of its process to its first page, in seconds. */
  startSeconds: number
  pids: { server: number; postmaster: number }
  /** The end of its log, without answered requests. */
  complaints(): Promise<string>
  /** Ends it and its PostgreSQL. */
  stop(): Promise<void>
}

export interface ServerSettings {
  dataFolder: string
  secret: string
  smtpUrl: string
  smsUrl: string
  /** The value of `LATCHKEY_DNS`. */
  dns: string
}

const PATIENCE = 30_000
/** As in deploy/. */
const memoryLimits = ['--max-semi-space-size=16', '--max-old-space-size=768', '--initial-old-space-size=64']
const asBuilt = [...memoryLimits, 'server/dist/cli/index.js', 'start']
/** Where OpenTelemetry's variables name a collector, the cost of traces is measured too. */
const tracing = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('OTEL_')))
const root = join(import.meta.dirname, '..')

/** Starts the server on its data folder and waits for its first page. Its log goes to `server.log` in that folder. */
export async function startServer({
  dataFolder,
  secret,
  smtpUrl,
  smsUrl,
  dns,
}: ServerSettings): Promise<RunningServer> {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const log = await open(join(dataFolder, 'server.log'), 'a')
  const start = performance.now()
  const child = spawn(process.execPath, asBuilt, {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: 'production',
      LATCHKEY_DATA: dataFolder,
      LATCHKEY_ORIGIN: origin,
      LATCHKEY_LISTEN: `127.0.0.1:${port}`,
      LATCHKEY_SECRETS: secret,
      LATCHKEY_SMTP_URL: smtpUrl,
      LATCHKEY_SMS_URL: smsUrl,
      LATCHKEY_MAIL_FROM: 'no-reply@bench.example',
      LATCHKEY_TRUSTED_PROXIES: '127.0.0.1',
      LATCHKEY_DNS: dns,
      LATCHKEY_SIGNUP: 'open',
      LATCHKEY_TENANT_SUFFIX: 'bench.example',
      LATCHKEY_SIGNUPS_PER_DAY: '100000',
      ...tracing(),
    },
    stdio: ['ignore', log.fd, log.fd],
  })
  await log.close()
  try {
    await firstPage(child, `${origin}/signin`, dataFolder)
    const startSeconds = (performance.now() - start) / 1_000
    const postmaster = await postmasterOf(dataFolder)
    if (child.pid === undefined || postmaster === undefined) throw new Error('the server runs without its PostgreSQL')
    return {
      origin,
      startSeconds,
      pids: { server: child.pid, postmaster },
      complaints: () => readComplaints(dataFolder),
      stop: () => stop(child, dataFolder),
    }
  } catch (error) {
    await stop(child, dataFolder)
    throw error
  }
}

async function firstPage(child: ChildProcess, url: string, dataFolder: string) {
  const end = performance.now() + PATIENCE
  while (performance.now() < end && child.exitCode === null) {
    const page = await fetch(url, { headers: { accept: 'text/html' } }).catch(() => undefined)
    await page?.text()
    if (page?.ok) return
    await sleep(5)
  }
  throw new Error(`the server showed no page within ${PATIENCE / 1_000} s:\n${await readComplaints(dataFolder)}`)
}

async function readComplaints(dataFolder: string): Promise<string> {
  const lines = (await readFile(join(dataFolder, 'server.log'), 'utf8')).split('\n')
  return lines
    .filter(line => !/"msg":"request"/.test(line))
    .slice(-20)
    .join('\n')
}

/** Ends the server in order, or at once where that fails. A PostgreSQL that is left over ends with it. */
async function stop(child: ChildProcess, dataFolder: string) {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await Promise.race([exited, sleep(15_000, undefined, { ref: false })])
    child.kill('SIGKILL')
  }
  const left = await postmasterOf(dataFolder)
  if (left === undefined) return
  process.kill(left, 'SIGINT')
  for (let tries = 0; tries < 500 && (await postmasterOf(dataFolder)) !== undefined; tries++) await sleep(10)
}

/** The first line of the lock file that PostgreSQL removes when it has ended. */
async function postmasterOf(dataFolder: string): Promise<number | undefined> {
  const lock = await readFile(join(dataFolder, 'postgres', '18', 'postmaster.pid'), 'utf8').catch(() => '')
  return Number(lock.split('\n')[0]) || undefined
}
