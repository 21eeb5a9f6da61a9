import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'

/** The id that stands for everybody in place of a group's. */
const EVERYBODY = 'all_users'

export const methodNames = ['Fido2', 'SoftwareOath', 'Email', 'Sms', 'Voice', 'TemporaryAccessPass'] as const
export type MethodName = (typeof methodNames)[number]

/** Whether a method can be used, and by whom: by everybody, or by the groups that are named. */
export interface Configuration {
  isOn: boolean
  isForEverybody: boolean
  groups: string[]
  without: string[]
}

interface Told {
  id: string
  state: 'enabled' | 'disabled'
  includeTargets: { id: string }[]
  excludeTargets: { id: string }[]
  /** Of the list alone. */
  neededBy?: string[]
}

export const configurationOf = ({ state, includeTargets, excludeTargets }: Omit<Told, 'id'>): Configuration => {
  const groups = includeTargets.map(({ id }) => id).filter(id => id !== EVERYBODY)
  return {
    isOn: state === 'enabled',
    isForEverybody: includeTargets.some(({ id }) => id === EVERYBODY),
    groups,
    without: excludeTargets.map(({ id }) => id),
  }
}

const targets = (ids: readonly string[]) => ids.map(id => ({ targetType: 'group' as const, id }))

/** What the server takes. A method for no group at all is off. */
export const bodyOf = ({ isOn, isForEverybody, groups, without }: Configuration) => ({
  state: isOn ? ('enabled' as const) : ('disabled' as const),
  includeTargets: targets(isForEverybody || groups.length === 0 ? [EVERYBODY] : groups),
  excludeTargets: targets(without),
})

/** Every method of the policy, in the order in which it is shown. */
export const methods = queryOptions({
  queryKey: ['policies', 'methods', 'all'],
  queryFn: async () => {
    const { authenticationMethodConfigurations } = await dataOf(api.GET('/policies/authenticationMethodsPolicy'))
    const told = authenticationMethodConfigurations as unknown as Told[]
    return methodNames.flatMap(name => {
      const one = told.find(({ id }) => id === name)
      return one ? [{ name, configuration: configurationOf(one), neededBy: one.neededBy ?? [] }] : []
    })
  },
})

/** One of them, with what tells this state of it from another. */
export const method = (name: MethodName) =>
  queryOptions({
    queryKey: ['policies', 'methods', name],
    staleTime: 0,
    queryFn: async () => {
      const found = await dataOf(
        api.GET('/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{name}', {
          params: { path: { name } },
        }),
      )
      return {
        values: configurationOf(found as unknown as Told),
        etag: (found as { '@odata.etag'?: string })['@odata.etag'],
      }
    },
  })

export const pathOf = (name: MethodName) =>
  `/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/${name}`
