import { envelope, type RequestIds } from '../api/index.ts'
import { programRefusals, type Refusal } from '../refusals.ts'
import type { Locale } from '../words/index.ts'

/** What SCIM alone refuses, by its own `scimType` (RFC 7644, §3.12; RFC 9865, §2.1). */
export const refuse = programRefusals({
  invalidFilter: { status: 400, message: 'A filter is attribute eq "value", joined by and; see docs/scim.md.' },
  tooMany: { status: 400, message: 'This is more than one request may ask.' },
  uniqueness: { status: 409, message: 'Another resource has this value.' },
  mutability: { status: 400, message: 'The attribute cannot be changed.' },
  invalidSyntax: { status: 400, message: 'The body does not have the form that the request takes.' },
  invalidPath: { status: 400, message: 'The path names no attribute of the resource.' },
  invalidValue: { status: 400, message: 'The attribute does not take this value.' },
  noTarget: { status: 400, message: 'The operation names nothing that it could change.' },
  invalidCount: { status: 400, message: 'count and startIndex are whole numbers.' },
  no_resource: { status: 404, message: 'There is no such resource.' },
  filter_not_here: { status: 403, message: 'The description of the service takes no filter.' },
  version_differs: { status: 412, message: 'The resource has changed since If-Match was read.' },
})

const SCIM_TYPES: readonly string[] = [
  'invalidFilter',
  'tooMany',
  'uniqueness',
  'mutability',
  'invalidSyntax',
  'invalidPath',
  'invalidValue',
  'noTarget',
  'invalidCount',
]

/** The `scimType` of refusals that rules share with `/v1.0`. */
const TYPES: Record<string, string> = {
  ObjectConflict: 'uniqueness',
  mastered_elsewhere: 'mutability',
  body_unreadable: 'invalidSyntax',
  page_token_expired: 'invalidCursor',
  page_size: 'invalidCount',
  filter_invalid: 'invalidFilter',
  filter_property: 'invalidFilter',
  filter_operator: 'invalidFilter',
  filter_too_large: 'invalidFilter',
}

/** A refusal as SCIM tells it. `english`: the words of codes that people read too. */
export function scimError(refusal: Refusal, english: Locale, now: Date, ids: RequestIds) {
  const told = envelope(refusal, english, now, ids)
  const { message } = (told.json as { error: { message: string } }).error
  const fields = [...refusal.errors.map(({ field }) => field), ...(refusal.field === undefined ? [] : [refusal.field])]
  const scimType = typeOf(refusal, told.status)
  const status = scimType === 'uniqueness' ? 409 : told.status
  return {
    status,
    headers: told.headers,
    json: {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: String(status),
      ...(scimType !== undefined && { scimType }),
      detail: fields.length === 0 ? message : `${message} (${[...new Set(fields)].join(', ')})`,
    },
  }
}

function typeOf({ code, errors, field }: Refusal, status: number): string | undefined {
  if (SCIM_TYPES.includes(code)) return code
  if (Object.hasOwn(TYPES, code)) return TYPES[code]
  // A value that a rule does not take.
  return status === 400 && (errors.length > 0 || field !== undefined) ? 'invalidValue' : undefined
}
