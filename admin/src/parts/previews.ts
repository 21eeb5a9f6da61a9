import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, dataOf, withoutAsking } from '../api/client.ts'
import type { components } from '../api/schema.d.ts'

type Counts = NonNullable<components['schemas']['policyPreview']['counts']>

/** Whom a change would affect, as the server tried it. */
export interface Preview {
  id: string
  counts: Counts & Record<Effect, number>
}
export const effects = ['losing', 'gaining', 'moreGates', 'fewerGates', 'mustRegister', 'mustChangePassword'] as const
export type Effect = (typeof effects)[number]

/** How long the server keeps a preview is an hour; it is asked anew before. */
const KEPT = 50 * 60_000

/** A write that the server can try. */
export interface Write {
  method: 'POST' | 'PATCH' | 'DELETE'
  url: string
  body?: Record<string, unknown>
}

/** What a write would do to people, of this state. A server with many of them answers while it still judges. */
export const previewQuery = (write: Write, etag: string) =>
  queryOptions({
    queryKey: ['previews', write, etag],
    staleTime: KEPT,
    refetchInterval: KEPT,
    retry: false,
    queryFn: async ({ signal }): Promise<Preview> => {
      let found = await dataOf(api.POST('/policies/previews', { body: write, signal, ...withoutAsking }))
      while (found.status === 'running') {
        await new Promise(resolve => setTimeout(resolve, POLL))
        found = await dataOf(api.GET('/policies/previews/{id}', { params: { path: { id: found.id } }, signal }))
      }
      if (!found.counts) throw new TypeError('What was previewed has changed meanwhile')
      return { id: found.id, counts: found.counts as Preview['counts'] }
    },
  })
const POLL = 5_000

/** Whom a change affects in one way, some at a time. */
export const affected = (preview: string, effect: Effect, top: number) =>
  infiniteQueryOptions({
    queryKey: ['previews', 'affected', preview, effect, top],
    initialPageParam: '',
    queryFn: async ({ pageParam, signal }) => {
      const found = await dataOf(
        api.GET('/policies/previews/{id}/affectedUsers', {
          params: {
            path: { id: preview },
            query: {
              $filter: `effects/any(e:e eq '${effect}')`,
              $top: top,
              ...(pageParam && { $skiptoken: pageParam }),
            },
          },
          signal,
        }),
      )
      const next = found['@odata.nextLink']
      return { people: found.value, next: next ? new URL(next).searchParams.get('$skiptoken') : null }
    },
    getNextPageParam: ({ next }) => next,
  })
