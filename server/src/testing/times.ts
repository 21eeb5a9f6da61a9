import assert from 'node:assert/strict'
import type { Random } from '../crypto/index.ts'
import type { Store } from '../store/index.ts'

/**
 * The greatest distance between two samples' distributions, in units of the distance that is exceeded once in a thousand
 * times (Kolmogorov and Smirnov).
 */
export function distance(one: readonly number[], other: readonly number[]): number {
  const all = [...one, ...other].sort((a, b) => a - b)
  const share = (sample: readonly number[], at: number) => sample.filter(value => value <= at).length / sample.length
  const widest = Math.max(...all.map(at => Math.abs(share(one, at) - share(other, at))))
  return widest / (1.9495 * Math.sqrt((one.length + other.length) / (one.length * other.length)))
}

/** The same in random order, so that what slows a machine for a moment meets every kind alike. */
export function shuffled<T>(given: readonly T[]): T[] {
  const order = [...given]
  for (let n = order.length - 1; n > 0; n--) {
    const other = Math.floor(Math.random() * (n + 1))
    ;[order[n], order[other]] = [order[other]!, order[n]!]
  }
  return order
}

export const quantile = (times: readonly number[], share: number) =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length * share)]!

/** How far the times of one kind may be from another's: runs in a row that must exceed it, milliseconds, and a share of the other's. */
export interface Apart {
  runs: number
  milliseconds: number
  share: number
}

/** Of sixteen timed requests, on a machine that does other work meanwhile. */
export const APART: Apart = { runs: 4, milliseconds: 3, share: 0.2 }
export const SAMPLES = 16

/** Of what `sameTime` compares; in the long proof of so many that half a millisecond shows. */
const [COMPARED, FAR] =
  process.env.PROOF === 'long'
    ? ([200, { runs: 4, milliseconds: 0.5, share: 0.03 }] as const)
    : ([SAMPLES, APART] as const)

/**
 * Whether the lower quartiles are that far apart, which a busy machine disturbs least: 1 where the other kind takes
 * longer, -1 where it takes less, 0 where they are not.
 */
export function apartBy(one: readonly number[], other: readonly number[], { milliseconds, share }: Apart): number {
  const least = quantile(one, 0.25)
  const longer = quantile(other, 0.25) - least
  return Math.abs(longer) > milliseconds + share * least ? Math.sign(longer) : 0
}

/**
 * The kinds that each of so many runs tells apart, and by the same way each time: a leak does not turn round, chance
 * does. `run` is told which kinds it has to compare, and gives each its way, 0 for none.
 */
export async function inEachRun(
  runs: number,
  all: readonly string[],
  run: (kinds: readonly string[]) => Promise<ReadonlyMap<string, number>>,
): Promise<readonly string[]> {
  let kinds = all
  let before: ReadonlyMap<string, number> | undefined
  for (let n = 0; n < runs && kinds.length > 0; n++) {
    const ways = await run(kinds)
    const former = before
    kinds = kinds.filter(kind => ways.get(kind) !== 0 && (!former || former.get(kind) === ways.get(kind)))
    before = ways
  }
  return kinds
}

/** The longest random wait before what strangers ask, in microseconds, which enumeration.test.ts holds too. */
const BLUR = 10_000

/** Runs `work` without that wait, which would hide much from a few samples. */
export async function withoutBlur<T>(services: { random: Random }, work: () => Promise<T>): Promise<T> {
  const { random } = services
  services.random = { ...random, below: limit => (limit === BLUR ? 0 : random.below(limit)) }
  try {
    return await work()
  } finally {
    services.random = random
  }
}

/** Fails where the work for one kind takes another time than for the first. No limit stops it. `prepare`: before each request, untimed. */
export async function sameTime(
  { services, store }: { services: { random: Random }; store: Pick<Store, 'pool'> },
  kinds: Record<string, () => Promise<unknown>>,
  prepare: () => Promise<unknown> = async () => {},
): Promise<void> {
  const [first = '', ...others] = Object.keys(kinds)
  const run = async (compared: readonly string[]) => {
    const measured = [first, ...compared]
    const times = new Map(measured.map(kind => [kind, [] as number[]]))
    for (const kind of shuffled(measured.flatMap(kind => Array<string>(COMPARED).fill(kind)))) {
      for (const table of ['sends', 'counters', 'flood_points']) await store.pool.query(`delete from latchkey.${table}`)
      await prepare()
      const began = performance.now()
      await kinds[kind]!()
      times.get(kind)!.push(performance.now() - began)
    }
    return new Map(compared.map(kind => [kind, apartBy(times.get(first)!, times.get(kind)!, FAR)]))
  }
  const told = await withoutBlur(services, () => inEachRun(FAR.runs, others, run))
  assert.deepEqual(told, [], `these can be told from ${first} by the time`)
}
