import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../api/client.ts'
import { exactly, t } from '../words.ts'

interface Last {
  name: string
  at: string
}

/** Who did this last, and when; null where the log does not tell. `id`: to what, where there are several. It takes `audit.read`. */
export const lastChange = (id: string | undefined, activity: string) =>
  queryOptions({
    queryKey: ['audit', 'lastChange', id, activity],
    staleTime: 0,
    queryFn: async (): Promise<Last | null> => {
      const of = id === undefined ? '' : `targetResources/any(t:t/id eq '${id}') and `
      const $filter = `${of}activity eq '${activity}'`
      const { value } = await dataOf(api.GET('/auditLogs/directoryAudits', { params: { query: { $top: 1, $filter } } }))
      const [last] = value as { activityDateTime: string; initiatedBy?: { user?: { displayName?: string } | null } }[]
      return last ? { name: last.initiatedBy?.user?.displayName ?? '', at: last.activityDateTime } : null
    },
  })

/** Who saved in between and when, in a sentence; undefined where nothing is known of it. */
export function saidLast(last: Last | null | undefined, changedAt?: string): string | undefined {
  if (last && last.name !== '') return t('admin.frame.conflict.by', { person: last.name, when: exactly(last.at) })
  const when = last?.at ?? changedAt
  return when && t('admin.frame.conflict.at', { when: exactly(when) })
}
