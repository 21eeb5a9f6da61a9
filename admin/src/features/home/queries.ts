import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import type { components } from '../../api/schema.d.ts'

export type ResetDay = components['schemas']['passwordResetSummaryPage']['value'][number]

/** What became of the resets of each day. */
export const resetDays = queryOptions({
  queryKey: ['reports', 'resets'],
  queryFn: async () => (await dataOf(api.GET('/reports/passwordReset/dailySummaries'))).value,
})

/** What only administrators do, of people, groups, roles, settings and applications. */
const BY_ADMINISTRATORS = [
  'user.created',
  'user.changed',
  'user.deleted',
  'user.restored',
  'user.erased',
  'user.unblocked',
  'password.given',
  'pass.issued',
  'group.created',
  'group.changed',
  'group.deleted',
  'group.member_added',
  'group.member_removed',
  'role.assigned',
  'role.unassigned',
  'policy.created',
  'policy.changed',
  'policy.deleted',
  'protection.changed',
  'signInPolicy.changed',
  'methodsPolicy.changed',
  'branding.changed',
  'domain.added',
  'domain.removed',
  'application.created',
  'application.changed',
  'application.deleted',
  'application.secret_added',
  'application.secret_removed',
]

interface Change {
  id: string
  activity: string
  activityDateTime: string
  initiatedBy: {
    user?: { displayName?: string | null; userPrincipalName?: string | null } | null
    app?: { displayName?: string | null } | null
  }
  targetResources: { displayName?: string | null }[]
}

/** What administrators have changed last. */
export const changes = queryOptions({
  queryKey: ['audit', 'changes'],
  queryFn: async () => {
    const $filter = `activity in (${BY_ADMINISTRATORS.map(name => `'${name}'`).join()}) and result eq 'success'`
    const { value } = await dataOf(api.GET('/auditLogs/directoryAudits', { params: { query: { $top: 3, $filter } } }))
    return value as unknown as Change[]
  },
})
