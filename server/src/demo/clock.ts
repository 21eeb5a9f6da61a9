import { DAY, type MovableClock, SECOND } from '../clock.ts'
import { awaitDueJobs, hastenJobs, inSystem, type Store, type TaskName } from '../store/index.ts'
import { refuse } from './errors.ts'

/** The name of the fact that the clock is kept as: where it went back at a start, what has happened would lie ahead. */
const FACT = 'clock'

/** How many times at most the clock stops on its way. */
const STOPS = 60

/** How long one stop may take. */
const PATIENCE = 60 * SECOND

/** Sets the clock forward by so many seconds; see `createPassing`. */
export type Pass = (seconds: number) => Promise<void>

/**
 * Lets time pass in a demonstration. Its clock stops each day, or sixty times on a longer way, until all that is due is
 * done: what follows a day after something else comes a day after it. `scheduled`: the jobs that come by themselves.
 * Throws `unavailable` where jobs take longer than a minute.
 */
export function createPassing(store: Store, clock: MovableClock, scheduled: readonly TaskName[]): Pass {
  return async seconds => {
    const milliseconds = seconds * SECOND
    const stride = Math.max(DAY, milliseconds / STOPS)
    for (let left = milliseconds; left > 0; left -= stride) {
      await step(store, clock, { milliseconds: Math.min(stride, left), scheduled })
      if (!(await awaitDueJobs(store, PATIENCE))) throw refuse('unavailable', { retryAfter: PATIENCE / SECOND })
    }
  }
}

async function step(
  store: Store,
  clock: MovableClock,
  { milliseconds, scheduled }: { milliseconds: number; scheduled: readonly TaskName[] },
): Promise<void> {
  // Before the jobs are let go: they ask for the moment when they run.
  clock.advance(milliseconds)
  try {
    await store.owner.transaction().execute(async trx => {
      const value = String(clock.ahead())
      await trx
        .insertInto('facts')
        .values({ name: FACT, value })
        .onConflict(conflict => conflict.column('name').doUpdateSet({ value }))
        .execute()
      await hastenJobs(trx, milliseconds, scheduled)
    })
  } catch (error) {
    clock.advance(-milliseconds)
    throw error
  }
}

/** Sets the clock to where earlier runs of this demonstration have set it. */
export async function restoreClock(store: Store, clock: MovableClock): Promise<void> {
  const kept = await inSystem(store, trx =>
    trx.selectFrom('facts').select('value').where('name', '=', FACT).executeTakeFirst(),
  )
  if (kept) clock.advance(Number(kept.value) - clock.ahead())
}
