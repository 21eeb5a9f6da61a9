import { programRefusals, type Refusal } from '../refusals.ts'
import type { Locale } from '../words/index.ts'

export const refuse = programRefusals({
  token_missing: { status: 401, message: 'The request has no bearer token that is in force.' },
  path_unknown: { status: 404, message: 'There is nothing at this address.' },
  not_implemented: { status: 501, graph: 'NotImplemented', message: 'Latchkey has no such resource.' },
  method_unknown: { status: 405, message: 'The resource does not take this method; Allow names those that it takes.' },
  delegated_only: { status: 400, message: 'An application has no account of its own; ask with a person’s token.' },
  partner_token: { status: 400, message: 'A partner’s person has no account in this organization.' },
  media_type: { status: 415, message: 'The body is of a kind that the resource does not take.' },
  body_unreadable: { status: 400, message: 'The body is no JSON object.' },
  body_too_large: { status: 413, message: 'The body is larger than the resource takes.' },
  throttled: { status: 429, message: 'Too many requests; wait as long as Retry-After says.' },
  property_unknown: { status: 400, message: 'The resource has no such property.' },
  property_read_only: { status: 400, message: 'The property cannot be written.' },
  property_unsupported: { status: 400, message: 'Latchkey does not keep this property.' },
  property_invalid: { status: 400, message: 'The value is not one that the property takes.' },
  property_required: { status: 400, message: 'The property is missing.' },
  reason_invalid: {
    status: 400,
    message: 'Latchkey-Reason takes up to 200 characters on one line, and Latchkey-Ticket 64.',
  },
  idempotency_key_invalid: { status: 400, message: 'Idempotency-Key takes 1 to 64 visible ASCII characters.' },
  idempotency_key_reused: { status: 400, message: 'The Idempotency-Key stood with another body before.' },
  idempotency_in_progress: { status: 409, message: 'The first request with this Idempotency-Key is not answered yet.' },
  batch_invalid: { status: 400, message: 'The batch is malformed.' },
  batch_item_invalid: { status: 400, message: 'The request cannot stand in a batch.' },
  dependency_failed: { status: 424, message: 'A request that this one depends on failed.' },
})

/** Microsoft Graph's code of a status, where a refusal names none. */
const CODES: Record<number, string> = {
  400: 'Request_BadRequest',
  401: 'InvalidAuthenticationToken',
  403: 'Authorization_RequestDenied',
  404: 'Request_ResourceNotFound',
  405: 'Request_BadRequest',
  409: 'Directory_ConcurrencyViolation',
  410: 'gone',
  412: 'resourceModified',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  424: 'FailedDependency',
  429: 'TooManyRequests',
  500: 'InternalServerError',
  501: 'NotImplemented',
  503: 'ServiceUnavailable',
}

/** The ids by which an answer can be found again. */
export interface RequestIds {
  requestId: string
  clientRequestId: string
}

interface Told {
  status: number
  headers: Record<string, string>
  json: unknown
}

/** A refusal in Microsoft Graph's envelope (administration on the wire, §1). `english`: the words of codes that people read too. */
export function envelope(refusal: Refusal, english: Locale, now: Date, ids: RequestIds): Told {
  const status = statusOf(refusal)
  const code =
    refusal.code === 'step_up' ? 'Authentication_StepUpRequired' : (refusal.toPrograms?.graph ?? CODES[status])
  const message = sentenceOf(refusal, english)
  const details = detailsOf(refusal).map(detail => ({ ...detail, message }))
  const innerError = {
    date: now.toISOString(),
    'request-id': ids.requestId,
    'client-request-id': ids.clientRequestId,
  }
  const { diagnosis } = refusal.more
  return {
    status,
    headers: headersOf(refusal, status),
    json: {
      error: { code: code ?? 'InternalServerError', message, innerError, details, ...(diagnosis ? { diagnosis } : {}) },
    },
  }
}

/** What is wrong, by its stable codes. */
export const detailsOf = ({ code, field, errors }: Refusal): { code: string; target?: string }[] =>
  errors.length > 0
    ? errors.map(one => ({ code: one.code, target: one.field }))
    : [{ code, ...(field !== undefined && { target: field }) }]

/** People's journeys tell rules apart by statuses that Graph does not use. */
export function statusOf({ status, toPrograms }: Refusal): number {
  if (toPrograms) return status
  return status === 409 || status === 422 || status === 423 ? 400 : status
}

function sentenceOf({ toPrograms, code }: Refusal, english: Locale): string {
  if (toPrograms) return toPrograms.message
  const words = (part: 'title' | 'detail') => english.t(`problems.${code as 'forbidden'}.${part}`, { duration: '' })
  return `${words('title')}. ${words('detail')}`
}

function headersOf({ retryAfter, code, more }: Refusal, status: number): Record<string, string> {
  return {
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    ...(typeof more.allow === 'string' && { allow: more.allow }),
    ...(typeof more.location === 'string' && { location: more.location }),
    ...(status === 401 && { 'www-authenticate': code === 'step_up' ? challengeOf(more.step === 2) : 'Bearer' }),
  }
}

/** Asks for a stronger sign-in (RFC 9470, §3). `claims`: the same as MSAL passes it on to the sign-in. */
function challengeOf(isFresh: boolean): string {
  const asked = JSON.stringify({ id_token: { acr: { essential: true, value: 'mfa' } } })
  return [
    'Bearer error="insufficient_user_authentication"',
    'acr_values="mfa"',
    ...(isFresh ? ['max_age="900"'] : []),
    `claims="${Buffer.from(asked).toString('base64')}"`,
  ].join(', ')
}
