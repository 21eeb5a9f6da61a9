import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import { type Page, pageOf, pageQuery } from '../../api/pages.ts'
import { openProperties } from '../../parts/openProperties.ts'
import { type PeopleSearch, queryOf, type View } from './address.ts'

const COLUMNS =
  'id,displayName,userPrincipalName,department,jobTitle,officeLocation,employeeId,createdDateTime,accountEnabled,passwordMasteredIn,signInActivity'

/** A person in the list. */
export interface Row {
  id: string
  displayName: string
  userPrincipalName: string
  department: string | null
  job: string | null
  office: string | null
  employeeId: string | null
  created: string | null
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
  jobTitle?: string | null
  officeLocation?: string | null
  employeeId?: string | null
  createdDateTime?: string
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
  job: user.jobTitle ?? null,
  office: user.officeLocation ?? null,
  employeeId: user.employeeId ?? null,
  created: user.createdDateTime ?? null,
  // Who may not read it is not told that it is off.
  accountEnabled: user.accountEnabled ?? true,
  lastSignIn: user.signInActivity?.lastSignInDateTime ?? null,
  deletedAt: user.deletedDateTime ?? null,
  reset: user.resetState ?? null,
})

/** The people of a view, a hundred a page; the first page tells how many there are. `withStates`: whether they can reset. */
export const people = ({ cols: _, ...search }: Partial<PeopleSearch>, withStates: boolean) =>
  infiniteQueryOptions({
    queryKey: ['people', 'list', search, withStates],
    initialPageParam: '',
    queryFn: async ({ pageParam, signal }): Promise<Page<Row>> => {
      const query = { ...queryOf(search), ...pageQuery(pageParam) }
      const { rows, ...page } = await pageOf<Listed>(
        search.view === 'deleted'
          ? api.GET('/directory/deletedItems/microsoft.graph.user', {
              params: {
                query: {
                  ...query,
                  $select: await openProperties('id,displayName,userPrincipalName,department,deletedDateTime'),
                },
              },
              signal,
            })
          : api.GET('/users', {
              params: {
                query: { ...query, $select: await openProperties(withStates ? `${COLUMNS},resetState` : COLUMNS) },
              },
              signal,
            }),
      )
      return { ...page, rows: rows.map(rowOf) }
    },
    getNextPageParam: ({ next }) => next,
  })

/** How many people each of these views lists. */
export const counts = (views: readonly View[]) =>
  queryOptions({
    queryKey: ['people', 'counts', views],
    staleTime: 60_000,
    queryFn: async ({ signal }) => {
      const count = async (view: View): Promise<[View, number | undefined]> => {
        const { $filter } = queryOf({ view })
        const asked = {
          params: { query: { $top: 1, $select: 'id', $count: true, ...($filter && { $filter }) } },
          signal,
        }
        const page = await pageOf(
          view === 'deleted'
            ? api.GET('/directory/deletedItems/microsoft.graph.user', asked)
            : api.GET('/users', asked),
        )
        return [view, page.count]
      }
      return Object.fromEntries(await Promise.all(views.map(count))) as Partial<Record<View, number>>
    },
  })

/** A method on record, in Graph's shape. */
export interface Method {
  '@odata.type': string
  id?: string
  phoneNumber?: string
  phoneType?: 'mobile' | 'office'
  emailAddress?: string
  displayName?: string | null
  model?: string | null
}

/** How a person can prove who they are. */
export const methods = (id: string) =>
  queryOptions({
    queryKey: ['people', 'methods', id],
    queryFn: async () =>
      (await pageOf<Method>(api.GET('/users/{id}/authentication/methods', { params: { path: { id } } }))).rows,
  })

/** What was done to a person and by whom, the newest first. */
export const activity = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['people', 'activity', id],
    initialPageParam: '',
    queryFn: ({ pageParam }) => {
      const query = {
        $filter: `targetResources/any(t:t/id eq '${id}')`,
        $orderby: 'activityDateTime desc',
        $top: 50,
        ...(pageParam && { $skiptoken: pageParam }),
      }
      return pageOf<Event>(api.GET('/auditLogs/directoryAudits', { params: { query } }))
    },
    getNextPageParam: ({ next }) => next,
  })

export interface Event {
  id: string
  activityDateTime: string
  activityDisplayName: string
  result: string
  initiatedBy?: { user: Record<string, string | null> | null; app: Record<string, string | null> | null }
}
