import { addressKey, countInWindow } from '../captcha/index.ts'
import { DAY, HOUR, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import type { Db } from '../store/index.ts'
import { refuse } from './errors.ts'

// Each beginning mails a stranger, and costs the operator (work accounts on the wire, §3). What is refused stays
// counted: a flood that goes on does not get through at the end of the window.

const PER_NETWORK = 20
const PER_DOMAIN = 50

/** Links to first administrators that a firm, and one of its customers, has mailed in a day. */
const PER_FIRM = 100
const PER_CUSTOMER = 10

/**
 * Counts a sign-up that is about to begin: of its network in an hour, of its domain in a day, and of all in a day.
 * `network`: undefined where a proxy in front limits addresses. Throws `throttled`.
 */
export async function countSignup(
  db: Db,
  means: Means,
  { network, domain, perDay }: { network: string | undefined; domain: string; perDay: number },
): Promise<void> {
  const { keys } = means
  const counts = [
    ...(network === undefined
      ? []
      : [{ key: `signup network:${addressKey(keys, network)}`, window: HOUR, atMost: PER_NETWORK }]),
    { key: `signup domain:${keys.mac('address', domain).toString('base64url')}`, window: DAY, atMost: PER_DOMAIN },
    { key: 'signup', window: DAY, atMost: perDay },
  ]
  await countEach(db, means, counts)
}

/** Counts a link to the first administrator of a customer that is about to be mailed anew. Throws `throttled`. */
export const countFirstInvitation = (
  db: Db,
  means: Means,
  { homeId, customerId }: { homeId: string; customerId: string },
): Promise<void> =>
  countEach(db, means, [
    { key: `first invitation firm:${homeId}`, window: DAY, atMost: PER_FIRM },
    { key: `first invitation customer:${customerId}`, window: DAY, atMost: PER_CUSTOMER },
  ])

async function countEach(
  db: Db,
  means: Means,
  counts: readonly { key: string; window: number; atMost: number }[],
): Promise<void> {
  for (const { key, window, atMost } of counts) {
    const { points, ends } = await countInWindow(db, means, key, window)
    if (points > atMost)
      throw refuse('throttled', { retryAfter: Math.max(Math.ceil((ends - means.now.getTime()) / SECOND), 1) })
  }
}
