import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../api/client.ts'
import { PAGE, pageOf, searchable } from '../api/pages.ts'
import { orNull } from '../api/problem.ts'
import { openProperties } from './openProperties.ts'

const FACTS =
  'id,displayName,userPrincipalName,department,jobTitle,accountEnabled,passwordMasteredIn,signInActivity,givenName,surname,mail,officeLocation,employeeId,preferredLanguage,createdDateTime,lastPasswordChangeDateTime'

/** One person; null where there is nobody (any more). */
export const person = (id: string) =>
  queryOptions({
    queryKey: ['people', 'one', id],
    queryFn: async () => {
      const $select = await openProperties(FACTS)
      return orNull(dataOf(api.GET('/users/{id}', { params: { path: { id }, query: { $select } } })))
    },
  })

/** What one may do to a person, as the server decides it. */
export const allowedTo = (id: string) =>
  queryOptions({
    queryKey: ['people', 'allowed', id],
    queryFn: async () => (await dataOf(api.GET('/users/{id}/allowedActions', { params: { path: { id } } }))).value,
  })

/** The groups and roles that a person is in through others, too. `isWhole`: there are no more of them. */
export const belongings = (id: string) =>
  queryOptions({
    queryKey: ['people', 'belongings', id],
    queryFn: async () => {
      const { rows, next } = await pageOf<{ '@odata.type': string; id: string; displayName: string }>(
        api.GET('/users/{id}/transitiveMemberOf', { params: { path: { id }, query: { $top: PAGE } } }),
      )
      const named = (type: string) => rows.filter(one => one['@odata.type'] === `#microsoft.graph.${type}`)
      return { groups: named('group'), roles: named('directoryRole'), isWhole: next === null }
    },
  })

/** Why a person can or cannot reset their password. */
export const readiness = (id: string) =>
  queryOptions({
    queryKey: ['people', 'readiness', id],
    queryFn: () => dataOf(api.GET('/users/{id}/authentication/resetReadiness', { params: { path: { id } } })),
  })

/** The first people whose name begins with a text. */
export const peopleLike = (text: string) => ({
  queryKey: ['people', 'like', text],
  queryFn: async () => {
    // A quote would end the clause.
    const words = searchable(text)
    const query = {
      $select: 'id,displayName,userPrincipalName',
      $top: 10,
      $orderby: 'displayName',
      ...(words && { $search: `"displayName:${words}" OR "userPrincipalName:${words}"` }),
    }
    const { value } = await dataOf(api.GET('/users', { params: { query } }))
    return (value as { id: string; displayName: string; userPrincipalName: string }[]).map(
      ({ id, displayName, userPrincipalName }) => ({ id, displayName, more: userPrincipalName }),
    )
  },
})
