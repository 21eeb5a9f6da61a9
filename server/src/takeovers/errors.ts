import { refusals } from '../refusals.ts'

export const refuse = refusals({
  not_signed_in: 401,
  forbidden: 403,
  proof_needed: 403,
  /** The company was itself taken over, which can still be undone. */
  takeover_settling: 403,
  not_found: 404,
  /** The claim is not, or no longer, at this step. */
  wrong_state: 409,
  /** The address is somebody's there already: they sign in, and then finish. */
  sign_in_first: 409,
  /** The domain is the company's already. */
  already_verified: 409,
  /** Somebody in the company has one of the names. */
  names_taken: 409,
  link_expired: 410,
  domain_invalid: 422,
  address_invalid: 422,
  /** The mailbox has to be in the domain that is claimed. */
  address_outside_domain: 422,
  text_empty: 422,
  passwords_differ: 422,
  throttled: 429,
})
