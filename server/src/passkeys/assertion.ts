import { createHash, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'
import type { StoredPasskey } from './passkeys.ts'
import { type RelyingParty, rpIdOf } from './relyingParty.ts'
import { type Owner, userHandleOf } from './userHandle.ts'
import { type Credential, clientDataOf, isFramed } from './verify.ts'

/** What an assertion tells: the authenticator's count, and whether the passkey is on several devices. */
export interface PasskeyUse {
  passkeyId: string
  signCount: number
  synced: boolean
}

/** Loads what reads an authenticator's bytes. The first time it takes long, so no transaction should wait for it. */
export const loadReader = () => import('@simplewebauthn/server/helpers')

/**
 * Judges an assertion by a passkey on record (WebAuthn, §7.2). Undefined: it proves nothing. The library's own way would
 * go to other threads four times, for less work than going there.
 */
export async function verifyAssertion(
  party: RelyingParty,
  credential: Credential,
  asked: { isAsked(challenge: string): boolean; passkey: StoredPasskey; owner: Owner },
): Promise<PasskeyUse | undefined> {
  const { isAsked, passkey, owner } = asked
  const { parseAuthenticatorData, decodeCredentialPublicKey } = await loadReader()
  try {
    const { id, rawId, type, response } = credential
    const client = clientDataOf(response)
    const data = bytesOf(response.authenticatorData)
    const { rpIdHash, flags, counter } = parseAuthenticatorData(data)
    const handle = userHandleOf({ ...owner, tenantId: passkey.handleTenantId ?? owner.tenantId })
    const steps = [
      id === rawId && type === 'public-key',
      (response.userHandle ?? handle) === handle, // 6
      client.type === 'webauthn.get', // 10
      typeof client.challenge === 'string' && isAsked(client.challenge), // 11
      client.origin === party.origin, // 12
      !isFramed(client), // 13, 14
      sha256(rpIdOf(party)).equals(rpIdHash), // 15
      flags.up, // 16
      flags.uv, // 17
      flags.be || !flags.bs, // 18
      flags.be === passkey.maySync, // 19: it never learns later that it can be synced
    ]
    const { key, hash } = keyOf(decodeCredentialPublicKey(new Uint8Array(passkey.publicKey)))
    const signed = Buffer.concat([data, sha256(bytesOf(response.clientDataJSON))])
    if (!steps.every(Boolean) || !verify(hash, signed, key, bytesOf(response.signature))) return undefined
    // Its count is judged where it is taken (22): the one on record may be another by then.
    return { passkeyId: passkey.id, signCount: counter, synced: flags.bs }
  } catch {
    // What cannot be read proves nothing.
    return undefined
  }
}

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest()

function bytesOf(member: unknown): Buffer<ArrayBuffer> {
  if (typeof member !== 'string') throw new TypeError('a member of the answer is missing')
  return Buffer.from(member, 'base64url')
}

/** A public key as its authenticator wrote it (RFC 9053, §7), and the hash of its signatures: of our algorithms alone. */
function keyOf(cose: { get(label: never): unknown }): { key: KeyObject; hash: 'sha256' | null } {
  const member = (label: number) => Buffer.from(cose.get(label as never) as Uint8Array).toString('base64url')
  const read = (jwk: JsonWebKey) => createPublicKey({ key: jwk, format: 'jwk' })
  const alg = cose.get(ALG as never)
  if (alg === -7) return { key: read({ kty: 'EC', crv: 'P-256', x: member(-2), y: member(-3) }), hash: 'sha256' }
  if (alg === -8) return { key: read({ kty: 'OKP', crv: 'Ed25519', x: member(-2) }), hash: null }
  if (alg === -257) return { key: read({ kty: 'RSA', n: member(-1), e: member(-2) }), hash: 'sha256' }
  throw new TypeError('a key of another algorithm')
}

const ALG = 3
