import { QueryClient, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from './client.ts'
import { Problem } from './problem.ts'
import { openSession } from './session.ts'

/** What was read, kept for half a minute: a page that one comes back to is there at once, and read anew behind it. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // The client waits for a busy server by itself. A refusal stays one, however often it is asked.
      retry: (times, error) => times < 1 && error instanceof Problem && error.status >= 500,
      throwOnError: false,
    },
    // Offline an act is refused at once: one that waited unseen would be done at a moment that nobody chose.
    mutations: { networkMode: 'always' },
  },
})

/** By what a partner's person acts in the customer that is open, and until when; null in one's own company. */
export const delegatedAccess = queryOptions({
  queryKey: ['delegatedAccess'],
  queryFn: async () => ((await openSession()).homeId ? dataOf(api.GET('/delegatedAccess')) : null),
  staleTime: 60_000,
})

/** What the person may do, and the ids of their roles, as the server decides it. */
export const allowedActions = queryOptions({
  queryKey: ['me', 'allowedActions'],
  queryFn: async () => {
    const acting = await queries.ensureQueryData(delegatedAccess)
    if (!acting) return dataOf(api.GET('/me/allowedActions'))
    const { actions, roles } = acting
    return { value: actions, byRole: actions, roles: roles.map(one => one.roleDefinitionId) }
  },
  staleTime: 60_000,
})

/** The company whose administration this is. */
export const organization = queryOptions({
  queryKey: ['organization'],
  queryFn: async () => (await dataOf(api.GET('/organization'))).value[0]!,
  staleTime: 300_000,
})
