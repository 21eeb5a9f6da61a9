import { refusals } from '../refusals.ts'

export const refuse = refusals({
  not_found: 404,
  link_expired: 410,
  challenge_expired: 410,
  code_incorrect: 422,
  throttled: 429,
})
