import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { ALGORITHMS } from './options.ts'
import type { StoredPasskey } from './passkeys.ts'
import { type RelyingParty, rpIdOf } from './relyingParty.ts'
import { type Owner, userHandleOf } from './userHandle.ts'

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

/** What an assertion tells: the authenticator's count, and whether the passkey is on several devices. */
export interface PasskeyUse {
  passkeyId: string
  signCount: number
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
    if (isFramed(credential) || !(await isUnattested(response))) return undefined
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

/** Judges an assertion by a passkey on record (WebAuthn, §7.2). Undefined: it proves nothing. */
export async function verifyAssertion(
  party: RelyingParty,
  credential: Credential,
  asked: { isAsked(challenge: string): boolean; passkey: StoredPasskey; owner: Owner },
): Promise<PasskeyUse | undefined> {
  const { isAsked, passkey, owner } = asked
  const response = credential as unknown as AuthenticationResponseJSON
  const { verifyAuthenticationResponse } = await loadLibrary()
  try {
    const { userHandle = null } = credential.response
    const handle = userHandleOf({ ...owner, tenantId: passkey.handleTenantId ?? owner.tenantId })
    if (isFramed(credential) || (userHandle !== null && userHandle !== handle)) return undefined
    const { verified, authenticationInfo: given } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: isAsked,
      expectedOrigin: party.origin,
      expectedRPID: rpIdOf(party),
      requireUserVerification: true,
      // Its count is judged where it is taken: the one that was read here may be older.
      credential: { id: credential.id, publicKey: new Uint8Array(passkey.publicKey), counter: 0 },
    })
    // A passkey never learns later that it can be synced (step 19).
    if (!verified || (given.credentialDeviceType === 'multiDevice') !== passkey.maySync) return undefined
    return { passkeyId: passkey.id, signCount: given.newCounter, synced: given.credentialBackedUp }
  } catch {
    return undefined
  }
}

/** Whether it was asked for inside a page of another site, where nobody sees whose page it is. */
function isFramed({ response }: Credential): boolean {
  const { crossOrigin = false, topOrigin } = clientDataOf(response)
  return crossOrigin !== false || topOrigin !== undefined
}

/** The challenge that was signed; undefined where it cannot be read. */
export function signedValue({ response }: Credential): string | undefined {
  try {
    const { challenge } = clientDataOf(response)
    return typeof challenge === 'string' ? challenge : undefined
  } catch {
    return undefined
  }
}

const clientDataOf = ({ clientDataJSON }: Credential['response']) =>
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
