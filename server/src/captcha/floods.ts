import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import { DAY, MINUTE, plus, SECOND } from '../clock.ts'
import { type Keyring, type Means, networkOf } from '../crypto/index.ts'
import { APART, askSystem, BATCH, type Db, inBatches } from '../store/index.ts'

/**
 * The kinds of requests that are counted per address: beginnings of resets, codes, requests for help, proofs, other
 * steps, passwords, applications that are opened, and their other requests.
 */
export type FloodKind = keyof typeof LIMITS

/** Counts one request of an address. Gives the seconds that it has to wait, or 0 where it may go on. */
export type Floods = (kind: FloodKind, address: string) => Promise<number>

/**
 * Requests that one address may make within the window below. An office of a thousand people behind one address passes
 * on its worst morning; one machine reaches a small part of a server's capacity. `limits/` holds guesses at one account
 * far lower.
 */
const LIMITS = {
  // A fifth of them forgot their password at once.
  begin: 200,
  // The same with a code that had to be asked for again, or a drive to register.
  send: 300,
  // Asking for help and reporting somebody: rare, and never to wait for a neighbour's codes.
  help: 100,
  // Asking for domains, which someone does once or twice: low, because the answers make a list of customers.
  check: 60,
  // A proof for each code, and one in two mistyped.
  prove: 600,
  // The steps of a journey between its proofs.
  step: 600,
  // One a second: everybody arrives within a quarter of an hour. It also keeps an address from taking all the hashing.
  signin: 600,
  // Requests of applications that are kept until somebody signs in. Any page can make a browser send them.
  open: 600,
  // Ten a second: one application asks for the tokens of a thousand people, and one mail server reports all that comes back.
  token: 6_000,
} as const

/** Short, so that an office that went over it waits minutes. Twice the limit at most fits around its end. */
const WINDOW = 10 * MINUTE

/**
 * The flood limits of a deployment, counted in PostgreSQL for all replicas together. A replica remembers which addresses
 * are over the limit, so that the rest of a flood costs nothing but the answer. It follows the machine's clock. Errors
 * of the database are thrown again: a request that cannot be counted is refused.
 */
export function createFloods(db: Db, keys: Keyring): Floods {
  // The library asks a pg client; each statement runs as the system role instead, in one message.
  const client = {
    async query({ text, values }: { text: string; values: (string | number)[] }) {
      // Waiting for the disk would cost more than the statement, and a crash may forget a second of counts.
      return { rows: await askSystem(db, text, values, ['set local synchronous_commit = off']) }
    },
  }
  const limiterOf = (kind: FloodKind) =>
    new RateLimiterPostgres({
      storeClient: client,
      storeType: 'client',
      tableName: 'flood_points',
      tableCreated: true,
      clearExpiredByTimeout: false,
      keyPrefix: kind,
      points: LIMITS[kind],
      duration: WINDOW / SECOND,
      inMemoryBlockOnConsumed: LIMITS[kind],
    })
  const limiters = Object.fromEntries(
    (Object.keys(LIMITS) as FloodKind[]).map(kind => [kind, limiterOf(kind)]),
  ) as Record<FloodKind, RateLimiterPostgres>
  const consume: Floods = async (kind, address) => {
    try {
      await limiters[kind].consume(addressKey(keys, address))
      return 0
    } catch (refused) {
      // Otherwise a clock that had jumped ahead would block the address until that day.
      if (refused instanceof RateLimiterRes && refused.msBeforeNext > WINDOW + APART) {
        await limiters[kind].delete(addressKey(keys, address))
        return consume(kind, address)
      }
      if (refused instanceof RateLimiterRes) return Math.max(Math.ceil(refused.msBeforeNext / SECOND), 1)
      throw refused
    }
  }
  return consume
}

/** The key of an address, or of a wider network: a keyed hash as text, so that the database does not tell who asked for what. */
export const addressKey = (keys: Keyring, address: string, widths?: Parameters<typeof networkOf>[1]) =>
  keys.mac('address', networkOf(address, widths)).toString('base64url')

/** Counts one more under a key, within a window that begins with the first. `ends`: of the window, in milliseconds. */
export async function countInWindow(
  db: Db,
  { now }: Means,
  key: string,
  window: number,
): Promise<{ points: number; ends: number }> {
  const [counted] = await askSystem<{ points: number; ends: string }>(
    db,
    `insert into flood_points as counted (key, points, expire) values ($1, 1, $2)
     on conflict (key) do update set
       points = case when counted.expire <= $3 or counted.expire > $4 then 1 else counted.points + 1 end,
       expire = case when counted.expire <= $3 or counted.expire > $4 then $2 else counted.expire end
     returning points, expire as ends`,
    [key, plus(now, window).getTime(), now.getTime(), plus(now, window + APART).getTime()],
  )
  return { points: counted!.points, ends: Number(counted!.ends) }
}

/** The longest window that is counted here: that of sign-ups of a day. */
const LONGEST_WINDOW = DAY

/** Removes the counts of windows that have ended. */
export async function removeOldFloodPoints(db: Db, { now }: Means): Promise<void> {
  // By the machine's clock, as the counts are; a request's moment is at most a moment behind it.
  await inBatches(() =>
    askSystem(
      db,
      'delete from flood_points where key in (select key from flood_points where expire < $1 or expire > $2 limit $3) returning 1',
      [now.getTime(), plus(now, LONGEST_WINDOW + APART).getTime(), BATCH],
    ),
  )
}
