import { refusals } from '../refusals.ts'

export const refuse = refusals({
  not_signed_in: 401,
  forbidden: 403,
  /** Answering and closing take a fresh proof. */
  proof_needed: 403,
  not_found: 404,
  /** The check of the caller is another helper’s, of somebody else, or counts no longer. */
  caller_check_invalid: 403,
  /** What a helper wrote down is no address of a mailbox. */
  email_invalid: 422,
  /** The mailbox has an open case of the domain already. */
  case_open: 422,
  /** The case is closed, or the step is over. */
  wrong_state: 409,
  /** A link that is too old, or that a newer one has replaced. */
  link_expired: 410,
  /** No address that mail can be sent to. */
  address_invalid: 422,
  /** No assistant of this browser, or one of yesterday. */
  assistant_unknown: 422,
  /** What was typed names no domain. */
  domain_invalid: 422,
  /** No number of a case. */
  case_number_invalid: 422,
  /** Nothing but blanks. */
  text_empty: 422,
  throttled: 429,
})
