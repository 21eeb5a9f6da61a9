import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../api/client.ts'

/** Groups by their ids, with their names. */
export const groupsNamed = (ids: readonly string[]) =>
  queryOptions({
    queryKey: ['groups', 'named', ids],
    enabled: ids.length > 0,
    queryFn: async () => {
      const { data } = await api.POST('/directoryObjects/getByIds', { body: { ids: [...ids], types: ['group'] } })
      return (data as unknown as { value: { id: string; displayName: string }[] }).value
    },
  })

/** The groups whose name begins with a text. */
export const groupsLike = (text: string) => ({
  queryKey: ['groups', 'like', text],
  queryFn: async () => {
    const query = {
      $select: 'id,displayName',
      $top: 20,
      $orderby: 'displayName',
      ...(text && { $filter: `startsWith(displayName,'${text.replaceAll("'", "''")}')` }),
    }
    const { value } = await dataOf(api.GET('/groups', { params: { query } }))
    return value as { id: string; displayName: string }[]
  },
})
