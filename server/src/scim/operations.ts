import { refuse } from './errors.ts'
import { type Path, readPath } from './filter.ts'

/** One change of a resource: of the attribute at `path`, or of each attribute that `value` names. */
export interface Operation {
  op: 'add' | 'replace' | 'remove'
  path: Path | undefined
  value: unknown
}

const PATCH = 'urn:ietf:params:scim:api:messages:2.0:patchop'
const OPERATIONS_AT_MOST = 1_000

/** Reads the body of a PATCH (RFC 7644, §3.5.2). Its words are taken in any case, as Entra ID writes them. */
export function readOperations(body: object): Operation[] {
  const { schemas, operations } = inLowerCase(body)
  const isPatch = Array.isArray(schemas) && schemas.some(one => String(one).toLowerCase() === PATCH)
  if (!isPatch || !Array.isArray(operations) || operations.length === 0) throw refuse('invalidSyntax')
  if (operations.length > OPERATIONS_AT_MOST) throw refuse('tooMany')
  return operations.map(readOperation)
}

function readOperation(given: unknown): Operation {
  if (!isObject(given)) throw refuse('invalidSyntax')
  const { op: asked, path: text, value } = inLowerCase(given)
  const op = typeof asked === 'string' ? asked.toLowerCase() : undefined
  if (op !== 'add' && op !== 'replace' && op !== 'remove') throw refuse('invalidSyntax', { field: 'op' })
  if (text !== undefined && text !== null && typeof text !== 'string') throw refuse('invalidPath')
  const path = typeof text === 'string' && text !== '' ? readPath(text) : undefined
  if (op === 'remove' && !path) throw refuse('noTarget', { field: 'path' })
  if (op !== 'remove' && (path ? value === undefined : !isObject(value)))
    throw refuse('invalidValue', { field: 'value' })
  return { op, path, value }
}

/** The attributes that an operation without a path names, each as an operation of its own. */
export const partsOf = ({ op, value }: Pick<Operation, 'op' | 'value'>): (Operation & { path: Path })[] =>
  Object.entries(value as object).map(([name, one]) => ({ op, path: readName(name), value: one }))

/** A name that is no path is one of an attribute that no schema here has. */
function readName(name: string): Path {
  try {
    return readPath(name)
  } catch {
    return { attribute: name.toLowerCase(), fitting: undefined, part: undefined }
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The members of an object by their names in lower case: attributes have their names in any case (RFC 7643, §2.1). */
export const inLowerCase = (value: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).map(([name, one]) => [name.toLowerCase(), one]))

/** A text of an attribute. Null and an empty one are no value (RFC 7643, §2.5). */
export function readText(value: unknown, field: string): string | null {
  if (value === null || value === undefined || value === '') return null
  if (typeof value !== 'string') throw refuse('invalidValue', { field })
  return value
}
