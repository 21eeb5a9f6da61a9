/**
 * Whom passkeys are made for (WebAuthn, §4): a browser uses one at pages of its domain alone, so that no other site can ask
 * for it.
 */
export interface RelyingParty {
  /** The one origin that answers are taken from. */
  origin: string
  /** The domain that the operator chose in place of the origin's host. */
  passkeyRpId?: string | undefined
}

/** The domain of passkeys: the host of the origin or a former one, or a parent of it. */
export const rpIdOf = ({ origin, passkeyRpId }: RelyingParty): string => passkeyRpId ?? new URL(origin).hostname

/** Whether browsers use its passkeys at the origin by themselves. Of another domain they do where that one vouches for the origin. */
export const isOwnDomain = (party: RelyingParty): boolean =>
  `.${new URL(party.origin).hostname}`.endsWith(`.${rpIdOf(party)}`)
