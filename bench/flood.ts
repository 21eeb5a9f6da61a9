import { setTimeout as sleep } from 'node:timers/promises'
import type { Browsers } from './browser.ts'

/** The outcome of a flood of sign-ins. */
export interface Flooded {
  /** Per second. */
  asked: number
  /** Judged passwords per second. */
  judged: number
  /** Refusals to come back later, per second. */
  turnedAway: number
}

const EVERY = 10 // milliseconds
const MOST_AT_ONCE = 3_000

/**
 * Tries so many passwords a second until it is stopped, each from its own address and for its own name. `stop` throws
 * where an answer was neither "wrong" nor "come back".
 */
export function openFlood(browsers: Browsers, perSecond: number): { stop(): Promise<Flooded> } {
  const start = performance.now()
  const counts = new Map<number, number>()
  let asked = 0
  let running = 0
  let over = false
  let failure: Error | undefined

  const one = async (username: string) => {
    running++
    try {
      const { status } = await browsers.fresh().post('/signin', { username, password: 'a password that nobody has' })
      counts.set(status, (counts.get(status) ?? 0) + 1)
    } catch (error) {
      failure ??= error as Error
    } finally {
      running--
    }
  }
  const pour = async () => {
    while (!over) {
      const due = ((performance.now() - start) / 1_000) * perSecond
      for (; asked < due && running < MOST_AT_ONCE; asked++) void one(`flood-${asked}@bench.example`)
      if (running >= MOST_AT_ONCE) failure ??= new Error(`${MOST_AT_ONCE} of the flood wait at once`)
      await sleep(EVERY)
    }
  }
  const poured = pour()
  return {
    async stop() {
      over = true
      await poured
      const seconds = (performance.now() - start) / 1_000
      while (running > 0 && !failure) await sleep(EVERY)
      const odd = [...counts.keys()].find(status => status !== 401 && status !== 503)
      if (failure) throw failure
      if (odd !== undefined) throw new Error(`a flood was answered ${odd}`)
      const each = (status: number) => (counts.get(status) ?? 0) / seconds
      return { asked: asked / seconds, judged: each(401), turnedAway: each(503) }
    },
  }
}
