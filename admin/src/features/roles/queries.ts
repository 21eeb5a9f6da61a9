import { queryOptions } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import { type Page, pageOf } from '../../api/pages.ts'

interface Assignment {
  id: string
  principalId: string
  roleDefinitionId: string
}

/** How many hold each role by themselves, by the role's id. */
export const holdings = queryOptions({
  queryKey: ['roles', 'holdings'],
  queryFn: async () => {
    const held = new Map<string, number>()
    let token: string | null = ''
    while (token !== null) {
      const query = { $select: 'id,principalId,roleDefinitionId', $top: 999, ...(token && { $skiptoken: token }) }
      const page: Page<Assignment> = await pageOf(
        api.GET('/roleManagement/directory/roleAssignments', { params: { query } }),
      )
      for (const { roleDefinitionId: role } of page.rows) held.set(role, (held.get(role) ?? 0) + 1)
      token = page.next
    }
    return held
  },
})
