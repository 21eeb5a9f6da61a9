import { useQuery } from '@tanstack/react-query'
import { list } from '../words.ts'
import { roles } from './roleQueries.ts'

/** Roles as relationships name them. */
export type UnifiedRoles = readonly { roleDefinitionId: string }[]

/** The names of roles, in one text. Until they are read it is empty. */
export function useRoleNames(): (held: UnifiedRoles) => string {
  const { data } = useQuery(roles)
  const names = new Map(data?.map(({ id, displayName }) => [id, displayName]))
  return held => (data ? list(held.map(({ roleDefinitionId: id }) => names.get(id) ?? id)) : '')
}
