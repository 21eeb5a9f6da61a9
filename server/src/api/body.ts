import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { FieldRefusal } from '../refusals.ts'
import { refuse } from './errors.ts'
import type { Resource } from './resource.ts'

/** What Graph's clients send along and no property is. */
const ANNOTATIONS = ['@odata.type', '@odata.id', '@odata.context', '@odata.etag']

/** How deep a body may nest; nothing here does more than a few times. */
const DEEPEST = 20

/** The formats that schemas of resources name. A time needs its zone (RFC 3339, §5.6). */
const formats = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i,
}

// Nothing is coerced, defaulted or removed: a validator that mends its input does not judge the input.
const judging = { coerceTypes: false, removeAdditional: false, useDefaults: false } as const
const ajv = new Ajv({ allErrors: true, strict: false, formats, ...judging })

/** Reads the JSON of a request. Throws `body_unreadable`. */
export function parseBody(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text === '' ? '{}' : text)
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw refuse('body_unreadable')
}

/**
 * A function that judges the body of a resource, and returns it with its texts in NFC and its enumerated words as the
 * schema writes them. Throws `property_…`, naming each property at fault.
 */
export function bodyJudge({
  body,
  judged: schema = body,
  readOnly = [],
  unsupported = [],
  hasLines = false,
}: Pick<Resource, 'body' | 'judged' | 'readOnly' | 'unsupported'> & { hasLines?: boolean }) {
  // Compiled for the first body, or each start would wait for the schemas of every resource.
  let compiled: ValidateFunction | undefined
  const named = (schema as Shape | undefined)?.properties ?? {}
  return (body: Record<string, unknown>): unknown => {
    // A reference is an annotation that its resource asks for.
    const isIgnored = (name: string) => ANNOTATIONS.includes(name) && !Object.hasOwn(named, name)
    const given = Object.fromEntries(Object.entries(body).filter(([name]) => !isIgnored(name)))
    if (!schema) {
      const errors = Object.keys(given).map(field => ({ field, code: 'property_unknown' }))
      if (errors.length > 0) throw refuse('property_unknown', { errors })
      return {}
    }
    const read = normalized(schema, given, 0)
    compiled ??= ajv.compile(schema)
    const errors = compiled(read) ? [] : problemsOf(compiled.errors ?? [], { readOnly, unsupported })
    const controls = errors.length === 0 ? controlsIn(read, '', hasLines ? /(?![\n\r\t])\p{Cc}/u : /\p{Cc}/u) : []
    const [first] = [...errors, ...controls]
    if (first) throw refuse(first.code as 'property_invalid', { errors: [...errors, ...controls] })
    return read
  }
}

interface Shape {
  enum?: unknown[]
  anyOf?: Shape[]
  items?: Shape
  properties?: Record<string, Shape>
}

/** Texts in NFC; words of an enumeration, which are taken in any case, as the schema writes them. */
function normalized(shape: Shape | undefined, value: unknown, depth: number): unknown {
  if (depth > DEEPEST) throw refuse('body_unreadable')
  if (typeof value === 'string') {
    const words = [...(shape?.enum ?? []), ...(shape?.anyOf ?? []).flatMap(one => one.enum ?? [])]
    const word = words.find(one => typeof one === 'string' && one.toLowerCase() === value.toLowerCase())
    return word ?? value.normalize('NFC')
  }
  if (Array.isArray(value)) return value.map(one => normalized(shape?.items, one, depth + 1))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, normalized(shape?.properties?.[name], one, depth + 1)]),
  )
}

/** Texts with control characters, which no page or terminal shows as they are. */
function controlsIn(value: unknown, path: string, signs: RegExp): FieldRefusal[] {
  if (typeof value === 'string') return signs.test(value) ? [{ field: path, code: 'property_invalid' }] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]) => controlsIn(one, path === '' ? name : `${path}/${name}`, signs))
}

function problemsOf(
  errors: readonly ErrorObject[],
  { readOnly, unsupported }: { readOnly: readonly string[]; unsupported: readonly string[] },
): FieldRefusal[] {
  const found = new Map<string, FieldRefusal>()
  for (const { instancePath, keyword, params } of errors) {
    const base = instancePath.slice(1)
    const inside = (name: unknown) => (base ? `${base}/${name}` : String(name))
    const name = params.additionalProperty
    const problem: FieldRefusal =
      keyword === 'additionalProperties'
        ? {
            field: inside(name),
            code: readOnly.includes(name)
              ? 'property_read_only'
              : unsupported.includes(name)
                ? 'property_unsupported'
                : 'property_unknown',
          }
        : keyword === 'required'
          ? { field: inside(params.missingProperty), code: 'property_required' }
          : { field: base, code: 'property_invalid' }
    // `anyOf` only repeats the errors of its branches.
    if (!found.has(problem.field)) found.set(problem.field, problem)
  }
  return [...found.values()]
}
