import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import { type PeopleSearch, queryOf } from './address.ts'

const COLUMNS = 'id,displayName,userPrincipalName,department,jobTitle,accountEnabled,passwordMasteredIn,signInActivity'
const PAGE = 100

/** A person in the list. */
export interface Row {
  id: string
  displayName: string
  userPrincipalName: string
  department: string | null
  accountEnabled: boolean
  lastSignIn: string | null
  deletedAt: string | null
  /** Null where one may not read it. */
  reset: ResetState | null
}

/** Whether a person can reset their password, as the list tells it. */
export interface ResetState {
  isCapable: boolean
  refusal: string | null
  blockedUntil: string | null
  methodsRegistered: string[]
}

interface Listed {
  id?: string
  displayName?: string
  userPrincipalName?: string
  department?: string | null
  accountEnabled?: boolean
  signInActivity?: { lastSignInDateTime?: string | null } | null
  deletedDateTime?: string | null
  resetState?: ResetState | null
}

const rowOf = (user: Listed): Row => ({
  id: user.id!,
  displayName: user.displayName ?? '',
  userPrincipalName: user.userPrincipalName ?? '',
  department: user.department ?? null,
  accountEnabled: user.accountEnabled ?? false,
  lastSignIn: user.signInActivity?.lastSignInDateTime ?? null,
  deletedAt: user.deletedDateTime ?? null,
  reset: user.resetState ?? null,
})

/** The people of a view, a hundred a page; the first page tells how many there are. `withStates`: whether they can reset. */
export const people = (search: Partial<PeopleSearch>, withStates: boolean) =>
  infiniteQueryOptions({
    queryKey: ['people', 'list', search, withStates],
    initialPageParam: '',
    queryFn: async ({ pageParam, signal }) => {
      const $select = withStates ? `${COLUMNS},resetState` : COLUMNS
      const query = {
        ...queryOf(search),
        $top: PAGE,
        ...(pageParam ? { $skiptoken: pageParam } : { $count: true }),
      }
      const { value, ...page } =
        search.view === 'deleted'
          ? await dataOf(
              api.GET('/directory/deletedItems/microsoft.graph.user', {
                params: { query: { ...query, $select: 'id,displayName,userPrincipalName,department,deletedDateTime' } },
                signal,
              }),
            )
          : await dataOf(api.GET('/users', { params: { query: { ...query, $select } }, signal }))
      const { '@odata.count': count, '@odata.nextLink': next } = page as Record<string, unknown>
      return {
        rows: (value as Listed[]).map(rowOf),
        count: count as number | undefined,
        next: typeof next === 'string' ? new URL(next).searchParams.get('$skiptoken') : null,
      }
    },
    getNextPageParam: ({ next }) => next,
  })

/** The groups and roles that a person is in, directly or through others. */
export const belongings = (id: string) =>
  queryOptions({
    queryKey: ['people', 'belongings', id],
    queryFn: async () => {
      const { data } = await api.GET('/users/{id}/transitiveMemberOf', { params: { path: { id } } })
      const { value } = data as unknown as { value: { '@odata.type': string; id: string; displayName: string }[] }
      const named = (type: string) => value.filter(one => one['@odata.type'] === `#microsoft.graph.${type}`)
      return { groups: named('group'), roles: named('directoryRole') }
    },
  })
