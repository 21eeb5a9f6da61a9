/** The people whom a view lists. */
export const views = ['everyone', 'off', 'deleted'] as const
export type View = (typeof views)[number]

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

/** The query of `/users` for an address: each word has to begin a name, or the text an address. */
export function queryOf({ q = '', view = 'everyone' }: Partial<PeopleSearch>) {
  // A quote would end the clause; the server folds the rest.
  const text = q.replace(/["\\]/g, ' ').trim()
  return {
    ...(view === 'off' && { $filter: 'accountEnabled eq false' }),
    ...(text && {
      $search: ['displayName', 'mail', 'userPrincipalName'].map(property => `"${property}:${text}"`).join(' OR '),
    }),
    $orderby: 'displayName',
  }
}
