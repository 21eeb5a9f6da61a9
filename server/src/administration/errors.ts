import { programRefusals, refusals } from '../refusals.ts'

export const refuse = programRefusals({
  ObjectConflict: { status: 400, message: 'Another object has this value, or it is there already.' },
  property_required: { status: 400, message: 'The property is missing.' },
  mastered_elsewhere: { status: 400, message: 'A directory of the organization keeps this; change it there.' },
  means_refused: { status: 400, message: 'For an administrator only an approval link will do.' },
  caller_check_needed: {
    status: 403,
    message: 'Check first that the caller is the user: POST /users/{id}/callerChecks, then name the check.',
  },
  caller_check_invalid: { status: 403, message: 'The user has not approved this check of yours, or its time is over.' },
  not_announced: { status: 400, message: 'The user has registered, or no policy lets them reset.' },
  announcement_stopped: { status: 400, message: 'The user has stopped the mails of a roll-out.' },
  mailbox_missing: { status: 400, message: 'The user has no such address on record.' },
  in_use: { status: 400, message: 'A policy names it; change the policy first.' },
  member_invalid: { status: 400, message: 'The group cannot have this member or owner.' },
  principal_invalid: {
    status: 400,
    message: 'Roles are given to users, service principals and role-assignable groups.',
  },
  public_client: { status: 400, message: 'An application of this platform can keep no secret and no key.' },
  property_invalid: { status: 400, message: 'The value is not one that the property takes.' },
  property_unsupported: { status: 400, message: 'Latchkey does not keep this property.' },
  policy_invalid: { status: 400, message: 'A setting is out of its range, or at odds with another.' },
  method_off: { status: 400, message: 'The methods policy has this method off for the user.' },
  registration_off: { status: 400, message: 'No policy asks the user for methods.' },
  quota_exceeded: {
    status: 403,
    graph: 'Directory_QuotaExceeded',
    message: 'There are as many of these as there may be.',
  },
  domain_not_verified: { status: 400, message: 'The name is in no verified domain of the organization.' },
  property_forbidden: { status: 403, message: 'Nobody changes this of their own account here.' },
  not_implemented: { status: 501, graph: 'NotImplemented', message: 'Latchkey has no such resource.' },
  resource_modified: { status: 412, message: 'It has changed since If-Match was read.' },
  last_global_administrator: {
    status: 400,
    message: 'This would leave no Global Administrator who can sign in.',
  },
})

/** Of what never was, what is deleted, and what is another tenant's: alike for all. */
export const refuseMissing = refusals({ not_found: 404 })
