import { refusals } from '../refusals.ts'

export const refuse = refusals({
  /** Nobody may sign a company up here, or only who was invited. */
  signup_closed: 403,
  /** No invitation, one that was used or taken back, or another mailbox's. */
  invitation_invalid: 403,
  /** The company adds its people itself. */
  signup_off_for_tenant: 403,
  /** The operator gives no domains, so that no company can be made. */
  no_initial_domains: 403,
  forbidden: 403,
  proof_needed: 403,
  not_found: 404,
  wrong_state: 409,
  /** Somebody administers the company already. */
  administrator_joined: 409,
  /** Ten are open. */
  invitations_open: 409,
  journey_expired: 410,
  link_expired: 410,
  /** No address, or one whose letters could be taken for others. */
  address_invalid: 422,
  /** A mailbox of a person's own, not of a company. */
  address_personal: 422,
  /** A mailbox that several people read. */
  address_role: 422,
  /** A throw-away mailbox. */
  address_disposable: 422,
  /** Below the operator's suffix, where nobody has a mailbox. */
  address_initial_domain: 422,
  name_invalid: 422,
  /** An address or a number in a name, which travels in mails. */
  name_is_address: 422,
  /** A name that is seldom meant; `sure` passes. */
  name_doubtful: 422,
  country_invalid: 422,
  label_invalid: 422,
  label_reserved: 422,
  label_taken: 422,
  user_name_invalid: 422,
  user_name_taken: 422,
  passwords_differ: 422,
  throttled: 429,
})
