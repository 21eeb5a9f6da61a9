import { createPublicKey, type KeyObject } from 'node:crypto'
import { applicationError } from './errors.ts'

/** A public key by which an application signs its assertions, as a JSON Web Key. */
export type PublicKey = Record<string, unknown>

const ALGORITHMS: Record<string, readonly string[]> = { rsa: ['RS256', 'PS256'], ec: ['ES256'] }

/** Refuses what is no public key of RS256, PS256 or ES256. Throws `key_invalid`. */
export function checkPublicKey(key: PublicKey): void {
  // A private key that was stored by mistake would be in every backup.
  if ('d' in key || 'k' in key) throw refuse('a private key; take it out of use, and register its public key')
  const { asymmetricKeyType: type = '', asymmetricKeyDetails: details = {} } = read(key)
  if (!(type in ALGORITHMS)) throw refuse('neither RSA nor EC')
  const bits = details.modulusLength ?? 0
  if (type === 'rsa' && (bits < 2048 || bits > 4096)) throw refuse('RSA of other than 2048 to 4096 bits')
  if (type === 'ec' && details.namedCurve !== 'prime256v1') throw refuse('on another curve than P-256')
  if (key.alg !== undefined && !ALGORITHMS[type]!.includes(String(key.alg)))
    throw refuse(`for another algorithm than ${ALGORITHMS[type]!.join(', ')}`)
  if (key.use !== undefined && key.use !== 'sig') throw refuse('not for signatures')
}

function read(key: PublicKey): KeyObject {
  try {
    return createPublicKey({ key, format: 'jwk' })
  } catch {
    throw refuse('no JSON Web Key')
  }
}

const refuse = (what: string) => applicationError('key_invalid', `One of the public keys is ${what}.`)
