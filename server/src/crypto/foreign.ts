import { pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { verify } from '@node-rs/argon2'

// Hashes of passwords that another system made, so that people can go on with the password that they have.

/** How the hashes of today's cost begin. */
export const TODAYS = '$argon2id$v=19$m=19456,t=2,p=1$'
const OURS = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/

/** How a hash was made, and at what cost: what stands before its salt. */
export const schemeOf = (hash: string) => /^\$[^$]+(?:\$v=\d+)?\$[^$]+\$/.exec(hash)?.[0] ?? ''

/** Why a hash from elsewhere cannot be taken over. */
export class ForeignHashError extends Error {
  override name = 'ForeignHashError'
}

/** What a hash from elsewhere may cost: somebody who imports one decides how much work every sign-in of the tenant is. */
const MOST = { memory: 65_536, passes: 4, lanes: 4, iterations: 600_000 }

const ARGON2 = /^\$argon2(?:id|i|d)\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$[\w+/-]{8,88}\$[\w+/-]{16,128}$/
const PBKDF2 = /^\$pbkdf2-(sha256|sha512)\$i=(\d{1,8})\$([\w+/]{8,88})\$([\w+/]{16,128})$/

/** Whether a hash is none that we would make now; one that was damaged is none of ours either. */
export const isForeign = (hash: string) => !OURS.test(hash)

/** Refuses a hash that is neither argon2 (version 19) nor PBKDF2 in PHC form, one that costs more than a sign-in may, and one that cannot be verified. Throws `ForeignHashError`. */
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
  // Tried once, because what looks like a hash may still be none: impossible costs, half a salt.
  await compare(hash, '').catch(() => {
    throw new ForeignHashError('It cannot be verified: its costs, its salt or its key are not as they should be.')
  })
}

const derive = promisify(pbkdf2)

/** Whether the secret is that of the hash. One that cannot be verified says no: it is every sign-in's work in its tenant, and must stop nobody's. */
export const verifyForeign = (hash: string, secret: string): Promise<boolean> =>
  compare(hash, secret).catch(() => false)

async function compare(hash: string, secret: string): Promise<boolean> {
  const [, digest, iterations, salt = '', key = ''] = PBKDF2.exec(hash) ?? []
  if (digest === undefined) return ARGON2.test(hash) && verify(hash, secret)
  const stored = Buffer.from(key, 'base64')
  const made = await derive(secret, Buffer.from(salt, 'base64'), Number(iterations), stored.length, digest)
  return timingSafeEqual(made, stored)
}
