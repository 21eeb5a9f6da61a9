import { setTimeout as sleep } from 'node:timers/promises'
import { type Sample, type Spent, spentBetween } from './processes.ts'

/** Times a piece of work under a name. */
export type Timer<Name extends string> = <T>(name: Name, work: () => Promise<T>) => Promise<T>

/** One act of a person. */
export type Act<Name extends string> = (timed: Timer<Name>) => Promise<void>

/** So many people at work all the time, or so many arrivals each second at any speed of the server. */
export type Arrivals = { atOnce: number } | { perSecond: number }

/** The figures of a measured stretch of time. */
export interface Measured<Name extends string> {
  /** Acts that ended in it, per second. */
  perSecond: number
  /** Milliseconds of each piece of work that ended in it, sorted. */
  times: Partial<Record<Name, number[]>>
  spent: Spent
}

const WARM_UP = 3_000
const MOST_AT_ONCE = 500

/**
 * Lets people act: three seconds to warm up, or `warmUp` milliseconds, `seconds` that are measured, then running acts may end. Throws the error
 * of the first act that fails: figures of a server that refuses mean nothing.
 */
export async function drive<Name extends string>(
  sample: () => Promise<Sample>,
  { arrivals, seconds, warmUp = WARM_UP }: { arrivals: Arrivals; seconds: number; warmUp?: number },
  act: Act<Name>,
): Promise<Measured<Name>> {
  const failure = Promise.withResolvers<never>()
  let over = false
  let ended = 0
  let times: Partial<Record<Name, number[]>> = {}

  const timed: Timer<Name> = async (name, work) => {
    const start = performance.now()
    const result = await work()
    times[name] ??= []
    times[name].push(performance.now() - start)
    return result
  }
  const once = async () => {
    try {
      await act(timed)
      ended++
    } catch (error) {
      over = true
      failure.reject(error)
    }
  }
  const keepBusy = async () => {
    while (!over) await once()
  }
  const keepComing = async (perSecond: number) => {
    const start = performance.now()
    const running = new Set<Promise<void>>()
    for (let number = 1; !over; number++) {
      if (running.size >= MOST_AT_ONCE) throw new Error(`${MOST_AT_ONCE} wait at once: the server does not keep up`)
      const one = once().finally(() => running.delete(one))
      running.add(one)
      await sleep(Math.max(start + (number * 1_000) / perSecond - performance.now(), 0))
    }
    await Promise.all(running)
  }
  const measure = async () => {
    await sleep(warmUp)
    times = {}
    const [from, before, start] = [ended, await sample(), performance.now()]
    await sleep(seconds * 1_000)
    const [to, after, end] = [ended, await sample(), performance.now()]
    const found = times
    times = {}
    over = true
    return { perSecond: ((to - from) * 1_000) / (end - start), times: found, spent: spentBetween(before, after) }
  }

  const acting =
    'atOnce' in arrivals
      ? Promise.all(Array.from({ length: arrivals.atOnce }, keepBusy))
      : keepComing(arrivals.perSecond)
  const all = Promise.all([measure(), acting])
  const [measured] = await Promise.race([all, failure.promise])
  for (const list of Object.values<number[] | undefined>(measured.times)) list?.sort((a, b) => a - b)
  return measured
}

/** The value that this share of the sorted values does not exceed; NaN of none. */
export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? Number.NaN
