import { searchable } from '../../api/pages.ts'
/** The people whom a view lists. */
export const views = ['everyone', 'cannotReset', 'blocked', 'off', 'deleted'] as const
export type View = (typeof views)[number]

/** The views that compare what only some roles may read. */
export const viewsOfStates: readonly View[] = ['cannotReset', 'blocked']

/** What the address of the list says. */
export interface PeopleSearch {
  view: View
  q: string
}

/** Reads the address. What it cannot mean is left out: a mistyped address shows everyone. */
export function readSearch(search: Record<string, unknown>): Partial<PeopleSearch> {
  const view = views.find(one => one === search.view)
  const q = typeof search.q === 'string' ? search.q.trim().slice(0, 100) : ''
  return { ...(view && view !== 'everyone' && { view }), ...(q && { q }) }
}

/** The query of `/users` for an address: the text has to begin a word of the name, or an address. */
export function queryOf({ q = '', view = 'everyone' }: Partial<PeopleSearch>, now = new Date()) {
  // A quote would end the clause; the server folds the rest.
  const text = searchable(q)
  return {
    ...(filters[view] && { $filter: filters[view](now) }),
    ...(text && {
      $search: ['displayName', 'mail', 'userPrincipalName'].map(property => `"${property}:${text}"`).join(' OR '),
    }),
    $orderby: 'displayName',
  }
}

const filters: Partial<Record<View, (now: Date) => string>> = {
  cannotReset: () => 'accountEnabled eq true and resetState/isCapable eq false',
  blocked: now => `resetState/blockedUntil ge ${now.toISOString()}`,
  off: () => 'accountEnabled eq false',
}
