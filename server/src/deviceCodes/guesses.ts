import { addressKey, countInWindow } from '../captcha/index.ts'
import { HOUR, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { type Db, inSystem } from '../store/index.ts'

/** Wrong codes that a browser, and an address, may type within an hour (RFC 8628, §5.1). */
const ALLOWED = 10

/** The same for a network of many addresses, which one guesser can have for itself. No office mistypes so often. */
const ALLOWED_TO_NETWORK = 100
const NETWORK = { ipv4: 24, ipv6: 48 } as const

/**
 * The browser and the address in which a code is typed. `browserToken`: undefined where nothing was begun there yet.
 * `deviceCookie`: of a browser in which somebody has signed in, so that strangers of its network do not stop it.
 */
export interface Guesser {
  address: string
  browserToken: string | undefined
  deviceCookie: string | undefined
}

/** Counts a typed code as wrong, before it is looked up. Returns the seconds to wait, or 0 where it may be looked up. */
export async function countUserCode(db: Db, means: Means, guesser: Guesser): Promise<number> {
  const countIn = async (keys: readonly string[], allowed: number) => {
    const counted = await Promise.all(keys.map(key => countInWindow(db, means, key, HOUR)))
    const over = counted.filter(({ points }) => points > allowed)
    return Math.max(0, ...over.map(({ ends }) => Math.ceil((ends - means.now.getTime()) / SECOND)))
  }
  const wait = await countIn(keysOf(means, guesser), ALLOWED)
  // One machine that goes on though it has to wait must not use up its network's.
  return wait > 0 ? wait : countIn(networkKeysOf(means, guesser), ALLOWED_TO_NETWORK)
}

/** Gives the count of a right code back. */
export async function giveBackUserCode(db: Db, means: Means, guesser: Guesser): Promise<void> {
  await inSystem(db, trx =>
    trx
      .updateTable('flood_points')
      .set(eb => ({ points: eb('points', '-', 1) }))
      .where('key', 'in', [...keysOf(means, guesser), ...networkKeysOf(means, guesser)])
      .execute(),
  )
}

const keysOf = ({ keys }: Means, { address, browserToken, deviceCookie }: Guesser) => [
  `device:${addressKey(keys, address)}`,
  ...[browserToken, deviceCookie].flatMap(token =>
    token ? [`device:${keys.mac('browser', token).toString('base64url')}`] : [],
  ),
]

const networkKeysOf = ({ keys }: Means, { address, deviceCookie }: Guesser) =>
  deviceCookie ? [] : [`device:${addressKey(keys, address, NETWORK)}`]
