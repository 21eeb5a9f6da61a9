import { readdir, readFile } from 'node:fs/promises'

/** Processor time so far, in seconds, by process. */
export interface Sample {
  at: number
  /** The server's one JavaScript thread. */
  serverScript: number
  /** Its threads that hash, and write the log. */
  serverHashing: number
  /** Its other threads: the garbage collector's. */
  serverGc: number
  postgres: number
  /** This process: the people, their browsers and their mailbox. */
  people: number
  /** Everybody on the machine, these included. */
  machine: number
}

/** Where the processors' time went, as shares of one processor. */
export type Spent = Record<'serverScript' | 'serverHashing' | 'serverGc' | 'postgres' | 'people' | 'others', number> & {
  seconds: number
}

const TICKS = 100 // a second, on every Linux that Node runs on

/** Reads the processor time of the server, its PostgreSQL and the machine. Only Linux has these figures in /proc. */
export async function takeSample(pids: { server: number; postmaster: number }): Promise<Sample> {
  const [threads, postgres, machine] = await Promise.all([
    threadsOf(pids.server),
    familyOf(pids.postmaster).then(family => Promise.all(family.map(pid => timesOf(`/proc/${pid}/stat`)))),
    readFile('/proc/stat', 'utf8'),
  ])
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = numbers(machine.split('\n')[0])
  const own = process.cpuUsage()
  return {
    at: performance.now() / 1_000,
    ...threads,
    // Connections that have ended count for the postmaster that waited for them.
    postgres: postgres.reduce((sum, one) => sum + one.own, 0) + (postgres[0]?.ended ?? 0),
    people: (own.user + own.system) / 1_000_000,
    machine: (user + nice + system + irq + softirq + steal) / TICKS,
  }
}

/** The processor time between two samples. */
export function spentBetween(before: Sample, after: Sample): Spent {
  const seconds = after.at - before.at
  const share = (name: Exclude<keyof Sample, 'at'>) => (after[name] - before[name]) / seconds
  const known = {
    serverScript: share('serverScript'),
    serverHashing: share('serverHashing'),
    serverGc: share('serverGc'),
    postgres: share('postgres'),
    people: share('people'),
  }
  const others = share('machine') - Object.values(known).reduce((sum, one) => sum + one, 0)
  return { ...known, others: Math.max(others, 0), seconds }
}

/** Seconds of processor time that a process has had. */
export const timeOf = async (pid: number): Promise<number> => (await timesOf(`/proc/${pid}/stat`)).own

/** Memory in MB: `resident` as top shows it; `own` counts shared pages once in all (PSS). */
export async function memoryOf(pids: readonly number[]): Promise<{ resident: number; own: number }> {
  const texts = await Promise.all(pids.map(pid => readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')))
  const sum = (line: RegExp) => texts.reduce((total, text) => total + Number(line.exec(text)?.[1] ?? 0) / 1_024, 0)
  return { resident: sum(/^Rss:\s+(\d+)/m), own: sum(/^Pss:\s+(\d+)/m) }
}

/** A process and its children, itself first. */
export async function familyOf(pid: number): Promise<number[]> {
  const all = (await readdir('/proc')).map(Number).filter(Boolean)
  const parents = await Promise.all(all.map(one => timesOf(`/proc/${one}/stat`)))
  return [pid, ...all.filter((_one, place) => parents[place]?.parent === pid)]
}

async function threadsOf(pid: number): Promise<Pick<Sample, 'serverScript' | 'serverHashing' | 'serverGc'>> {
  const times = { serverScript: 0, serverHashing: 0, serverGc: 0 }
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const path = `/proc/${pid}/task/${thread}`
    const pool = (await readFile(`${path}/comm`, 'utf8').catch(() => '')).startsWith('libuv')
    const part = Number(thread) === pid ? 'serverScript' : pool ? 'serverHashing' : 'serverGc'
    times[part] += (await timesOf(`${path}/stat`)).own
  }
  return times
}

/** Seconds of processor time of a process or thread, and of its children that have ended. Zero where it is gone. */
async function timesOf(path: string): Promise<{ parent: number; own: number; ended: number }> {
  const text = await readFile(path, 'utf8').catch(() => '')
  // The name stands in brackets and may hold anything; the state follows it.
  const fields = numbers(text.slice(text.lastIndexOf(')') + 1))
  const [parent = 0] = fields
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(10, 14)
  return { parent, own: (user + system) / TICKS, ended: (endedUser + endedSystem) / TICKS }
}

/** The numbers of a line, without the word before them. */
const numbers = (line = '') => line.trim().split(/\s+/).slice(1).map(Number)
