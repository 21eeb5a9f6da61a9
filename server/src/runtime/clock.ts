import { MINUTE, SECOND } from '../clock.ts'
import { askSystem, type Db } from '../store/index.ts'

/** The clocks to compare. */
export interface Clocks {
  /** The machine's clock, in milliseconds, which can be set. */
  wall(): number
  /** A clock in milliseconds that cannot be set. */
  steady(): number
  /** The database's clock, in milliseconds. */
  database(): Promise<number>
}

/** Time servers correct a clock by less. */
const JUMP = 5 * SECOND

/** How often clocks are compared. */
const EVERY = 5 * SECOND

/** Reports each jump of the machine's clock once, and once that the database's differs. Every limit and expiry goes by these clocks. */
export function createClockWatch({ wall, steady, database }: Clocks, report: (what: string) => void) {
  let known = wall() - steady()
  let apart = false
  return async () => {
    const found = wall() - steady()
    const jump = Math.round((found - known) / SECOND)
    known = found
    if (Math.abs(jump) * SECOND >= JUMP)
      report(
        `this machine's clock jumped ${jump > 0 ? 'ahead' : 'back'} by ${Math.abs(jump)} seconds: let it ask a time server`,
      )
    const off = Math.round(((await database()) - wall()) / SECOND)
    const isApart = Math.abs(off) * SECOND > MINUTE
    if (isApart && !apart)
      report(
        `the database's clock is ${Math.abs(off)} seconds ${off > 0 ? 'ahead of' : 'behind'} this machine's: let both ask a time server`,
      )
    apart = isApart
  }
}

/** Watches the clocks until `stop`. Errors of the database are reported elsewhere. */
export function watchClocks(db: Db, report: (what: string) => void): { stop(): void } {
  const database = async () => {
    const [row] = await askSystem<{ now: number }>(
      db,
      'select extract(epoch from clock_timestamp())::float8 * 1000 as now',
      [],
    )
    return row!.now
  }
  const look = createClockWatch({ wall: Date.now, steady: () => performance.now(), database }, report)
  let looking = false
  const timer = setInterval(async () => {
    if (looking) return
    looking = true
    await look().catch(() => {})
    looking = false
  }, EVERY).unref()
  return { stop: () => clearInterval(timer) }
}
