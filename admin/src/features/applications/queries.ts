import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import { pageOf, pageQuery, searchable } from '../../api/pages.ts'
import { orNull } from '../../api/problem.ts'

export const platforms = ['web', 'spa', 'publicClient'] as const
export type Platform = (typeof platforms)[number]

export interface Secret {
  keyId: string
  displayName: string | null
  hint: string
  endDateTime: string
  lastUsedDateTime: string | null
}

export interface Application {
  id: string
  appId: string
  displayName: string
  createdDateTime: string
  web: { redirectUris: string[] }
  spa: { redirectUris: string[] }
  publicClient: { redirectUris: string[] }
  passwordCredentials: Secret[]
  requiredResourceAccess: { resourceAppId: string; resourceAccess: { id: string; type: 'Scope' | 'Role' }[] }[]
  '@odata.etag'?: string
}

const $select = 'id,appId,displayName,createdDateTime,web,spa,publicClient,passwordCredentials,requiredResourceAccess'

/** The kind of an application: the one platform that has addresses. */
export const platformOf = (application: Application): Platform =>
  platforms.find(platform => application[platform].redirectUris.length > 0) ?? 'web'

/** The secret of an application that ends first. */
export const endingOf = ({ passwordCredentials }: Application): string | undefined =>
  passwordCredentials.map(({ endDateTime }) => endDateTime).toSorted()[0]

export const applications = (q: string) =>
  infiniteQueryOptions({
    queryKey: ['applications', 'list', q],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => {
      const text = searchable(q)
      const query = {
        $select,
        $orderby: 'displayName',
        ...(text && { $search: `"displayName:${text}"` }),
        ...pageQuery(pageParam),
      }
      return pageOf<Application>(api.GET('/applications', { params: { query }, signal }))
    },
    getNextPageParam: ({ next }) => next,
  })

/** One application; null where there is none (any more). */
export const application = (id: string) =>
  queryOptions({
    queryKey: ['applications', 'one', id],
    queryFn: async () =>
      (await orNull(
        dataOf(api.GET('/applications/{id}', { params: { path: { id }, query: { $select } } })),
      )) as unknown as Application | null,
  })

interface Principal {
  id: string
  displayName: string
  appRoleAssignmentRequired: boolean
  oauth2PermissionScopes: { id: string; value: string }[]
  appRoles: { id: string; value: string }[]
}

/** What an application is in this tenant: who may use it, and what it opens to others. */
export const principalOf = (appId: string) =>
  queryOptions({
    queryKey: ['applications', 'principal', appId],
    queryFn: async () =>
      (await dataOf(
        api.GET("/servicePrincipals(appId='{id}')", { params: { path: { id: appId } } }),
      )) as unknown as Principal,
  })

/** A permission that somebody gives. */
export interface Given {
  id: string
  value: string
  type: 'Scope' | 'Role'
  detail: string
}

interface Shape {
  id: string
  value: string
  adminConsentDescription?: string
  description?: string
  allowedMemberTypes?: string[]
}

/** Who gives permissions to applications: the interface of this server, and applications that open something to others. */
export const givers = queryOptions({
  queryKey: ['applications', 'givers'],
  queryFn: async () => {
    const query = { $select: 'id,appId,displayName,oauth2PermissionScopes,appRoles', $top: 100 }
    const { rows } = await pageOf<Giver>(api.GET('/servicePrincipals', { params: { query } }))
    const all = rows.map(({ appId, displayName, oauth2PermissionScopes, appRoles }) => ({
      appId,
      displayName,
      gives: [
        ...oauth2PermissionScopes.map(one => givenOf('Scope', one)),
        // A role for people alone is given to no program.
        ...appRoles
          .filter(({ allowedMemberTypes = [] }) => allowedMemberTypes.includes('Application'))
          .map(one => givenOf('Role', one)),
      ],
    }))
    return all.filter(({ gives }) => gives.length > 0).sort((one, other) => other.gives.length - one.gives.length)
  },
})

interface Giver {
  appId: string
  displayName: string
  oauth2PermissionScopes: Shape[]
  appRoles: Shape[]
}

const givenOf = (type: Given['type'], { id, value, adminConsentDescription, description }: Shape): Given => ({
  ...{ id, value, type },
  detail: adminConsentDescription ?? description ?? '',
})

/** A permission that an application asks for, and whether it has it for everybody. */
export interface Permission {
  resourceId: string
  id: string
  value: string
  type: 'Scope' | 'Role'
  isGranted: boolean
}

interface Grant {
  id: string
  consentType: string
  resourceId: string
  scope: string
}

/** What an application asks for, by name, and what was agreed to for everybody. */
export const permissionsOf = ({ appId, requiredResourceAccess }: Application) =>
  queryOptions({
    queryKey: ['applications', 'permissions', appId, requiredResourceAccess],
    queryFn: async ({ client }) => {
      const own = await client.ensureQueryData(principalOf(appId))
      const $filter = `clientId eq ${own.id}`
      const [grants, roles] = await Promise.all([
        pageOf<Grant>(api.GET('/oauth2PermissionGrants', { params: { query: { $filter } } })),
        pageOf<{ appRoleId: string }>(
          api.GET('/servicePrincipals/{id}/appRoleAssignments', { params: { path: { id: own.id } } }),
        ),
      ])
      const forAll = grants.rows.filter(({ consentType }) => consentType === 'AllPrincipals')
      const permissions: Permission[] = []
      for (const { resourceAppId, resourceAccess } of requiredResourceAccess) {
        const resource = await client.ensureQueryData(principalOf(resourceAppId))
        const scopes = forAll
          .filter(({ resourceId }) => resourceId === resource.id)
          .flatMap(({ scope }) => scope.split(' '))
        for (const { id, type } of resourceAccess) {
          const named = (type === 'Scope' ? resource.oauth2PermissionScopes : resource.appRoles).find(
            one => one.id === id,
          )
          const value = named?.value ?? id
          const isGranted =
            type === 'Scope' ? scopes.includes(value) : roles.rows.some(({ appRoleId }) => appRoleId === id)
          permissions.push({ resourceId: resource.id, id, value, type, isGranted })
        }
      }
      return { principalId: own.id, grants: forAll, permissions }
    },
  })

/** Agrees for everybody to what an application asks for and does not have yet. */
export async function agree({
  principalId,
  grants,
  permissions,
}: Awaited<ReturnType<NonNullable<ReturnType<typeof permissionsOf>['queryFn']>>>) {
  const missing = permissions.filter(({ isGranted }) => !isGranted)
  const byResource = Map.groupBy(
    missing.filter(({ type }) => type === 'Scope'),
    ({ resourceId }) => resourceId,
  )
  for (const [resourceId, scopes] of byResource) {
    const given = grants.find(grant => grant.resourceId === resourceId)
    const scope = [...(given?.scope.split(' ') ?? []), ...scopes.map(({ value }) => value)].join(' ')
    if (given) await api.PATCH('/oauth2PermissionGrants/{id}', { params: { path: { id: given.id } }, body: { scope } })
    else
      await api.POST('/oauth2PermissionGrants', {
        body: { clientId: principalId, consentType: 'AllPrincipals', resourceId, scope },
      })
  }
  for (const { resourceId, id } of missing.filter(({ type }) => type === 'Role'))
    await api.POST('/servicePrincipals/{id}/appRoleAssignments', {
      params: { path: { id: principalId } },
      body: { principalId, resourceId, appRoleId: id },
    })
}
