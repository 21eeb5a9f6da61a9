import { Button, Spinner } from '@fluentui/react-components'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { Refused } from '../../parts/Refused.tsx'
import { moment, t } from '../../words.ts'
import { type CallerCheck, callerCheck } from './queries.ts'

interface Shown {
  id: string
  check: CallerCheck | undefined
  keep: (check: CallerCheck | undefined) => void
}

const MEANS = ['approvalLink', 'callBack', 'inPerson'] as const

/** Whether it is really them, strongest way first: the caller never speaks a code, and the agent sees no value. */
export function CheckCaller({ id, check, keep }: Shown) {
  const { data: now } = useQuery(callerCheck(id, check))
  const { mutate, isPending, error } = useMutation({
    mutationFn: (means: CallerCheck['means']) =>
      dataOf(api.POST('/users/{id}/callerChecks', { params: { path: { id } }, body: { means } })),
    onSuccess: keep,
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
          <p className="good">{t('admin.helpDesk.check.approved', { until: moment(check.expiresDateTime) })}</p>
        )}
        {check?.state === 'denied' && <p className="danger">{t('admin.helpDesk.check.denied')}</p>}
        {check?.state === 'expired' && <p>{t('admin.helpDesk.check.expired')}</p>}
        {check?.state === 'pending' && (
          <>
            <p>{t('admin.helpDesk.check.read')}</p>
            <p className="figure figure-small">{check.words}</p>
            <Spinner size="tiny" label={t('admin.helpDesk.check.waiting')} />
          </>
        )}
      </div>
      {check?.state !== 'approved' && (
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
