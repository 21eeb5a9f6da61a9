import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isoCBOR } from '@simplewebauthn/server/helpers'

/** The flags of an authenticator (WebAuthn, §6.1). */
export const UP = 0x01
export const UV = 0x04
export const BE = 0x08
export const BS = 0x10
const AT = 0x40

/** What a forgery says other than a right answer would. */
export interface Forged {
  /** Members of the client data; undefined takes one away. */
  client?: Record<string, unknown>
  rpId?: string
  flags?: number
  /** The authenticator's count. */
  count?: number
  userHandle?: string | null | undefined
  /** Bytes after the authenticator data. */
  more?: Buffer
  /** Of a new passkey: its attestation, of the bytes that would be signed. */
  attest?: (signed: Buffer) => { fmt: string; attStmt: Record<string, unknown> }
  /** Of an assertion: what is signed in place of the right bytes. */
  signed?: Buffer
}

const algorithms = {
  ES256: { alg: -7, make: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }), hash: 'sha256' },
  EdDSA: { alg: -8, make: () => generateKeyPairSync('ed25519'), hash: null },
  RS256: { alg: -257, make: () => generateKeyPairSync('rsa', { modulusLength: 2048 }), hash: 'sha256' },
  ES384: { alg: -35, make: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }), hash: 'sha384' },
}

/** A passkey whose key a test holds, so that it signs whatever the test says. */
export function forgedPasskey({
  algorithm = 'ES256',
  id = randomBytes(32),
}: {
  algorithm?: keyof typeof algorithms
  id?: Buffer
} = {}) {
  const { alg, make, hash } = algorithms[algorithm]
  const { publicKey, privateKey } = make()
  const credentialId = id.toString('base64url')
  const signWith = (bytes: Buffer) => sign(hash, bytes, privateKey)
  const answer = (response: Record<string, unknown>) => ({
    id: credentialId,
    rawId: credentialId,
    type: 'public-key' as const,
    response,
    clientExtensionResults: {},
  })
  return {
    credentialId,
    alg,
    signWith,
    /** An answer to `navigator.credentials.create`. */
    create(origin: string, options: { challenge: string; rp: { id: string } }, forged: Forged = {}) {
      const client = clientData('webauthn.create', origin, options.challenge, forged)
      const length = Buffer.alloc(2)
      length.writeUInt16BE(id.length)
      const data = Buffer.concat([
        authenticatorData(options.rp.id, { flags: UP | UV | BE | BS, ...forged }, AT),
        Buffer.alloc(16),
        length,
        id,
        Buffer.from(isoCBOR.encode(coseOf(publicKey, alg) as never)),
        forged.more ?? Buffer.alloc(0),
      ])
      const { fmt, attStmt } = forged.attest?.(Buffer.concat([data, sha256(client)])) ?? { fmt: 'none', attStmt: {} }
      const attestation = new Map<string, unknown>([
        ['fmt', fmt],
        ['attStmt', new Map(Object.entries(attStmt))],
        ['authData', new Uint8Array(data)],
      ])
      return answer({
        clientDataJSON: client.toString('base64url'),
        attestationObject: Buffer.from(isoCBOR.encode(attestation as never)).toString('base64url'),
        transports: ['internal'],
      })
    },
    /** An answer to `navigator.credentials.get`. */
    get(origin: string, options: { challenge: string; rpId: string }, forged: Forged = {}) {
      const client = clientData('webauthn.get', origin, options.challenge, forged)
      const data = Buffer.concat([
        authenticatorData(options.rpId, { flags: UP | UV | BE | BS, ...forged }),
        forged.more ?? Buffer.alloc(0),
      ])
      return answer({
        clientDataJSON: client.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: signWith(forged.signed ?? Buffer.concat([data, sha256(client)])).toString('base64url'),
        ...(forged.userHandle !== undefined && { userHandle: forged.userHandle }),
      })
    },
  }
}

export type ForgedPasskey = ReturnType<typeof forgedPasskey>

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest()

const clientData = (type: string, origin: string, challenge: string, { client = {} }: Forged) =>
  Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false, ...client }))

function authenticatorData(rpId: string, { flags = 0, count = 0, ...forged }: Forged, always = 0): Buffer {
  const rest = Buffer.alloc(5)
  rest.writeUInt8(flags | always)
  rest.writeUInt32BE(count, 1)
  return Buffer.concat([sha256(forged.rpId ?? rpId), rest])
}

/** A public key as an authenticator writes it (RFC 9053, §7). */
function coseOf(key: KeyObject, alg: number): Map<number, number | Uint8Array> {
  const { kty, x = '', y, n = '', e = '' } = key.export({ format: 'jwk' })
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'))
  if (kty === 'RSA') return new Map<number, number | Uint8Array>([...head(3, alg), [-1, bytes(n)], [-2, bytes(e)]])
  if (kty === 'OKP') return new Map<number, number | Uint8Array>([...head(1, alg), [-1, 6], [-2, bytes(x)]])
  const curve = alg === -35 ? 2 : 1
  return new Map<number, number | Uint8Array>([...head(2, alg), [-1, curve], [-2, bytes(x)], [-3, bytes(y ?? '')]])
}

const head = (kty: number, alg: number): [number, number][] => [
  [1, kty],
  [3, alg],
]
