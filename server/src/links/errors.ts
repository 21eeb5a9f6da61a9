import { refusals } from '../refusals.ts'

export const refuse = refusals({
  not_found: 404,
  /** It was opened, replaced by a newer one, is too old, or what it was mailed for has changed since. */
  link_expired: 410,
  throttled: 429,
})
