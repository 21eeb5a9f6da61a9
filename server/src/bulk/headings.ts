import { readCell } from './csv.ts'
import { refuse } from './errors.ts'

/** What a column is about. */
export interface Column {
  property: string
  /** Whether its yes is a no, as in "Block sign in". */
  inverted: boolean
}

/** The cells of a row, by property. */
export type Cells = Record<string, string>

/** The names of directories and of Entra's templates for properties. */
const ALIASES: Record<string, string> = {
  objectId: 'id',
  physicalDeliveryOfficeName: 'officeLocation',
  telephoneNumber: 'businessPhones',
  mobile: 'mobilePhone',
  passwordProfile: 'password',
  'passwordProfile/password': 'password',
  'passwordProfile/forceChangePasswordNextSignIn': 'forceChangePasswordNextSignIn',
}

/** Rows of Entra's templates that are no data. */
export const isVersion = ([first = '']: readonly string[]) => /^version:/i.test(first)
export const isExample = ([first = '']: readonly string[]) => /^example:/i.test(first)

/** What a kind of job reads. */
export interface Readable {
  properties: readonly string[]
  /** One of each list has to be there. */
  required: readonly (readonly string[])[]
  aliases?: Record<string, string>
}

/** The columns of a file. Throws `property_…`, naming each heading at fault. */
export function readHeadings(record: readonly string[], { properties, required, aliases }: Readable): Column[] {
  const columns = record.map(heading => columnOf(heading, { ...ALIASES, ...aliases }))
  const names = columns.map(({ property }) => property)
  const errors = record.flatMap((heading, at) => {
    const name = names[at]!
    if (!properties.includes(name)) return [{ field: heading, code: 'property_unknown' }]
    return names.indexOf(name) < at ? [{ field: heading, code: 'property_invalid' }] : []
  })
  const missing = required.filter(some => !some.some(name => names.includes(name)))
  errors.push(...missing.map(([name]) => ({ field: name!, code: 'property_required' })))
  const [first] = errors
  if (first) throw refuse(first.code as 'property_unknown', { errors })
  return columns
}

/** A heading is the name of a property, or ends in it: `First name [givenName]`, `Name [displayName] Required`. */
function columnOf(heading: string, aliases: Record<string, string>): Column {
  const text = heading.trim()
  const named = /\[([\w/]+)\](?:\s+required)?$/i.exec(text)?.[1] ?? text
  const property = Object.hasOwn(aliases, named) ? aliases[named]! : named
  return { property, inverted: property === 'accountEnabled' && /^block\b/i.test(text) }
}

/** The cells that a row fills in. Undefined where it has more than there are columns. */
export function readCells(columns: readonly Column[], record: readonly string[]): Cells | undefined {
  if (record.slice(columns.length).some(cell => cell.trim() !== '')) return undefined
  return Object.fromEntries(
    columns.flatMap(({ property, inverted }, at) => {
      const cell = readCell((record[at] ?? '').trim())
      return cell === '' ? [] : [[property, inverted ? inverse(cell) : cell]]
    }),
  )
}

function inverse(cell: string): string {
  const is = readBoolean(cell)
  return is === undefined ? cell : String(!is)
}

/** Undefined where it is neither. */
export function readBoolean(cell: string): boolean | undefined {
  if (/^(yes|true)$/i.test(cell)) return true
  return /^(no|false)$/i.test(cell) ? false : undefined
}
