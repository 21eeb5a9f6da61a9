import { refusals } from '../refusals.ts'

export const refuse = refusals({
  not_found: 404,
  /** It was answered otherwise, or not in time. */
  check_over: 410,
})
