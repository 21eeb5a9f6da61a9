import type { RegistrationResponseJSON } from '@simplewebauthn/server'
import { ALGORITHMS } from './options.ts'
import { type RelyingParty, rpIdOf } from './relyingParty.ts'

/** An answer of an authenticator, as a browser hands it in. */
export interface Credential {
  id: string
  rawId: string
  type: string
  response: Record<string, unknown>
}

/** A new passkey, as its authenticator made it. */
export interface NewPasskey {
  credentialId: string
  publicKey: Buffer
  signCount: number
  aaguid: string
  transports: string[]
  maySync: boolean
  synced: boolean
}

/** Longer ids are refused (WebAuthn, §7.1, step 25). In bytes. */
const LONGEST_ID = 1023

// The library is loaded at the first passkey: it costs a start more than all of the page that needs it.
const loadLibrary = () => import('@simplewebauthn/server')

/** Judges a new passkey (WebAuthn, §7.1). Undefined: it is not one that was asked for here. `isAsked`: whether the signed value is. */
export async function verifyCreation(
  party: RelyingParty,
  credential: Credential,
  isAsked: (challenge: string) => boolean,
): Promise<NewPasskey | undefined> {
  const response = credential as unknown as RegistrationResponseJSON
  const { verifyRegistrationResponse } = await loadLibrary()
  try {
    if (isFramed(clientDataOf(credential.response)) || !(await isUnattested(response))) return undefined
    const { verified, registrationInfo: made } = await verifyRegistrationResponse({
      response,
      expectedChallenge: isAsked,
      expectedOrigin: party.origin,
      expectedRPID: rpIdOf(party),
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    })
    if (!verified || Buffer.from(made.credential.id, 'base64url').length > LONGEST_ID) return undefined
    return {
      credentialId: made.credential.id,
      publicKey: Buffer.from(made.credential.publicKey),
      signCount: made.credential.counter,
      aaguid: made.aaguid,
      transports: (made.credential.transports ?? []).filter(one => /^[a-z-]{1,20}$/.test(one)).slice(0, 8),
      maySync: made.credentialDeviceType === 'multiDevice',
      synced: made.credentialBackedUp,
    }
  } catch {
    // The library throws for each mistake, and no answer that it cannot read proves anything.
    return undefined
  }
}

/** Whether it was asked for inside a page of another site, where nobody sees whose page it is. */
export const isFramed = ({ crossOrigin = false, topOrigin }: ClientData): boolean =>
  crossOrigin !== false || topOrigin !== undefined

/** The challenge that was signed; undefined where it cannot be read. */
export function signedValue({ response }: Credential): string | undefined {
  try {
    const { challenge } = clientDataOf(response)
    return typeof challenge === 'string' ? challenge : undefined
  } catch {
    return undefined
  }
}

/** What a browser says of its request (WebAuthn, §5.8.1), as anybody may have written it. */
type ClientData = Record<string, unknown>

export const clientDataOf = ({ clientDataJSON }: Credential['response']): ClientData =>
  JSON.parse(Buffer.from(String(clientDataJSON), 'base64url').toString('utf8'))

/**
 * Whether nobody vouches for the authenticator, as was asked. Of certificates the library knows few roots: it would take
 * one that anybody made, or look up whether it was revoked at an address that the certificate names.
 */
async function isUnattested({ response }: RegistrationResponseJSON): Promise<boolean> {
  const { decodeAttestationObject, isoBase64URL } = await import('@simplewebauthn/server/helpers')
  const attestation = decodeAttestationObject(isoBase64URL.toBuffer(response.attestationObject))
  const format = attestation.get('fmt')
  return format === 'none' || (format === 'packed' && attestation.get('attStmt').get('x5c') === undefined)
}
