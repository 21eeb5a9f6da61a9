import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import { pageOf, pageQuery } from '../../api/pages.ts'
import { orNull } from '../../api/problem.ts'
import type { components } from '../../api/schema.d.ts'
import { type ActivitiesSearch, filterOf } from './activitiesAddress.ts'

export type Enrollment = components['schemas']['partnerEnrollment']
export type Program = Enrollment['program']
/** All of its properties are there where nothing else was asked for. */
export type Activity = Required<components['schemas']['partnerActivity']>

/** The programs that the firm is in, or on its way into; none before it has an account. */
export const enrollments = queryOptions({
  queryKey: ['partner', 'enrollments'],
  queryFn: async () => (await orNull(dataOf(api.GET('/partner/enrollments'))))?.value ?? [],
})

/** What one may do for the firm, and whom to ask for more. */
export const access = queryOptions({
  queryKey: ['partner', 'access'],
  queryFn: () => dataOf(api.GET('/partner/access')),
})

/** Who has a role in the account, by name. */
export const assignments = queryOptions({
  queryKey: ['partner', 'roles'],
  queryFn: async () => {
    const { value } = await dataOf(api.GET('/partner/roleAssignments'))
    if (value.length === 0) return []
    const ids = [...new Set(value.map(one => one.principalId))]
    const { data } = await api.POST('/directoryObjects/getByIds', { body: { ids, types: ['user'] } })
    const people = (data as unknown as { value: { id: string; displayName: string }[] }).value
    return value.map(one => ({
      ...one,
      displayName: people.find(({ id }) => id === one.principalId)?.displayName ?? one.principalId,
    }))
  },
})

/** What the firm's people did as a partner, newest first: of the last 30 days, where no day is chosen. */
export const activities = (search: ActivitiesSearch) =>
  infiniteQueryOptions({
    queryKey: ['partner', 'activities', search],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      pageOf<Activity>(
        api.GET('/partner/activities', { params: { query: { ...pageQuery(pageParam), ...filterOf(search) } }, signal }),
      ),
    getNextPageParam: ({ next }) => next,
    refetchOnWindowFocus: false,
  })

/** One of them; null where there is none (any more). */
export const activity = (id: string) =>
  queryOptions({
    queryKey: ['partner', 'activity', id],
    queryFn: () =>
      orNull(dataOf(api.GET('/partner/activities/{id}', { params: { path: { id } } }))) as Promise<Activity | null>,
    staleTime: Number.POSITIVE_INFINITY,
  })
