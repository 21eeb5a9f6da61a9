import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import type { components } from '../../api/schema.d.ts'

export type Partner = components['schemas']['partner']
/** All of them are there where nothing else was asked for. */
export type PartnerRequest = Required<components['schemas']['partnerRequest']>
export type Relationship = Required<Partner['relationships'][number]>

/** How a provider may let the company back in, as it counts at one time. */
export type Terms = Omit<components['schemas']['rescueAgreement'], 'isAgreed' | 'pending'>

/** The firms that serve the company, with their people who may act for it now. */
export const partners = queryOptions({
  queryKey: ['partners', 'list'],
  queryFn: async () => (await dataOf(api.GET('/tenantRelationships/partners'))).value,
})

/** What firms ask of the company, and nobody has decided on. */
export const requests = queryOptions({
  queryKey: ['partners', 'requests'],
  queryFn: async () => (await dataOf(api.GET('/tenantRelationships/partnerRequests'))).value as PartnerRequest[],
})

/** What the company has agreed on for the day on which nobody can sign in. */
export const agreement = queryOptions({
  queryKey: ['partners', 'rescueAgreement'],
  queryFn: () => dataOf(api.GET('/tenantRelationships/rescueAgreement')),
})

/** The rescues of the company that run. */
export const runningRescues = queryOptions({
  queryKey: ['partners', 'rescues'],
  queryFn: async () => (await dataOf(api.GET('/tenantRelationships/rescues'))).value,
})
