import { createHash, X509Certificate } from 'node:crypto'
import { applicationError } from './errors.ts'
import type { PublicKey } from './publicKeys.ts'

/** The key of a certificate as a JSON Web Key that carries it. `text`: its DER in Base64, or its PEM. Throws `key_invalid`. */
export function keyOfCertificate(text: string, displayName?: string | null): PublicKey {
  const certificate = readCertificate(text)
  const jwk = certificate.publicKey.export({ format: 'jwk' })
  const der = certificate.raw
  return {
    ...jwk,
    use: 'sig',
    'x5t#S256': createHash('sha256').update(der).digest('base64url'),
    x5c: [der.toString('base64')],
    ...(displayName && { displayName }),
  }
}

function readCertificate(text: string): X509Certificate {
  try {
    const isPem = text.includes('BEGIN')
    return new X509Certificate(isPem ? text : Buffer.from(text, 'base64'))
  } catch {
    throw applicationError('key_invalid', 'One of the keys is no X.509 certificate.')
  }
}

/** The certificate that a key carries; undefined where it was registered without one. */
export function certificateOf({ x5c }: PublicKey): X509Certificate | undefined {
  const [first] = Array.isArray(x5c) ? (x5c as unknown[]) : []
  return typeof first === 'string' ? new X509Certificate(Buffer.from(first, 'base64')) : undefined
}

/** The keys that count now: without a certificate, or within its time. */
export const keysAt = (keys: readonly PublicKey[], now: Date): PublicKey[] =>
  keys.filter(key => {
    const certificate = certificateOf(key)
    return !certificate || (certificate.validFromDate <= now && now < certificate.validToDate)
  })

/** The id by which programs name a key: it follows from the key, so that it is the same in every answer. */
export function keyIdOf(key: PublicKey): string {
  const { kty, n, e, crv, x, y, x5c } = key
  const hash = createHash('sha256')
    .update(JSON.stringify([kty, n, e, crv, x, y, x5c]))
    .digest('hex')
  return hash.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
