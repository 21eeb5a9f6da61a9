import { addressKey, countInWindow } from '../captcha/index.ts'
import { DAY, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import type { Db } from '../store/index.ts'
import { refuse } from './errors.ts'

/** Claims that one network begins in a day (work accounts on the wire, §3). */
const PER_NETWORK = 3

/** Counts a claim that is about to begin, whatever becomes of it. Throws `throttled`. */
export async function countTakeover(db: Db, means: Means, address: string): Promise<void> {
  const { points, ends } = await countInWindow(db, means, `takeover network:${addressKey(means.keys, address)}`, DAY)
  if (points > PER_NETWORK)
    throw refuse('throttled', { retryAfter: Math.max(Math.ceil((ends - means.now.getTime()) / SECOND), 1) })
}
