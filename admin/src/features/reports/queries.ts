import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import { pageOf, pageQuery } from '../../api/pages.ts'
import type { components } from '../../api/schema.d.ts'
import type { queryOf } from './address.ts'

type Schemas = components['schemas']
export type ResetDay = Schemas['passwordResetSummaryPage']['value'][number]
export type SecurityDay = Schemas['securitySummaryPage']['value'][number]
export type MessageDay = Schemas['messagesSummaryPage']['value'][number]
export type RegistrationDay = Schemas['registrationSummaryPage']['value'][number]

type Asked = ReturnType<typeof queryOf>

/** What became of resets, day by day or hour by hour. */
export const resetDays = (query: Asked) =>
  queryOptions({
    queryKey: ['reports', 'passwordReset', query],
    queryFn: async () => (await dataOf(api.GET('/reports/passwordReset/dailySummaries', { params: { query } }))).value,
  })

/** Sign-ins and blocks, day by day or hour by hour. */
export const securityDays = (query: Asked) =>
  queryOptions({
    queryKey: ['reports', 'security', query],
    queryFn: async () => (await dataOf(api.GET('/reports/security/dailySummaries', { params: { query } }))).value,
  })

/** Codes by gateway and country, day by day or hour by hour. */
export const messageDays = (query: Asked) =>
  queryOptions({
    queryKey: ['reports', 'messages', query],
    queryFn: async () => (await dataOf(api.GET('/reports/messages/dailySummaries', { params: { query } }))).value,
  })

/** How many people are registered, day by day. */
export const registrationDays = ($filter: string) =>
  queryOptions({
    queryKey: ['reports', 'registration', $filter],
    queryFn: async () =>
      (await dataOf(api.GET('/reports/registration/dailySummaries', { params: { query: { $filter } } }))).value,
  })

export type Department = Schemas['departmentSummaryPage']['value'][number]

/** How many people of each department could not reset now, and why. */
export const departments = queryOptions({
  queryKey: ['reports', 'departments'],
  queryFn: async () => (await dataOf(api.GET('/reports/registration/departments'))).value,
})

export type PolicyFigures = Schemas['policySummaryPage']['value'][number]

/** How many people of each reset policy could reset now, against its goal. */
export const policyFigures = queryOptions({
  queryKey: ['reports', 'policies'],
  queryFn: async () => (await dataOf(api.GET('/reports/registration/policies'))).value,
})

/** A person as the report of registrations tells them. */
export interface Detail {
  id: string
  userPrincipalName: string
  userDisplayName: string
  department: string | null
  refusal: string | null
  methodsRegistered: string[]
}

export interface Narrowed {
  refusal: string | undefined
  department: string | undefined
}

const DETAILS = 'id,userPrincipalName,userDisplayName,department,refusal,methodsRegistered'

/** Those who could not reset their password, as a query. A quote in a department is doubled, or it would end the text. */
const cannotReset = ({ refusal, department }: Narrowed) => ({
  $select: DETAILS,
  $filter: [
    'isSsprCapable eq false',
    ...(refusal ? [`refusal eq '${refusal}'`] : []),
    ...(department ? [`startsWith(department,'${department.replaceAll("'", "''")}')`] : []),
  ].join(' and '),
  $orderby: 'userDisplayName',
})

const detailsPage = (query: Record<string, string | number | boolean>) =>
  pageOf<Detail>(api.GET('/reports/authenticationMethods/userRegistrationDetails', { params: { query } }))

/** The people who could not reset their password, page by page. */
export const whoCannotReset = (narrowed: Narrowed) =>
  infiniteQueryOptions({
    queryKey: ['reports', 'cannotReset', narrowed],
    initialPageParam: '',
    queryFn: ({ pageParam }) => detailsPage({ ...cannotReset(narrowed), ...pageQuery(pageParam) }),
    getNextPageParam: ({ next }) => next,
  })

/** All of them, page by page. Throws between two pages where the signal says that nobody waits any more. */
export async function everybodyWhoCannotReset(narrowed: Narrowed, signal?: AbortSignal): Promise<Detail[]> {
  const all: Detail[] = []
  for (let token: string | null = ''; token !== null; ) {
    signal?.throwIfAborted()
    const page: Awaited<ReturnType<typeof detailsPage>> = await detailsPage({
      ...cannotReset(narrowed),
      $top: 999,
      ...(token && { $skiptoken: token }),
    })
    all.push(...page.rows)
    token = page.next
  }
  return all
}

/** Those who are asked to register: read while the dialog is open, and anew when it opens again. */
export const everybodyToAsk = (narrowed: Narrowed) =>
  queryOptions({
    queryKey: ['reports', 'cannotReset', 'everybody', narrowed],
    queryFn: async ({ signal }) =>
      (await everybodyWhoCannotReset(narrowed, signal)).map(({ id, userDisplayName }) => ({
        id,
        displayName: userDisplayName,
      })),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
