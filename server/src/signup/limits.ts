import { addressKey, countInWindow } from '../captcha/index.ts'
import { DAY, HOUR, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import type { Db } from '../store/index.ts'
import { refuse } from './errors.ts'

// Each beginning mails a stranger, and costs the operator (work accounts on the wire, §3). What is refused stays
// counted: a flood that goes on does not get through at the end of the window.

const PER_NETWORK = 20
const PER_DOMAIN = 50

/**
 * Counts a sign-up that is about to begin: of its network in an hour, of its domain in a day, and of all in a day.
 * `network`: undefined where a proxy in front limits addresses. Throws `throttled`.
 */
export async function countSignup(
  db: Db,
  means: Means,
  { network, domain, perDay }: { network: string | undefined; domain: string; perDay: number },
): Promise<void> {
  const { keys, now } = means
  const counts = [
    ...(network === undefined
      ? []
      : [{ key: `signup network:${addressKey(keys, network)}`, window: HOUR, atMost: PER_NETWORK }]),
    { key: `signup domain:${keys.mac('address', domain).toString('base64url')}`, window: DAY, atMost: PER_DOMAIN },
    { key: 'signup', window: DAY, atMost: perDay },
  ]
  for (const { key, window, atMost } of counts) {
    const { points, ends } = await countInWindow(db, means, key, window)
    if (points > atMost)
      throw refuse('throttled', { retryAfter: Math.max(Math.ceil((ends - now.getTime()) / SECOND), 1) })
  }
}
