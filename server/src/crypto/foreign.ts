import { pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { verify } from '@node-rs/argon2'

// Hashes of passwords from other systems, so that people keep their password.

/** How the hashes of today's cost begin. */
export const TODAYS = '$argon2id$v=19$m=19456,t=2,p=1$'
const OURS = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/

/** The algorithm and cost of a hash: the text before its salt. */
export const schemeOf = (hash: string) => /^\$[^$]+(?:\$v=\d+)?\$[^$]+\$/.exec(hash)?.[0] ?? ''

/** Why a hash from elsewhere cannot be taken over. */
export class ForeignHashError extends Error {
  override name = 'ForeignHashError'
}

/** The most that a hash from elsewhere may cost: it decides how much work every sign-in of the tenant is. */
const MOST = { memory: 65_536, passes: 4, lanes: 4, iterations: 600_000 }

const ARGON2 = /^\$argon2(?:id|i|d)\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$[\w+/-]{8,88}\$[\w+/-]{16,128}$/
const PBKDF2 = /^\$pbkdf2-(sha256|sha512)\$i=(\d{1,8})\$([\w+/]{8,88})\$([\w+/]{16,128})$/

/** Whether a hash is not one of today's. A damaged hash is not either. */
export const isForeign = (hash: string) => !OURS.test(hash)

/** Accepts argon2 (version 19) and PBKDF2 in PHC form, of bounded cost, that can be verified. Throws `ForeignHashError` for other hashes. */
export async function checkForeignHash(hash: string): Promise<void> {
  const [, memory, passes, lanes] = ARGON2.exec(hash)?.map(Number) ?? []
  const iterations = Number(PBKDF2.exec(hash)?.[2])
  if (memory === undefined && Number.isNaN(iterations))
    throw new ForeignHashError(
      'It is neither $argon2id$… (or argon2i, argon2d) nor $pbkdf2-sha256$i=… or $pbkdf2-sha512$i=….',
    )
  const dear = iterations > MOST.iterations || memory! > MOST.memory || passes! > MOST.passes || lanes! > MOST.lanes
  if (dear)
    throw new ForeignHashError(
      `It costs too much: at most m=${MOST.memory},t=${MOST.passes},p=${MOST.lanes}, or i=${MOST.iterations}.`,
    )
  // Tried once, because a hash may look right and have impossible costs or half a salt.
  await compare(hash, '').catch(() => {
    throw new ForeignHashError('It cannot be verified: its costs, its salt or its key are not as they should be.')
  })
}

const derive = promisify(pbkdf2)

/** Whether the hash is of this secret. A hash that cannot be verified says no: each sign-in of its tenant does this work, and none may fail by it. */
export const verifyForeign = (hash: string, secret: string): Promise<boolean> =>
  compare(hash, secret).catch(() => false)

async function compare(hash: string, secret: string): Promise<boolean> {
  const [, digest, iterations, salt = '', key = ''] = PBKDF2.exec(hash) ?? []
  if (digest === undefined) return ARGON2.test(hash) && verify(hash, secret)
  const stored = Buffer.from(key, 'base64')
  const made = await derive(secret, Buffer.from(salt, 'base64'), Number(iterations), stored.length, digest)
  return timingSafeEqual(made, stored)
}
