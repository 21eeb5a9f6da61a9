import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import type { components } from '../../api/schema.d.ts'

export type Agent = components['schemas']['onPremisesAgent']

/** Milliseconds after which is read again what changes by itself: an agent's beat comes every thirty seconds. */
const LIVE = 10_000

/** The agents beside the company's own directory. */
export const agents = queryOptions({
  queryKey: ['agents', 'list'],
  queryFn: async () => (await dataOf(api.GET('/onPremises/agents'))).value,
  refetchInterval: LIVE,
})

/** How the synchronization stands, and what its brake has stopped. */
export const synchronization = queryOptions({
  queryKey: ['agents', 'synchronization'],
  queryFn: () => dataOf(api.GET('/onPremises/synchronization')),
  refetchInterval: LIVE,
})

/** Whether an agent takes requests. */
export const isUp = ({ status }: Agent) => status !== 'unreachable'
