import { programRefusals, Refusal, refusals } from '../refusals.ts'

export const refuse = refusals({
  proof_needed: 403,
  forbidden: 403,
  not_found: 404,
  /** Somebody else has changed the looks since the page was read. */
  changed_meanwhile: 409,
  color_invalid: 422,
  /** A page is linked by https alone. */
  link_invalid: 422,
  name_invalid: 422,
  helpdesk_invalid: 422,
  picture_missing: 422,
  /** What was tried is no longer kept. */
  picture_over: 422,
  picture_type: 422,
  picture_too_large: 422,
  picture_dimensions: 422,
})

/** The refusals that only administrators and their programs meet. */
export const refuseProgram = programRefusals({
  property_invalid: { status: 400, message: 'The value does not fit.' },
  wording_fixed: { status: 400, message: 'Words can be added at the end of this notice alone.' },
  placeholder_unknown: { status: 400, message: 'This notice does not fill that placeholder.' },
  placeholder_missing: { status: 400, message: 'The opening has to keep the placeholders that say what happened.' },
  foreign_address: { status: 400, message: 'Only addresses of verified domains and of this server may stand in it.' },
  resource_modified: { status: 412, message: 'It has changed since If-Match was read.' },
  notice_always_sent: { status: 400, message: 'This notice is always sent.' },
})

/** The codes for people, by those for programs. */
const FOR_PEOPLE = {
  step_up: 'proof_needed',
  protected_target: 'forbidden',
  resource_modified: 'changed_meanwhile',
  // Somebody else has made the looks for this language, or as many as there may be.
  ObjectConflict: 'changed_meanwhile',
  quota_exceeded: 'changed_meanwhile',
  policy_invalid: 'helpdesk_invalid',
  image_type: 'picture_type',
  image_too_large: 'picture_too_large',
  image_dimensions: 'picture_dimensions',
} as const

/** The refusal of a rule as people read it. */
export function forPeople(error: unknown): unknown {
  if (!(error instanceof Refusal)) return error
  const { code, field = '' } = error
  if (code === 'property_invalid') {
    if (field === 'displayName') return refuse('name_invalid', { field })
    return refuse(field === 'backgroundColor' ? 'color_invalid' : 'link_invalid', { field })
  }
  if (!Object.hasOwn(FOR_PEOPLE, code)) return error
  const told = FOR_PEOPLE[code as keyof typeof FOR_PEOPLE]
  if (told === 'helpdesk_invalid') return refuse(told, { field: 'helpdesk' })
  return refuse(told, told.startsWith('picture') ? { field: 'picture' } : {})
}
