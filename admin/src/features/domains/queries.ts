import { queryOptions } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import { pageOf } from '../../api/pages.ts'

/** How many people sign in by a name of the domain. */
export const peopleIn = (id: string) =>
  queryOptions({
    queryKey: ['domains', 'people', id],
    queryFn: async () => {
      const query = { $filter: `endsWith(userPrincipalName,'@${id}')`, $select: 'id', $top: 1, $count: true }
      return (await pageOf(api.GET('/users', { params: { query } }))).count ?? 0
    },
  })
