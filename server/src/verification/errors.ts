import { programRefusals, refusals } from '../refusals.ts'

export const refuse = programRefusals({
  file_name_invalid: {
    status: 400,
    message: 'A file’s name has letters, digits, spaces, dots, _ and -, and an ending.',
  },
  document_type_unknown: { status: 400, message: 'No such type of document is known, or the stage asks for others.' },
  document_unknown: { status: 400, message: 'No such document waits to be handed in for this stage.' },
  documents_too_many: {
    status: 400,
    message: 'A stage takes ten documents, a firm has sixty of 300 MB together at most.',
  },
  document_unsupported: { status: 415, message: 'Documents are PDF, PNG or JPEG, by their content and their name.' },
  claimed: { status: 400, message: 'Another reviewer has this case.' },
  own_company: { status: 403, message: 'Nobody reviews their own company.' },
  wrong_status: { status: 400, message: 'Its status does not allow this any more, or not yet.' },
  throttled: { status: 429, message: 'Too many for now.' },
})

export const refuseMissing = refusals({ not_found: 404 })

/** For the page of a link. */
export const refuseLink = refusals({ link_expired: 410 })
