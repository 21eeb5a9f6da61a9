import { programRefusals, refusals } from '../refusals.ts'

/** The refusals that who asks, and who is told, meet. */
export const refusePerson = refusals({
  not_found: 404,
  /** The mailbox of the case is not in the domain itself, nor is its DNS proved. */
  proof_missing: 409,
  /** The company's rescue runs already. */
  rescue_open: 409,
  wrong_state: 409,
  /** The last step takes a fresh proof of the mailbox. */
  mailbox_unproved: 409,
  link_expired: 410,
  phrase_incorrect: 422,
  text_empty: 422,
  username_required: 422,
  username_invalid: 422,
  /** Somebody there has the name already. */
  username_taken: 422,
  passwords_differ: 422,
  throttled: 429,
})

/** The refusals that people of a provider meet. */
export const refuse = programRefusals({
  role_missing: {
    status: 403,
    message: 'Your roles in the company do not reach so far; missing in the rescue says which.',
  },
  same_person: {
    status: 403,
    message: 'Somebody else approves than who took it, and none of whom one has made or reset the other within 7 days.',
  },
  account_not_active: { status: 403, message: 'The partner account is not active, so that nothing new begins.' },
  target_unknown: { status: 400, message: 'The person who needs a new password is none that it can be given to here.' },
  reason_missing: { status: 400, message: 'A refusal takes a reason.' },
  wrong_status: { status: 400, message: 'Its status does not allow this any more, or not yet.' },
})

export const refuseMissing = refusals({ not_found: 404 })
