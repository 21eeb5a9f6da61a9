import { refusals } from '../refusals.ts'

export const refuse = refusals({
  forbidden: 403,
  proof_needed: 403,
  not_found: 404,
  /** It has links already. */
  tenant_linked: 409,
  /** It stays while it is the primary one. */
  tenant_primary: 409,
  /** The tenant that the asker is signed in to. */
  tenant_current: 409,
  journey_expired: 410,
  address_invalid: 422,
})
