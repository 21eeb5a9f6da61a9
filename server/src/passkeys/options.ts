import { MINUTE } from '../clock.ts'
import { type RelyingParty, rpIdOf } from './relyingParty.ts'
import { type Owner, userHandleOf } from './userHandle.ts'

/** How long a browser asks for a touch, in milliseconds. */
const TIMEOUT = 5 * MINUTE

/** EdDSA, ES256 and RS256: what authenticators have. */
export const ALGORITHMS = [-8, -7, -257]

/** What a browser is asked for a proof (WebAuthn, §5.5). No passkey is named: names of nobody would have none, and show it. */
export interface AssertionOptions {
  challenge: string
  rpId: string
  allowCredentials: []
  userVerification: 'required'
  timeout: number
}

export const assertionOptions = (party: RelyingParty, challenge: string): AssertionOptions => ({
  challenge,
  rpId: rpIdOf(party),
  allowCredentials: [],
  userVerification: 'required',
  timeout: TIMEOUT,
})

/** What a browser is told, so that it offers no passkey that is off the record (WebAuthn, §5.1.10.2). */
export const passkeysOnRecord = (party: RelyingParty, owner: Owner, passkeys: readonly { credentialId: string }[]) => ({
  rpId: rpIdOf(party),
  userId: userHandleOf(owner),
  allAcceptedCredentialIds: passkeys.map(({ credentialId }) => credentialId),
})

/** What a browser is asked to make (WebAuthn, §5.4). */
export type CreationOptions = ReturnType<typeof creationOptions>

/** `existing`: the owner's passkeys, of which an authenticator makes no second one. */
export const creationOptions = (
  party: RelyingParty,
  challenge: string,
  asked: {
    owner: Owner
    organization: string
    username: string
    displayName: string
    existing: readonly { credentialId: string; transports: readonly string[] }[]
  },
) => ({
  challenge,
  rp: { id: rpIdOf(party), name: asked.organization },
  user: { id: userHandleOf(asked.owner), name: asked.username, displayName: asked.displayName },
  pubKeyCredParams: ALGORITHMS.map(alg => ({ type: 'public-key' as const, alg })),
  timeout: TIMEOUT,
  excludeCredentials: asked.existing.map(({ credentialId, transports }) => ({
    type: 'public-key' as const,
    id: credentialId,
    transports,
  })),
  authenticatorSelection: {
    residentKey: 'required' as const,
    requireResidentKey: true,
    userVerification: 'required' as const,
  },
  attestation: 'none' as const,
  extensions: { credProps: true },
})
