import { Button } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import { Refused } from '../../parts/Refused.tsx'
import { number, t } from '../../words.ts'

/** Milliseconds after which a job is looked at again. */
const LIVE = 1_000

/** Asks people by mail to register: first how many that would be, then the mails themselves. */
export function Announce() {
  const queries = useQueryClient()
  const begin = (dryRun: boolean) => dataOf(api.POST('/announcements', { body: { kind: 'register', dryRun } }))
  const trial = useMutation({ mutationFn: () => begin(true) })
  const sending = useMutation({
    mutationFn: () => begin(false),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['started'] }),
  })
  const tried = useJob(trial.data?.id)
  const sent = useJob(sending.data?.id)
  const error = trial.error ?? sending.error
  return (
    <>
      {error && <Refused error={error} />}
      <div role="status">
        {tried?.endedDateTime && !sending.data && (
          <p>{t('admin.started.announce.would', { count: tried.succeeded ?? 0, others: number(tried.failed ?? 0) })}</p>
        )}
        {sent && (
          <p>
            {sent.endedDateTime
              ? t('admin.started.announce.sent', { count: sent.succeeded ?? 0 })
              : t('admin.started.announce.sending')}
          </p>
        )}
      </div>
      <div className="acts">
        <Button disabledFocusable={trial.isPending} onClick={() => trial.mutate()}>
          {t('admin.started.announce.count')}
        </Button>
        {tried?.endedDateTime && (tried.succeeded ?? 0) > 0 && !sending.data && (
          <Button appearance="primary" disabledFocusable={sending.isPending} onClick={() => sending.mutate()}>
            {t('admin.started.announce.verb', { count: tried.succeeded ?? 0 })}
          </Button>
        )}
      </div>
    </>
  )
}

/** A job, read until it has ended. */
function useJob(id: string | undefined) {
  const { data } = useQuery({
    queryKey: ['jobs', 'one', id],
    enabled: id !== undefined,
    queryFn: () => dataOf(api.GET('/bulk/jobs/{id}', { params: { path: { id: id! } } })),
    refetchInterval: ({ state }) => (state.data?.endedDateTime ? false : LIVE),
  })
  return data
}
