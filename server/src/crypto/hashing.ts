import { type Algorithm, hash, verify } from '@node-rs/argon2'

/** Too many hashes wait already: the caller should ask again shortly. */
export class HashingBusy extends Error {
  override name = 'HashingBusy'
}

/** OWASP's minimum for argon2id: 19 MiB, two passes, one lane. */
const COST = { algorithm: 2 satisfies Algorithm.Argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** Hashes passwords and answers. Everything that hashes goes through one of these, because hashing is what the machine can do least of. */
export interface Hasher {
  /** argon2id in PHC form. Throws `HashingBusy` where too many wait already. */
  hash(secret: string): Promise<string>
  /** Whether the secret is that of the hash. Without a hash it does the same work on a decoy and says no, so that an unknown user takes as long as a known one. */
  verify(stored: string | undefined, secret: string): Promise<boolean>
}

/**
 * A hasher that runs at most `atOnce` hashes and lets at most `waiting` more wait: a flood of sign-ins is told to come back instead of filling the memory.
 */
export async function createHasher(limits: { atOnce: number; waiting: number }): Promise<Hasher> {
  let running = 0
  const queue: (() => void)[] = []

  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= limits.atOnce) {
      if (queue.length >= limits.waiting) throw new HashingBusy('too many hashes are waiting')
      // Whoever finishes hands its place over, so a newcomer cannot slip in between.
      await new Promise<void>(resolve => queue.push(resolve))
    } else running++
    try {
      return await work()
    } finally {
      const next = queue.shift()
      if (next) next()
      else running--
    }
  }

  const decoy = await hash('a password that nobody has', COST)
  return {
    hash: secret => inTurn(() => hash(secret, COST)),
    verify: (stored, secret) =>
      inTurn(async () => {
        const right = await verify(stored ?? decoy, secret)
        return right && stored !== undefined
      }),
  }
}
