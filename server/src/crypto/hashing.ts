import { AsyncLocalStorage } from 'node:async_hooks'
import { type Algorithm, hash, verify } from '@node-rs/argon2'
import { hashInBackground } from './background.ts'
import { isForeign, verifyForeign } from './foreign.ts'
import { networkOf } from './network.ts'

/** Too many hashes wait already: the caller should ask again shortly. */
export class HashingBusy extends Error {
  override name = 'HashingBusy'
}

/** OWASP's minimum for argon2id: 19 MiB, two passes, one lane. */
const COST = { algorithm: 2 satisfies Algorithm.Argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** Judges secrets by their hashes. */
export interface Verifier {
  /**
   * Whether the hash is of this secret. Spends one hash of today's cost in every case, on a decoy where there is none,
   * so that unknown users take as long. `alike`: a hash from another system, checked for its time alone where `stored`
   * is one of ours. So nobody can measure whose password was taken over.
   */
  verify(stored: string | undefined, secret: string, alike?: string): Promise<boolean>
}

/** Hashes passwords and answers. All hashing uses it, because hashing is the scarcest work of a machine. */
export interface Hasher extends Verifier {
  /** argon2id in PHC form. Throws `HashingBusy` where too many wait already. `verify` does too. */
  hash(secret: string): Promise<string>
  /**
   * Reserves a place in the queue, then runs `work`. Throws `HashingBusy` before `work` where no place is free. So no
   * attempt is counted that cannot be judged, and a flood costs no look-up. All hashes inside `work` share the place.
   */
  withPlace<T>(work: (verifier: Verifier) => Promise<T>): Promise<T>
  /** Throws `HashingBusy` where the asker would get no place now. Takes none: the cheapest way to refuse a flood. */
  requirePlace(asker?: Asker): void
  /** How many hashes wait for their turn. */
  waiting(): number
  /** Whether only the places kept for familiar browsers are free. */
  isNearlyFull(): boolean
  /** Runs `work` for an asker: its place counts towards the asker's share. */
  askedBy<T>(asker: Asker | undefined, work: () => Promise<T>): Promise<T>
}

/** Who asks for a place. No address may fill the queue, and familiar browsers have some places of their own. */
export interface Asker {
  address: string
  familiar: boolean
}

/** Places of one address (of IPv6 a /64), and of one IPv6 /48. */
const PER_ADDRESS = 10
const PER_NETWORK = 40

/**
 * A hasher that runs at most `atOnce` hashes. At most `waiting` more wait, so that a flood of sign-ins does not fill
 * the memory.
 */
export async function createHasher(limits: { atOnce: number; waiting: number }): Promise<Hasher> {
  let places = limits.atOnce + limits.waiting
  // One error for all: the stack trace of each would cost more than the rest of a refusal.
  const full = new HashingBusy('too many hashes are waiting')
  let running = 0
  const queue: (() => void)[] = []

  /** The place of the current work, and the last of its hashes. */
  const holder = new AsyncLocalStorage<{ last: Promise<unknown> }>()

  const asking = new AsyncLocalStorage<Asker>()
  /** Places taken, by address and by network. */
  const taken = new Map<string, number>()
  const take = (shares: readonly string[], change: 1 | -1) => {
    for (const share of shares) {
      const now = (taken.get(share) ?? 0) + change
      if (now > 0) taken.set(share, now)
      else taken.delete(share)
    }
  }
  const kept = Math.floor((limits.atOnce + limits.waiting) / 10)

  const requirePlace = (asker?: Asker) => {
    if (places <= (asker && !asker.familiar ? kept : 0)) throw full
    const [address, network] = sharesOf(asker)
    if (address && (taken.get(address) ?? 0) >= PER_ADDRESS) throw full
    if (network && (taken.get(network) ?? 0) >= PER_NETWORK) throw full
  }

  const holdingPlace = async <T>(work: () => Promise<T>): Promise<T> => {
    if (holder.getStore()) return work()
    const asker = asking.getStore()
    requirePlace(asker)
    const shares = sharesOf(asker)
    places--
    take(shares, 1)
    try {
      return await holder.run({ last: Promise.resolve() }, work)
    } finally {
      places++
      take(shares, -1)
    }
  }

  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    // A finished hash hands its turn over, so that a newcomer cannot slip in between.
    if (running >= limits.atOnce) await new Promise<void>(resolve => queue.push(resolve))
    else running++
    try {
      return await work()
    } finally {
      const next = queue.shift()
      if (next) next()
      else running--
    }
  }

  /** The hashes of one place run one after the other: a proof of five answers must not delay others by ten hashes. */
  const inPlace = <T>(work: () => Promise<T>): Promise<T> => {
    const place = holder.getStore()
    if (!place) return inTurn(work)
    const done = place.last.then(() => inTurn(work))
    place.last = done.catch(() => {})
    return done
  }

  const decoy = await hash('a password that nobody has', COST)
  await hashInBackground()
  const verifier: Verifier = {
    verify: (stored, secret, alike) =>
      inPlace(async () => {
        const foreign = stored !== undefined && isForeign(stored)
        const right = await verify(stored !== undefined && !foreign ? stored : decoy, secret)
        const other = foreign ? stored : alike
        const rightThere = other !== undefined && (await verifyForeign(other, secret))
        return foreign ? rightThere : right && stored !== undefined
      }),
  }
  return {
    hash: secret => holdingPlace(() => inPlace(() => hash(secret, COST))),
    verify: (stored, secret, alike) => holdingPlace(() => verifier.verify(stored, secret, alike)),
    withPlace: work => holdingPlace(() => work(verifier)),
    requirePlace,
    waiting: () => queue.length,
    isNearlyFull: () => places <= kept,
    askedBy: (asker, work) => (asker ? asking.run(asker, work) : work()),
  }
}

/** The keys of an asker's places: the address and, of IPv6, the network that a customer often gets. */
function sharesOf(asker: Asker | undefined): string[] {
  if (!asker) return []
  const address = networkOf(asker.address)
  return address.endsWith('/64') ? [address, networkOf(asker.address, { ipv4: 32, ipv6: 48 })] : [address]
}
