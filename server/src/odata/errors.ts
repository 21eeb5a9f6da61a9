import { Refusal } from '../refusals.ts'

/** Microsoft Graph's code of each refusal of this room (administration on the wire, §1). */
export const graphCodes = {
  page_size: 'Request_UnsupportedQuery',
  option_unsupported: 'Request_UnsupportedQuery',
  option_repeated: 'Request_BadRequest',
  option_invalid: 'Request_BadRequest',
  property_unknown: 'Request_BadRequest',
  filter_invalid: 'Request_BadRequest',
  filter_property: 'Request_UnsupportedQuery',
  filter_operator: 'Request_UnsupportedQuery',
  filter_too_large: 'Request_UnsupportedQuery',
  search_invalid: 'Request_BadRequest',
  search_property: 'Request_UnsupportedQuery',
  orderby_property: 'Request_UnsupportedQuery',
  expand_property: 'Request_UnsupportedQuery',
  page_token_expired: 'Directory_ExpiredPageToken',
  sync_state_not_found: 'syncStateNotFound',
  forbidden: 'Authorization_RequestDenied',
} as const

const statuses: Record<string, number> = { Authorization_RequestDenied: 403, syncStateNotFound: 410 }

/** A no to a query. Programs alone read it, so it has no words. `field`: the property or option that it is about. */
export const refuse = (code: keyof typeof graphCodes, field?: string) =>
  new Refusal(code, statuses[graphCodes[code]] ?? 400, { field })
