import { infiniteQueryOptions } from '@tanstack/react-query'
import { api } from '../api/client.ts'
import { pageOf, pageQuery, searchable } from '../api/pages.ts'
import { t } from '../words.ts'

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

/** The objects of some kinds whose names begin like a text, with what tells two of the same name apart. */
export const objectsLike = (kinds: readonly Kind[]) => (text: string) => ({
  queryKey: ['objects', 'like', text, kinds],
  queryFn: async () => {
    // A quote would end the clause; the server folds the rest.
    const words = searchable(text)
    const search = (...names: string[]) => words && { $search: names.map(name => `"${name}:${words}"`).join(' OR ') }
    const query = { $select: 'id,displayName', $top: HITS, ...search('displayName') }
    const anybody = {
      ...query,
      $select: 'id,displayName,userPrincipalName',
      ...search('displayName', 'mail', 'userPrincipalName'),
    }
    const lists = {
      user: () => api.GET('/users', { params: { query: anybody } }),
      group: () => api.GET('/groups', { params: { query } }),
      servicePrincipal: () => api.GET('/servicePrincipals', { params: { query } }),
    }
    const found = await Promise.all(
      kinds.map(async kind =>
        (await pageOf<DirectoryObject>(lists[kind]())).rows.map(({ id, displayName, userPrincipalName }) => ({
          ...{ id, displayName },
          more: userPrincipalName ?? t(`admin.objects.kinds.${kind}`),
        })),
      ),
    )
    return found.flat()
  },
})

/** An object as bodies refer to it. */
export const referenceTo = (id: string) => ({ '@odata.id': `${location.origin}/v1.0/directoryObjects/${id}` })
