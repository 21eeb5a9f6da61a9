import { addressKey, countInWindow } from '../captcha/index.ts'
import { HOUR, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { type Db, inSystem } from '../store/index.ts'

/** Wrong codes that a browser, and an address, may type within an hour (RFC 8628, §5.1). */
const ALLOWED = 10

/** The browser and the address in which a code is typed. `browserToken`: undefined where nothing was begun there yet. */
export interface Guesser {
  address: string
  browserToken: string | undefined
}

/** Counts a typed code as wrong, before it is looked up. Returns the seconds to wait, or 0 where it may be looked up. */
export async function countUserCode(db: Db, means: Means, guesser: Guesser): Promise<number> {
  const counted = await Promise.all(keysOf(means, guesser).map(key => countInWindow(db, means, key, HOUR)))
  const over = counted.filter(({ points }) => points > ALLOWED)
  return Math.max(0, ...over.map(({ ends }) => Math.ceil((ends - means.now.getTime()) / SECOND)))
}

/** Gives the count of a right code back. */
export async function giveBackUserCode(db: Db, means: Means, guesser: Guesser): Promise<void> {
  await inSystem(db, trx =>
    trx
      .updateTable('flood_points')
      .set(eb => ({ points: eb('points', '-', 1) }))
      .where('key', 'in', keysOf(means, guesser))
      .execute(),
  )
}

const keysOf = ({ keys }: Means, { address, browserToken }: Guesser) => [
  `device:${addressKey(keys, address)}`,
  ...(browserToken ? [`device:${keys.mac('browser', browserToken).toString('base64url')}`] : []),
]
