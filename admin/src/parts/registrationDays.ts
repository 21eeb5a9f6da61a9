import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../api/client.ts'

/** How many people there are, and how many can get back in on their own, day by day. */
export const registrationDays = queryOptions({
  queryKey: ['reports', 'registration'],
  queryFn: async () => (await dataOf(api.GET('/reports/registration/dailySummaries'))).value,
})
