import { queryOptions } from '@tanstack/react-query'
import { api } from '../api/client.ts'
import { pageOf } from '../api/pages.ts'

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
