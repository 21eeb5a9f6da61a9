import { programRefusals, refusals } from '../refusals.ts'

export const refuseMissing = refusals({ not_found: 404 })

/** What only programs meet, with the codes of administration on the wire, §1 and §2.9. */
export const refuse = programRefusals({
  property_required: { status: 400, message: 'The property is missing.' },
  property_invalid: { status: 400, message: 'The value is not one that the property takes.' },
  property_unknown: { status: 400, message: 'The resource has no such property.' },
  property_unsupported: { status: 400, message: 'Latchkey does not keep this property.' },
  media_type: { status: 415, message: 'The body is of a kind that the resource does not take.' },
  csv_invalid: { status: 400, message: 'The body is no CSV in UTF-8 with a line of headings.' },
  csv_too_large: { status: 413, message: 'The file is too large to be judged as a whole: bring it in by parts.' },
  rows_at_most: { status: 400, message: 'A file has 100,000 rows at most.' },
  row_too_long: { status: 400, message: 'The row has more cells than there are headings.' },
  quota_exceeded: {
    status: 403,
    graph: 'Directory_QuotaExceeded',
    message: 'There are as many of these as there may be.',
  },
  job_running: { status: 409, message: 'The job has not ended yet.' },
  passwords_taken: { status: 410, message: 'The passwords were read before.' },
  no_content: { status: 404, message: 'The job has nothing of this kind.' },
})
