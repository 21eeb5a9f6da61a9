import { refusals } from '../refusals.ts'

export const refuse = refusals({
  /** A country, kind or language that is written in no form that it could have. */
  choice_unknown: 422,
})
