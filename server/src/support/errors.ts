import { programRefusals, refusals } from '../refusals.ts'

export const refuse = refusals({
  /** A country, kind or language that is written in no form that it could have. */
  choice_unknown: 422,
  forbidden: 403,
})

/** What only programs meet. */
export const refuseProgram = programRefusals({
  contacts_invalid: { status: 400, message: 'The contacts have a fault at this place; none of them was taken.' },
  resource_modified: { status: 412, message: 'It has changed since If-Match was read.' },
})
