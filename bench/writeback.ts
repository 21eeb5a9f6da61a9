import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Attribute, BerWriter, Change, Client } from 'ldapts'
import { systemClock } from '../server/src/clock.ts'
import { openStore, type Store } from '../server/src/store/index.ts'
import { receiver } from '../server/src/synchronization/index.ts'
import { authority } from '../server/src/testing/certificates.ts'
import { SAMBA_BASE, SAMBA_SERVICE, sambaDn, startSamba, whyNoSamba } from '../server/src/testing/samba.ts'
import { dnOf, PEOPLE, SERVICE, startSlapd } from '../server/src/testing/slapd.ts'
import { openLinks } from '../server/src/writeback/index.ts'
import type { Bench } from './bench.ts'
import { percentile } from './load.ts'
import { takeSample, timeOf } from './processes.ts'
import { table } from './report.ts'
import { enrol, memoryOfPeak, removeAgents } from './synchronization.ts'

const AGENT = join(import.meta.dirname, '../agent/src/index.ts')
const AT_ONCE = [1, 10, 50]
const SECONDS = 4
const PASSWORD_MODIFY = '1.3.6.1.4.1.4203.1.11.1'

/** A directory, and the same reset made on it in two ways. */
interface Directory {
  name: string
  pid: number
  /** What the agent's `agent.json` says of it, without the password. */
  written: { kind: string; servers: string[]; caFile: string; bindDN: string; base: string }
  password: string
  /** The anchor of each of fifty people. */
  anchors: string[]
  /** Resets a person's password over a connection that the service has opened. */
  reset(client: Client, person: number, newPassword: string): Promise<unknown>
}

/**
 * Resets passwords in a directory: by ldapts directly, over a connection that is kept and over a new one each time, and
 * through the server and an agent on this machine. Returns the report.
 */
export async function measureWriteback(bench: Bench): Promise<string> {
  const ends: (() => unknown)[] = []
  const store = await openStore({ databaseUrl: bench.ownerUrl })
  try {
    const parts: string[] = []
    const after = (end: () => unknown) => void ends.push(end)
    parts.push(await measure(bench, store, await openLdap(after)))
    const why = await whyNoSamba()
    if (why) parts.push(`Active Directory: not measured, because ${why}`)
    else parts.push(await measure(bench, store, await activeDirectory(after)))
    return ['Writeback', ...parts].join('\n\n')
  } finally {
    for (const end of ends.reverse()) await end()
    await store.close()
  }
}

async function measure(bench: Bench, store: Store, directory: Directory): Promise<string> {
  const { random, keys } = bench.means
  const { tenantId } = bench.application
  const state = await mkdtemp(join(tmpdir(), 'latchkey-bench-agent-'))
  // As another replica does: the agent's link is at the server.
  const replica = await openStore({ databaseUrl: bench.databaseUrl })
  const means = { clock: systemClock, random, keys }
  const links = openLinks(replica, means, receiver(replica, means))
  let agent: ChildProcess | undefined
  try {
    await writeFile(join(state, 'password'), directory.password, { mode: 0o600 })
    await writeFile(join(state, 'agent.json'), JSON.stringify({ ...directory.written, passwordFile: 'password' }))
    await enrol(bench, store, state)
    agent = spawn(process.execPath, [AGENT, 'run', '--state', state], { stdio: ['ignore', 'ignore', 'inherit'] })
    const through = async (person: number, newPassword: string) => {
      const anchor = directory.anchors[person]!
      const said = await links.ask(tenantId, {
        ...{ kind: 'reset', anchor, newPassword, mustChange: false, byAdministrator: false },
      })
      if (said.outcome !== 'done' && said.outcome !== 'silent')
        throw new Error(`${directory.name}: ${JSON.stringify(said)}`)
      return said.outcome === 'done'
    }
    for (let tries = 0; tries < 100 && !(await through(0, another()).catch(() => false)); tries++) await sleep(100)
    const rows: string[][] = []
    const spent: string[][] = []
    const spentNow = async () => {
      const { serverScript, serverGc, postgres, people } = await takeSample(bench.server.pids)
      return [serverScript + serverGc, postgres, people, await timeOf(agent!.pid!), await timeOf(directory.pid)]
    }
    for (const atOnce of AT_ONCE) {
      const kept = await direct(directory, atOnce, true)
      const fresh = await direct(directory, atOnce, false)
      const before = await spentNow()
      const agents = await timesOf(atOnce, through)
      const after = await spentNow()
      spent.push([
        String(atOnce),
        ...after.map((seconds, part) => ((1_000 * (seconds - before[part]!)) / agents.count).toFixed(2)),
      ])
      const last = [...cellsOf(agents), ratio(agents, fresh), String(agents.unanswered)]
      rows.push([String(atOnce), ...cellsOf(kept), ...cellsOf(fresh), ...last])
    }
    const memory = ((await memoryOfPeak(agent.pid!)) / 1_024).toFixed(0)
    return `${directory.name}: milliseconds of a reset at the median and the 95th percentile, and resets a second

${table([HEAD, ...rows])}

Processor milliseconds of a reset by the agent

${table([SPENT, ...spent])}

"Of a new one" is the median through the agent by that over a new connection; reach 1.5 × + 5 ms. "Unanswered" are those for which the directory took longer than five seconds. The agent took ${memory} MB at most.`
  } finally {
    links.close()
    agent?.kill()
    await removeAgents(store, tenantId)
    await replica.close()
    await rm(state, { recursive: true, force: true })
  }
}

const HEAD = [
  'at once',
  'kept',
  'p95',
  '/s',
  'new connection',
  'p95',
  '/s',
  'by the agent',
  'p95',
  '/s',
  'of a new one',
]

const SPENT = ['at once', 'server', 'PostgreSQL', 'asking server', 'agent', 'directory']

interface Times {
  /** All, those of the first second too. */
  count: number
  sorted: number[]
  perSecond: number
  /** The directory took longer than the five seconds that it has. */
  unanswered: number
}

const cellsOf = ({ sorted, perSecond }: Times) => [
  ...[0.5, 0.95].map(share => percentile(sorted, share).toFixed(1)),
  perSecond.toFixed(0),
]

const ratio = (one: Times, other: Times) =>
  `${(percentile(one.sorted, 0.5) / percentile(other.sorted, 0.5)).toFixed(2)} ×`

/** Lanes that reset the password of a person of their own, again and again: one second to warm up, and then measured. */
async function timesOf(atOnce: number, act: (person: number, newPassword: string) => Promise<boolean>): Promise<Times> {
  const sorted: number[] = []
  let [count, unanswered] = [0, 0]
  const from = performance.now() + 1_000
  const until = from + SECONDS * 1_000
  await Promise.all(
    Array.from({ length: atOnce }, async (_, person) => {
      while (performance.now() < until) {
        const began = performance.now()
        if (!(await act(person, another()))) unanswered++
        else if (began >= from) sorted.push(performance.now() - began)
        count++
      }
    }),
  )
  return { sorted: sorted.sort((one, other) => one - other), perSecond: sorted.length / SECONDS, count, unanswered }
}

async function direct(directory: Directory, atOnce: number, isKept: boolean): Promise<Times> {
  const { servers, bindDN } = directory.written
  const opened = async () => {
    const client = new Client({ url: servers[0]!, tlsOptions: { ca: authority } })
    await client.bind(bindDN, directory.password)
    return client
  }
  const clients = isKept ? await Promise.all(Array.from({ length: atOnce }, opened)) : []
  try {
    return await timesOf(atOnce, async (person, newPassword) => {
      const client = clients[person] ?? (await opened())
      await directory.reset(client, person, newPassword)
      if (!isKept) await client.unbind()
      return true
    })
  } finally {
    for (const client of clients) await client.unbind()
  }
}

const another = () => `Quiet-harbour-${randomBytes(9).toString('hex')}`
const MOST = Math.max(...AT_ONCE)

async function openLdap(after: (end: () => unknown) => void): Promise<Directory> {
  const slapd = await startSlapd({ after })
  const names = Array.from({ length: MOST }, (_, n) => `bench${n}`)
  for (const name of names) await slapd.add(name)
  const anchors = await Promise.all(names.map(async name => String((await slapd.read(name, 'entryUUID'))!.entryUUID)))
  return {
    ...{ name: 'OpenLDAP', pid: slapd.pid, password: SERVICE.password, anchors },
    written: {
      ...{ kind: 'openldap', servers: [slapd.url], caFile: join(slapd.folder, 'ca.pem') },
      ...{ bindDN: SERVICE.dn, base: PEOPLE },
    },
    reset(client, person, newPassword) {
      const value = new BerWriter()
      value.startSequence()
      value.writeString(dnOf(names[person]!), 0x80)
      value.writeString(newPassword, 0x82)
      value.endSequence()
      return client.exop(PASSWORD_MODIFY, value.buffer)
    },
  }
}

async function activeDirectory(after: (end: () => unknown) => void): Promise<Directory> {
  const samba = await startSamba({ after, address: '127.0.0.1' })
  const names = Array.from({ length: MOST }, (_, n) => `bench${n}`)
  for (const name of names) await samba.add(name)
  const replace = (type: string, value: string | Buffer) =>
    new Change({ operation: 'replace', modification: new Attribute({ type, values: [value] as string[] }) })
  const anchors = await Promise.all(names.map(async name => guidOf((await samba.read(name, 'objectGUID')).objectGUID)))
  return {
    ...{ name: 'Active Directory (Samba)', pid: samba.pid, password: SAMBA_SERVICE.password, anchors },
    written: {
      ...{ kind: 'active-directory', servers: [`ldaps://${samba.address}:636`], caFile: join(samba.folder, 'ca.pem') },
      ...{ bindDN: SAMBA_SERVICE.dn, base: SAMBA_BASE },
    },
    reset: (client, person, newPassword) =>
      client.modify(sambaDn(names[person]!), [
        replace('unicodePwd', Buffer.from(`"${newPassword}"`, 'utf16le')),
        replace('lockoutTime', '0'),
      ]),
  }
}

const ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]

function guidOf(value: unknown): string {
  const bytes = value as Buffer
  const hex = Buffer.from(ORDER.map(at => bytes[at]!)).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
