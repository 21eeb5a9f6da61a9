import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../api/client.ts'

/** The reset policies in the order in which they are tried; the default one is the last. */
export const policies = queryOptions({
  queryKey: ['policies', 'list'],
  queryFn: async () => (await dataOf(api.GET('/policies/passwordResetPolicies'))).value,
})
