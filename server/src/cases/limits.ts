import { addressKey, countInWindow } from '../captcha/index.ts'
import { DAY, MINUTE, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import type { Db } from '../store/index.ts'
import { refuse } from './errors.ts'

/** Cases that one network begins in a day (work accounts on the wire, §3). */
const PER_NETWORK = 5

/** Looks into the DNS for one case in a minute: each asks resolvers for a name that a stranger chose. */
const LOOKS = 6

/** Counts a case that is about to begin, whatever becomes of it. Throws `throttled`. */
export const countCase = (db: Db, means: Means, address: string): Promise<void> =>
  count(db, means, { name: `case network:${addressKey(means.keys, address)}`, most: PER_NETWORK, within: DAY })

/** Counts a look that is about to be made. Throws `throttled`. */
export const countLook = (db: Db, means: Means, caseId: string): Promise<void> =>
  count(db, means, { name: `case look:${caseId}`, most: LOOKS, within: MINUTE })

async function count(
  db: Db,
  means: Means,
  { name, most, within }: { name: string; most: number; within: number },
): Promise<void> {
  const { points, ends } = await countInWindow(db, means, name, within)
  if (points > most)
    throw refuse('throttled', { retryAfter: Math.max(Math.ceil((ends - means.now.getTime()) / SECOND), 1) })
}
