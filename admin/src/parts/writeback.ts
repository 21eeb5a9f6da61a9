import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../api/client.ts'

/** How the company's own directory takes part. */
export const writeback = queryOptions({
  queryKey: ['policies', 'writeback'],
  queryFn: () => dataOf(api.GET('/policies/writebackPolicy')),
})
