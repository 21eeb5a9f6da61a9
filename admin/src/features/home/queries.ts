import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import type { components } from '../../api/schema.d.ts'

export type ResetDay = components['schemas']['passwordResetSummaryPage']['value'][number]

/** What became of the resets of each day. */
export const resetDays = queryOptions({
  queryKey: ['reports', 'resets'],
  queryFn: async () => (await dataOf(api.GET('/reports/passwordReset/dailySummaries'))).value,
})
