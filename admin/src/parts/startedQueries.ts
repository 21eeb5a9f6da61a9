import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../api/client.ts'
import { pageOf } from '../api/pages.ts'
import { GLOBAL_ADMINISTRATOR } from './roleIds.ts'
import { doneOf } from './started.ts'

/** The steps of a new company that are done, as the server's facts tell it. */
export const stepsDone = queryOptions({
  queryKey: ['started'],
  queryFn: async () => {
    const holders = { $filter: `roleDefinitionId eq '${GLOBAL_ADMINISTRATOR}'`, $select: 'id', $top: 2 }
    const [domains, assignments, policies, days, log] = await Promise.all([
      dataOf(api.GET('/domains')),
      pageOf(api.GET('/roleManagement/directory/roleAssignments', { params: { query: holders } })),
      dataOf(api.GET('/policies/passwordResetPolicies')),
      dataOf(api.GET('/reports/registration/dailySummaries')),
      dataOf(
        api.GET('/auditLogs/directoryAudits', {
          params: { query: { $filter: "activityDisplayName eq 'Bulk operation started'", $top: 100 } },
        }),
      ),
    ])
    return doneOf({
      domains: domains.value as { isVerified: boolean; isInitial: boolean }[],
      globalAdministrators: assignments.rows.length,
      policies: policies.value,
      wasAnnounced: (log.value as Begun[]).some(
        ({ targetResources, additionalDetails }) =>
          targetResources.some(({ displayName }) =>
            ['announceRegistration', 'announceRollOut'].includes(displayName ?? ''),
          ) && !additionalDetails.some(({ key }) => key === 'dryRun'),
      ),
      capable: days.value.at(-1)?.capable ?? 0,
    })
  },
})

interface Begun {
  targetResources: { displayName: string | null }[]
  additionalDetails: { key: string }[]
}
