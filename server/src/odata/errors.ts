import { programRefusals } from '../refusals.ts'

const UNSUPPORTED = 'Request_UnsupportedQuery'

const refuseQuery = programRefusals({
  page_size: { status: 400, graph: UNSUPPORTED, message: '$top is a number from 1 to as many as the list allows.' },
  option_unsupported: { status: 400, graph: UNSUPPORTED, message: 'The resource does not take this query option.' },
  option_repeated: { status: 400, message: 'The query option stands there twice.' },
  option_invalid: { status: 400, message: 'The query option has no value that it takes.' },
  property_unknown: { status: 400, message: 'The resource has no such property.' },
  filter_invalid: { status: 400, message: '$filter cannot be read.' },
  filter_property: { status: 400, graph: UNSUPPORTED, message: 'Nothing can be filtered by this property.' },
  filter_operator: { status: 400, graph: UNSUPPORTED, message: 'The property cannot be compared so.' },
  filter_too_large: {
    status: 400,
    graph: UNSUPPORTED,
    message: 'A query has at most 25 comparisons, 10 levels and 4,096 characters.',
  },
  search_invalid: { status: 400, message: '$search takes clauses such as "displayName:anna", joined by AND or OR.' },
  search_property: { status: 400, graph: UNSUPPORTED, message: 'Nothing can be searched by this property.' },
  orderby_property: { status: 400, graph: UNSUPPORTED, message: 'The list cannot be ordered so.' },
  expand_property: { status: 400, graph: UNSUPPORTED, message: 'The property cannot be expanded.' },
  page_token_expired: {
    status: 400,
    graph: 'Directory_ExpiredPageToken',
    message: 'The link to the next page is over, or another’s; begin the list again.',
  },
  sync_state_not_found: {
    status: 410,
    graph: 'syncStateNotFound',
    message: 'The state is too old; begin the delta again.',
  },
  forbidden: { status: 403, message: 'Your rights do not reach this property.' },
})

/** A no to a query. `field`: the property or option that it is about. */
export const refuse = (code: Parameters<typeof refuseQuery>[0], field?: string) => refuseQuery(code, { field })
