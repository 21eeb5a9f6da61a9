import { Worker } from 'node:worker_threads'
import type { Random } from '../crypto/index.ts'

/** Microseconds. */
const BLUR = 10_000

/**
 * Waits at random before anything is looked up for a stranger. A known name takes some hundredths of a millisecond
 * longer, which a few hundred tries would show. After the work, its jobs would reveal the same. Throws where it cannot wait.
 */
export const blur = (random: Random): Promise<void> => waitFor(random.below(BLUR))

/** `until`: in nanoseconds of the machine's clock, which both threads read. */
interface Wait {
  until: bigint
  end(): void
  fail(error: Error): void
}

// One thread waits for the whole process, and knows nothing of a request. A timer counts whole milliseconds, whose
// fraction would show; to wait the fraction out turn by turn kept a processor busy for half a millisecond a request.
const waits = new Set<Wait>()
let hasThread = false

/** When the thread rings: the end of the next wait, 0 for none. */
const alarm = new BigInt64Array(new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT))

/** Waits some microseconds. */
export async function waitFor(microseconds: number): Promise<void> {
  if (microseconds === 0) return
  if (!hasThread) startThread()
  const { promise, resolve: end, reject: fail } = Promise.withResolvers<void>()
  waits.add({ until: process.hrtime.bigint() + BigInt(microseconds) * 1_000n, end, fail })
  setAlarm()
  await promise
}

function setAlarm() {
  let next = 0n
  for (const { until } of waits) if (next === 0n || until < next) next = until
  if (next === 0n || Atomics.load(alarm, 0) === next) return
  Atomics.store(alarm, 0, next)
  Atomics.notify(alarm, 0)
}

function startThread() {
  hasThread = true
  const thread = new Worker(`(${keepWaiting})(require('node:worker_threads'))`, {
    eval: true,
    workerData: alarm,
    execArgv: [],
    env: {},
    resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 8 },
  })
  let failure = new Error('The thread that waits has ended')
  thread
    .on('message', endWaits)
    .on('error', (error: Error) => {
      failure = error
    })
    .once('exit', () => {
      hasThread = false
      Atomics.store(alarm, 0, 0n)
      for (const wait of waits) wait.fail(failure)
      waits.clear()
    })
    .unref() // last, since a listener would keep the process
}

function endWaits() {
  const now = process.hrtime.bigint()
  for (const wait of waits)
    if (wait.until <= now) {
      waits.delete(wait)
      wait.end()
    }
  setAlarm()
}

/** The other thread's whole program, so that it names nothing outside of itself. */
function keepWaiting({ parentPort, workerData: alarm }: { parentPort: MessagePort; workerData: BigInt64Array }) {
  for (;;) {
    const next = Atomics.load(alarm, 0)
    const left = next === 0n ? Number.POSITIVE_INFINITY : Number(next - process.hrtime.bigint()) / 1_000_000
    // Woken, it looks anew: the alarm was set to another moment.
    if (left > 0 && Atomics.wait(alarm, 0, next, left) !== 'timed-out') continue
    if (Atomics.compareExchange(alarm, 0, next, 0n) === next) parentPort.postMessage(0)
  }
}
