import { randomBytes } from 'node:crypto'
import { HOUR, SECOND } from '../server/src/clock.ts'
import { openStore } from '../server/src/store/index.ts'
import { AT_ONCE, type Bench, signIns, withSomebody } from './bench.ts'
import { growTo } from './directory.ts'
import { reset, type Step } from './journeys.ts'
import { drive } from './load.ts'
import { familyOf, memoryOf, takeSample } from './processes.ts'
import { spentTable, table, timesTable } from './report.ts'

const PEOPLE = 20_000
const LEAST = 50
const SECONDS = 60
const BUSY_SECONDS = 12
/** Everybody signs in once a day, a fifth of them in the busiest hour, and on a Monday four times as many. */
const OF_A_MONDAY = 0.8
/** More than a Monday has, so that a minute holds some. */
const SIGN_INS_BY_RESETS = 40

/**
 * Lets the company grow to so many people, and measures memory, the database and a minute of a Monday's busiest hour;
 * then as many sign-ins and resets as the machine takes. Returns the report.
 */
export async function measureSizes(bench: Bench, named: readonly string[] = []): Promise<string> {
  const people = sizeNamed(named)
  const store = await openStore({ databaseUrl: bench.ownerUrl, applicationName: 'latchkey bench' })
  const { pids } = bench.server
  const sample = () => takeSample(pids)
  const memory = async () => [
    mb((await memoryOf([pids.server])).resident),
    mb((await memoryOf([pids.server])).own),
    mb((await memoryOf(await familyOf(pids.postmaster))).own),
  ]
  const database = async () => {
    const { rows } = await store.pool.query(
      `select pg_database_size(current_database())::float8 as bytes, (pg_current_wal_insert_lsn() - '0/0')::float8 as written`,
    )
    return rows[0] as { bytes: number; written: number }
  }
  try {
    const resets = withSomebody<Step>(bench, (person, timed) =>
      reset(bench, timed, {
        person,
        newPassword: `Quiet harbour ${randomBytes(6).toString('hex')}`,
        looking: false,
      }),
    )
    await growTo(store, bench.means, bench.application.tenantId, people)
    const [first, small] = [await memory(), await database()]
    const perSecond = Math.max((people * OF_A_MONDAY) / (HOUR / SECOND), 1)
    let turn = 0
    const monday = await drive<Step>(sample, { arrivals: { perSecond }, seconds: SECONDS }, timed =>
      turn++ % SIGN_INS_BY_RESETS === 0 ? resets(timed) : signIns(bench)(timed),
    )
    const [then, grown] = [await memory(), await database()]
    const busy = { arrivals: { atOnce: AT_ONCE }, seconds: BUSY_SECONDS }
    const signedIn = await drive(sample, busy, signIns(bench))
    const whole = await drive(sample, busy, resets)
    return [
      `${people} people, ${perSecond.toFixed(1)} sign-ins a second, one reset for ${SIGN_INS_BY_RESETS} of them:`,
      table([
        ['MB', 'server resident', 'of its own', 'PostgreSQL'],
        ['after the start', ...first],
        ['after a minute of a Monday', ...then],
        [`after ${AT_ONCE} at once`, ...(await memory())],
      ]),
      `Database ${mb(small.bytes / 2 ** 20)} MB; a minute wrote ${((grown.written - small.written) / 2 ** 20).toFixed(1)} MB of WAL`,
      '',
      timesTable(monday, ['sign-in', 'password']),
      spentTable({ monday, 'sign-ins, all that it takes': signedIn, 'resets, all that it takes': whole }),
      `At most ${signedIn.perSecond.toFixed(0)} sign-ins or ${whole.perSecond.toFixed(0)} resets a second`,
    ].join('\n')
  } finally {
    await store.close()
  }
}

/** How many people the command line names. Throws where they are too few for the load. */
export function sizeNamed([named]: readonly string[]): number {
  const people = named === undefined ? PEOPLE : Number(named)
  if (!Number.isInteger(people) || people < LEAST) throw new Error(`A company has ${LEAST} people or more`)
  return people
}

const mb = (megabytes: number) => megabytes.toFixed(0)
