import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { countInWindow } from '../captcha/index.ts'
import { MINUTE, SECOND } from '../clock.ts'
import type { Caller } from '../oidc/index.ts'
import { refuse } from './errors.ts'
import type { Call } from './resource.ts'

/** Requests within ten seconds (administration on the wire, §1), at each replica. */
const WINDOW = 10
const REQUESTS = 600
const WRITES = 150
const REQUESTS_OF_PERSON = 100

/** From this part of a limit on, answers tell how near it is. */
const NEAR = 0.8

/** Counts a request of a caller. Throws `throttled`; returns the used part of the fullest limit, where it is near. */
export type Throttle = (caller: Caller, isWrite: boolean) => Promise<number | undefined>

export function createThrottle(): Throttle {
  const of = (points: number, keyPrefix: string) => new RateLimiterMemory({ points, duration: WINDOW, keyPrefix })
  const requests = of(REQUESTS, 'requests')
  const writes = of(WRITES, 'writes')
  const persons = of(REQUESTS_OF_PERSON, 'persons')
  return async ({ tenantId, appId, actor }, isWrite) => {
    const application = `${tenantId} ${appId}`
    const counts = [
      { limiter: requests, key: application },
      ...(isWrite ? [{ limiter: writes, key: application }] : []),
      ...(actor.kind === 'application' ? [] : [{ limiter: persons, key: `${tenantId} ${actor.id}` }]),
    ]
    try {
      const used = await Promise.all(
        counts.map(async ({ limiter, key }) => (await limiter.consume(key)).consumedPoints / limiter.points),
      )
      const fullest = Math.max(...used)
      return fullest >= NEAR ? fullest : undefined
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused
      throw refuse('throttled', { retryAfter: Math.max(1, Math.ceil(refused.msBeforeNext / SECOND)) })
    }
  }
}

/** Passwords, methods and passes of others that one caller may write in a minute, at all replicas together. */
export const CREDENTIALS = 30

/** Counts a write of somebody's credentials. No setting lifts this: a stolen token would take over a whole company at once. */
export async function countCredential(call: Call): Promise<void> {
  await countMinute(call, 'credentials', CREDENTIALS)
}

/** Counts a request of a caller under a name, at all replicas together. Throws `throttled` beyond `limit` a minute. */
export async function countMinute({ db, act }: Pick<Call, 'db' | 'act'>, name: string, limit: number): Promise<void> {
  const key = `${name} ${act.actor.tenantId} ${act.actor.id}`
  const { points, ends } = await countInWindow(db, act, key, MINUTE)
  if (points > limit)
    throw refuse('throttled', { retryAfter: Math.max(1, Math.ceil((ends - act.now.getTime()) / SECOND)) })
}
