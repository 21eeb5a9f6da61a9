import { programRefusals, refusals } from '../refusals.ts'

export const refuse = programRefusals({
  membership_first: { status: 400, message: 'The firm enrolls in the membership before another program.' },
  kind_conflict: {
    status: 400,
    message: 'A firm is a reseller, sells directly or is a provider, and none of them twice.',
  },
  country_mismatch: { status: 400, message: 'The account’s country stays, and its programs are of that country.' },
  country_unknown: { status: 400, message: 'The country is no code of two letters.' },
  name_blank: { status: 400, message: 'The company’s name is blank.' },
  name_too_short: { status: 400, message: 'The company’s name has a single character.' },
  name_without_letters: { status: 400, message: 'The company’s name has neither a letter nor a digit.' },
  name_legal_form: { status: 400, message: 'The company’s name is a legal form alone.' },
  address_incomplete: { status: 400, message: 'The address needs a street and a city.' },
  contact_invalid: { status: 400, message: 'The contact needs a name, and an address that mail can reach.' },
  registration_number_missing: { status: 400, message: 'Companies of this country have a registration number.' },
  registration_number_invalid: {
    status: 400,
    message: 'The registration number takes 4 to 20 letters, digits and signs.',
  },
  verification_pending: { status: 400, message: 'The operator has not admitted the firm yet.' },
  reason_missing: { status: 400, message: 'To reject and to ask for more need a reason, and “other” needs words.' },
  same_person: { status: 403, message: 'A second rejection needs another reviewer.' },
  agreement_outdated: { status: 400, message: 'There is a newer version of the agreement.' },
  wrong_status: { status: 400, message: 'Its status does not allow this any more, or not yet.' },
  throttled: { status: 429, message: 'Too many for now.' },
  principal_invalid: { status: 400, message: 'Roles of the account are given to people of the firm.' },
  resource_modified: { status: 412, message: 'It has changed since If-Match was read.' },
  property_required: { status: 400, message: 'The property is missing.' },
  ObjectConflict: { status: 400, message: 'Another object has this value, or it is there already.' },
})

export const refuseMissing = refusals({ not_found: 404 })
