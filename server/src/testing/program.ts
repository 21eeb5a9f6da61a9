import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { MINUTE } from '../clock.ts'
import { freePort } from '../demo/index.ts'

export type Environment = Record<string, string>

/** With these Node runs the source. */
export const asSource = ['--import', new URL('../../../tools/jsx.js', import.meta.url).href]

/** A program or command that runs longer hangs. Tests of a server take a minute on a machine that is busy. */
const LONGEST = 10 * MINUTE

export interface Running {
  child: ChildProcess
  output: { out: string; err: string }
  ended: Promise<number | null>
}

/** Nothing of this environment but the path. */
const nothingBut = (env: Environment): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, TZ: 'UTC', ...env })

const HERE = new URL('../../../', import.meta.url).href

/** Starts the program as its users do, with nothing of this environment but the path. `root`: the folder of another version, as a URL. */
export function launch(env: Environment, words: string[], input?: string, root = HERE): Running {
  const at = (path: string) => new URL(path, root)
  const source = ['--import', at('tools/jsx.js').href, at('server/src/cli/index.ts').pathname]
  const child = spawn(process.execPath, [...source, ...words], {
    env: nothingBut(env),
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  child.stdin?.end(input)
  const output = { out: '', err: '' }
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    output.out += text
  })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    output.err += text
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST)
  const ended = new Promise<number | null>(resolve =>
    child.once('close', code => {
      clearTimeout(timer)
      resolve(code)
    }),
  )
  return { child, output, ended }
}

/** A command for the process that runs several, and how it ended: `left` is what it has not closed. */
export interface CommandRun {
  env: NodeJS.ProcessEnv
  words: string[]
}
export interface Ended extends Record<'out' | 'err', string> {
  code: number | null
  left: string[]
}

/** The groups whose commands have run as a process in this test file. */
const seen = new Set<string>()
let commands: ChildProcess | undefined
let turn: Promise<unknown> = Promise.resolve()

/**
 * Runs a command to its end. The first of each group is a process of its own, as an operator's is; so is what reads
 * standard input, or has no database yet. All others share a process, where they have to leave nothing open.
 */
export async function latchkey(env: Environment, ...given: (string | { input: string })[]) {
  const words = given.filter(one => typeof one === 'string')
  const [group = ''] = words
  const input = given.find(one => typeof one !== 'string')?.input
  const alone = ['start', 'demo', 'migrate', 'doctor'].includes(group) || !seen.has(group)
  if (alone || input !== undefined || env.DATABASE_URL === undefined) {
    seen.add(group)
    const { output, ended } = launch(env, words, input)
    const code = await ended
    return { code, ...output }
  }
  const run = turn.then(() => runShared({ env: nothingBut(env), words }))
  turn = run.catch(() => {})
  return run
}

async function runShared(run: CommandRun): Promise<Omit<Ended, 'left'>> {
  if (commands?.exitCode !== null || commands.signalCode !== null) commands = forkCommands()
  const child = commands
  child.ref()
  child.channel!.ref()
  const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST)
  const lost = new AbortController()
  const exit = once(child, 'exit', { signal: lost.signal }).then(([code]) => {
    throw new Error(`latchkey ${run.words.join(' ')} ended its process: ${code}`)
  })
  try {
    child.send(run)
    const [{ left, ...ended }] = (await Promise.race([once(child, 'message'), exit])) as [Ended]
    if (left.length > 0) throw new Error(`latchkey ${run.words.join(' ')} left open: ${left.join(', ')}`)
    return ended
  } finally {
    lost.abort()
    exit.catch(() => {})
    clearTimeout(timer)
    // It ends with this one.
    child.unref()
    child.channel?.unref()
  }
}

function forkCommands(): ChildProcess {
  return fork(new URL('program.fixture.ts', import.meta.url), {
    execArgv: asSource,
    env: nothingBut({}),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
}

/** Starts a server and waits until it says where it is. */
export async function server(env: Environment, ...words: string[]): Promise<Running & { url: string }> {
  const running = launch({ LATCHKEY_LISTEN: '127.0.0.1:0', ...env }, words)
  const end = performance.now() + 60_000
  for (;;) {
    const url = /Open (http:\/\/localhost:\d+)/.exec(running.output.out)?.[1]
    if (url) return { ...running, url: url.replace('localhost', '127.0.0.1') }
    const over = await Promise.race([running.ended.then(() => true), sleep(20, false)])
    if (over || performance.now() > end) throw new Error(`no server: ${running.output.out}${running.output.err}`)
  }
}

/** Starts a server for a database that is there, and waits until it is ready. */
export async function startedServer(env: Environment, root?: string): Promise<Running & { port: number }> {
  const port = await freePort()
  const limits = { LATCHKEY_CAPTCHA: 'off', LATCHKEY_FLOOD_LIMITS: 'off' }
  const address = { LATCHKEY_LISTEN: `127.0.0.1:${port}`, LATCHKEY_ORIGIN: 'http://localhost' }
  const running = launch({ ...limits, ...address, ...env }, ['start'], undefined, root)
  const ready = async () => (await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined))?.ok
  for (let tries = 0; !(await ready()); tries++) {
    const over = await Promise.race([running.ended.then(() => true), sleep(30, false)])
    if (over || tries > 3_000) throw new Error(`no server: ${running.output.out}${running.output.err}`)
  }
  return { ...running, port }
}
