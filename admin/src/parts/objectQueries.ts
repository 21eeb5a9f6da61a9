import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api } from '../api/client.ts'
import { pageOf, pageQuery, searchable } from '../api/pages.ts'

/** What can be a member, an owner, or have a role. */
export type Kind = 'user' | 'group' | 'servicePrincipal'

/** A user, group or service principal in a list of them. */
export interface DirectoryObject {
  id: string
  '@odata.type': string
  displayName: string
  userPrincipalName?: string | null
  description?: string | null
}

export const kindOf = (object: DirectoryObject) => object['@odata.type'].replace('#microsoft.graph.', '') as Kind

/** How a list asks for a page of its objects. */
export type ReadObjects = (query: ReturnType<typeof pageQuery>) => Promise<{ data?: unknown }>

/** The objects of a list, a page at a time. `key`: whose list, and which. */
export const objectsOf = (key: readonly string[], read: ReadObjects) =>
  infiniteQueryOptions({
    queryKey: ['objects', ...key],
    initialPageParam: '',
    queryFn: ({ pageParam }) => pageOf<DirectoryObject>(read(pageQuery(pageParam))),
    getNextPageParam: ({ next }) => next,
  })

/** How many of each kind a search shows. */
const HITS = 6

/** The objects of some kinds whose names begin like a text. */
export const namedLike = (typed: string, kinds: readonly Kind[]) =>
  queryOptions({
    queryKey: ['objects', 'named', typed, kinds],
    queryFn: async () => {
      // A quote would end the clause; the server folds the rest.
      const text = searchable(typed)
      const query = { $select: 'id,displayName', $search: `"displayName:${text}"`, $top: HITS }
      const anybody = ['displayName', 'mail', 'userPrincipalName'].map(name => `"${name}:${text}"`).join(' OR ')
      const lists = {
        user: () =>
          api.GET('/users', {
            params: { query: { ...query, $select: 'id,displayName,userPrincipalName', $search: anybody } },
          }),
        group: () => api.GET('/groups', { params: { query } }),
        servicePrincipal: () => api.GET('/servicePrincipals', { params: { query } }),
      }
      const found = await Promise.all(
        kinds.map(async kind =>
          (await pageOf<DirectoryObject>(lists[kind]())).rows.map(row => ({
            ...row,
            '@odata.type': `#microsoft.graph.${kind}`,
          })),
        ),
      )
      return found.flat()
    },
    enabled: typed.trim().length > 1,
  })

/** An object as bodies refer to it. */
export const referenceTo = (id: string) => ({ '@odata.id': `${location.origin}/v1.0/directoryObjects/${id}` })
