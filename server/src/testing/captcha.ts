import { solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import type { Challenge, Solution } from 'altcha-lib/types'

/** Does the work that a challenge asks for. */
export const solutionOf = async (challenge: Challenge): Promise<Solution> =>
  (await solveChallenge({ challenge, deriveKey }))!

/** A solved challenge as clients send it. */
export const written = (challenge: unknown, solution: unknown): string =>
  Buffer.from(JSON.stringify({ challenge, solution })).toString('base64')

/** What a client sends for a challenge. */
export const solve = async (challenge: Challenge): Promise<string> => written(challenge, await solutionOf(challenge))
