import { programRefusals, refusals } from '../refusals.ts'

export const refuse = programRefusals({
  ObjectConflict: { status: 400, message: 'Another object has this value, or it is there already.' },
  duration_invalid: { status: 400, message: 'The duration is one of P1D to P2Y, in days, months and years.' },
  duration_longer: { status: 400, message: 'The duration is longer than the one that was asked for.' },
  role_unknown: { status: 400, message: 'Only built-in roles can be asked for, one at least and 30 at most.' },
  role_not_requested: { status: 400, message: 'The relationship was not asked for with this role.' },
  role_not_approved: { status: 400, message: 'The customer has not approved this role.' },
  auto_extend_invalid: {
    status: 400,
    message: 'autoExtendDuration is PT0S, P0D or P180D; with Global Administrator only PT0S.',
  },
  auto_extend_not_requested: { status: 400, message: 'The relationship was not asked for with an extension.' },
  end_later: { status: 400, message: 'The end can only be brought forward.' },
  own_tenant: { status: 400, message: 'An organization has no relationship with itself.' },
  wrong_status: { status: 400, message: 'Its status does not allow this any more, or not yet.' },
  property_invalid: { status: 400, message: 'The value is not one that the property takes.' },
  if_match_required: { status: 400, message: 'The request needs If-Match, with the ETag that was read.' },
  resource_modified: { status: 412, message: 'It has changed since If-Match was read.' },
  group_unknown: { status: 400, message: 'The group is none of your own organization.' },
  quota_exceeded: {
    status: 403,
    graph: 'Directory_QuotaExceeded',
    message: 'There are as many of these as there may be.',
  },
  not_a_provider: { status: 400, message: 'Only an indirect provider has resellers.' },
  reseller_unknown: { status: 400, message: 'The organization is no reseller of yours.' },
  provider_unknown: { status: 400, message: 'The organization is none that serves yours now.' },
  cooling_off_invalid: { status: 400, message: 'The cooling-off is 4 to 168 hours.' },
  acts_missing: { status: 400, message: 'An agreement that refuses nothing allows one act at least.' },
  phrase_invalid: { status: 400, message: 'The phrase takes 8 to 200 characters.' },
  tell_invalid: { status: 400, message: 'One of the mailboxes to tell is no address that mail can reach.' },
  account_not_active: { status: 403, message: 'The partner account is not active, so that nothing new begins.' },
})

/** The refusals that people of a company meet. */
export const refusePerson = refusals({
  forbidden: 403,
  proof_needed: 403,
  /** The invitation is one of their own company. */
  own_tenant: 409,
  /** All that an invitation asks for stands already. */
  already_linked: 409,
  /** The company is no reseller of this country. */
  not_enrolled: 409,
  link_expired: 410,
  roles_missing: 422,
  agree_missing: 422,
})

export const refuseMissing = refusals({ not_found: 404 })
