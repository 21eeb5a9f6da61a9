import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import type { components } from '../../api/schema.d.ts'
import type { ProtectionSettings, ResetSettings, SignInSettings } from './settings.ts'

export type Policy = components['schemas']['passwordResetPolicy']

/** A reset policy as it is edited: its settings, and what says whom it fits. */
export type PolicyValues = ResetSettings & Required<Pick<Policy, 'displayName' | 'includedGroups' | 'excludedGroups'>>

/** What is edited, and what tells this state of it from another. */
export interface Read<T> {
  values: T
  etag: string
  /** When it was changed last; undefined where the server does not tell. */
  changedAt?: string | undefined
}

/** Something with settings: where it is read and written. `T`: its settings, flat. */
export interface Source<T extends object> {
  /** The path below `/v1.0`. */
  path: string
  /** Whether the server tells before a change whom it would affect. */
  isPreviewed: boolean
  read: () => Promise<Read<T>>
  bodyOf: (changes: Partial<T>) => Record<string, unknown>
  /** By which the log names it; undefined: by nothing. */
  id?: string | undefined
}

/** A reset policy. */
export const policySource = (id: string): Source<PolicyValues> => ({
  path: `/policies/passwordResetPolicies/${id}`,
  id,
  isPreviewed: true,
  read: async () => {
    const found = await dataOf(api.GET('/policies/passwordResetPolicies/{id}', { params: { path: { id } } }))
    const { displayName = '', includedGroups = [], excludedGroups = [], settings, updatedDateTime } = found
    return {
      values: { displayName, includedGroups, excludedGroups, ...settings! },
      etag: found['@odata.etag'] ?? '',
      changedAt: updatedDateTime,
    }
  },
  bodyOf: ({ displayName, includedGroups, excludedGroups, ...settings }) => ({
    ...(displayName !== undefined && { displayName }),
    ...(includedGroups && { includedGroups }),
    ...(excludedGroups && { excludedGroups }),
    ...(Object.keys(settings).length > 0 && { settings }),
  }),
})

const readTenantPolicy = async <T extends object>(
  path: '/policies/passwordProtectionPolicy' | '/policies/signInPolicy',
) => {
  const { '@odata.context': _, '@odata.etag': etag = '', id: __, ...values } = await dataOf(api.GET(path))
  return { values: values as unknown as T, etag }
}

export const protectionSource: Source<ProtectionSettings> = {
  path: '/policies/passwordProtectionPolicy',
  isPreviewed: true,
  read: () => readTenantPolicy('/policies/passwordProtectionPolicy'),
  bodyOf: changes => changes,
}

export const signInSource: Source<SignInSettings> = {
  path: '/policies/signInPolicy',
  isPreviewed: false,
  read: () => readTenantPolicy('/policies/signInPolicy'),
  bodyOf: changes => changes,
}

/** Reads the settings of something, with what tells their state. */
export const sourceQuery = <T extends object>(source: Source<T>) =>
  queryOptions({ queryKey: ['policies', source.path], queryFn: source.read })

/** How many people a policy holds for; without an id, how many there are. */
export const peopleOf = (policyId?: string) =>
  queryOptions({
    queryKey: ['reports', 'peopleOf', policyId],
    queryFn: async () => {
      const query = { $top: 1, $count: true, ...(policyId && { $filter: `policyId eq ${policyId}` }) }
      const found = await dataOf(
        api.GET('/reports/authenticationMethods/userRegistrationDetails', { params: { query } }),
      )
      return found['@odata.count'] ?? 0
    },
  })

/** The policies that hold for one person. */
export const effectivePolicies = (id: string) =>
  queryOptions({
    queryKey: ['policies', 'effective', id],
    queryFn: () => dataOf(api.GET('/users/{id}/effectivePolicies', { params: { path: { id } } })),
  })

/** The company's own banned words. */
export const bannedWords = queryOptions({
  queryKey: ['bannedWords'],
  queryFn: async () => (await dataOf(api.GET('/policies/passwordProtectionPolicy/bannedWords'))).value as string[],
})
