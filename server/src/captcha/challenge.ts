import { createChallenge, HmacAlgorithm, randomInt, verifySolution } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import type { Challenge } from 'altcha-lib/types'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { MINUTE, plus, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { isOver } from '../store/index.ts'

/** How long a challenge may take from its issue to the request that it admits. */
const LASTS = 10 * MINUTE

/** Hashes for one guess at the counter: what issuing a challenge costs the server, a tenth of a millisecond. */
const COST = 500

/** A solved challenge, as ALTCHA's clients send it. They add members that say how long it took. */
const Solved = Type.Object({
  challenge: Type.Object({
    parameters: Type.Object({
      algorithm: Type.Literal('PBKDF2/SHA-256'),
      nonce: Type.String(),
      salt: Type.String(),
      cost: Type.Literal(COST),
      keyLength: Type.Integer(),
      keyPrefix: Type.String(),
      keySignature: Type.String(),
      expiresAt: Type.Integer(),
      data: Type.Object({ work: Type.Integer() }),
    }),
    signature: Type.String(),
  }),
  solution: Type.Object({ counter: Type.Integer(), derivedKey: Type.String() }),
})

/** What a verified solution is worth. */
export interface SolvedChallenge {
  /** A keyed hash, the same for every way to write this challenge down. */
  id: Buffer
  /** The hashes that it was expected to take. */
  work: number
  expiresAt: Date
}

/** An ALTCHA challenge that is expected to take `work` hashes. Nothing is stored: its signature tells it from others. */
export async function issueChallenge({ now, keys }: Means, work: number): Promise<Challenge> {
  const guesses = work / COST
  return createChallenge({
    algorithm: 'PBKDF2/SHA-256',
    cost: COST,
    // Half as many to one and a half times as many: everybody waits about as long.
    counter: randomInt(Math.round(1.5 * guesses), Math.round(0.5 * guesses)),
    data: { work },
    deriveKey,
    expiresAt: plus(now, LASTS),
    hmacAlgorithm: HmacAlgorithm.SHA_256,
    hmacSignatureSecret: keys.mac('captcha', 'challenge').toString('hex'),
    hmacKeySignatureSecret: keys.mac('captcha', 'key').toString('hex'),
  })
}

/**
 * Verifies what a client sent: base64 of a solved challenge's JSON, or that JSON.
 * Undefined where it is unsolved, foreign, altered, expired or unreadable.
 */
export async function verifySolved({ now, keys }: Means, text: string): Promise<SolvedChallenge | undefined> {
  const solved = readSolved(text)
  if (!solved) return undefined
  const { challenge, solution } = solved
  const { expiresAt, data } = challenge.parameters
  const expires = new Date(expiresAt * SECOND)
  if (!Number.isFinite(expires.getTime()) || isOver(expires, now, LASTS)) return undefined
  const keySecrets = keys.macs('captcha', 'key')
  for (const [index, secret] of keys.macs('captcha', 'challenge').entries()) {
    // The solution's key is compared with its signature: the server never does the work that a client names.
    const { verified } = await verifySolution({
      challenge,
      solution,
      deriveKey,
      hmacAlgorithm: HmacAlgorithm.SHA_256,
      hmacSignatureSecret: secret.toString('hex'),
      hmacKeySignatureSecret: keySecrets[index]!.toString('hex'),
    })
    if (verified) return { id: Buffer.from(challenge.signature, 'hex'), work: data.work, expiresAt: expires }
  }
  return undefined
}

function readSolved(text: string): Static<typeof Solved> | undefined {
  try {
    const parsed: unknown = JSON.parse(text.startsWith('{') ? text : Buffer.from(text, 'base64').toString('utf8'))
    return Value.Check(Solved, parsed) ? parsed : undefined
  } catch {
    return undefined // unreadable is unsolved
  }
}
