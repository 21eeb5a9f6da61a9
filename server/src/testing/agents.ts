import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { MINUTE } from '../clock.ts'
import { keyring, systemRandom } from '../crypto/index.ts'
import { findTenantId } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { issueAgentToken } from '../writeback/index.ts'
import { SECRET, type TestServer } from './server.ts'
import { PEOPLE, SERVICE, type Slapd } from './slapd.ts'

/** The agent's program. */
export const program = new URL('../../../agent/src/index.ts', import.meta.url).pathname

// What the run's own processes keep: an agent starts in half the time when its source is compiled already.
const compiled = new URL('../../../node_modules/.cache/latchkey/compiled', import.meta.url).pathname
const environment = () => ({ ...process.env, NODE_COMPILE_CACHE: compiled })

/** What an agent's command printed, and how it ended. */
export interface Ran {
  code: number | null
  out: string
  err: string
}

/** Runs a command of the agent to its end. */
export async function agent(...words: string[]): Promise<Ran> {
  const child = spawn(process.execPath, [program, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(),
  })
  const [out, err] = [child.stdout, child.stderr].map(stream => {
    const parts: string[] = []
    stream.setEncoding('utf8').on('data', part => parts.push(part))
    return () => parts.join('')
  })
  const code = await new Promise<number | null>(resolve => child.once('close', resolve))
  return { code, out: out!(), err: err!() }
}

/** A token by which one agent enrols in the tenant of this domain. */
export async function agentToken(web: TestServer, domain = 'acme.example'): Promise<string> {
  const tenantId = await findTenantId(web.store, domain)
  const now = web.clock.now()
  const act = {
    ...{ now, random: systemRandom, keys: keyring([SECRET]), actor: { kind: 'operator' } as const },
    trail: { correlationId: systemRandom.uuid(now) },
  }
  return (await inTenant(web.store, tenantId, trx => issueAgentToken(trx, act))).token
}

/** A folder for the state of an agent, removed after the test file. `directory`: what its `agent.json` leads to. */
export function stateFolder(directory?: Slapd): string {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-agent-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  if (directory) {
    writeFileSync(join(folder, 'password'), `${SERVICE.password}\n`)
    const written = {
      ...{ kind: 'openldap', servers: [directory.url], caFile: join(directory.folder, 'ca.pem') },
      ...{ bindDN: SERVICE.dn, passwordFile: 'password', base: PEOPLE },
    }
    writeFileSync(join(folder, 'agent.json'), JSON.stringify(written))
  }
  return folder
}

/** An agent that runs. */
export interface RunningAgent {
  /** Every event so far. */
  events: { code: number; detail: string }[]
  /** Waits for an event, at most a minute. */
  event(fits: (event: { code: number; detail: string }) => boolean): Promise<{ code: number; detail: string }>
  /** Resolves with its exit code, when all that it wrote is among the events. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  pid: number
  output(): string
}

/**
 * Runs an agent until `stop`, or the end of the test or file that calls this; a dead test's agent ends by the pipe that
 * it writes to. `ahead`: milliseconds by which its machine's clock is wrong. `whenOver`: takes its end.
 */
export async function runAgent(
  folder: string,
  ahead = 0,
  whenOver: (end: () => Promise<unknown>) => void = after,
): Promise<RunningAgent> {
  const clock = `data:text/javascript,const now = Date.now; Date.now = () => now() + ${ahead}`
  const wrong = ahead === 0 ? [] : ['--import', clock]
  const child: ChildProcess = spawn(process.execPath, [...wrong, program, 'run', '--state', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: environment(),
  })
  const events: RunningAgent['events'] = []
  let text = ''
  let rest = ''
  child.stdout!.setEncoding('utf8').on('data', (part: string) => {
    text += part
    const lines = (rest + part).split('\n')
    rest = lines.pop()!
    events.push(...lines.map(line => JSON.parse(line)))
  })
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    return ended
  }
  whenOver(() => stop('SIGKILL'))
  const event: RunningAgent['event'] = async fits => {
    for (const end = performance.now() + MINUTE; performance.now() < end; ) {
      const found = events.find(fits)
      if (found) return found
      await sleep(20)
    }
    throw new Error(`no such event among ${text}`)
  }
  return { events, event, stop, pid: child.pid!, output: () => text }
}

/** Gives a `runAgent` whose agents outlive the test that starts one: they end with the file or suite that calls this. */
export function lastingAgents(): (folder: string, ahead?: number) => Promise<RunningAgent> {
  const ends: (() => Promise<unknown>)[] = []
  after(() => Promise.all(ends.map(end => end())))
  return (folder, ahead) => runAgent(folder, ahead, end => ends.push(end))
}
