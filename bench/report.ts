import { availableParallelism } from 'node:os'
import { type Measured, percentile } from './load.ts'
import type { Spent } from './processes.ts'

/** Rows as columns of text: the first to the left, the rest to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows)
    for (const [place, cell] of row.entries()) widths[place] = Math.max(widths[place] ?? 0, cell.length)
  const line = (row: readonly string[]) =>
    row.map((cell, place) => (place === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[place]! + 2))).join('')
  return rows.map(row => line(row).trimEnd()).join('\n')
}

/** One line for each kind of request: number, median, and the 95th and 99th percentile. */
export function timesTable<Name extends string>({ times }: Measured<Name>, names: readonly Name[]): string {
  const rows = names.map(name => {
    const sorted = times[name] ?? []
    return [name, String(sorted.length), ...[0.5, 0.95, 0.99].map(share => percentile(sorted, share).toFixed(1))]
  })
  return table([['ms', 'count', 'p50', 'p95', 'p99'], ...rows])
}

/** Where the processors' time went, and for each act how many milliseconds of it. */
export function spentTable(phases: Record<string, Measured<string>>): string {
  const names = {
    serverScript: 'script',
    serverGc: 'gc',
    serverHashing: 'hashing',
    postgres: 'PostgreSQL',
  } as const
  const rows = Object.entries(phases).flatMap(([phase, { spent, perSecond }]) => {
    const cells = Object.entries({ ...names, people: 'load itself', others: 'strangers' } as const)
    const shares = cells.map(([name]) => percent(spent[name as keyof typeof spent]))
    const each = cells.map(([name]) => ((spent[name as keyof typeof spent] * 1_000) / perSecond).toFixed(2))
    return [
      [phase, ...shares, percent(idleOf(spent))],
      ['  ms each', ...each, ''],
    ]
  })
  return table([['of one processor', ...Object.values(names), 'load itself', 'strangers', 'idle'], ...rows])
}

/** The processor time of one act in milliseconds, over all our processes. Other load on the machine changes it little. */
export function processorTime({ spent, perSecond }: Measured<string>): number {
  return ((spent.serverHashing + besidesHashing(spent)) * 1_000) / perSecond
}

/** The same without the load's own share. */
export const serverTime = (measured: Measured<string>): number =>
  processorTime({ ...measured, spent: { ...measured.spent, people: 0 } })

const besidesHashing = ({ serverScript, serverGc, postgres, people }: Spent) =>
  serverScript + serverGc + postgres + people

/** The processor time of each act besides its hash, in milliseconds, by part and as a whole. */
export function besideHashTable(acts: Record<string, Measured<string>>, reach: Record<string, number>): string {
  const rows = Object.entries(acts).map(([act, { spent, perSecond }]) => {
    const parts = [spent.serverScript, spent.serverGc, spent.postgres, spent.people, besidesHashing(spent)]
    return [act, ...parts.map(share => ((share * 1_000) / perSecond).toFixed(2)), reach[act]?.toFixed(1) ?? '']
  })
  return table([['ms besides the hash', 'script', 'gc', 'PostgreSQL', 'load itself', 'in all', 'reach'], ...rows])
}

/** The resource that ran out, judged by the figures alone. */
export function ranOut({ spent, times }: Measured<string>): string {
  if (spent.serverScript > 0.9) return "the server's JavaScript thread"
  if (idleOf(spent) < 0.1 * availableParallelism()) {
    const { seconds: _, ...shares } = spent
    const most = Object.entries(shares).filter(([name]) => name !== 'serverHashing')
    const [first] = most.sort(([, one], [, other]) => other - one)[0]!
    const named = {
      serverScript: 'the script',
      serverGc: 'the garbage collector',
      postgres: 'PostgreSQL',
      people: 'the load itself',
      others: 'strangers',
    }
    return `the processors; beside hashing, ${named[first as keyof typeof named]} took most`
  }
  const waits = Object.entries(times).map(([name, sorted]) => ({ name, middle: percentile(sorted ?? [], 0.5) }))
  const longest = waits.reduce((most, one) => (one.middle > most.middle ? one : most))
  return `no processor; people waited longest for ${longest.name}, ${longest.middle.toFixed(0)} ms at the median`
}

const idleOf = (spent: Spent) => {
  const { seconds: _, ...shares } = spent
  return Math.max(availableParallelism() - Object.values(shares).reduce((sum, one) => sum + one, 0), 0)
}

const percent = (share: number) => `${Math.round(share * 100)} %`
