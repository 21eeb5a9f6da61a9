import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../api/client.ts'
import { orNull } from '../api/problem.ts'
import type { components } from '../api/schema.d.ts'

export type Account = components['schemas']['partnerAccount'] & { '@odata.etag'?: string }

/** The firm's account as a partner; null where it has none. */
export const account = queryOptions({
  queryKey: ['partner', 'account'],
  queryFn: () => orNull(dataOf(api.GET('/partner'))) as Promise<Account | null>,
})
