import { queryOptions } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import { type Page, pageOf } from '../../api/pages.ts'

export interface Role {
  id: string
  displayName: string
  /** What it opens, by the names of the server's actions. */
  actions: readonly string[]
}

interface Definition {
  id: string
  displayName: string
  rolePermissions: { allowedResourceActions: string[] }[]
}

interface Assignment {
  id: string
  principalId: string
  roleDefinitionId: string
}

/** Every role, and what it opens. */
export const roles = queryOptions({
  queryKey: ['roles', 'list'],
  queryFn: async (): Promise<Role[]> => {
    const query = { $top: 999 }
    const { rows } = await pageOf<Definition>(
      api.GET('/roleManagement/directory/roleDefinitions', { params: { query } }),
    )
    return rows
      .map(({ id, displayName, rolePermissions }) => ({
        id,
        displayName,
        actions: rolePermissions.flatMap(({ allowedResourceActions }) => allowedResourceActions),
      }))
      .toSorted((one, other) => one.displayName.localeCompare(other.displayName))
  },
  staleTime: 300_000,
})

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
