import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../api/client.ts'
import { pageOf } from '../api/pages.ts'

export interface Domain {
  id: string
  isDefault: boolean
  isInitial: boolean
  isVerified: boolean
  /** Its removal, which renames people in the background. */
  state: { operation: string; status: string } | null
  '@odata.etag'?: string
}

/** Milliseconds after which a list is read again in which something happens by itself. */
const LIVE = 10_000

/** The company's domains. The server looks into the DNS by itself: while one waits for that, the list is read anew. */
export const domains = queryOptions({
  queryKey: ['domains', 'list'],
  queryFn: async () => (await dataOf(api.GET('/domains'))).value as Domain[],
  refetchInterval: ({ state: { data } }) =>
    data?.some(({ isVerified, state }) => !isVerified || state) ? LIVE : false,
})

/** The record that proves a domain; null where none has to. */
export const proofOf = (id: string) =>
  queryOptions({
    queryKey: ['domains', 'proof', id],
    queryFn: async () => {
      const { rows } = await pageOf<{ label: string; text: string; ttl: number }>(
        api.GET('/domains/{id}/verificationDnsRecords', { params: { path: { id } } }),
      )
      return rows[0] ?? null
    },
  })
