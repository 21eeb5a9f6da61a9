import { Button, Spinner } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { Refused } from '../../parts/Refused.tsx'
import { moment, t } from '../../words.ts'
import { type CallerCheck, callerCheck } from './queries.ts'

interface Shown {
  id: string
  check: CallerCheck | undefined
  keep: (check: CallerCheck | undefined) => void
}

/** Milliseconds before its end at which a check that counts says that it ends: time to begin another one. */
const WARNED = 2 * 60_000

const MEANS = ['approvalLink', 'callBack', 'inPerson'] as const

/** Whether it is really them, strongest way first: the caller never speaks a code, and the agent sees no value. */
export function CheckCaller({ id, check, keep }: Shown) {
  const { data: now } = useQuery(callerCheck(id, check))
  const [begunAt, setBegunAt] = useState(0)
  const ending = useEnding(id, check, begunAt)
  const { mutate, isPending, error } = useMutation({
    mutationFn: (means: CallerCheck['means']) =>
      dataOf(api.POST('/users/{id}/callerChecks', { params: { path: { id } }, body: { means } })),
    onSuccess: next => {
      setBegunAt(Date.now())
      keep(next)
    },
  })
  useEffect(() => {
    if (now && check && now.state !== check.state) keep(now)
  }, [now, check, keep])
  return (
    <section className="step" aria-labelledby="check">
      <h3 id="check">{t('admin.helpDesk.check.title')}</h3>
      {error && <Refused error={error} />}
      <div role="status">
        {check?.state === 'approved' && (
          <p className={ending ? 'danger' : 'good'}>
            {t(ending ? 'admin.helpDesk.check.ending' : 'admin.helpDesk.check.approved', {
              until: moment(check.expiresDateTime),
            })}
          </p>
        )}
        {check?.state === 'denied' && <p className="danger">{t('admin.helpDesk.check.denied')}</p>}
        {check?.state === 'expired' && (
          <p>{t(ending ? 'admin.helpDesk.check.ended' : 'admin.helpDesk.check.expired')}</p>
        )}
        {check?.state === 'pending' && (
          <>
            <p>{t('admin.helpDesk.check.read')}</p>
            <p className="figure figure-small">{check.words}</p>
            <Spinner size="tiny" label={t('admin.helpDesk.check.waiting')} />
          </>
        )}
      </div>
      {(check?.state !== 'approved' || ending) && (
        <ul className="rows">
          {MEANS.map(means => (
            <li key={means}>
              <div>
                <b>{t(`admin.helpDesk.means.${means}.title`)}</b>
                <p>{t(`admin.helpDesk.means.${means}.detail`)}</p>
              </div>
              <Button disabledFocusable={isPending} onClick={() => mutate(means)}>
                {t(`admin.helpDesk.means.${means}.verb`)}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

/**
 * Warns before a check that counts ends, and ends it when its time is over. Its length is the server's; it is measured by
 * this clock alone, which may be another. Returns whether the check ends soon, or has ended after it counted.
 */
function useEnding(id: string, check: CallerCheck | undefined, begunAt: number): boolean {
  const queries = useQueryClient()
  const [ending, setEnding] = useState<string>()
  useEffect(() => {
    if (check?.state !== 'approved') return
    const lasts = Date.parse(check.expiresDateTime) - Date.parse(check.createdDateTime)
    const left = begunAt + lasts - Date.now()
    const warning = setTimeout(() => setEnding(check.id), left - WARNED)
    const { queryKey } = callerCheck(id, check)
    const end = setTimeout(() => queries.setQueryData(queryKey, { ...check, state: 'expired' }), left)
    return () => {
      clearTimeout(warning)
      clearTimeout(end)
    }
  }, [id, check, begunAt, queries])
  return check !== undefined && ending === check.id
}
