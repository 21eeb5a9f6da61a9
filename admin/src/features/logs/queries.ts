import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import { PAGE, type Page, pageOf } from '../../api/pages.ts'
import { orNull } from '../../api/problem.ts'
import type { components } from '../../api/schema.d.ts'
import { filterOf, type Log, type LogSearch } from './address.ts'

type Audit = components['schemas']['directoryAudit']
type SignIn = components['schemas']['signIn']

/** An entry of either log; each has the properties of its own. */
export type Entry = Partial<Audit> & Partial<SignIn> & { id: string }

/** When an entry was written. */
export const momentOf = (entry: Entry) => entry.activityDateTime ?? entry.createdDateTime ?? ''

/** How often a live log looks for new entries, in milliseconds. */
const LIVE = 5_000

const paths = { audit: '/auditLogs/directoryAudits', 'sign-ins': '/auditLogs/signIns' } as const

/** A page of a log. How many entries there are is not asked: to count two years takes longer than to read a page. */
const entriesPage = (log: Log, query: Record<string, string | number>, signal: AbortSignal): Promise<Page<Entry>> =>
  pageOf<Entry>(api.GET(paths[log], { params: { query }, signal }))

/** The entries of a log, newest first. */
export const entries = (log: Log, search: LogSearch) => {
  const { live: _, ...narrowed } = search
  const $filter = filterOf(log, narrowed)
  return infiniteQueryOptions({
    queryKey: ['logs', log, narrowed],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      entriesPage(
        log,
        { $top: PAGE, ...($filter && { $filter }), ...(pageParam && { $skiptoken: pageParam }) },
        signal,
      ),
    getNextPageParam: ({ next }) => next,
    // Who comes back finds the rows that they left, and what is new is read behind them; nobody's rows move while they read.
    staleTime: 0,
    refetchOnWindowFocus: false,
  })
}

/** The entries of this moment and later, read again and again while somebody looks. */
export const newEntries = (log: Log, search: LogSearch, since: string | undefined) => {
  const { live, ...narrowed } = search
  const $filter = filterOf(log, narrowed, since)
  return queryOptions({
    queryKey: ['logs', log, narrowed, 'since', since],
    queryFn: async ({ signal }) => (await entriesPage(log, { $top: PAGE, ...($filter && { $filter }) }, signal)).rows,
    enabled: live === true && since !== undefined,
    refetchInterval: LIVE,
    gcTime: 0,
  })
}

/** One entry; null where there is none. */
export const entry = (log: Log, id: string) =>
  queryOptions({
    queryKey: ['logs', log, 'one', id],
    queryFn: async () => {
      const params = { params: { path: { id } } }
      const answer =
        log === 'audit'
          ? api.GET('/auditLogs/directoryAudits/{id}', params)
          : api.GET('/auditLogs/signIns/{id}', params)
      return (await orNull<unknown>(dataOf<unknown>(answer))) as Entry | null
    },
    staleTime: Number.POSITIVE_INFINITY,
  })

/** A reset, read again while it goes on. */
export const journey = (id: string) =>
  queryOptions({
    queryKey: ['journeys', 'one', id],
    queryFn: () => orNull(dataOf(api.GET('/reset/journeys/{id}', { params: { path: { id } } }))),
    refetchInterval: ({ state }) => (state.data && state.data.outcome === null ? LIVE : false),
  })
