import { searchable } from '../../api/pages.ts'

/** The people whom a view lists. */
export const views = ['everyone', 'cannotReset', 'blocked', 'administrators', 'off', 'deleted'] as const
export type View = (typeof views)[number]

/** The actions without which a view cannot be read. */
const viewsTake: Partial<Record<View, string>> = {
  cannotReset: 'readiness.read',
  blocked: 'readiness.read',
  administrators: 'roles.read',
}

/** The views that these actions open. */
export const viewsFor = (actions: readonly string[]): View[] =>
  views.filter(view => actions.includes(viewsTake[view] ?? 'profile.readAll'))

/** The methods by which people are found, as the server names them. */
export const methodKinds = [
  ...(['passkey', 'mobilePhone', 'officePhone', 'email', 'authenticatorCode'] as const),
  ...(['securityQuestions', 'recoveryCode'] as const),
]
export type MethodKind = (typeof methodKinds)[number]

/** Days since the last sign-in that the list can be narrowed to. */
export const idleDays = [30, 90, 180] as const

/** The columns that are shown where somebody asks for them. */
export const moreColumns = ['job', 'office', 'employeeId', 'created', 'methods'] as const
export type MoreColumn = (typeof moreColumns)[number]

/** What the list is sorted by; from the end where a minus stands before it. */
export const sorts = ['-name', 'lastSignIn', '-lastSignIn', 'created', '-created'] as const
export type Sort = (typeof sorts)[number]
/** A column that the list is sorted by. */
export type Sorted = 'name' | 'lastSignIn' | 'created'

/** What the address of the list says. */
export interface PeopleSearch {
  view: View
  q: string
  /** The beginning of its name. */
  department: string
  /** The beginning of its name. */
  office: string
  /** The id of a group in which they are by themselves. */
  group: string
  /** The id of a role. */
  role: string
  /** Whether any method is on record. */
  registered: boolean
  method: MethodKind
  /** Days since the last sign-in, at least. */
  idle: (typeof idleDays)[number]
  /** By name where it says nothing. */
  sort: Sort
  cols: MoreColumn[]
}

/** The names of the filters beside view and text. */
export const filterNames = ['department', 'office', 'group', 'role', 'registered', 'method', 'idle'] as const

const oneOf = <T>(all: readonly T[], given: unknown): T | undefined => all.find(one => one === given)
const textOf = (given: unknown) => (typeof given === 'string' ? given.trim().slice(0, 100) : '')
const idOf = (given: unknown) =>
  typeof given === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(given) ? given : undefined

/** Reads the address. What it cannot mean is left out: a mistyped address shows everyone. */
export function readSearch(search: Record<string, unknown>): Partial<PeopleSearch> {
  const view = oneOf(views, search.view)
  const [q, department, office] = [textOf(search.q), textOf(search.department), textOf(search.office)]
  const [group, role] = [idOf(search.group), idOf(search.role)]
  const registered = oneOf([true, false], search.registered)
  const method = oneOf(methodKinds, search.method)
  const idle = oneOf(idleDays, search.idle)
  const sort = oneOf(sorts, search.sort)
  const cols = Array.isArray(search.cols) ? moreColumns.filter(one => (search.cols as unknown[]).includes(one)) : []
  return {
    ...(view && view !== 'everyone' && { view }),
    ...(q && { q }),
    ...(department && { department }),
    ...(office && { office }),
    ...(group && { group }),
    ...(role && { role }),
    ...(registered !== undefined && { registered }),
    ...(method && { method }),
    ...(idle && { idle }),
    ...(sort && { sort }),
    ...(cols.length > 0 && { cols }),
  }
}

/** What the panel of a person shows. */
export const tabs = ['overview', 'methods', 'groups', 'activity'] as const
export type PersonTab = (typeof tabs)[number]

/** The tab of an address that names a person; the first where it names none. */
export function readTab({ tab }: Record<string, unknown>): { tab?: PersonTab } {
  const found = oneOf(tabs, tab)
  return found && found !== 'overview' ? { tab: found } : {}
}

/** The query of `/users` for an address: the text has to begin a word of the name, or an address. */
export function queryOf({ q = '', view = 'everyone', sort, ...search }: Partial<PeopleSearch>, now = new Date()) {
  // A quote would end the clause; the server folds the rest.
  const text = searchable(q)
  // Who is deleted has neither a role nor a state.
  const filters = view === 'deleted' ? [] : [ofViews[view]?.(now), ...narrowedBy(search, now)].filter(Boolean)
  return {
    ...(filters.length > 0 && { $filter: filters.join(' and ') }),
    ...(text && {
      $search: ['displayName', 'mail', 'userPrincipalName'].map(property => `"${property}:${text}"`).join(' OR '),
    }),
    $orderby: orderOf(sort, view),
  }
}

/** The column of a sort, and its direction. */
export function sortOf(sort: Sort | undefined): { by: Sorted; descending: boolean } {
  const descending = sort?.startsWith('-') ?? false
  return { by: (descending ? sort!.slice(1) : (sort ?? 'name')) as Sorted, descending }
}

/** What the address says when a column is asked to sort: it turns where the list is sorted by it. */
export function sortedBy(by: Sorted, current: Sort | undefined): Sort | undefined {
  const { by: before, descending } = sortOf(current)
  const next = before === by && !descending ? `-${by}` : by
  return oneOf(sorts, next)
}

function orderOf(sort: Sort | undefined, view: View): string {
  const { by, descending } = sortOf(sort)
  const property = {
    name: 'displayName',
    lastSignIn: view === 'deleted' ? 'deletedDateTime' : 'signInActivity/lastSignInDateTime',
    created: 'createdDateTime',
  }[by]
  return descending ? `${property} desc` : property
}

const ofViews: Partial<Record<View, (now: Date) => string>> = {
  cannotReset: () => 'accountEnabled eq true and resetState/isCapable eq false',
  administrators: () => 'assignedRoles/any()',
  blocked: now => `resetState/blockedUntil ge ${now.toISOString()}`,
  off: () => 'accountEnabled eq false',
}

const DAY = 86_400_000

const begins = (property: string, text: string) => `startsWith(${property},'${text.replaceAll("'", "''")}')`

const narrowedBy = (
  { department, office, group, role, registered, method, idle }: Partial<Omit<PeopleSearch, 'sort'>>,
  now: Date,
) => [
  department && begins('department', department),
  office && begins('officeLocation', office),
  group && `memberOf/any(g:g/id eq '${group}')`,
  role && `assignedRoles/any(r:r eq '${role}')`,
  registered !== undefined && `${registered ? '' : 'not '}resetState/methodsRegistered/any()`,
  method && `resetState/methodsRegistered/any(m:m eq '${method}')`,
  idle && `signInActivity/lastSignInDateTime le ${new Date(now.getTime() - idle * DAY).toISOString()}`,
]
