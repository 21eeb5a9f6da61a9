import { refusals } from '../refusals.ts'

export const refuse = refusals({
  /** What was typed names no domain. */
  domain_invalid: 422,
  address_invalid: 422,
  link_expired: 410,
  /** The address of an answer that is too old, or that nobody here made. */
  answer_expired: 410,
})
