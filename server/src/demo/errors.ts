import { refusals } from '../refusals.ts'

export const refuse = refusals({
  not_found: 404,
  /** What no zone file could hold. */
  record_invalid: 422,
  /** Jobs that are due take too long. */
  unavailable: 503,
})
