import { readFileSync } from 'node:fs'
import type { ErrorObject, ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { isNumber } from '../typing/index.ts'
import { type Contact, speaks } from './contacts.ts'
import { readZone } from './hours.ts'

/** What is wrong in a file of contacts, and where: a JSON pointer (RFC 6901), empty for the whole. */
export interface FileFault {
  pointer: string
  why: string
}

/** A file with faults: nothing of it is taken. */
export class ContactsFileError extends Error {
  override name = 'ContactsFileError'
  readonly faults: readonly FileFault[]

  constructor(faults: readonly FileFault[]) {
    super(faults.map(({ pointer, why }) => `${pointer || '(the whole file)'}: ${why}`).join('\n'))
    this.faults = faults
  }
}

let compiled: ValidateFunction<{ version: 1; contacts: Contact[] }> | undefined

/** The schema, compiled at the first file: it would take a fifth of each start. */
function compile() {
  const schema = JSON.parse(readFileSync(new URL('./contacts.schema.json', import.meta.url), 'utf8'))
  const ajv = new Ajv2020({ allErrors: true, strict: false })
  formats.default(ajv, ['date'])
  return ajv.compile<{ version: 1; contacts: Contact[] }>(schema)
}

/** Reads a file of contacts by its schema, and by what a schema cannot say. Throws `ContactsFileError` with every fault. */
export function readContacts(text: string): Contact[] {
  const file = parse(text.replace(/^\uFEFF/, ''))
  compiled ??= compile()
  const fits = compiled
  if (!fits(file)) throw new ContactsFileError(faultsOf(fits.errors ?? []))
  const faults = [...findRepeated(file.contacts), ...file.contacts.flatMap(findUnknown)]
  if (faults.length > 0) throw new ContactsFileError(faults)
  return file.contacts
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ContactsFileError([{ pointer: '', why: `is no JSON (${(error as Error).message})` }])
  }
}

/** One fault for each place. What a choice says of all its branches tells less than what one branch says. */
function faultsOf(errors: readonly ErrorObject[]): FileFault[] {
  const found = new Map<string, string>()
  for (const error of errors) {
    const { keyword, instancePath, params, message = '' } = error
    const isPlace = /^\/contacts\/\d+$/.test(instancePath)
    if (keyword === 'oneOf' || (keyword === 'required' && isPlace && error.schemaPath.includes('/anyOf/'))) continue
    // Where hours are a list, that they are not `always` is no fault.
    if (keyword === 'const' && errors.some(one => one !== error && one.instancePath.startsWith(`${instancePath}/`)))
      continue
    const pointer =
      keyword === 'required'
        ? `${instancePath}/${params.missingProperty}`
        : keyword === 'additionalProperties'
          ? `${instancePath}/${escaped(params.additionalProperty)}`
          : instancePath
    if (!found.has(pointer)) found.set(pointer, wordsOf(error, message))
  }
  return [...found].map(([pointer, why]) => ({ pointer, why }))
}

function wordsOf({ keyword, params }: ErrorObject, message: string): string {
  if (keyword === 'required') return 'is missing'
  if (keyword === 'additionalProperties') return 'is unknown'
  if (keyword === 'anyOf') return 'has neither phones nor links'
  if (keyword === 'enum') return `must be one of: ${params.allowedValues.join(', ')}`
  if (keyword === 'const') return `must be ${JSON.stringify(params.allowedValue)}`
  return message
}

const escaped = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1')

function findRepeated(contacts: readonly Contact[]): FileFault[] {
  const first = new Map<string, number>()
  return contacts.flatMap(({ id }, place) => {
    const before = first.get(id)
    if (before === undefined) first.set(id, place)
    return before === undefined ? [] : [{ pointer: `/contacts/${place}/id`, why: `is that of /contacts/${before} too` }]
  })
}

/** Zones, countries, languages, numbers and addresses that have the right form and do not exist. */
function findUnknown(contact: Contact, place: number): FileFault[] {
  const { zone, hours, countries, languages, phones = [], links = [], notes = {} } = contact
  const times = hours === 'always' ? [] : hours
  const among = <T>(what: string, items: readonly T[], known: (item: T) => boolean, why: (item: T) => string) =>
    items.flatMap((item, n) =>
      known(item) ? [] : [{ pointer: `/contacts/${place}/${what.replace('#', `${n}`)}`, why: why(item) }],
    )
  return [
    ...among(
      'zone',
      [zone],
      one => readZone(one) !== undefined,
      () => 'is no time zone',
    ),
    ...among('countries/#', countries, isRegion, () => 'is no country'),
    ...among('languages/#', languages, isTongue, () => 'is no language'),
    ...times.flatMap(({ languages: spoken = [] }, n) =>
      among(
        `hours/${n}/languages/#`,
        spoken,
        one => languages.some(language => speaks(language, one)),
        () => 'is no language of the contact',
      ),
    ),
    ...among(
      'phones/#/number',
      phones,
      ({ number }) => isNumber(number),
      () => 'is no number',
    ),
    ...among('links/#/href', links, isAddress, ({ kind }) =>
      kind === 'mail' ? 'is no address to write to (mailto:)' : 'is no address of a page (https://)',
    ),
    ...Object.entries(notes).flatMap(([language, note]) =>
      among(
        `notes/${language}`,
        [note],
        one => !/\p{Cc}/u.test(one),
        () => 'has signs that cannot be printed',
      ),
    ),
  ]
}

const namesOf = (type: 'region' | 'language') => new Intl.DisplayNames('en', { type, fallback: 'none' })

/** ZZ is the name of what is unknown. */
const isRegion = (code: string) => code === '*' || (code !== 'ZZ' && namesOf('region').of(code) !== undefined)

function isTongue(tag: string): boolean {
  try {
    return namesOf('language').of(tag) !== undefined
  } catch {
    return false
  }
}

function isAddress({ kind, href }: { kind: string; href: string }): boolean {
  const url = URL.parse(href)
  if (!url) return false
  if (kind !== 'mail') return url.protocol === 'https:' && url.username === '' && url.password === ''
  return url.protocol === 'mailto:' && /^[^@\s]+@[^@\s]+$/.test(url.pathname)
}
