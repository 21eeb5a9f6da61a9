import { createHash, pbkdf2, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { verify } from '@node-rs/argon2'

// Hashes of passwords from other systems, so that people keep their password.

/** How the hashes of today's cost begin. */
export const TODAYS = '$argon2id$v=19$m=19456,t=2,p=1$'
const OURS = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/

/** The algorithm and cost of a hash: the text before its salt. */
export const schemeOf = (hash: string) => /^(?:\$[^$]+(?:\$v=\d+)?\$[^$]+\$|\{\w+\})/.exec(hash)?.[0] ?? ''

/** Why a hash from elsewhere cannot be taken over. */
export class ForeignHashError extends Error {
  override name = 'ForeignHashError'
}

/** The most that a hash from elsewhere may cost: it decides how much work every sign-in of the tenant is. */
const MOST = { memory: 65_536, passes: 4, lanes: 4, iterations: 600_000, blocks: 8, log: 16, rounds: 12 }

const ARGON2 = /^\$argon2(?:id|i|d)\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$[\w+/-]{8,88}\$[\w+/-]{16,128}$/
const PBKDF2 = /^\$pbkdf2-(sha256|sha512)\$i=(\d{1,8})\$([\w+/]{8,88})\$([\w+/]{16,128})$/
const SCRYPT = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([\w+/]{8,88})\$([\w+/]{16,128})$/
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z\d]{53}$/

/** Of OpenLDAP and others: a salted digest, and the salt behind it. */
const SSHA = /^\{SSHA(256|384|512)?\}([\w+/]+={0,2})$/
const DIGESTS = { '': 'sha1', 256: 'sha256', 384: 'sha384', 512: 'sha512' } as const

/** Whether a hash is not one of today's. A damaged hash is not either. */
export const isForeign = (hash: string) => !OURS.test(hash)

/**
 * Accepts argon2 (version 19), PBKDF2 and scrypt in PHC form, bcrypt, and SSHA of LDAP directories, all of bounded cost,
 * that can be verified. Throws `ForeignHashError` for other hashes.
 */
export const checkForeignHash = (hash: string): Promise<void> => foreignHashChecks()(hash)

/** `checkForeignHash` for many: of those with the same algorithm, costs and lengths one is tried. */
export function foreignHashChecks(): (hash: string) => Promise<void> {
  const tried = new Set<string>()
  return async hash => {
    checkCosts(hash)
    checkBytes(hash)
    const scheme = schemeOf(hash)
    const shape = `${scheme}${hash.slice(scheme.length).replace(/[^$=]+/g, part => String(part.length))}`
    if (tried.has(shape)) return
    // Tried once, because a hash may look right and have impossible costs or half a salt.
    await compare(hash, '').catch(() => {
      throw new ForeignHashError('It cannot be verified: its costs, its salt or its key are not as they should be.')
    })
    tried.add(shape)
  }
}

/** The last of 22 and of 53 characters of bcrypt, whose spare bits are zero (OpenBSD's alphabet). */
const BCRYPT_ENDS = /^\$2[aby]\$\d\d\$.{21}[.Oeu].{30}[.CGKOSWaeimquy26]$/

/** Of each hash, because its verifier refuses bytes that are written in another way, and its person would be locked out. */
function checkBytes(hash: string): void {
  const [, , body] = SSHA.exec(hash) ?? []
  const parts = body !== undefined ? [body] : hash.split('$').slice(-2)
  const isCanonical = BCRYPT.test(hash)
    ? BCRYPT_ENDS.test(hash)
    : parts.every(part => unpadded(Buffer.from(part, 'base64').toString('base64')) === unpadded(part))
  if (!isCanonical) throw new ForeignHashError('It cannot be verified: its salt or its key is not canonical Base64.')
}

const unpadded = (text: string) => text.replace(/=+$/, '')

function checkCosts(hash: string): void {
  const [, memory = 0, passes = 0, lanes = 0] = ARGON2.exec(hash)?.map(Number) ?? []
  const [, log = 0, blocks = 0, parallel = 0] = SCRYPT.exec(hash)?.map(Number) ?? []
  const iterations = Number(PBKDF2.exec(hash)?.[2] ?? 0)
  const rounds = Number(BCRYPT.exec(hash)?.[1] ?? 0)
  if (![ARGON2, PBKDF2, SCRYPT, BCRYPT, SSHA].some(form => form.test(hash)))
    throw new ForeignHashError(
      'It is neither $argon2id$… (or argon2i, argon2d), $pbkdf2-sha256$i=…, $pbkdf2-sha512$i=…, $scrypt$ln=…, $2b$… (or $2a$, $2y$) nor {SSHA}….',
    )
  const dear =
    iterations > MOST.iterations ||
    memory > MOST.memory ||
    passes > MOST.passes ||
    Math.max(lanes, parallel) > MOST.lanes ||
    log > MOST.log ||
    blocks > MOST.blocks ||
    rounds > MOST.rounds
  if (dear)
    throw new ForeignHashError(
      `It costs too much: at most m=${MOST.memory},t=${MOST.passes},p=${MOST.lanes}, i=${MOST.iterations}, ln=${MOST.log},r=${MOST.blocks},p=${MOST.lanes}, or $2b$${MOST.rounds}$.`,
    )
}

const derive = promisify(pbkdf2)
const deriveDearly = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)

/** For scrypt's own 64 MB at its most, and a little beside it. */
const MAXMEM = 80 * 1024 * 1024

/** Whether the hash is of this secret. A hash that cannot be verified says no: each sign-in of its tenant does this work, and none may fail by it. */
export const verifyForeign = (hash: string, secret: string): Promise<boolean> =>
  compare(hash, secret).catch(() => false)

async function compare(hash: string, secret: string): Promise<boolean> {
  if (ARGON2.test(hash)) return verify(hash, secret)
  const [, digest, iterations, salt = '', key = ''] = PBKDF2.exec(hash) ?? []
  if (digest !== undefined) {
    const stored = Buffer.from(key, 'base64')
    return timingSafeEqual(
      await derive(secret, Buffer.from(salt, 'base64'), Number(iterations), stored.length, digest),
      stored,
    )
  }
  const [, log, r, p, grain = '', hashed = ''] = SCRYPT.exec(hash) ?? []
  if (log !== undefined) {
    const stored = Buffer.from(hashed, 'base64')
    const cost = { N: 2 ** Number(log), r: Number(r), p: Number(p), maxmem: MAXMEM }
    return timingSafeEqual(await deriveDearly(secret, Buffer.from(grain, 'base64'), stored.length, cost), stored)
  }
  const [bcrypted, rounds] = BCRYPT.exec(hash) ?? []
  if (bcrypted !== undefined) return compareBcrypt(bcrypted, secret, Number(rounds))
  const [, size = '', body = ''] = SSHA.exec(hash) ?? []
  if (body === '') return false
  const whole = Buffer.from(body, 'base64')
  const sum = createHash(DIGESTS[size as keyof typeof DIGESTS])
  const length = sum.copy().digest().length
  // Without a salt of some bytes one table would open the hashes of all.
  if (whole.length < length + 4) throw new RangeError('no salt')
  return timingSafeEqual(sum.update(secret).update(whole.subarray(length)).digest(), whole.subarray(0, length))
}

/** What bcrypt reads of a password, in bytes. */
const BCRYPT_READS = 72

/**
 * bcrypt repeats a password behind a zero byte, and reads no more than 72 bytes. So to it "secret", "secret\0secret" and
 * any two that begin alike for long are one password: such ones are nobody's here.
 */
async function compareBcrypt(hash: string, secret: string, rounds: number): Promise<boolean> {
  if (rounds < 4) throw new RangeError('no rounds')
  const { verify: verifyBcrypt } = await import('@node-rs/bcrypt')
  const isSame = await verifyBcrypt(secret, hash)
  return isSame && !secret.includes('\0') && Buffer.byteLength(secret) <= BCRYPT_READS
}
