import type { UserInput } from '../administration/index.ts'
import { readNumber } from '../typing/index.ts'
import { refuse } from './errors.ts'
import type { Comparison, Path } from './filter.ts'
import { inLowerCase, isObject, type Operation, partsOf, readText } from './operations.ts'
import { ENTERPRISE, USER } from './schemas.ts'

/** An address or number with its use. */
interface Entry {
  value: string
  type: string | undefined
  primary: boolean
}

/** A user as SCIM writes it, by the paths of attributes in lower case. */
export interface UserState {
  texts: Record<string, string | null>
  active: boolean | undefined
  emails: Entry[]
  phonenumbers: Entry[]
}

/** The attributes that are one text, by their property of `/v1.0` (administration on the wire, §2.10). */
const TEXTS = {
  username: 'userPrincipalName',
  displayname: 'displayName',
  'name.givenname': 'givenName',
  'name.familyname': 'surname',
  title: 'jobTitle',
  preferredlanguage: 'preferredLanguage',
  'enterprise.department': 'department',
  'enterprise.employeenumber': 'employeeId',
} as const

/** Texts without a property: the program's own id, and the first password. */
const OTHERS = ['externalid', 'password']

/** What a program can send and nobody can write. */
const READ_ONLY = ['schemas', 'id', 'meta', 'groups']

/** What every user has: it can be replaced, and not removed (RFC 7644, §3.5.2.2). */
const REQUIRED = ['displayname', 'active']

/** What the schemas of RFC 7643 have and Latchkey does not keep: taken and forgotten, since programs send all that they know. */
const FORGOTTEN = [
  ...['name.formatted', 'name.middlename', 'name.honorificprefix', 'name.honorificsuffix', 'nickname', 'profileurl'],
  ...['usertype', 'locale', 'timezone', 'ims', 'photos', 'addresses', 'entitlements', 'roles', 'x509certificates'],
]

/** The uses of which a user has one value at most. */
const SINGLE = { emails: ['work'], phonenumbers: ['mobile', 'work'] }

/** A use that nobody keeps is no reason to take an address for another use: the other ones open resets. */
const KEPT = { emails: ['work', 'other'], phonenumbers: ['mobile', 'work'] }

type ListName = keyof typeof KEPT

const isList = (name: string): name is ListName => Object.hasOwn(KEPT, name)

/** A user without any value, which a POST or PUT fills. */
export const nothing = (): UserState => ({ texts: {}, active: undefined, emails: [], phonenumbers: [] })

/** Makes one change. Throws `invalidPath`, `invalidValue`, `mutability`. */
export function change(state: UserState, { op, path, value }: Operation): void {
  if (!path) for (const part of partsOf({ op, value })) changeAt(state, part, true)
  else changeAt(state, { op, path, value }, false)
}

/** `isLoose`: the attribute is one of many, so that one that is not kept here is passed over. */
function changeAt(state: UserState, { op, path, value }: Operation & { path: Path }, isLoose: boolean): void {
  const { attribute } = path
  const given = op === 'remove' ? undefined : value
  if (op === 'remove' && REQUIRED.includes(attribute)) throw refuse('mutability', { field: attribute })
  if (path.fitting && Object.hasOwn(TEXTS, attribute)) throw refuse('invalidPath', { field: attribute })
  if (isList(attribute)) changeList(state, attribute, { op, path, value })
  else if (Object.hasOwn(TEXTS, attribute) || OTHERS.includes(attribute))
    state.texts[attribute] = readText(given, attribute)
  else if (attribute === 'active') state.active = readBoolean(given)
  else if (attribute === 'name' || attribute === 'enterprise') changeParts(state, attribute, { op, value })
  else if (READ_ONLY.includes(attribute)) {
    if (!isLoose) throw refuse('mutability', { field: attribute })
  } else if (!isLoose && !isForgotten(attribute)) throw refuse('invalidPath', { field: attribute })
}

const isForgotten = (name: string) => FORGOTTEN.includes(name) || name.startsWith('enterprise.')

function changeParts(state: UserState, whole: string, { op, value }: Pick<Operation, 'op' | 'value'>): void {
  const names = Object.keys(TEXTS).filter(name => name.startsWith(`${whole}.`))
  if (op === 'remove' || value === null) {
    for (const name of names) state.texts[name] = null
    return
  }
  if (!isObject(value)) throw refuse('invalidValue', { field: whole })
  for (const [name, one] of Object.entries(inLowerCase(value))) {
    const path = `${whole}.${name}`
    if (names.includes(path)) state.texts[path] = readText(one, path)
  }
}

/** Entries of a list that one operation may set. */
const ENTRIES_AT_MOST = 50

function changeList(state: UserState, name: ListName, { op, path, value }: Operation & { path: Path }): void {
  const { fitting, part } = path
  const fits = (one: Entry) => fitting?.every(comparison => isAt(one, comparison)) ?? true
  const isWhole = part === undefined || part === 'value'
  if (op === 'remove') {
    // Entra ID names the values to remove beside the path.
    const named = Array.isArray(value) ? value.map(one => readEntry(one, name).value) : undefined
    if (isWhole) state[name] = state[name].filter(one => !(fits(one) && (named?.includes(one.value) ?? true)))
    return
  }
  if (!fitting && part === undefined) {
    const given = Array.isArray(value) ? value : value === null ? [] : [value]
    // Each is compared with those before it.
    if (given.length > ENTRIES_AT_MOST) throw refuse('tooMany', { field: name })
    const entries = given.map(one => readEntry(one, name))
    // The last one of a use counts, so that the primary one goes last.
    const ordered = entries.sort((one, other) => Number(one.primary) - Number(other.primary))
    state[name] = op === 'replace' ? [] : state[name]
    for (const entry of ordered) put(state, name, entry)
    return
  }
  if (!isWhole && part !== 'type') return
  const known = state[name].filter(fits)
  const base: Entry[] = known.length > 0 ? known : [{ value: '', primary: false, type: typeFor(fitting, name) }]
  for (const one of base) {
    const set = part === undefined ? { ...one, ...partsGiven(value, name) } : { ...one, [part]: readText(value, name) }
    state[name] = state[name].filter(other => other !== one)
    if (set.value) put(state, name, set)
  }
}

const partsGiven = (value: unknown, name: ListName) => {
  if (!isObject(value)) throw refuse('invalidValue', { field: name })
  const { value: text, type } = inLowerCase(value)
  return {
    ...(text !== undefined && { value: readText(text, name) ?? '' }),
    ...(typeof type === 'string' && { type: type.toLowerCase() }),
  }
}

const typeFor = (fitting: readonly Comparison[] | undefined, name: ListName) => {
  const use = fitting?.find(({ attribute }) => attribute === 'type')?.value
  return typeof use === 'string' ? use.toLowerCase() : SINGLE[name].at(-1)
}

/** Adds an entry, in place of the former one where its use has one value. */
function put(state: UserState, name: ListName, entry: Entry): void {
  const isSame = (one: Entry) =>
    one.type === entry.type && (SINGLE[name].includes(entry.type ?? '') || one.value === entry.value)
  if (!KEPT[name].includes(entry.type ?? '')) return
  state[name] = [...state[name].filter(one => !isSame(one)), entry]
}

/** An entry without a use is the one at work. */
function readEntry(given: unknown, name: ListName): Entry {
  if (typeof given === 'string') return { value: given, type: 'work', primary: false }
  if (!isObject(given)) throw refuse('invalidValue', { field: name })
  const { value, type, primary } = inLowerCase(given)
  const text = readText(value, name)
  if (text === null) throw refuse('invalidValue', { field: name })
  const use = readText(type, name)?.toLowerCase() ?? 'work'
  return { value: text, type: use, primary: primary === undefined ? false : (readBoolean(primary) ?? false) }
}

function isAt(entry: Entry, { attribute, value }: Comparison): boolean {
  if (attribute === 'type') return typeof value === 'string' && entry.type === value.toLowerCase()
  if (attribute === 'value') return typeof value === 'string' && entry.value.toLowerCase() === value.toLowerCase()
  if (attribute === 'primary') return entry.primary === readBoolean(value)
  throw refuse('invalidFilter')
}

/** Entra ID writes booleans as texts, such as "False". */
function readBoolean(value: unknown): boolean | undefined {
  if (value === undefined || value === null) return undefined
  const word = typeof value === 'string' ? value.toLowerCase() : value
  if (word === true || word === 'true') return true
  if (word === false || word === 'false') return false
  throw refuse('invalidValue')
}

/** The properties of `/v1.0` that the state says. What has no value is null. */
export function inputOf({ texts, active, emails, phonenumbers }: UserState): UserInput {
  const of = (entries: readonly Entry[], use: string) =>
    entries.filter(({ type }) => type === use).map(one => one.value)
  const profile = Object.entries(TEXTS).map(([path, property]) => [property, texts[path] ?? null])
  const numbers = (use: string) => of(phonenumbers, use).map(readPhone)
  return {
    ...(Object.fromEntries(profile) as UserInput),
    ...(active !== undefined && { accountEnabled: active }),
    mail: of(emails, 'work')[0] ?? null,
    otherMails: of(emails, 'other'),
    mobilePhone: numbers('mobile')[0] ?? null,
    businessPhones: numbers('work'),
  }
}

/** RFC 7643 writes numbers as addresses: `tel:+1-201-555-0123`. */
function readPhone(text: string): string {
  const plain = text.replace(/^tel:/i, '')
  return readNumber(plain) ?? plain
}

/** The properties that a user is read by. */
export const SELECTED = [
  'id',
  'createdDateTime',
  'accountEnabled',
  'mail',
  'otherMails',
  'mobilePhone',
  'businessPhones',
  ...Object.values(TEXTS),
].join(',')

type Row = Record<string, unknown>

/** The state of a user as they were read. */
export function stateOf(row: Row, externalId: string | undefined): UserState {
  const texts = Object.entries(TEXTS).map(([path, property]) => [path, (row[property] as string | null) ?? null])
  const entry = (value: unknown, type: string): Entry => ({ value: String(value), type, primary: false })
  const mails = [
    ...(row.mail == null ? [] : [entry(row.mail, 'work')]),
    ...(row.otherMails as string[]).map(one => entry(one, 'other')),
  ]
  const phones = [
    ...(row.mobilePhone == null ? [] : [entry(readPhone(String(row.mobilePhone)), 'mobile')]),
    ...(row.businessPhones as string[]).map(one => entry(readPhone(one), 'work')),
  ]
  return {
    texts: { ...Object.fromEntries(texts), externalid: externalId ?? null },
    active: row.accountEnabled as boolean,
    emails: mails.map((one, place) => ({ ...one, primary: place === 0 })),
    phonenumbers: phones,
  }
}

/** A user as SCIM answers them. `base`: of the door; `version`: the ETag. */
export function resourceOf(
  row: Row,
  externalId: string | undefined,
  { base, version }: { base: string; version: string },
) {
  const { texts, active, emails, phonenumbers } = stateOf(row, externalId)
  const name = withoutNulls({ familyName: texts['name.familyname'], givenName: texts['name.givenname'] })
  const more = withoutNulls({
    employeeNumber: texts['enterprise.employeenumber'],
    department: texts['enterprise.department'],
  })
  const hasMore = Object.keys(more).length > 0
  return {
    schemas: hasMore ? [USER, ENTERPRISE] : [USER],
    id: row.id,
    ...withoutNulls({
      externalId: texts.externalid,
      userName: texts.username,
      displayName: texts.displayname,
      title: texts.title,
      preferredLanguage: texts.preferredlanguage,
    }),
    ...(Object.keys(name).length > 0 && { name }),
    active,
    ...(emails.length > 0 && { emails: emails.map(({ value, type, primary }) => ({ value, type, primary })) }),
    ...(phonenumbers.length > 0 && { phoneNumbers: phonenumbers.map(({ value, type }) => ({ value, type })) }),
    ...(hasMore && { [ENTERPRISE]: more }),
    meta: { resourceType: 'User', created: row.createdDateTime, location: `${base}/Users/${row.id}`, version },
  }
}

const withoutNulls = (values: Record<string, string | null | undefined>) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value != null))
