import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import type { components } from '../../api/schema.d.ts'

export type Hit = components['schemas']['helpDeskLookup']
export type CallerCheck = components['schemas']['callerCheck']

/** How often a journey is read while somebody looks at it, in milliseconds. */
const LIVE = 2_000

/** Who a query found, and whether it is the code of a reset that was begun with a name of nobody. */
export interface LookedUp {
  hits: Hit[]
  isUnknownName: boolean
}

/** Eight people at most by anything that a caller says: a name, four digits, a support code, a case. */
export const lookUp = async (query: string): Promise<LookedUp> => {
  const { value, isUnknownName } = await dataOf(api.POST('/helpDesk/lookups', { body: { query } }))
  return { hits: value, isUnknownName }
}

/** The number of a recovery case, however it is said; undefined for what is none. The case may be of somebody whom the directory does not know. */
export function caseNumberIn(text: string): string | undefined {
  const [, letters] = /^(?:LK)?([A-Z]{8})$/.exec(text.toUpperCase().replace(/[\s-]/g, '')) ?? []
  return letters && `LK-${letters}`
}

/** The newest reset of a person; null where there was none. */
export const newestJourney = (userId: string) =>
  queryOptions({
    queryKey: ['journeys', 'of', userId],
    queryFn: async () => {
      const query = { $filter: `userId eq ${userId}`, $top: 1 }
      const { value } = await dataOf(api.GET('/reset/journeys', { params: { query } }))
      return value[0] ?? null
    },
    refetchInterval: LIVE,
  })

/** A check of a caller, as it stands while it is waited for. */
export const callerCheck = (id: string, check: CallerCheck | undefined) =>
  queryOptions({
    queryKey: ['callerChecks', id, check?.id ?? ''],
    queryFn: () =>
      dataOf(
        api.GET('/users/{id}/callerChecks/{callerCheckId}', {
          params: { path: { id, callerCheckId: check?.id ?? '' } },
        }),
      ),
    enabled: check !== undefined,
    ...(check && { initialData: check }),
    refetchInterval: ({ state }) => (state.data?.state === 'pending' ? LIVE : false),
  })
