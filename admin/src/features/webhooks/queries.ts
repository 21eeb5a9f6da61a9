import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import { pageOf, pageQuery } from '../../api/pages.ts'
import { orNull } from '../../api/problem.ts'

export interface Webhook {
  id: string
  resource: string
  changeType: string
  notificationUrl: string
  lifecycleNotificationUrl: string | null
  expirationDateTime: string
  '@odata.etag'?: string
}

export const statuses = ['waiting', 'delivered', 'dead'] as const
export type Status = (typeof statuses)[number]

/** One event that a program was told of, or is still to be told of. */
export interface Delivery {
  id: string
  eventDateTime: string
  changeType: string | null
  lifecycleEvent: string | null
  status: Status
  attempts: number
  problem: string | null
}

/** Days that a webhook works at most. */
export const LONGEST = 29

/** The end of a webhook that works for so many days from now. The server counts them to the minute. */
export const inDays = (days: number) => new Date(Date.now() + days * 86_400_000 - 60_000).toISOString()

export const webhooks = infiniteQueryOptions({
  queryKey: ['webhooks', 'list'],
  initialPageParam: '',
  queryFn: ({ pageParam, signal }) =>
    pageOf<Webhook>(api.GET('/subscriptions', { params: { query: pageQuery(pageParam) }, signal })),
  getNextPageParam: ({ next }) => next,
})

/** One webhook; null where there is none (any more). */
export const webhook = (id: string) =>
  queryOptions({
    queryKey: ['webhooks', 'one', id],
    queryFn: async () =>
      (await orNull(dataOf(api.GET('/subscriptions/{id}', { params: { path: { id } } })))) as unknown as Webhook | null,
  })

/** Milliseconds after which deliveries are read again while one waits. */
const LIVE = 5_000
const ROWS = 20

/** What a webhook was told, the newest first. Without a status: all. */
export const deliveries = (id: string, status: Status | undefined) =>
  infiniteQueryOptions({
    queryKey: ['webhooks', 'deliveries', id, status],
    initialPageParam: '',
    queryFn: ({ pageParam }) => {
      const query = { ...pageQuery(pageParam), $top: ROWS, ...(status && { $filter: `status eq '${status}'` }) }
      return pageOf<Delivery>(api.GET('/subscriptions/{id}/deliveries', { params: { path: { id }, query } }))
    },
    getNextPageParam: ({ next }) => next,
    refetchInterval: ({ state: { data } }) =>
      data?.pages.some(({ rows }) => rows.some(one => one.status === 'waiting')) ? LIVE : false,
  })
