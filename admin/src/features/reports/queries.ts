import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import type { components } from '../../api/schema.d.ts'

type Schemas = components['schemas']
export type ResetDay = Schemas['passwordResetSummaryPage']['value'][number]
export type SecurityDay = Schemas['securitySummaryPage']['value'][number]
export type MessageDay = Schemas['messagesSummaryPage']['value'][number]
export type RegistrationDay = Schemas['registrationSummaryPage']['value'][number]

/** What became of resets, day by day, for a `$filter`. */
export const resetDays = ($filter: string) =>
  queryOptions({
    queryKey: ['reports', 'passwordReset', $filter],
    queryFn: async () =>
      (await dataOf(api.GET('/reports/passwordReset/dailySummaries', { params: { query: { $filter } } }))).value,
  })

/** Sign-ins and blocks, day by day. */
export const securityDays = ($filter: string) =>
  queryOptions({
    queryKey: ['reports', 'security', $filter],
    queryFn: async () =>
      (await dataOf(api.GET('/reports/security/dailySummaries', { params: { query: { $filter } } }))).value,
  })

/** Codes by gateway and country, day by day. */
export const messageDays = ($filter: string) =>
  queryOptions({
    queryKey: ['reports', 'messages', $filter],
    queryFn: async () =>
      (await dataOf(api.GET('/reports/messages/dailySummaries', { params: { query: { $filter } } }))).value,
  })

/** How many people are registered, day by day. */
export const registrationDays = ($filter: string) =>
  queryOptions({
    queryKey: ['reports', 'registration', $filter],
    queryFn: async () =>
      (await dataOf(api.GET('/reports/registration/dailySummaries', { params: { query: { $filter } } }))).value,
  })

/** The policies of resets, by which a report can be narrowed. */
export const resetPolicies = queryOptions({
  queryKey: ['policies', 'names'],
  queryFn: async () => (await dataOf(api.GET('/policies/passwordResetPolicies'))).value,
  staleTime: 300_000,
})
