import { refusals } from '../refusals.ts'

export const refuse = refusals({
  forbidden: 403,
  proof_needed: 403,
  address_invalid: 422,
})
