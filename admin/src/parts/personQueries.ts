import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../api/client.ts'
import { Problem } from '../api/problem.ts'

const FACTS =
  'id,displayName,userPrincipalName,department,jobTitle,accountEnabled,passwordMasteredIn,signInActivity,givenName,surname,mail,officeLocation,employeeId,preferredLanguage,createdDateTime,lastPasswordChangeDateTime'

/** One person; null where there is nobody (any more). */
export const person = (id: string) =>
  queryOptions({
    queryKey: ['people', 'one', id],
    queryFn: async () => {
      try {
        return await dataOf(api.GET('/users/{id}', { params: { path: { id }, query: { $select: FACTS } } }))
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return null
        throw error
      }
    },
  })

/** What one may do to a person, as the server decides it. */
export const allowedTo = (id: string) =>
  queryOptions({
    queryKey: ['people', 'allowed', id],
    queryFn: async () => (await dataOf(api.GET('/users/{id}/allowedActions', { params: { path: { id } } }))).value,
  })

/** Why a person can or cannot reset their password. */
export const readiness = (id: string) =>
  queryOptions({
    queryKey: ['people', 'readiness', id],
    queryFn: () => dataOf(api.GET('/users/{id}/authentication/resetReadiness', { params: { path: { id } } })),
  })
