import { programRefusals, Refusal, refusals } from '../refusals.ts'

export const refuse = refusals({
  not_found: 404,
  throttled: 429,
  forbidden: 403,
  proof_needed: 403,
  /** People who were there before a takeover can still undo it. */
  takeover_settling: 403,
  domain_invalid: 422,
  /** A name below which others have theirs. */
  domain_public_suffix: 422,
  /** A name of the operator's. */
  domain_reserved: 422,
  already_added: 409,
  /** Somebody has one's own name in that domain. */
  user_name_taken: 422,
  not_verified: 409,
  domain_in_use: 409,
  /** The initial domain, the primary one, or the one of the asker's own name. */
  domain_needed: 409,
  domains_unproved: 409,
  /** Nobody administers it: it is taken over. */
  domain_unmanaged: 409,
  /** Another tenant contests it, it goes already, or its holder has proven it anew lately. */
  contest_closed: 409,
  /** Its holder has no other name. */
  ask_operator: 409,
  /** Nobody could give a right back any more. */
  no_administrator_left: 409,
})

/** The codes for people, by those for programs. */
const FOR_PEOPLE = {
  property_invalid: 'domain_invalid',
  domain_public_suffix: 'domain_public_suffix',
  domain_reserved: 'domain_reserved',
  ObjectConflict: 'already_added',
  domain_not_verified: 'not_verified',
  dns_record_not_found: 'not_verified',
  in_use: 'domain_in_use',
  domain_needed: 'domain_needed',
  quota_exceeded: 'domains_unproved',
  step_up: 'proof_needed',
  protected_target: 'forbidden',
  takeover_settling: 'takeover_settling',
  last_global_administrator: 'no_administrator_left',
} as const

/** The refusal of a rule as people read it: both doors have the same rules, each in its own words. */
export function forPeople(error: unknown): unknown {
  if (!(error instanceof Refusal) || !Object.hasOwn(FOR_PEOPLE, error.code)) return error
  const code = FOR_PEOPLE[error.code as keyof typeof FOR_PEOPLE]
  return refuse(code, error.field === 'id' ? { field: 'name' } : {})
}

/** The refusals that only administrators and their programs meet. */
export const refuseProgram = programRefusals({
  property_invalid: { status: 400, message: 'The value does not fit.' },
  ObjectConflict: { status: 400, message: 'The organization has it already.' },
  domain_public_suffix: { status: 400, message: 'Others have their domains below this name.' },
  domain_reserved: { status: 400, message: 'The domain is the operator’s own, or below it.' },
  domain_not_verified: { status: 400, message: 'The domain has to be verified first.' },
  domain_needed: {
    status: 400,
    message: 'The initial and the default domain stay, and so does the one of your own name.',
  },
  domain_taken: { status: 400, message: 'Another organization has verified the domain.' },
  dns_record_not_found: {
    status: 400,
    message: 'The DNS does not hold the record, neither at the domain nor at _latchkey below it.',
  },
  dns_unreachable: { status: 400, message: 'The DNS could not be asked, or did not answer in time. Try again later.' },
  image_type: { status: 415, message: 'A picture is a PNG, JPEG or WebP.' },
  image_too_large: { status: 413, message: 'The picture has more bytes than its place takes.' },
  image_dimensions: { status: 400, message: 'The picture has more pixels than its place takes.' },
  resource_modified: { status: 412, message: 'It has changed since If-Match was read.' },
  in_use: { status: 400, message: 'People, or domains below it, still use the domain.' },
  protected_target: { status: 403, message: 'The target holds rights that yours do not reach.' },
  quota_exceeded: { status: 403, graph: 'Directory_QuotaExceeded', message: 'Too many domains wait for their proof.' },
})
