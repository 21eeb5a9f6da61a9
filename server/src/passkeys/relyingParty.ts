/** Whom passkeys are made for (WebAuthn, §4): a browser uses one at pages of this domain alone, so that no other site can ask for it. */
export interface RelyingParty {
  /** The domain of passkeys: the host of the origin or a former one, or a parent of it. */
  id: string
  /** The one origin that answers are taken from. */
  origin: string
}

/** The relying party of a deployment. `id`: the operator's choice in place of the origin's host. */
export const relyingPartyOf = (origin: string, id?: string): RelyingParty => ({
  id: id ?? new URL(origin).hostname,
  origin,
})

/** Whether browsers use its passkeys at the origin by themselves. Of another domain they do where that one vouches for the origin. */
export const isOwnDomain = ({ id, origin }: RelyingParty): boolean => `.${new URL(origin).hostname}`.endsWith(`.${id}`)
