import { programRefusals, refusals } from '../refusals.ts'

export const refuse = refusals({ not_found: 404 })

/** What only programs meet, with the codes of administration on the wire, §1 and §2.8. */
export const refuseProgram = programRefusals({
  endpoint_refused: {
    status: 400,
    message:
      'An endpoint is an https address that the operator lets Latchkey call, without a name, password or fragment.',
  },
  endpoint_not_validated: {
    status: 400,
    message: 'The endpoint did not answer with status 200 and the validationToken as text/plain within ten seconds.',
  },
  property_invalid: { status: 400, message: 'The value is not one that the property takes.' },
  resource_modified: { status: 412, message: 'It has changed since If-Match was read.' },
  throttled: { status: 429, message: 'Endpoints of this tenant answer slowly; wait as long as Retry-After says.' },
  subscriptions_at_most: {
    status: 403,
    graph: 'Directory_QuotaExceeded',
    message: 'The caller or the tenant has as many subscriptions as it may have; delete one first.',
  },
})
