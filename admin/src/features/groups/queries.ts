import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import { pageOf, pageQuery, searchable } from '../../api/pages.ts'
import { orNull } from '../../api/problem.ts'
import { currentSession } from '../../api/session.ts'

export interface Group {
  id: string
  displayName: string
  description: string | null
  isAssignableToRole: boolean
  createdDateTime: string
  '@odata.etag'?: string
}

const $select = 'id,displayName,description,isAssignableToRole,createdDateTime'

/** The groups whose names begin a word like a text, or all. */
export const groups = (q: string) =>
  infiniteQueryOptions({
    queryKey: ['groups', 'list', q],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => {
      const text = searchable(q)
      const query = {
        $select,
        $orderby: 'displayName',
        ...(text && { $search: `"displayName:${text}" OR "description:${text}"` }),
        ...pageQuery(pageParam),
      }
      return pageOf<Group>(api.GET('/groups', { params: { query }, signal }))
    },
    getNextPageParam: ({ next }) => next,
  })

/** One group; null where there is none (any more). */
export const group = (id: string) =>
  queryOptions({
    queryKey: ['groups', 'one', id],
    queryFn: async () =>
      (await orNull(dataOf(api.GET('/groups/{id}', { params: { path: { id }, query: { $select } } })))) as Group | null,
  })

/** Whether the group is one's own: its owners change it, whatever their roles. */
export const ownership = (id: string) =>
  queryOptions({
    queryKey: ['groups', 'owned', id],
    queryFn: async () => {
      const $filter = `id eq ${currentSession()!.userId}`
      const query = { $filter, $select: 'id', $top: 1 }
      return (await pageOf(api.GET('/groups/{id}/owners', { params: { path: { id }, query } }))).rows.length > 0
    },
  })

/** How many people are in a group, also through groups in it. */
export const reach = (id: string) =>
  queryOptions({
    queryKey: ['groups', 'reach', id],
    queryFn: async () => {
      const { data } = await api.GET('/groups/{id}/transitiveMembers/microsoft.graph.user/$count', {
        params: { path: { id } },
        parseAs: 'text',
      })
      return Number(data)
    },
  })

/** The reset policies that name a group, from which it follows whom they are for. */
export const policiesOf = (id: string) =>
  queryOptions({
    queryKey: ['groups', 'policies', id],
    queryFn: async () =>
      (await dataOf(api.GET('/policies/passwordResetPolicies'))).value.filter(({ includedGroups, excludedGroups }) =>
        [includedGroups, excludedGroups].some(ids => ids?.includes(id)),
      ),
  })
