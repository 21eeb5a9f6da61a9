import { refuse } from './errors.ts'
import { ENTERPRISE, GROUP, USER } from './schemas.ts'

/** A comparison: an attribute, in lower case and without its schema, equals a value. */
export interface Comparison {
  attribute: string
  value: string | boolean
}

const LONGEST = 4_096
const COMPARISONS_AT_MOST = 25

// Each alternative begins with another sign and none nests, so that a long text costs its length.
const COMPARED = /\s*([A-Za-z$][\w$:.-]*)\s+eq\s+("(?:[^"\\]|\\.)*"|true|false)\s*(?:\s(and)\s|$)/iy

/** Reads `attribute eq value`, joined by `and` (RFC 7644, §3.4.2.2). Throws `invalidFilter` for any other filter. */
export function readFilter(text: string): Comparison[] {
  if (text.length > LONGEST) throw refuse('invalidFilter')
  const found: Comparison[] = []
  let isOpen = true
  COMPARED.lastIndex = 0
  while (isOpen) {
    const [, attribute, value, and] = COMPARED.exec(text) ?? []
    if (attribute === undefined || value === undefined || found.length === COMPARISONS_AT_MOST)
      throw refuse('invalidFilter')
    found.push({ attribute: shortName(attribute), value: readLiteral(value) })
    isOpen = and !== undefined
  }
  return found
}

function readLiteral(text: string): string | boolean {
  if (!text.startsWith('"')) return text.toLowerCase() === 'true'
  try {
    return JSON.parse(text) as string
  } catch {
    throw refuse('invalidFilter')
  }
}

/** The name in lower case, without the schema that it may begin with; the enterprise schema stays, by a short name. */
export function shortName(name: string): string {
  const lower = name.toLowerCase()
  for (const schema of [USER, GROUP]) {
    const prefix = `${schema.toLowerCase()}:`
    if (lower.startsWith(prefix)) return lower.slice(prefix.length)
  }
  const enterprise = ENTERPRISE.toLowerCase()
  if (lower === enterprise) return 'enterprise'
  return lower.startsWith(`${enterprise}:`) ? `enterprise.${lower.slice(enterprise.length + 1)}` : lower
}

/** What an operation of a PATCH is about: an attribute, the values of it that fit, and a part of these. */
export interface Path {
  /** In lower case, as in `name.givenname` or `emails`. */
  attribute: string
  fitting: readonly Comparison[] | undefined
  part: string | undefined
}

/** Attributes with several values, each of parts. */
const LISTS = [
  'emails',
  'phonenumbers',
  'members',
  'addresses',
  'ims',
  'photos',
  'roles',
  'entitlements',
  'groups',
  'x509certificates',
]

/** Reads `emails[type eq "work"].value`. Throws `invalidPath`. */
export function readPath(text: string): Path {
  const [, name, filter, part] = /^([A-Za-z$][\w$:.-]*)(?:\[(.*)\](?:\.([A-Za-z$]+))?)?$/.exec(text.trim()) ?? []
  if (name === undefined || text.length > LONGEST) throw refuse('invalidPath', { field: text })
  const attribute = shortName(name)
  if (filter !== undefined) return { attribute, fitting: readFilter(filter), part: part?.toLowerCase() }
  const [list = '', ...rest] = attribute.split('.')
  if (LISTS.includes(list) && rest.length > 0) return { attribute: list, fitting: undefined, part: rest.join('.') }
  return { attribute, fitting: undefined, part: undefined }
}
