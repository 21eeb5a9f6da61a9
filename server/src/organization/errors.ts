import { programRefusals, refusals } from '../refusals.ts'

export const refuse = refusals({ not_found: 404, throttled: 429 })

/** The refusals that only administrators and their programs meet. */
export const refuseProgram = programRefusals({
  property_invalid: { status: 400, message: 'The value does not fit.' },
  ObjectConflict: { status: 400, message: 'The organization has it already.' },
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
