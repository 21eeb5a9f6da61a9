import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { type PeopleSearch, queryOf } from './address.ts'

const COLUMNS = 'id,displayName,userPrincipalName,department,jobTitle,accountEnabled,passwordMasteredIn,signInActivity'
const FACTS = `${COLUMNS},givenName,surname,mail,officeLocation,employeeId,preferredLanguage,createdDateTime,lastPasswordChangeDateTime`
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
}

interface Listed {
  id?: string
  displayName?: string
  userPrincipalName?: string
  department?: string | null
  accountEnabled?: boolean
  signInActivity?: { lastSignInDateTime?: string | null } | null
  deletedDateTime?: string | null
}

const rowOf = (user: Listed): Row => ({
  id: user.id!,
  displayName: user.displayName ?? '',
  userPrincipalName: user.userPrincipalName ?? '',
  department: user.department ?? null,
  accountEnabled: user.accountEnabled ?? false,
  lastSignIn: user.signInActivity?.lastSignInDateTime ?? null,
  deletedAt: user.deletedDateTime ?? null,
})

/** The people of a view, a hundred a page; the first page tells how many there are. */
export const people = (search: Partial<PeopleSearch>) =>
  infiniteQueryOptions({
    queryKey: ['people', 'list', search],
    initialPageParam: '',
    queryFn: async ({ pageParam, signal }) => {
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
          : await dataOf(api.GET('/users', { params: { query: { ...query, $select: COLUMNS } }, signal }))
      const { '@odata.count': count, '@odata.nextLink': next } = page as Record<string, unknown>
      return {
        rows: (value as Listed[]).map(rowOf),
        count: count as number | undefined,
        next: typeof next === 'string' ? new URL(next).searchParams.get('$skiptoken') : null,
      }
    },
    getNextPageParam: ({ next }) => next,
  })

/** One person; null where there is nobody (any more). */
export const person = (id: string) =>
  queryOptions({
    queryKey: ['people', 'one', id],
    queryFn: async () => {
      try {
        return await dataOf(api.GET('/users/{id}', { params: { path: { id }, query: { $select: FACTS } } }))
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return null
        throw error
      }
    },
  })

/** What one may do to a person, as the server decides it. */
export const allowedTo = (id: string) =>
  queryOptions({
    queryKey: ['people', 'allowed', id],
    queryFn: async () => (await dataOf(api.GET('/users/{id}/allowedActions', { params: { path: { id } } }))).value,
  })

/** Why a person can or cannot reset their password. */
export const readiness = (id: string) =>
  queryOptions({
    queryKey: ['people', 'readiness', id],
    queryFn: () => dataOf(api.GET('/users/{id}/authentication/resetReadiness', { params: { path: { id } } })),
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
